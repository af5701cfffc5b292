//! How busy a pool of connections is.

use std::ops::Add;

use deadpool::managed::{Manager, Pool};

/// How busy the connections of a database are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    /// How many there may be.
    pub max: usize,
    /// How many there are.
    pub size: usize,
    /// How many of them are idle.
    pub available: usize,
    /// How many units of work wait for one.
    pub waiting: usize,
}

impl PoolStatus {
    /// How many connections are at work.
    #[must_use]
    pub const fn in_use(&self) -> usize {
        self.size.saturating_sub(self.available)
    }

    pub(super) fn of<M: Manager>(pool: &Pool<M>) -> Self {
        let status = pool.status();
        Self {
            max: status.max_size,
            size: status.size,
            available: status.available,
            waiting: status.waiting,
        }
    }
}

impl Add for PoolStatus {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            max: self.max + other.max,
            size: self.size + other.size,
            available: self.available + other.available,
            waiting: self.waiting + other.waiting,
        }
    }
}
