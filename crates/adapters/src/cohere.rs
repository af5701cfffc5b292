//! Cohere's models behind the port, over the native API (`POST /v2/chat`, always streamed).
//!
//! Each part of the road from a question to an answer has a file: [`convert`] and [`wire`] say what
//! is sent, [`client`] sends it, [`decode`] and [`events`] take the stream of bytes apart,
//! [`answer`] puts the answer together, [`fault`] says what a failure means, and [`ask`] tries again.

mod answer;
mod ask;
mod client;
mod convert;
mod decode;
mod events;
mod fault;
mod models;
mod probe;
mod redact;
mod settings;
mod trace;
mod wire;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use opentelemetry::Context;
use todo_domain::{
    ModelAnswer, ModelError, ModelFailure, ModelIdentity, ModelRequest,
    ports::{ChatModel, Clock, DeltaSink},
};
use todo_metrics::{MetricsOfModel, ModelMetrics};
use tokio::time::Instant;
use tracing::Instrument;

pub use decode::decode_cohere_answer;
pub use models::{CohereModelName, CohereModelNameError};
pub use settings::{CoherePatience, CohereRetries, CohereSettings, Temperature, TemperatureError};

use ask::Question;
use client::Client;
use convert::ToolsJson;
use redact::Redactor;
use wire::{ChatBody, CitationOptions};

/// What the ledger and the metrics call it.
const ENGINE: &str = "cohere";

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
    tools: ToolsJson,
    max_tokens: u32,
    metrics: MetricsOfModel,
}

impl CohereModel {
    /// A model with these settings. Nothing is asked yet. The clock is needed for the dates in
    /// `Retry-After`; the metrics count what [`crate::MeasuredModel`] can't see from outside:
    /// retries and rate limits.
    ///
    /// # Errors
    /// See [`CohereSetupError`].
    pub fn new(
        settings: CohereSettings,
        clock: Arc<dyn Clock>,
        metrics: &ModelMetrics,
    ) -> Result<Self, CohereSetupError> {
        let client = Client::new(&settings, clock)?;
        let max_tokens = settings.model.clamp_max_tokens(settings.max_tokens);
        let metrics = metrics.of(ENGINE, settings.model.as_str());
        Ok(Self { settings, client, tools: ToolsJson::default(), max_tokens, metrics })
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
        ModelIdentity { engine: ENGINE.into(), model: self.settings.model.as_str().into() }
    }

    async fn respond(
        &self,
        request: &ModelRequest,
        sink: Arc<dyn DeltaSink>,
    ) -> Result<ModelAnswer, ModelError> {
        let body = self.body(request).map_err(|_| {
            ModelError::new(ModelFailure::RejectedRequest, "a tool's schema is not JSON")
        })?;
        let span = trace::question(&self.settings, self.max_tokens);
        let asking = async {
            let question = Question {
                body,
                deadline: Instant::from_std(request.deadline),
                sink: &*sink,
                redactor: Redactor::new(self.settings.api_key.as_ref(), request),
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
