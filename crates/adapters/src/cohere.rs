//! Cohere's models behind the port, over the native API (`POST /v2/chat`, always streamed).
//!
//! Each part of the road from a question to an answer has a file: [`convert`] and [`wire`] say what
//! is sent, [`client`] sends it, [`decode`] and [`events`] take the stream of bytes apart,
//! [`answer`] puts the answer together, [`fault`] says what a failure means, and [`ask`] tries again,
//! each time through the [circuit breaker](crate::circuit_breaker).

mod answer;
mod ask;
mod attempt_error;
mod client;
mod convert;
mod credentials;
mod decode;
mod events;
mod models;
mod probe;
mod redact;
mod settings;
mod trace;
mod wire;

use std::{fmt, sync::Arc};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use bytes::Bytes;
use opentelemetry::Context;
use secrecy::SecretString;
use todo_domain::{
    ModelAnswer, ModelError, ModelFailure, ModelIdentity, ModelRequest,
    ports::{ChatModel, Clock, DeltaSink},
};
use todo_metrics::{Metrics, MetricsOfModel};
use tokio::time::Instant;
use tracing::Instrument;

pub use decode::decode_cohere_answer;
pub use models::{CohereModelName, CohereModelNameError};
pub use settings::{CohereRetries, CohereSettings, CohereTimeouts, Temperature, TemperatureError};

use ask::ModelCall;
use client::Client;
use convert::ToolsJson;
use credentials::Credentials;
use redact::Redactor;
use wire::{ChatBody, CitationOptions};

use crate::circuit_breaker::CircuitBreaker;

/// Its name in turns, logs and metrics.
const COHERE: &str = "cohere";

/// Why there is no client for Cohere. No message shows the key.
#[derive(Debug, thiserror::Error)]
pub enum CohereSetupError {
    /// Not an address that can be called, or one that holds credentials.
    #[error("the base URL must be http:// or https:// with a host and without user or password")]
    BaseUrl,
    /// It can't be sent in a header.
    #[error("the API key must be visible ASCII characters without blanks")]
    ApiKey,
    /// No HTTP client could be made, for want of root certificates most likely.
    #[error("the HTTP client can't be set up")]
    Client(#[source] reqwest::Error),
}

/// A model of Cohere's.
pub struct CohereModel {
    settings: CohereSettings,
    client: Client,
    /// Those of the settings until others [replace](Self::replace_api_key) them.
    credentials: ArcSwap<Credentials>,
    circuit_breaker: CircuitBreaker,
    tools: ToolsJson,
    max_tokens: u32,
    metrics: MetricsOfModel,
}

impl CohereModel {
    /// A model with these settings. Nothing is asked yet. The clock is needed for the dates in
    /// `Retry-After`; the metrics count what [`crate::InstrumentedModel`] can't see from outside:
    /// retries and rate limits.
    ///
    /// # Errors
    /// See [`CohereSetupError`].
    pub fn new(
        mut settings: CohereSettings,
        clock: Arc<dyn Clock>,
        metrics: &Metrics,
    ) -> Result<Self, CohereSetupError> {
        let credentials = Credentials::new(settings.api_key.take())?;
        Ok(Self {
            client: Client::new(&settings, clock)?,
            credentials: ArcSwap::from_pointee(credentials),
            circuit_breaker: CircuitBreaker::new(
                COHERE,
                settings.circuit_breaker,
                metrics.resilience.clone(),
            ),
            metrics: metrics.model.of(COHERE, settings.model.as_str()),
            tools: ToolsJson::default(),
            max_tokens: settings.model.clamp_max_tokens(settings.max_tokens),
            settings,
        })
    }

    /// From now on questions are asked with this key, or without one (S89). Those on their way go
    /// on with the key they began with, further attempts included.
    ///
    /// # Errors
    /// [`CohereSetupError::ApiKey`]; the present key stays.
    pub fn replace_api_key(&self, key: Option<SecretString>) -> Result<(), CohereSetupError> {
        self.credentials.store(Arc::new(Credentials::new(key)?));
        Ok(())
    }

    fn body(&self, request: &ModelRequest) -> Result<Bytes, serde_json::Error> {
        let tools = self.tools.of(&request.tools)?;
        let body = ChatBody {
            model: self.settings.model.as_str(),
            messages: convert::messages(request),
            tools: tools.as_deref(),
            temperature: self.settings.temperature.get(),
            max_tokens: self.max_tokens,
            stream: true,
            citation_options: CitationOptions::OFF,
        };
        serde_json::to_vec(&body).map(Bytes::from)
    }
}

impl fmt::Debug for CohereModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CohereModel").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[async_trait]
impl ChatModel for CohereModel {
    fn identity(&self) -> ModelIdentity {
        ModelIdentity { engine: COHERE.into(), model: self.settings.model.as_str().into() }
    }

    async fn respond(
        &self,
        request: &ModelRequest,
        sink: Arc<dyn DeltaSink>,
    ) -> Result<ModelAnswer, ModelError> {
        let body = self.body(request).map_err(|_| {
            ModelError::new(ModelFailure::RejectedRequest, "a tool's schema is not JSON")
        })?;
        let credentials = self.credentials.load_full();
        let span = trace::question(&self.settings, self.max_tokens);
        let asking = async {
            let question = ModelCall {
                user: request.user,
                credentials: Arc::clone(&credentials),
                body,
                deadline: Instant::from_std(request.deadline),
                sink: &*sink,
                redactor: Redactor::new(credentials.key(), request),
                trace: Context::current(),
            };
            let (reply, usage) = self.ask_repeatedly(&question).await?;
            Ok(ModelAnswer { reply, identity: self.identity(), usage })
        };
        let answer = asking.instrument(span.clone()).await;
        trace::answered(&span, &answer);
        answer
    }
}
