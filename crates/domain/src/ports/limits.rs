//! Where limits are counted.

use std::time::Duration;

use async_trait::async_trait;

use crate::{Limit, LimitDecision, LimitKey};

/// One to be counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// By which limit.
    pub limit: Limit,
    /// For whom.
    pub key: LimitKey,
    /// As long as this mark is there, it does not count.
    pub exemption: Option<LimitKey>,
}

/// A change of what was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LimitChange {
    /// One that was allowed shall not have happened.
    GiveBack {
        /// What was counted.
        charge: Charge,
        /// The count that it was [allowed](LimitDecision::Allowed) with.
        count: u32,
    },
    /// Nothing of this limit and this key shall have happened.
    Forget(Charge),
    /// Sets a mark.
    Mark {
        /// The mark that a [`Charge::exemption`] names.
        mark: LimitKey,
        /// How long it stays.
        lifetime: Duration,
    },
}

/// Counts. Where the counts are kept is out of reach, they are kept otherwise: there is always a
/// decision, and at the worst each process counts on its own or begins anew.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait LimitStore: Send + Sync {
    /// Counts one for each charge, in this order, up to the first that is refused: one decision for
    /// each charge that was looked at. What was allowed before a refusal stays counted.
    ///
    /// No other charge of the same key comes in between looking and counting.
    async fn take(&self, charges: Vec<Charge>) -> Vec<LimitDecision>;

    /// Makes these changes.
    async fn change(&self, changes: Vec<LimitChange>);
}
