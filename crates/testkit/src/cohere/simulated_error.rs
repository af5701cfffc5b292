//! What Cohere says when it does not take a request.

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::ids;

/// An error answer of the simulator's own checks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SimulatedError {
    pub(super) status: StatusCode,
    pub(super) message: String,
    /// Named where a model failed, and for too many tokens.
    pub(super) error_type: Option<&'static str>,
}

impl SimulatedError {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), error_type: None }
    }

    /// 400: a value or an order of messages that is not allowed.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 422: a field or a word that Cohere does not know.
    pub(super) fn unknown(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    pub(super) fn typed(self, error_type: &'static str) -> Self {
        Self { error_type: Some(error_type), ..self }
    }

    pub(super) fn body(&self) -> Value {
        body(&self.message, self.error_type)
    }
}

/// An error's body in JSON.
pub(super) fn body(message: &str, error_type: Option<&str>) -> Value {
    let mut body = json!({ "id": ids::uuid(), "message": message });
    if let Some(error_type) = error_type {
        body["error_type"] = error_type.into();
    }
    body
}
