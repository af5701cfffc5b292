//! What can go wrong with one attempt, whether another may do better, and when.

use std::time::Duration;

use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use serde::Deserialize;
use todo_domain::{ModelError, ModelFailure, Timestamp, ports::ModelCondition};

use super::{answer::AnswerError, redact::Redactor};
use crate::{
    circuit_breaker::{Outcome, Rejected},
    error_chain,
};

/// However long a provider asks us to wait, we do not believe in more.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// One attempt has failed.
#[derive(Debug)]
pub(super) struct AttemptError {
    pub(super) failure: ModelFailure,
    /// Fit for a log.
    pub(super) detail: String,
    pub(super) again: Again,
    /// Whether it was time that was spent, rather than an answer that came.
    stalled: bool,
}

/// Whether to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    Never,
    AfterBackoff,
    /// When the provider says.
    After(Duration),
}

impl AttemptError {
    /// The provider refused with a status.
    pub(super) fn refused(
        refusal: Rejection,
        retry_after: Option<Duration>,
        detail: String,
    ) -> Self {
        let again = match (refusal.is_passing(), retry_after) {
            (false, _) => Again::Never,
            (true, None) => Again::AfterBackoff,
            (true, Some(wait)) => Again::After(wait),
        };
        Self { failure: refusal.failure(retry_after), detail, again, stalled: false }
    }

    /// No answer could be got: no connection, or one that broke before an answer began.
    pub(super) fn unreachable(error: reqwest::Error, redactor: &Redactor<'_>) -> Self {
        Self {
            failure: ModelFailure::Unavailable { retry_after: None },
            detail: describe(error, redactor),
            again: Again::AfterBackoff,
            stalled: false,
        }
    }

    /// The answer is of no use.
    pub(super) fn of_answer(error: &AnswerError, redactor: &Redactor<'_>) -> Self {
        Self {
            failure: error.failure(),
            detail: redactor.clean(&error.to_string()),
            again: if error.is_accident() { Again::AfterBackoff } else { Again::Never },
            stalled: false,
        }
    }

    /// Nothing came for too long.
    pub(super) fn stalled() -> Self {
        Self {
            failure: ModelFailure::Unavailable { retry_after: None },
            detail: "the provider stalled".to_owned(),
            again: Again::AfterBackoff,
            stalled: true,
        }
    }

    /// The request's deadline has come.
    pub(super) fn deadline_exceeded() -> Self {
        Self {
            failure: ModelFailure::DeadlineExceeded,
            detail: "no answer before the deadline".to_owned(),
            again: Again::Never,
            stalled: true,
        }
    }

    /// The call was not made.
    pub(super) fn rejected(reason: Rejected) -> Self {
        let failure = match reason {
            Rejected::BreakerOpen { remaining } => {
                ModelFailure::Unavailable { retry_after: Some(remaining) }
            }
            Rejected::Busy => ModelFailure::Busy,
        };
        Self { failure, detail: reason.to_string(), again: Again::Never, stalled: false }
    }

    /// What it tells about the provider's health. Any refusal but an outage, a limit of the minute
    /// included, proves that the provider is there; our own deadline proves nothing, and nor does
    /// a status that will be the same next time, such as a redirect.
    pub(super) fn outcome(&self) -> Outcome {
        match (self.failure, self.again) {
            (ModelFailure::Unavailable { .. }, Again::Never) => Outcome::Unknown,
            (ModelFailure::Unavailable { .. }, _) => Outcome::Failed,
            (ModelFailure::DeadlineExceeded, _) => Outcome::Unknown,
            _ => Outcome::Answered,
        }
    }

    /// The same, when part of the answer has been read already.
    pub(super) fn for_good(self) -> Self {
        Self { again: Again::Never, ..self }
    }

    /// The same, when nothing will be asked for so long, and nobody has said anything else.
    pub(super) fn coming_back_after(self, wait: Option<Duration>) -> Self {
        match self.failure {
            ModelFailure::Unavailable { retry_after: None } => {
                Self { failure: ModelFailure::Unavailable { retry_after: wait }, ..self }
            }
            _ => self,
        }
    }

    /// What the caller gets. Where no time was left for another attempt because this one stalled,
    /// it is the time that ended it; any other failure is more telling than the lack of time.
    pub(super) fn into_error(self, out_of_time: bool) -> ModelError {
        let stalled = out_of_time && self.stalled;
        let failure = if stalled { ModelFailure::DeadlineExceeded } else { self.failure };
        ModelError::new(failure, self.detail)
    }
}

/// What a status other than success means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rejection {
    Auth,
    Payment,
    /// The quota of the month, not that of the minute.
    Quota,
    RateLimit,
    NotFound,
    /// Our request is wrong.
    Request,
    /// The model wrote something that Cohere could not use; it may do better next time.
    Model,
    /// Cohere, or something in front of it, is broken for now.
    Outage,
    /// It will not work next time either.
    Permanent,
}

impl Rejection {
    pub(super) fn new(status: StatusCode, said: &Said) -> Self {
        match status.as_u16() {
            401 | 403 => Self::Auth,
            402 => Self::Payment,
            404 | 410 => Self::NotFound,
            408 => Self::Outage,
            422 if said.blames_the_model() => Self::Model,
            429 if said.message.to_lowercase().contains("month") => Self::Quota,
            429 => Self::RateLimit,
            499 | 501 => Self::Permanent,
            400..=498 => Self::Request,
            500.. => Self::Outage,
            // A redirect, most likely: the base URL is not Cohere's.
            _ => Self::Permanent,
        }
    }

    /// Status 429, for the minute or for the month.
    pub(super) const fn is_rate_limit(self) -> bool {
        matches!(self, Self::RateLimit | Self::Quota)
    }

    const fn is_passing(self) -> bool {
        matches!(self, Self::RateLimit | Self::Model | Self::Outage)
    }

    const fn failure(self, retry_after: Option<Duration>) -> ModelFailure {
        match self {
            Self::Auth | Self::Payment => ModelFailure::Auth,
            Self::Quota => ModelFailure::QuotaExhausted,
            Self::RateLimit => ModelFailure::RateLimited { retry_after },
            Self::NotFound => ModelFailure::ModelNotFound,
            Self::Request => ModelFailure::RejectedRequest,
            Self::Model => ModelFailure::InvalidAnswer,
            Self::Outage | Self::Permanent => ModelFailure::Unavailable { retry_after },
        }
    }

    pub(super) const fn condition(self) -> ModelCondition {
        match self {
            Self::Auth => ModelCondition::AuthRefused,
            Self::Payment => ModelCondition::PaymentDue,
            Self::Quota => ModelCondition::QuotaExhausted,
            Self::RateLimit => ModelCondition::RateLimited,
            Self::NotFound => ModelCondition::ModelNotFound,
            Self::Request | Self::Model | Self::Outage | Self::Permanent => {
                ModelCondition::Unavailable
            }
        }
    }
}

/// What the body of a refusal says: JSON if it is Cohere's own, anything if it comes from a gateway.
#[derive(Default)]
pub(super) struct Said {
    pub(super) message: String,
    error_type: Option<String>,
}

impl Said {
    pub(super) fn read(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct ErrorBody {
            message: String,
            error_type: Option<String>,
        }
        match serde_json::from_slice(body) {
            Ok(ErrorBody { message, error_type }) => Self { message, error_type },
            Err(_) => {
                Self { message: String::from_utf8_lossy(body).into_owned(), error_type: None }
            }
        }
    }

    /// Older answers say so in words only.
    fn blames_the_model(&self) -> bool {
        self.error_type.is_some() || self.message.starts_with("No valid ")
    }
}

/// How long the provider asks us to wait: `retry-after-ms`, or `Retry-After` in seconds or as a
/// date.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let seconds = |text: &str, unit: f64| {
        text.parse::<f64>().ok().and_then(|number| Duration::try_from_secs_f64(number * unit).ok())
    };
    let wait = value("retry-after-ms").and_then(|text| seconds(text, 0.001)).or_else(|| {
        let text = value(RETRY_AFTER.as_str())?;
        seconds(text, 1.0).or_else(|| {
            let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            Some(Timestamp::from(date).since(now))
        })
    });
    wait.map(|wait| wait.min(MAX_RETRY_AFTER))
}

/// An error of the client with its causes. The address is left out: the operator knows it.
pub(super) fn describe(error: reqwest::Error, redactor: &Redactor<'_>) -> String {
    redactor.clean(&error_chain(&error.without_url()))
}

#[cfg(test)]
#[path = "attempt_error_tests.rs"]
mod tests;
