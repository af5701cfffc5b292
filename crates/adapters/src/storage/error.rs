//! What can go wrong with a database, and which kind of [`StoreError`] it is.

use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel_async::pooled_connection::deadpool::PoolError;
use todo_domain::ports::{StoreError, StoreErrorKind};

use crate::{codec::InvalidJson, error_chain};

/// A value in a column that no version of this code would have written. The value itself is not
/// shown: it belongs to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unreadable value in {0}")]
pub(crate) struct Corrupt(pub(crate) &'static str);

/// Why a unit of work was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("a statement failed")]
    Query(#[from] QueryError),
    #[error("a row can't be read")]
    Corrupt(#[from] Corrupt),
    #[error("no connection: {}", why(.0))]
    Connection(PoolError),
    #[error("there is no such user")]
    NoUser,
    #[error("an import has the account for itself")]
    Importing,
    #[error("the time for it ran out")]
    OutOfTime,
    /// It was not begun.
    #[error("timed out waiting for this user's earlier searches")]
    Crowded,
    /// What is written would be lost.
    #[error("the database file was removed or replaced while it is in use; restart the service")]
    FileGone,
    /// A write has found it so a moment ago.
    #[error("the disk of the database is full")]
    StorageFull,
    /// A runtime that shuts down takes its tasks along.
    #[error("the task was cancelled")]
    Cancelled,
    /// A bug. What the panic said stays out of here: it may quote a row.
    #[error("the task panicked")]
    Panicked,
}

/// The result of queries and units of work.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// What a caller can do about it.
    pub(crate) fn kind(&self) -> StoreErrorKind {
        match self {
            Self::Query(error) => kind_of_query_error(error),
            Self::Corrupt(_) => StoreErrorKind::Corrupt,
            Self::NoUser => StoreErrorKind::NoUser,
            Self::Importing => StoreErrorKind::Importing,
            Self::StorageFull => StoreErrorKind::StorageFull,
            Self::Crowded => StoreErrorKind::Crowded,
            Self::Connection(_) | Self::OutOfTime | Self::FileGone | Self::Cancelled => {
                StoreErrorKind::Unavailable
            }
            Self::Panicked => StoreErrorKind::Internal,
        }
    }

    /// Whether another connection may do better, and how much is known of it.
    pub(crate) fn suspicion(&self) -> Suspicion {
        match (self, self.kind()) {
            (_, StoreErrorKind::Unavailable) => Suspicion::Lost,
            (
                Self::Query(QueryError::DatabaseError(DatabaseErrorKind::Unknown, _)),
                StoreErrorKind::Internal,
            ) => Suspicion::Statements,
            _ => Suspicion::None,
        }
    }

    /// What happened, from the outside in. Databases put values into details and hints, which
    /// are left out.
    pub(crate) fn chain(&self) -> String {
        error_chain(self)
    }
}

/// Whether a failure may come from what a connection has been through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suspicion {
    /// It does not.
    None,
    /// The server is not there any more, or closed it, and other connections as well.
    Lost,
    /// The server may no longer know its prepared statements, or call their plans void. Diesel has no
    /// kinds for these, keeps the SQLSTATE to itself, and the text is in the server's language. So it
    /// is whatever has no kind, which a new connection may meet again.
    Statements,
}

impl From<InvalidJson> for Failure {
    fn from(fault: InvalidJson) -> Self {
        Corrupt(fault.part).into()
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        Self::Connection(error)
    }
}

/// The pool repeats what those below it say.
fn why(error: &PoolError) -> String {
    match error {
        PoolError::Backend(cause) => cause.to_string(),
        other => other.to_string(),
    }
}

impl From<tokio::task::JoinError> for Failure {
    fn from(lost: tokio::task::JoinError) -> Self {
        if lost.is_panic() { Self::Panicked } else { Self::Cancelled }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        Self::new(failure.kind(), failure)
    }
}

fn kind_of_query_error(error: &QueryError) -> StoreErrorKind {
    match error {
        QueryError::DatabaseError(kind, information) => match kind {
            DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::RestrictViolation
            | DatabaseErrorKind::ExclusionViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation => StoreErrorKind::Constraint,
            DatabaseErrorKind::SerializationFailure => StoreErrorKind::Contention,
            DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ClosedConnection
            // After a fail-over the old primary may still answer.
            | DatabaseErrorKind::ReadOnlyTransaction => StoreErrorKind::Unavailable,
            _ => kind_of_message(information.message()),
        },
        QueryError::DeserializationError(_) => StoreErrorKind::Corrupt,
        QueryError::BrokenTransactionManager => StoreErrorKind::Unavailable,
        QueryError::RollbackErrorOnCommit { commit_error, .. } => kind_of_query_error(commit_error),
        _ => StoreErrorKind::Internal,
    }
}

/// Diesel has no kinds for these and keeps PostgreSQL's SQLSTATE to itself, so the text has to do.
/// On a server that speaks another language they are taken for [`StoreErrorKind::Internal`], which
/// is no worse than any unknown error; time limits are kept by the service itself in any case.
fn kind_of_message(message: &str) -> StoreErrorKind {
    const GAVE_WAY: [&str; 3] =
        ["deadlock detected", "database is locked", "database table is locked"];
    const GONE: [&str; 9] = [
        // At its deadline, by SQLite.
        "interrupted",
        "canceling statement due to",
        "terminating connection due to",
        "terminating background worker",
        "the database system is",
        "sorry, too many clients already",
        "remaining connection slots are reserved",
        "too many connections for",
        "connection closed",
    ];
    // PostgreSQL says what it could not do before it says why (SQLSTATE 53100).
    const FULL: [&str; 5] = [
        "database or disk is full", "could not extend file", "No space left on device",
        "Disk quota exceeded", "disk full",
    ];
    let begins = |starts: &[&str]| starts.iter().any(|start| message.starts_with(start));
    if begins(&GAVE_WAY) {
        StoreErrorKind::Contention
    } else if begins(&GONE) {
        StoreErrorKind::Unavailable
    } else if FULL.iter().any(|part| message.contains(part)) {
        StoreErrorKind::StorageFull
    } else {
        StoreErrorKind::Internal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(kind: DatabaseErrorKind, message: &str) -> StoreErrorKind {
        Failure::from(QueryError::DatabaseError(kind, Box::new(message.to_owned()))).kind()
    }

    #[test]
    fn who_gave_way_may_try_again() {
        for message in ["deadlock detected", "database is locked"] {
            assert_eq!(kind(DatabaseErrorKind::Unknown, message), StoreErrorKind::Contention);
        }
        let serialization = kind(DatabaseErrorKind::SerializationFailure, "could not serialize");
        assert_eq!(serialization, StoreErrorKind::Contention);
    }

    #[test]
    fn a_server_that_is_busy_restarting_or_gone_is_unavailable() {
        for message in [
            "canceling statement due to statement timeout",
            "canceling statement due to lock timeout",
            "terminating connection due to administrator command",
            "terminating connection due to idle-in-transaction timeout",
            "the database system is starting up",
            "sorry, too many clients already",
            "connection closed",
        ] {
            assert_eq!(kind(DatabaseErrorKind::Unknown, message), StoreErrorKind::Unavailable);
        }
    }

    #[test]
    fn a_broken_rule_is_a_bug_and_an_unknown_error_is_just_that() {
        let unique = kind(DatabaseErrorKind::UniqueViolation, "duplicate key");
        assert_eq!(unique, StoreErrorKind::Constraint);
        let unknown = kind(DatabaseErrorKind::Unknown, "something else");
        assert_eq!(unknown, StoreErrorKind::Internal);
    }

    #[test]
    fn a_full_disk_is_told_apart() {
        for message in [
            "database or disk is full",
            "could not extend file \"base/16384/16391\": No space left on device",
            "could not write to file \"base/pgsql_tmp/pgsql_tmp1\": No space left on device",
            "could not extend file \"base/1/2\": wrote only 4096 of 8192 bytes at block 3",
        ] {
            assert_eq!(kind(DatabaseErrorKind::Unknown, message), StoreErrorKind::StorageFull);
        }
    }

    #[test]
    fn a_row_that_can_not_be_read_is_corrupt_and_tells_where() {
        let failure = Failure::from(Corrupt("tasks.title"));
        assert_eq!(failure.kind(), StoreErrorKind::Corrupt);
        assert_eq!(failure.chain(), "a row can't be read: unreadable value in tasks.title");
    }
}
