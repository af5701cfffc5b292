//! Who we are to Cohere.

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::CohereSetupError;

/// A key, or none, and the header that carries it.
#[derive(Debug)]
pub(super) struct Credentials(Option<(SecretString, HeaderValue)>);

impl Credentials {
    /// Checks that a header can carry the key.
    pub(super) fn new(key: Option<SecretString>) -> Result<Self, CohereSetupError> {
        let Some(key) = key else { return Ok(Self(None)) };
        let text = key.expose_secret();
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        let value = HeaderValue::try_from(format!("Bearer {text}"));
        let mut value = value.ok().filter(|_| is_plain).ok_or(CohereSetupError::ApiKey)?;
        value.set_sensitive(true);
        Ok(Self(Some((key, value))))
    }

    /// What must not be shown.
    pub(super) fn key(&self) -> Option<&SecretString> {
        self.0.as_ref().map(|(key, _)| key)
    }

    /// For `Authorization`.
    pub(super) fn header(&self) -> Option<&HeaderValue> {
        self.0.as_ref().map(|(_, header)| header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_marked_so_that_no_log_of_headers_shows_it() {
        let credentials = Credentials::new(Some("k-123456".into())).unwrap();
        assert_eq!(credentials.header().unwrap(), "Bearer k-123456");
        assert!(!format!("{credentials:?}").contains("k-123456"));
    }

    #[test]
    fn without_a_key_there_is_no_header_for_it() {
        assert!(Credentials::new(None).unwrap().header().is_none());
    }

    #[test]
    fn a_key_that_no_header_can_carry_is_refused_without_being_shown() {
        for key in ["", "k\n123456", "k 123456", "schlüssel-123456"] {
            let error = Credentials::new(Some(key.into())).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("123456"), "{error:?}");
        }
    }
}
