//! Talking HTTP to Cohere: addresses, the key, refusals.

use std::{net::IpAddr, sync::Arc};

use bytes::Bytes;
use reqwest::{
    RequestBuilder, Response, StatusCode,
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use todo_domain::ports::Clock;
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use super::{
    CohereSettings, CohereSetupError,
    fault::{Refusal, Said, retry_after},
    redact::Redactor,
};

/// How much of a refusal's body is read.
const MAX_REFUSAL: usize = 16 * 1024;
/// How many connections are kept for later, and for how long. A turn asks several times.
const MAX_IDLE_CONNECTIONS: usize = 32;
const MAX_IDLE: std::time::Duration = std::time::Duration::from_secs(60);

/// A client for Cohere's API.
pub(super) struct Client {
    http: reqwest::Client,
    chat: Url,
    model: Url,
    check_api_key: Url,
    clock: Arc<dyn Clock>,
}

/// The provider answered with a status other than success.
pub(super) struct Refused {
    pub(super) refusal: Refusal,
    pub(super) retry_after: Option<std::time::Duration>,
    /// Fit for a log.
    pub(super) detail: String,
}

impl Client {
    pub(super) fn new(
        settings: &CohereSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CohereSetupError> {
        let base = &settings.base_url;
        let is_plain = base.scheme() == "http";
        let has_credentials = !base.username().is_empty() || base.password().is_some();
        if !(is_plain || base.scheme() == "https") || !base.has_host() || has_credentials {
            return Err(CohereSetupError::BaseUrl);
        }
        crate::install_crypto_provider();
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("chatbot-api/", env!("CARGO_PKG_VERSION")))
            .default_headers(credentials(settings.api_key.as_ref())?)
            .connect_timeout(settings.patience.connect)
            .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
            .pool_idle_timeout(MAX_IDLE)
            .tcp_keepalive(MAX_IDLE)
            .redirect(reqwest::redirect::Policy::none())
            // Attempts are counted here, not there.
            .retry(reqwest::retry::never());
        if is_plain {
            // A machine without root certificates can still talk to a simulator.
            http = http.tls_certs_only([]);
        }
        if is_loopback(base) {
            http = http.no_proxy();
        }
        Ok(Self {
            http: http.build().map_err(CohereSetupError::Client)?,
            chat: join(base, &["v2", "chat"]),
            model: join(base, &["v1", "models", settings.model.as_str()]),
            check_api_key: join(base, &["v1", "check-api-key"]),
            clock,
        })
    }

    /// Where questions go.
    pub(super) const fn chat_url(&self) -> &Url {
        &self.chat
    }

    /// A request for an answer.
    pub(super) fn chat(&self, body: Bytes) -> RequestBuilder {
        self.http
            .post(self.chat.clone())
            .header("content-type", "application/json")
            .header("accept", "text/event-stream")
            .body(body)
    }

    /// A request for what is known of the model.
    pub(super) fn model(&self) -> RequestBuilder {
        self.http.get(self.model.clone())
    }

    /// A request for what is known of the key.
    pub(super) fn check_api_key(&self) -> RequestBuilder {
        let request = self.http.post(self.check_api_key.clone());
        request.header("content-type", "application/json").body("{}")
    }

    /// The response, if it is a success; its refusal otherwise, whose body is waited for until
    /// `limit` and no longer.
    pub(super) async fn accepted(
        &self,
        response: Response,
        limit: Instant,
        redactor: &Redactor<'_>,
    ) -> Result<Response, Refused> {
        let status = response.status();
        let trace_id = response.headers().get("x-debug-trace-id");
        let trace_id = trace_id.and_then(|id| id.to_str().ok()).unwrap_or("none").to_owned();
        tracing::debug!(
            status = status.as_u16(),
            trace_id = redactor.clean(&trace_id),
            "Cohere has answered"
        );
        if status.is_success() {
            return Ok(response);
        }
        let retry_after = retry_after(response.headers(), self.clock.now());
        let said = Said::read(&read_up_to(MAX_REFUSAL, response, limit).await);
        let detail = format!("{}, trace {trace_id}: {}", line_of(status), said.message);
        Err(Refused {
            refusal: Refusal::new(status, &said),
            retry_after,
            detail: redactor.clean(&detail),
        })
    }
}

/// The beginning of a body: as much as comes until `limit`, and not much more than `bytes`.
pub(super) async fn read_up_to(bytes: usize, mut response: Response, limit: Instant) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < bytes
        && let Ok(Ok(Some(chunk))) = timeout_at(limit, response.chunk()).await
    {
        body.extend_from_slice(&chunk);
    }
    body
}

fn line_of(status: StatusCode) -> String {
    format!("HTTP {}", status.as_u16())
}

fn credentials(key: Option<&SecretString>) -> Result<HeaderMap, CohereSetupError> {
    let mut headers = HeaderMap::new();
    if let Some(key) = key.map(ExposeSecret::expose_secret) {
        let is_plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
        let value = HeaderValue::try_from(format!("Bearer {key}"));
        let mut value = value.ok().filter(|_| is_plain).ok_or(CohereSetupError::ApiKey)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

/// The base with these segments after its own path.
fn join(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Fails for URLs without a host only, which `Client::new` refuses.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_appended_to_the_path_of_the_base() {
        for (base, joined) in [
            ("https://api.cohere.com", "https://api.cohere.com/v2/chat"),
            ("http://127.0.0.1:9/", "http://127.0.0.1:9/v2/chat"),
            ("https://gate.example/cohere/", "https://gate.example/cohere/v2/chat"),
            ("https://gate.example/cohere?x=1#y", "https://gate.example/cohere/v2/chat"),
        ] {
            assert_eq!(join(&base.parse().unwrap(), &["v2", "chat"]).as_str(), joined);
        }
    }

    #[test]
    fn the_key_is_marked_so_that_no_log_of_headers_shows_it() {
        let headers = credentials(Some(&"k-123456".into())).unwrap();
        assert!(headers[AUTHORIZATION].is_sensitive());
        assert!(!format!("{headers:?}").contains("k-123456"));
    }

    #[test]
    fn without_a_key_there_is_no_header_for_it() {
        assert!(credentials(None).unwrap().is_empty());
    }

    #[test]
    fn a_key_that_no_header_can_carry_is_refused_without_being_shown() {
        for key in ["", "k\n123456", "k 123456", "schlüssel-123456"] {
            let error = credentials(Some(&key.into())).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("123456"), "{error:?}");
        }
    }
}
