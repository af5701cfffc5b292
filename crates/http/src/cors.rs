//! Use from pages of other origins (CORS).

use std::str::FromStr;

use actix_cors::Cors;
use actix_web::http::{
    Method,
    header::{self, HeaderName},
};
use url::Url;

use crate::{
    extract::IDEMPOTENT_REPLAYED,
    limits::{RATELIMIT, RATELIMIT_POLICY},
    request::REQUEST_ID,
};

/// For how long a browser may remember a preflight, in seconds.
const MAX_AGE: usize = 3600;

/// What libraries in browsers put on every request: tracing (W3C Trace Context and Baggage, Sentry),
/// and retrying. A preflight that refused them would refuse all such a page asks for.
const ADDED_BY_LIBRARIES: [HeaderName; 6] = [
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("baggage"),
    HeaderName::from_static("sentry-trace"),
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("last-event-id"),
];

/// The text is no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an origin such as https://app.example.org")]
pub struct OriginError;

/// Where a page comes from: scheme, host and port.
///
/// ```
/// use todo_http::Origin;
///
/// let origin: Origin = "https://App.example.org:443/".parse()?;
/// assert_eq!(origin.as_str(), "https://app.example.org");
/// assert!("*".parse::<Origin>().is_err());
/// # Ok::<(), todo_http::OriginError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// As a browser sends it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nobody on the way can change the page.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let url = Url::parse(text).map_err(|_| OriginError)?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        // Browsers name one host: a pattern would match none.
        let one_host = !url.host_str().unwrap_or_default().contains('*');
        if !matches!(url.scheme(), "https" | "http") || !bare || !anonymous || !one_host {
            return Err(OriginError);
        }
        Ok(Self(url.origin().ascii_serialization()))
    }
}

/// Whose pages may call the API from a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorsOrigins {
    /// Those of these origins; with none, nobody's.
    Listed(Vec<Origin>),
    /// Anybody's: for development only.
    Any,
}

impl Default for CorsOrigins {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl CorsOrigins {
    pub(crate) fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Credentials in cookies are not supported: there are none.
    pub(crate) fn middleware(&self) -> Cors {
        let cors = Cors::default()
            .allowed_methods([
                Method::GET,
                Method::HEAD,
                Method::POST,
                Method::PATCH,
                Method::DELETE,
            ])
            .allowed_headers([
                header::ACCEPT,
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::IF_MATCH,
                header::IF_NONE_MATCH,
                REQUEST_ID,
            ])
            .allowed_headers(ADDED_BY_LIBRARIES)
            .expose_headers([
                header::ALLOW,
                header::CONTENT_DISPOSITION,
                header::ETAG,
                header::LINK,
                header::LOCATION,
                header::RETRY_AFTER,
                IDEMPOTENT_REPLAYED,
                header::WWW_AUTHENTICATE,
                RATELIMIT,
                RATELIMIT_POLICY,
                REQUEST_ID,
            ])
            .max_age(MAX_AGE);
        match self {
            Self::Any => cors.allow_any_origin().send_wildcard(),
            Self::Listed(origins) => {
                origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin.as_str()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_a_scheme_and_a_host_and_nothing_after_the_port() {
        for (text, origin) in [
            ("http://localhost:5173", "http://localhost:5173"),
            ("https://APP.example.org/", "https://app.example.org"),
            ("https://münchen.example", "https://xn--mnchen-3ya.example"),
        ] {
            assert_eq!(text.parse(), Ok(Origin(origin.into())));
        }
        for text in [
            "", "*", "null", "app.example.org", "https://", "ftp://example.org",
            "https://example.org/app", "https://example.org?x", "https://ada@example.org",
            "https://*.example.org",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(OriginError), "{text}");
        }
    }
}
