//! The OpenAPI document, made from the registered routes, and what is derived from it.

mod complete;
mod example;
mod headers;
mod parameters;
mod problems;

use actix_web::{App, http::Method};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_actix_web::AppExt;

pub(crate) use self::{
    parameters::{
        AdminUserPath, ChatPath, IdPath, IdempotencyKeyHeader, IfMatchHeader, IfNoneMatchHeader,
        SessionCookie, TaskPath, UserPath,
    },
    problems::{AUTHORIZED, BODY, problem_responses, problems},
};
use crate::{routes, wire::Problem};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Todo list you talk to",
        description = "Keep a todo list by talking about it, or by the usual requests.\n\n\
            Everything of a user's is under `/api/{user_id}`, where `{user_id}` is their number or \
            `me`. Lists are arrays, the newest first; the header `Link` leads to the next page. \
            Every error is an `application/problem+json` whose `code` is listed with the operation \
            and explained at [/docs/errors](/docs/errors). Send `X-Request-Id` to name a request; \
            every answer carries one.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/", description = "The service that this description comes from")),
    components(schemas(Problem)),
    modifiers(&BearerToken),
    tags(
        (name = "accounts", description = "Signing up, in and out, who you are"),
        (name = "chat", description = "Talking"),
        (name = "conversations", description = "What was said"),
        (name = "tasks", description = "The todo list without a model in between"),
        (name = "archives", description = "Everything of yours, out and in"),
        (name = "operators", description = "What operators see of all users"),
        (name = "health", description = "For probes and operators"),
        (name = "docs", description = "This description"),
    ),
)]
struct Document;

struct BearerToken;

impl Modify for BearerToken {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("The `access_token` of a sign-up or sign-in"))
            .build();
        document
            .components
            .get_or_insert_default()
            .security_schemes
            .insert("bearer".to_owned(), SecurityScheme::Http(scheme).into());
    }
}

/// The OpenAPI document of all routes.
#[must_use]
pub fn openapi() -> openapi::OpenApi {
    let app = App::new().into_utoipa_app().openapi(Document::openapi());
    let mut document = app.configure(routes::configure).split_for_parts().1;
    complete::complete(&mut document);
    document
}

/// An operation as tests and the router's fallback see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path with parameters in braces.
    pub path: String,
    /// Who may call it.
    pub access: Access,
}

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Who has a valid token.
    Token,
}

/// Every operation there is.
#[must_use]
pub fn route_table() -> Vec<Route> {
    routes_of(&openapi())
}

/// Every operation of a document.
pub(crate) fn routes_of(document: &openapi::OpenApi) -> Vec<Route> {
    let mut routes = Vec::new();
    for (path, item) in &document.paths.paths {
        let operations = [
            (Method::GET, &item.get),
            (Method::POST, &item.post),
            (Method::PUT, &item.put),
            (Method::PATCH, &item.patch),
            (Method::DELETE, &item.delete),
        ];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            let access = match operation.security.as_deref() {
                None | Some([]) => Access::Public,
                Some(_) => Access::Token,
            };
            routes.push(Route { method, path: path.clone(), access });
        }
    }
    routes
}
