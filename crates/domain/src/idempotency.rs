//! Requests that are carried out once, however often a client sends them.

use std::{fmt, time::Duration};

/// What a client calls a request, to send it again when the answer was lost: 1 to 255 visible ASCII
/// characters. Keys of different users have nothing to do with each other.
///
/// ```
/// use todo_domain::IdempotencyKey;
///
/// assert!(IdempotencyKey::new("8e03978e-40d5-43dd-bc93-6894a57f9324").is_ok());
/// assert!(IdempotencyKey::new("two words").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(String);

/// Why a text is no [`IdempotencyKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdempotencyKeyError {
    /// It has no characters.
    #[error("must not be empty")]
    Empty,
    /// It has more than 255.
    #[error("must have at most {} characters", IdempotencyKey::MAX_LENGTH)]
    TooLong,
    /// It has a blank, a control character, or one that is not ASCII.
    #[error("must consist of visible ASCII characters")]
    NotVisibleAscii,
}

impl IdempotencyKey {
    /// How many characters a key has at most.
    pub const MAX_LENGTH: usize = 255;
    /// For how long a key is kept at least.
    pub const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

    /// Checks a key.
    ///
    /// # Errors
    /// [`IdempotencyKeyError`].
    pub fn new(text: impl Into<String>) -> Result<Self, IdempotencyKeyError> {
        let text = text.into();
        if text.is_empty() {
            Err(IdempotencyKeyError::Empty)
        } else if text.len() > Self::MAX_LENGTH {
            Err(IdempotencyKeyError::TooLong)
        } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Err(IdempotencyKeyError::NotVisibleAscii)
        } else {
            Ok(Self(text))
        }
    }

    /// The key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IdempotencyKey {
    /// Without the key: whoever knows it and its request reads the stored answer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(…)")
    }
}

/// The SHA-256 digest of what a request asks for. Requests with the same digest are the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestDigest([u8; 32]);

impl RequestDigest {
    /// Wraps a digest.
    #[must_use]
    pub const fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for RequestDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestDigest(…)")
    }
}

/// A request that has a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedRequest {
    /// Its key.
    pub key: IdempotencyKey,
    /// What it asks for.
    pub digest: RequestDigest,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_up_to_255_visible_ascii_characters() {
        for text in ["!", "~", "a\"b", &"k".repeat(255)] {
            assert_eq!(IdempotencyKey::new(text).unwrap().as_str(), text);
        }
        for (text, error) in [
            (String::new(), IdempotencyKeyError::Empty),
            ("k".repeat(256), IdempotencyKeyError::TooLong),
            ("a b".into(), IdempotencyKeyError::NotVisibleAscii),
            ("a\tb".into(), IdempotencyKeyError::NotVisibleAscii),
            ("a\u{7f}".into(), IdempotencyKeyError::NotVisibleAscii),
            ("ä".into(), IdempotencyKeyError::NotVisibleAscii),
        ] {
            assert_eq!(IdempotencyKey::new(text).unwrap_err(), error);
        }
    }

    #[test]
    fn a_key_is_not_shown() {
        let request = KeyedRequest {
            key: IdempotencyKey::new("secret").unwrap(),
            digest: RequestDigest::new([7; 32]),
        };
        let shown = format!("{request:?}");
        assert!(!shown.contains("secret") && !shown.contains('7'), "{shown}");
    }
}
