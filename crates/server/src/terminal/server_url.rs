//! The address of a service that runs elsewhere.

use std::str::FromStr;

use todo_adapters::is_loopback;
use url::Url;

/// Where a service listens: `http` or `https`, with a host, and nothing secret in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerUrl(Url);

/// The text is no [`ServerUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be like http://127.0.0.1:8000 or https://todo.example.org, without user and query")]
pub(crate) struct ServerUrlError;

impl ServerUrl {
    /// The address of what is at this path, which begins without a slash.
    pub(crate) fn of(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{path}"));
        url
    }

    /// Whether strangers on the way can read what is sent there.
    pub(crate) fn is_readable_on_the_way(&self) -> bool {
        self.0.scheme() == "http" && !is_loopback(&self.0)
    }

    /// The address as it was given.
    pub(crate) fn as_url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for ServerUrl {
    type Err = ServerUrlError;

    fn from_str(text: &str) -> Result<Self, ServerUrlError> {
        let url = Url::parse(text).map_err(|_| ServerUrlError)?;
        let has_extras = !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || has_extras {
            return Err(ServerUrlError);
        }
        Ok(Self(url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> ServerUrl {
        text.parse().unwrap()
    }

    #[test]
    fn paths_are_appended_to_the_path_of_the_service() {
        for base in ["https://example.org/todo", "https://example.org/todo/"] {
            assert_eq!(
                url(base).of("api/auth/me").as_str(),
                "https://example.org/todo/api/auth/me"
            );
        }
        assert_eq!(url("http://[::1]:8000").of("x").as_str(), "http://[::1]:8000/x");
    }

    #[test]
    fn what_is_no_address_of_a_service_is_refused() {
        for text in ["127.0.0.1:8000", "ftp://x", "http://", "http://ada:pw@x", "http://x/?a=b"] {
            assert_eq!(text.parse::<ServerUrl>(), Err(ServerUrlError), "{text}");
        }
    }

    #[test]
    fn only_plain_http_to_other_machines_is_readable_on_the_way() {
        assert!(url("http://example.org").is_readable_on_the_way());
        for safe in
            ["https://example.org", "http://127.0.0.1:8000", "http://localhost", "http://[::1]"]
        {
            assert!(!url(safe).is_readable_on_the_way(), "{safe}");
        }
    }
}
