//! What the domain needs from the outside world, as traits to be held as `Arc<dyn …>`.
//!
//! - An error means that infrastructure failed. Absence is an `Option`, a refusal is an outcome.
//!   The exceptions are [`StoreErrorKind::NoUser`] and [`StoreErrorKind::Importing`], which any
//!   write of a user's may meet.
//! - Each method is one unit of work: all of it happens or none, also when the caller is dropped.
//! - With the feature `mock` there is a `mockall` mock of each: `MockTaskStore`, …

mod accounts;
mod archive;
mod conversations;
mod folding;
mod health;
mod limits;
mod model;
mod oversight;
mod retention;
mod services;
mod stores;
mod tasks;
mod tokens;
mod turn_log;
mod turns;
mod usage;

use std::{error::Error, fmt};

pub use accounts::*;
pub use archive::*;
pub use conversations::*;
pub use folding::*;
pub use health::*;
pub use limits::*;
pub use model::*;
pub use oversight::*;
pub use retention::*;
pub use services::*;
pub use stores::*;
pub use tasks::*;
pub use tokens::*;
pub use turn_log::*;
pub use turns::*;
pub use usage::*;

/// A store could not do its work. What the caller can do about it is in the kind. What happened is
/// in the source, which the store has written to the log, with the operation it was about: whoever
/// maps the kind to an answer does not write it down again.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct StoreError {
    /// In which way.
    pub kind: StoreErrorKind,
    /// What happened.
    pub source: Box<dyn Error + Send + Sync>,
}

impl StoreError {
    /// An error of this kind.
    pub fn new(kind: StoreErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind, source: source.into() }
    }
}

/// The kinds of [`StoreError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// No connection, or no answer within the time budget. The work may be asked for again later.
    Unavailable,
    /// There is no room on its disk. Nothing was written; reading works.
    StorageFull,
    /// Other searches of the same user took all of its time; nothing was read or written.
    Crowded,
    /// The engine gave way to another transaction; nothing was written. Trying again may succeed.
    Contention,
    /// The user whose rows were to be written has been deleted in the meantime. Any write may meet
    /// this, and no caller can do more about it than say so: the one absence that is an error.
    NoUser,
    /// An import has the account for itself; nothing was written. Any write of tasks, conversations
    /// and who the user is may meet this: the one refusal that is an error.
    Importing,
    /// A rule of the schema forbids it: a bug in the caller.
    Constraint,
    /// A row that no version of this code would write.
    Corrupt,
    /// Anything else.
    Internal,
}

impl StoreErrorKind {
    /// Its name in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::StorageFull => "storage_full",
            Self::Crowded => "crowded",
            Self::Contention => "contention",
            Self::NoUser => "no_user",
            Self::Importing => "importing",
            Self::Constraint => "constraint",
            Self::Corrupt => "corrupt",
            Self::Internal => "internal",
        }
    }

    /// Whether the store may do later what it did not do now.
    #[must_use]
    pub const fn may_succeed_again(self) -> bool {
        match self {
            Self::Unavailable
            | Self::StorageFull
            | Self::Crowded
            | Self::Contention
            | Self::Importing => true,
            Self::NoUser | Self::Constraint | Self::Corrupt | Self::Internal => false,
        }
    }
}

impl fmt::Display for StoreErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unavailable => "the database is unavailable",
            Self::StorageFull => "the disk of the database is full",
            Self::Crowded => "other searches of the user took all the time",
            Self::Contention => "the database gave way to another transaction",
            Self::NoUser => "the user is gone",
            Self::Importing => "an import has the account for itself",
            Self::Constraint => "a constraint of the database was violated",
            Self::Corrupt => "the database holds a row that can't be read",
            Self::Internal => "the database failed",
        })
    }
}
