//! The way to Sentry.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use sentry::{
    Client, ClientOptions, TransportOptions,
    integrations::backtrace::ProcessStacktraceIntegration,
    transports::{ReqwestHttpTransport, ReqwestHttpTransportOptions},
};

use crate::config::SentryConfig;

/// How long Sentry may take to receive one event.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How many events may wait; more are dropped.
const QUEUE: usize = 30;
/// How long the process waits at its end for what has not been sent.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// Why there is no way to Sentry.
#[derive(Debug, thiserror::Error)]
#[error("SENTRY_DSN: can't make an HTTP client")]
pub(crate) struct SentryError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// Sends events from a thread of its own.
pub(crate) struct Sentry(Arc<Client>);

impl Sentry {
    /// Nothing is sent before the first event.
    ///
    /// # Errors
    /// [`SentryError`] on a machine without root certificates.
    pub(crate) fn start(config: &SentryConfig) -> Result<Self, SentryError> {
        let options = options(config);
        let address = config.dsn.envelope_api_url();
        let http = todo_adapters::http_client(&address, TIMEOUT)
            .map_err(|error| SentryError(error.into()))?;
        let transport: Option<ReqwestHttpTransport> =
            TransportOptions::try_from_client_options(&options).map(|options| {
                ReqwestHttpTransportOptions::from(options).with_client(http).build()
            });
        let options = match transport {
            Some(transport) => options.transport(Arc::new(transport)),
            None => options,
        };
        Ok(Self(Arc::new(Client::with_options(options))))
    }

    pub(crate) fn client(&self) -> Arc<Client> {
        Arc::clone(&self.0)
    }

    /// Sends what waits, for a moment at most, and nothing afterwards.
    pub(crate) fn close(self) {
        let (done, closed) = mpsc::channel();
        // With a full queue the library would wait for as long as Sentry likes.
        let closing = thread::Builder::new().name("sentry-close".to_owned()).spawn(move || {
            self.0.close(Some(LAST_WAIT));
            // Nobody listens any more if it took too long.
            let _ = done.send(());
        });
        if closing.is_ok() {
            // What has not been sent by then is lost.
            let _ = closed.recv_timeout(LAST_WAIT);
        }
    }
}

/// Nothing but what is asked for: no host name, no user, no request data.
pub(super) fn options(config: &SentryConfig) -> ClientOptions {
    let mut options = ClientOptions::new()
        .release(concat!("chatbot-api@", env!("CARGO_PKG_VERSION")))
        .environment(config.environment.clone())
        .traces_sample_rate(config.traces_sample_rate)
        .send_default_pii(false)
        .transport_channel_capacity(QUEUE)
        .shutdown_timeout(LAST_WAIT)
        .default_integrations(false)
        .add_integration(ProcessStacktraceIntegration);
    options.dsn = Some(config.dsn.clone());
    options.in_app_include = vec!["todo_", "chatbot_api"];
    options
}
