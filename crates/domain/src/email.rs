//! E-mail addresses.

use std::{fmt, str::FromStr};

use email_address::{EmailAddress, Options};

/// Why a text is not an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an e-mail address such as ada@example.org, at most 254 characters long")]
pub struct EmailError;

/// An e-mail address (RFC 5322 without display names), at most 254 characters (RFC 5321). Upper
/// and lower case do not matter: it is kept in lower case.
///
/// ```
/// use todo_domain::Email;
///
/// assert_eq!(Email::new("Ada@Example.org")?, Email::new("ada@example.org")?);
/// assert!(Email::new("ada at example.org").is_err());
/// # Ok::<(), todo_domain::EmailError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Checks and wraps an address.
    ///
    /// # Errors
    /// [`EmailError`] when it is none.
    pub fn new(text: &str) -> Result<Self, EmailError> {
        let options =
            Options::default().with_required_tld().without_display_text().without_domain_literal();
        // What is kept must be an address itself: lower case can be longer, and another text.
        let address = text.trim().to_lowercase();
        if address.len() > 254 || EmailAddress::parse_with_options(&address, options).is_err() {
            return Err(EmailError);
        }
        Ok(Self(address))
    }

    /// Whether it is below `localhost`: such names are a machine's own (RFC 6761, section 6.3), and its
    /// account has one.
    #[must_use]
    pub fn is_of_this_machine(&self) -> bool {
        self.0.trim_end_matches('.').ends_with(".localhost")
    }

    /// The address in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        Self::new(text)
    }
}

/// Addresses are personal: they never appear in a log through `{:?}`.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_accepted_is_accepted_again_as_it_is_kept() {
        for text in ["Ada@Example.org", "İ@b.de", "x@İ.de", "ſ@b.de", "ẞ@b.de", " a@b.de "] {
            if let Ok(email) = Email::new(text) {
                assert_eq!(Email::new(email.as_str()).as_ref(), Ok(&email), "{text}");
            }
        }
        assert_eq!(Email::new("İ@b.de"), Err(EmailError));
    }
}
