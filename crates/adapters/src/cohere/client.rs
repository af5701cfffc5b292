//! Talking HTTP to Cohere: addresses, the key, refusals.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::{RequestBuilder, Response, StatusCode, header::AUTHORIZATION};
use todo_domain::ports::Clock;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::{
    CohereSettings, CohereSetupError,
    attempt_error::{Rejection, Said, retry_after},
    credentials::Credentials,
    redact::Redactor,
};
use crate::http_client::is_loopback;

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
    pub(super) refusal: Rejection,
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
            .connect_timeout(settings.timeouts.connect)
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
    pub(super) fn chat(&self, credentials: &Credentials, body: Bytes) -> RequestBuilder {
        self.authorized(self.http.post(self.chat.clone()), credentials)
            .header("content-type", "application/json")
            .header("accept", "text/event-stream")
            .body(body)
    }

    /// A request for what is known of the model.
    pub(super) fn model(&self, credentials: &Credentials) -> RequestBuilder {
        self.authorized(self.http.get(self.model.clone()), credentials)
    }

    /// A request for what is known of the key.
    pub(super) fn check_api_key(&self, credentials: &Credentials) -> RequestBuilder {
        self.authorized(self.http.post(self.check_api_key.clone()), credentials)
            .header("content-type", "application/json")
            .body("{}")
    }

    fn authorized(&self, request: RequestBuilder, credentials: &Credentials) -> RequestBuilder {
        match credentials.header() {
            Some(header) => request.header(AUTHORIZATION, header),
            None => request,
        }
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
            refusal: Rejection::new(status, &said),
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
            ("https://gateway.example/cohere/", "https://gateway.example/cohere/v2/chat"),
            ("https://gateway.example/cohere?x=1#y", "https://gateway.example/cohere/v2/chat"),
        ] {
            assert_eq!(join(&base.parse().unwrap(), &["v2", "chat"]).as_str(), joined);
        }
    }
}
