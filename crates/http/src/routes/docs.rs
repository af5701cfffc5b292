//! The description of the API, for programs.

use actix_web::{
    HttpResponse, get,
    http::header::ContentType,
    web::{self, Bytes},
};
use utoipa::openapi::OpenApi;

use crate::openapi::problems;

problems!(DocumentProblems:);
problems!(ManualProblems:);

/// The OpenAPI document as it is sent.
pub(crate) struct Document(Bytes);

impl Document {
    pub(crate) fn new(document: &OpenApi) -> Self {
        Self(serde_json::to_vec(document).unwrap_or_default().into())
    }
}

/// This API as OpenAPI 3.1
#[utoipa::path(
    operation_id = "getOpenApi",
    tag = "docs",
    responses(
        (
            status = 200, description = "The document", body = Object,
            content_type = "application/json",
            example = json!({ "openapi": "3.1.0", "info": { "title": "Todo list you talk to", "version": "0.1.0" }, "paths": {} }),
        ),
        DocumentProblems,
    ),
)]
#[get("/openapi.json")]
pub(crate) async fn openapi(document: web::Data<Document>) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(document.0.clone())
}

/// What each `code` of a problem means
#[utoipa::path(
    operation_id = "getErrorManual",
    tag = "docs",
    responses(
        (
            status = 200, description = "The manual, as Markdown", body = String,
            content_type = "text/plain", example = "# Errors\n",
        ),
        ManualProblems,
    ),
)]
#[get("/docs/errors")]
pub(crate) async fn errors() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::plaintext()).body(include_str!("../../ERRORS.md"))
}
