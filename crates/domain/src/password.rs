//! Passwords and what is kept of them.

use std::fmt;

/// Why a password was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer characters than [`Password::MIN_CHARS`].
    #[error("must be at least {min} characters long", min = Password::MIN_CHARS)]
    TooShort {
        /// How many there are.
        actual: usize,
    },
    /// More characters than [`Password::MAX_CHARS`].
    #[error("must be at most {max} characters long", max = Password::MAX_CHARS)]
    TooLong {
        /// How many there are.
        actual: usize,
    },
}

/// A password in clear, on its way to be hashed or verified: 8 to 255 characters, any of them.
/// It can't be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// The fewest characters it may have.
    pub const MIN_CHARS: usize = 8;
    /// The most characters it may have.
    pub const MAX_CHARS: usize = 255;

    /// Checks and wraps a password.
    ///
    /// # Errors
    /// [`PasswordError`] when it has fewer than 8 or more than 255 characters.
    pub fn new(text: impl Into<String>) -> Result<Self, PasswordError> {
        let text = text.into();
        match text.chars().count() {
            actual if actual < Self::MIN_CHARS => Err(PasswordError::TooShort { actual }),
            actual if actual > Self::MAX_CHARS => Err(PasswordError::TooLong { actual }),
            _ => Ok(Self(text)),
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
