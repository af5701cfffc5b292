//! What tests need: the real service on a port of its own, databases that come and go, models
//! that follow a script, clocks that stand still.
//!
//! Used from `tests/` folders only: a unit test would see two versions of its own crate's types.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't be set up has failed, and should say so on the spot"
)]

pub mod app;
pub mod clock;
pub mod cohere;
pub mod contract;
pub mod database;
pub mod faults;
pub mod model;
pub mod process;

use std::sync::atomic::{AtomicU64, Ordering};

/// What people say and what must come of it, as JSON: the tasks that are `given` before each case,
/// and what a case `created`, `changed` or `deleted`; everything else stays as it was.
pub const UTTERANCES: &str = include_str!("../data/utterances.json");

/// A number that this process has not used before.
#[must_use]
pub fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
