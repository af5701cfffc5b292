//! Whether a replica is being read from, and what is reported of it.

use std::{mem, time::Duration};

use parking_lot::{Mutex, MutexGuard};
use todo_domain::ports::{ReplicaState, ReplicaStatus, StoreErrorKind};
use todo_metrics::ReplicaMetrics;
use tokio::time::Instant;

use crate::storage::error::Failure;

/// Why a replica is not read from.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    #[error("it lags {:.1} s behind", .0.as_secs_f64())]
    Lags(Duration),
    #[error("it does not answer: {0}")]
    Silent(String),
    #[error("a read failed: {0}")]
    ReadFailed(String),
    #[error("the primary can't be asked whether they are the same database: {0}")]
    Unproven(String),
    #[error("it is not a replica: it is not in recovery")]
    NotInRecovery,
    #[error("it is a replica of another server, or another database of the same")]
    AnotherDatabase,
    #[error("other migrations have been applied to it than to the primary")]
    OtherMigrations,
}

impl Unfit {
    /// Whatever may pass by itself is one and the same to an operator.
    fn state(&self) -> ReplicaState {
        match self {
            Self::Lags(_) | Self::Silent(_) | Self::ReadFailed(_) | Self::Unproven(_) => {
                ReplicaState::Away
            }
            Self::NotInRecovery | Self::AnotherDatabase | Self::OtherMigrations => {
                ReplicaState::Refused
            }
        }
    }
}

/// How many good looks in a row bring a replica back: one that answers by turns stays away.
const GOOD_LOOKS: u32 = 3;

/// Whether a replica is being read from.
#[derive(Debug)]
pub(super) struct Condition {
    state: Mutex<State>,
    not_before: Instant,
    metrics: ReplicaMetrics,
}

#[derive(Debug)]
struct State {
    status: ReplicaStatus,
    good_looks: u32,
}

impl Condition {
    /// Not yet, and not before then.
    pub(super) fn new(metrics: ReplicaMetrics, not_before: Instant) -> Self {
        let status = ReplicaStatus { state: ReplicaState::Starting, lag: None };
        Self { state: Mutex::new(State { status, good_looks: 0 }), not_before, metrics }
    }

    pub(super) fn is_in_use(&self) -> bool {
        self.status().state == ReplicaState::InUse
    }

    pub(super) fn status(&self) -> ReplicaStatus {
        self.state().status
    }

    /// It was looked at, and is so far behind.
    pub(super) fn lags(&self, lag: Duration, max_lag: Duration) {
        self.metrics.lags(lag);
        self.state().status.lag = Some(lag);
        if lag > max_lag {
            self.leave(&Unfit::Lags(lag));
        } else {
            self.was_good(lag);
        }
    }

    fn was_good(&self, lag: Duration) {
        let mut state = self.state();
        state.good_looks = state.good_looks.saturating_add(1);
        let may_be_used = state.good_looks >= GOOD_LOOKS && Instant::now() >= self.not_before;
        if may_be_used && state.enter(ReplicaState::InUse) {
            drop(state);
            tracing::info!(lag_ms = lag.as_millis(), "Reading from the replica");
        }
    }

    /// It can't be used, or not any more.
    pub(super) fn leave(&self, reason: &Unfit) {
        let mut state = self.state();
        state.good_looks = 0;
        if state.enter(reason.state()) {
            drop(state);
            tracing::warn!(%reason, "Reading from the primary instead of the replica");
        }
    }

    /// A read from it failed, and goes to the primary. One that gave way to the replay, as happens
    /// on a replica that is well, or whose rows can't be understood, says nothing against it. Nor
    /// does one that took too long: it may have been a slow one, and a replica that has fallen
    /// silent is found out by the looks at it.
    pub(super) fn read_failed(&self, failure: &Failure) {
        if matches!(failure, Failure::OutOfTime) {
            return;
        }
        match failure.kind() {
            StoreErrorKind::Contention
            | StoreErrorKind::Crowded
            | StoreErrorKind::NoUser
            | StoreErrorKind::Importing
            | StoreErrorKind::Constraint
            // Reading needs room only for what is sorted; others may do with less.
            | StoreErrorKind::StorageFull
            | StoreErrorKind::Corrupt => {}
            StoreErrorKind::Unavailable | StoreErrorKind::Internal => {
                self.leave(&Unfit::ReadFailed(failure.chain()));
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl State {
    /// Whether that is news.
    fn enter(&mut self, new: ReplicaState) -> bool {
        mem::replace(&mut self.status.state, new) != new
    }
}

#[cfg(test)]
mod tests {
    use todo_metrics::Metrics;

    use super::*;

    const MAX_LAG: Duration = Duration::from_secs(5);

    fn in_use() -> Condition {
        let condition = Condition::new(Metrics::none().replica, Instant::now());
        for _ in 0..GOOD_LOOKS {
            assert!(!condition.is_in_use());
            condition.lags(Duration::ZERO, MAX_LAG);
        }
        assert!(condition.is_in_use());
        condition
    }

    #[test]
    fn a_replica_that_answers_by_turns_stays_away() {
        let condition = in_use();
        for _ in 0..10 {
            condition.leave(&Unfit::Silent("gone".to_owned()));
            condition.lags(Duration::ZERO, MAX_LAG);
            assert_eq!(condition.status().state, ReplicaState::Away);
        }
    }

    #[test]
    fn as_long_as_a_process_before_may_have_written_it_is_not_read_from() {
        let later = Instant::now() + Duration::from_secs(300);
        let condition = Condition::new(Metrics::none().replica, later);
        for _ in 0..2 * GOOD_LOOKS {
            condition.lags(Duration::ZERO, MAX_LAG);
        }
        assert_eq!(condition.status().state, ReplicaState::Starting);
    }

    #[test]
    fn it_is_left_beyond_its_greatest_lag_and_not_at_it() {
        let condition = in_use();
        condition.lags(MAX_LAG, MAX_LAG);
        assert!(condition.is_in_use());
        let too_far = MAX_LAG + Duration::from_millis(1);
        condition.lags(too_far, MAX_LAG);
        let status = ReplicaStatus { state: ReplicaState::Away, lag: Some(too_far) };
        assert_eq!(condition.status(), status);
    }

    #[test]
    fn a_read_that_gave_way_to_the_replay_says_nothing_against_a_replica() {
        let condition = in_use();
        let gave_way = "canceling statement due to conflict with recovery".to_owned();
        let kind = diesel::result::DatabaseErrorKind::SerializationFailure;
        let gave_way = diesel::result::Error::DatabaseError(kind, Box::new(gave_way));
        condition.read_failed(&Failure::from(gave_way));
        assert!(condition.is_in_use());
    }

    #[test]
    fn one_slow_read_does_not_send_everybody_to_the_primary() {
        let condition = in_use();
        condition.read_failed(&Failure::OutOfTime);
        assert!(condition.is_in_use());
    }

    #[test]
    fn a_replica_that_closes_its_connections_is_left() {
        let condition = in_use();
        let closed = "terminating connection due to administrator command".to_owned();
        let kind = diesel::result::DatabaseErrorKind::ClosedConnection;
        let closed = diesel::result::Error::DatabaseError(kind, Box::new(closed));
        condition.read_failed(&Failure::from(closed));
        assert_eq!(condition.status().state, ReplicaState::Away);
    }
}
