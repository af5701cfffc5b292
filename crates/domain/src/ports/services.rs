//! Small services: time, ids, password hashing.

use std::error::Error;

use async_trait::async_trait;
use uuid::Uuid;

use crate::{LimitKey, Password, PasswordHash, Timestamp};

/// Tells the time. A function that does is one.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

impl<F: Fn() -> Timestamp + Send + Sync> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}

/// Makes ids. A function that does is one.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait IdGenerator: Send + Sync {
    /// A UUID version 7 (RFC 9562) that was never given out before.
    fn next(&self) -> Uuid;
}

impl<F: Fn() -> Uuid + Send + Sync> IdGenerator for F {
    fn next(&self) -> Uuid {
        self()
    }
}

/// Why a password was neither hashed nor verified.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many are being hashed already.
    #[error("too many passwords are being hashed at once")]
    Busy,
    /// The hasher failed.
    #[error("hashing failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

/// For whom a password is worked on. Where many want that at once, addresses take turns, and so do
/// the accounts of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashRequester {
    /// From where they ask.
    pub address: LimitKey,
    /// Which account they mean, at that address.
    pub account: LimitKey,
}

impl HashRequester {
    /// Whoever works at the machine itself.
    #[must_use]
    pub fn operator() -> Self {
        Self { address: LimitKey::new("operator"), account: LimitKey::new("operator") }
    }
}

/// Hashes passwords, slowly and on purpose.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes with a fresh salt.
    async fn hash(
        &self,
        password: Password,
        requester: HashRequester,
    ) -> Result<PasswordHash, HashError>;

    /// Whether the password is the hashed one. Without a hash it takes as long and says no, so
    /// that nobody learns from the time which e-mail addresses have an account.
    async fn verify(
        &self,
        password: Password,
        hash: Option<PasswordHash>,
        requester: HashRequester,
    ) -> Result<bool, HashError>;
}
