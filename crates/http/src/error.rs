//! Here alone errors become statuses and `application/problem+json` bodies (RFC 9457).
//!
//! Handlers and extractors return [`ApiError`]; the middleware of [`crate::request`] writes it out
//! with the request's id and logs what is our own fault. Nothing of a source reaches a body.

mod code;
mod conversions;
mod fault;
mod fields;
mod refusals;

use std::{borrow::Cow, error::Error, fmt, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use todo_domain::{ConversationId, TurnId};

pub(crate) use code::Code;
pub(crate) use conversions::still_running;
pub(crate) use fault::{Cause, Fault, Refusal};
pub(crate) use fields::{FieldError, Fields};
pub(crate) use refusals::one_of;

use crate::{
    extract::IDEMPOTENT_REPLAYED,
    wire::{ChangedTask, Problem, ToolCall},
};

/// Why a request has no better answer.
#[derive(Debug)]
pub(crate) struct ApiError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    code: Code,
    detail: Option<Cow<'static, str>>,
    errors: Vec<FieldError>,
    /// Whole seconds.
    retry_after: Option<u64>,
    /// The methods the path takes.
    allow: Option<String>,
    conversation_id: Option<ConversationId>,
    turn_id: Option<TurnId>,
    tool_calls: Option<Vec<ToolCall>>,
    /// An earlier request with the same key was answered so.
    is_replayed: bool,
    /// Tasks that are in the way.
    tasks: Vec<ChangedTask>,
    /// What the operator reads in the log, and nobody else.
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl ApiError {
    pub(crate) fn new(code: Code) -> Self {
        Self(Box::new(Inner {
            code,
            detail: None,
            errors: Vec::new(),
            retry_after: None,
            allow: None,
            conversation_id: None,
            turn_id: None,
            tool_calls: None,
            is_replayed: false,
            tasks: Vec::new(),
            cause: None,
        }))
    }

    /// Our own fault.
    pub(crate) fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let mut error = Self::new(Code::InternalError);
        error.0.cause = Some(source.into());
        error
    }

    pub(crate) fn code(&self) -> Code {
        self.0.code
    }

    /// What there is to say about the case at hand.
    pub(crate) fn detail(&self) -> &str {
        self.0.detail.as_deref().unwrap_or(self.0.code.detail())
    }

    /// What is wrong with which field.
    #[cfg(test)]
    pub(crate) fn into_errors(self) -> Vec<FieldError> {
        self.0.errors
    }

    /// The same of an operation of a batch, which is named by its path. Where single fields of it are
    /// wrong, these are named.
    pub(crate) fn of_operation(self, path: &str) -> Self {
        if self.0.errors.is_empty() {
            let fault = Fault::of_operation(self.0.code, self.detail());
            return Self::new(Code::BatchRejected).with_errors(vec![FieldError::new(path, fault)]);
        }
        let mut fields = Fields::default();
        fields.extend(path, self.0.errors);
        fields.into()
    }

    /// A sentence about the case at hand, instead of the code's own.
    pub(crate) fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    pub(crate) fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// In whole seconds, rounded up, at least one.
    pub(crate) fn with_retry_after(mut self, after: Duration) -> Self {
        let started = u64::from(after.subsec_nanos() > 0);
        self.0.retry_after = Some(after.as_secs().saturating_add(started).max(1));
        self
    }

    /// With a wait, where there is one.
    fn after(self, wait: Option<Duration>) -> Self {
        match wait {
            Some(wait) => self.with_retry_after(wait),
            None => self,
        }
    }

    pub(crate) fn with_allow(mut self, methods: String) -> Self {
        self.0.allow = Some(methods);
        self
    }

    fn with_turn(mut self, conversation: Option<ConversationId>, turn: TurnId) -> Self {
        self.0.conversation_id = conversation;
        self.0.turn_id = Some(turn);
        self
    }

    fn with_tool_calls(mut self, calls: Vec<ToolCall>) -> Self {
        self.0.tool_calls = Some(calls);
        self
    }

    /// As an earlier request with the same key was answered.
    fn with_replayed(mut self) -> Self {
        self.0.is_replayed = true;
        self
    }

    fn with_tasks(mut self, tasks: Vec<ChangedTask>) -> Self {
        self.0.tasks = tasks;
        self
    }

    /// Says what happened to the operator, once, inside the request's span. Stores and models
    /// have logged what failed in them.
    pub(crate) fn log(&self) {
        if let Some(cause) = &self.0.cause {
            let code = self.0.code.as_str();
            tracing::error!(error = %Chain(cause.as_ref()), code, "Request failed");
        }
    }

    /// The body.
    pub(crate) fn problem(&self, request_id: &str, trace_id: Option<&str>) -> Problem {
        let Inner { code, errors, conversation_id, turn_id, tool_calls, tasks, .. } = &*self.0;
        Problem {
            kind: format!("/docs/errors#{}", code.as_str()),
            title: code.title(),
            status: code.status().as_u16(),
            detail: self.detail().to_owned(),
            code: code.as_str(),
            request_id: request_id.to_owned(),
            trace_id: trace_id.map(str::to_owned),
            errors: errors.clone(),
            conversation_id: conversation_id.map(|id| id.to_string()),
            turn_id: turn_id.map(|id| id.to_string()),
            tool_calls: tool_calls.clone(),
            tasks: tasks.clone(),
        }
    }

    fn challenge(&self) -> Option<&'static str> {
        match self.0.code {
            // RFC 6750, section 3.1: who sent no token made no error worth naming.
            Code::MissingToken | Code::WrongCredentials => Some(r#"Bearer realm="todo""#),
            Code::InvalidToken => Some(r#"Bearer realm="todo", error="invalid_token""#),
            _ => None,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code.as_str())
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.0.code.status()
    }

    /// Everything but the body, which needs the request's id.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if let Some(challenge) = self.challenge() {
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        if let Some(seconds) = self.0.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if self.0.is_replayed {
            response.insert_header((IDEMPOTENT_REPLAYED, "true"));
        }
        if let Some(methods) = &self.0.allow {
            response.insert_header((header::ALLOW, methods.as_str()));
        }
        response.finish()
    }
}

/// An error and all its sources on one line.
struct Chain<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(error) = next {
            write!(f, ": {error}")?;
            next = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry_after(wait: Duration) -> String {
        let error = ApiError::new(Code::TooBusy).with_retry_after(wait);
        let response = error.error_response();
        response.headers().get(header::RETRY_AFTER).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_and_never_as_none_at_all() {
        assert_eq!(retry_after(Duration::ZERO), "1");
        assert_eq!(retry_after(Duration::from_secs(40)), "40");
        assert_eq!(retry_after(Duration::from_millis(40_001)), "41");
    }
}
