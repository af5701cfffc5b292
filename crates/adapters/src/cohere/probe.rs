//! How Cohere is, asked without having anything generated.

use async_trait::async_trait;
use reqwest::RequestBuilder;
use serde::{Deserialize, de::DeserializeOwned};
use todo_domain::ports::{BreakerState, ModelCondition, ModelHealth, ModelReport};
use tokio::time::{Instant, timeout_at};

use super::{
    CohereModel,
    attempt_error::{AttemptError, describe},
    client::{Client, read_up_to},
    credentials::Credentials,
    redact::Redactor,
};

/// How much of an answer is read; Cohere tells a lot about a model.
const MAX_BODY: usize = 1 << 20;

#[derive(Deserialize)]
struct ModelAnswer {
    endpoints: Option<Vec<String>>,
    is_deprecated: Option<bool>,
}

#[derive(Deserialize)]
struct KeyAnswer {
    valid: bool,
}

impl CohereModel {
    /// Asks whether the configured model is there for this key. It costs a call of the key's quota.
    pub async fn probe(&self) -> ModelReport {
        let model = &self.settings.model;
        match self.ask::<ModelAnswer>(Client::model).await {
            Err(report) => report,
            Ok(answer) => {
                let chats =
                    answer.endpoints.is_none_or(|names| names.iter().any(|it| it == "chat"));
                match (chats, answer.is_deprecated) {
                    (false, _) => report(
                        ModelCondition::ModelNotFound,
                        format!("{model} is not a model to chat with"),
                    ),
                    (true, Some(true)) => {
                        report(ModelCondition::Ready, format!("{model} answers, but is deprecated"))
                    }
                    (true, _) => report(ModelCondition::Ready, format!("{model} answers")),
                }
            }
        }
    }

    /// Asks whether the key is valid, whichever the model.
    pub async fn check_api_key(&self) -> ModelReport {
        match self.ask(Client::check_api_key).await {
            Ok(KeyAnswer { valid: true }) => report(ModelCondition::Ready, "the key is valid"),
            Ok(KeyAnswer { valid: false }) => {
                report(ModelCondition::AuthRefused, "the key is not valid")
            }
            Err(report) => report,
        }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        request: fn(&Client, &Credentials) -> RequestBuilder,
    ) -> Result<T, ModelReport> {
        let credentials = self.credentials.load_full();
        let request = request(&self.client, &credentials);
        let limit = Instant::now() + self.settings.timeouts.probe;
        let redactor = Redactor::of_key(credentials.key());
        let unavailable = |detail: String| report(ModelCondition::Unavailable, detail);
        let response = timeout_at(limit, request.send())
            .await
            .map_err(|_| unavailable(AttemptError::stalled().detail))?
            .map_err(|error| unavailable(describe(error, &redactor)))?;
        let response = self
            .client
            .accepted(response, limit, &redactor)
            .await
            .map_err(|refused| report(refused.refusal.condition(), refused.detail))?;
        let body = read_up_to(MAX_BODY, response, limit).await;
        serde_json::from_slice(&body)
            .map_err(|_| unavailable("the answer is not what Cohere would say".to_owned()))
    }
}

#[async_trait]
impl ModelHealth for CohereModel {
    async fn check(&self) -> ModelReport {
        self.probe().await
    }

    fn breaker(&self) -> BreakerState {
        self.circuit_breaker.state()
    }
}

fn report(condition: ModelCondition, detail: impl Into<String>) -> ModelReport {
    ModelReport { condition, detail: detail.into() }
}
