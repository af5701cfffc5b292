//! Why a turn goes no further, and what its failure is called.

use std::time::Duration;

use todo_domain::{Action, FailureCode, ModelError, Timestamp, ports::StoreError};

/// Why a turn goes no further.
pub(super) enum Stop {
    Failed(Failure),
    /// The turn waits for the decision of this action, asked at this instant.
    Asked(Box<Action>, Timestamp),
    /// Somebody else ended the turn or took it over; there is nothing left to write.
    FencedOff,
    /// The same, while the model was answering: what that took is still to be counted.
    WhileAsking,
}

/// The end of a turn that has no answer.
pub(super) struct Failure {
    pub(super) code: FailureCode,
    pub(super) retry_after: Option<Duration>,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<FailureCode> for Failure {
    fn from(code: FailureCode) -> Self {
        Self { code, retry_after: None }
    }
}

impl From<StoreError> for Failure {
    /// The store has logged it.
    fn from(error: StoreError) -> Self {
        FailureCode::from(error.kind).into()
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "The model did not answer");
        Self { code: error.failure.code(), retry_after: error.failure.retry_after() }
    }
}
