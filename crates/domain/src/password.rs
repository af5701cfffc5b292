//! Passwords and what is kept of them.

use std::fmt;

/// Why a password was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer than 8 characters.
    #[error("must be at least 8 characters long")]
    TooShort,
    /// More than 255 characters.
    #[error("must be at most 255 characters long")]
    TooLong,
}

/// A password in clear, on its way to be hashed or verified: 8 to 255 characters, any of them.
/// It can't be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Checks and wraps a password.
    ///
    /// # Errors
    /// [`PasswordError`] when it has fewer than 8 or more than 255 characters.
    pub fn new(text: impl Into<String>) -> Result<Self, PasswordError> {
        let text = text.into();
        match text.chars().count() {
            0..8 => Err(PasswordError::TooShort),
            8..=255 => Ok(Self(text)),
            _ => Err(PasswordError::TooLong),
        }
    }

    /// The password in clear: for the hasher only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A hash in PHC string format, as the hasher made it. It can't be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps what [`crate::ports::PasswordHasher`] made or a store kept.
    #[must_use]
    pub fn new(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string: for the hasher and the store only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}
