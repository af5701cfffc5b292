//! The OpenAPI document, made from the registered routes, and what is derived from it.

use std::collections::{BTreeMap, btree_map::Entry};

use actix_web::{
    App,
    http::{Method, StatusCode},
};
use utoipa::{
    IntoParams, Modify, OpenApi, ToSchema,
    openapi::{
        self, ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder,
        schema::{AllOfBuilder, SchemaType, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_actix_web::AppExt;

use crate::{error::Code, routes, wire::Problem};

/// What any request can be answered with.
const ANY: &[Code] = &[Code::InternalError];
/// What a request for something that is somebody's can be answered with.
pub(crate) const AUTHORIZED: &[Code] = &[
    Code::MissingToken,
    Code::InvalidToken,
    Code::Forbidden,
    Code::RateLimited,
    Code::DatabaseUnavailable,
];
/// What a request with a JSON body can be answered with.
pub(crate) const BODY: &[Code] = &[
    Code::BadRequest,
    Code::MalformedJson,
    Code::RequestTimeout,
    Code::BodyTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

/// Declares a type that stands for the problems of an operation in its `responses(…)`.
macro_rules! problems {
    ($name:ident: $($set:expr),* $(; $($code:ident),+)?) => {
        enum $name {}

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<
                String,
                utoipa::openapi::RefOr<utoipa::openapi::Response>,
            > {
                $crate::openapi::problem_responses(&[
                    $($set,)*
                    &[$($($crate::error::Code::$code),+)?],
                ])
            }
        }
    };
}
pub(crate) use problems;

/// The path of something that is a user's.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "it describes what `Authorized` reads")]
pub(crate) struct UserPath {
    /// Your number, or `me`.
    #[param(example = "me")]
    user_id: String,
}

/// The path of a conversation or a turn.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "it describes what `Authorized` and `Id` read")]
pub(crate) struct IdPath {
    /// Your number, or `me`.
    #[param(example = "me")]
    user_id: String,
    /// Its id.
    #[param(format = Uuid)]
    id: String,
}

/// The path of a task.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "it describes what `Authorized` and `Id` read")]
pub(crate) struct TaskPath {
    /// Your number, or `me`.
    #[param(example = "me")]
    user_id: String,
    /// Its number in your list.
    #[param(minimum = 1, example = 3)]
    id: i64,
}

/// The header with which a change applies to one version only.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes what `IfMatch` reads")]
pub(crate) struct IfMatchHeader {
    /// Only if the task is in this version still: its `ETag`, a list of them, or `*`.
    #[param(rename = "If-Match", example = "\"1\"")]
    if_match: Option<String>,
}

/// The header with which a task is sent only to who does not have it yet.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes what `IfNoneMatch` reads")]
pub(crate) struct IfNoneMatchHeader {
    /// Not if the task is in this version still: the `ETag` you have, a list of them, or `*`.
    #[param(rename = "If-None-Match", example = "\"1\"")]
    if_none_match: Option<String>,
}

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
    components(schemas(Problem)),
    modifiers(&BearerToken),
    tags(
        (name = "accounts", description = "Signing up, in and out, who you are"),
        (name = "chat", description = "Talking"),
        (name = "conversations", description = "What was said"),
        (name = "tasks", description = "The todo list without a model in between"),
        (name = "archives", description = "Everything of yours, out and in"),
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

/// What the document says besides the routes.
pub(crate) fn preamble() -> openapi::OpenApi {
    Document::openapi()
}

/// The OpenAPI document of all routes.
#[must_use]
pub fn openapi() -> openapi::OpenApi {
    App::new()
        .into_utoipa_app()
        .openapi(preamble())
        .configure(routes::configure)
        .split_for_parts()
        .1
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
            let access = match operation.security {
                Some(_) => Access::Token,
                None => Access::Public,
            };
            routes.push(Route { method, path: path.clone(), access });
        }
    }
    routes
}

/// A response for each status, naming the codes it comes with.
pub(crate) fn problem_responses(sets: &[&[Code]]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in sets.iter().copied().flatten().chain(ANY) {
        match by_status.entry(code.status().as_u16()) {
            Entry::Vacant(entry) => drop(entry.insert(vec![*code])),
            Entry::Occupied(entry) if entry.get().contains(code) => {}
            Entry::Occupied(entry) => entry.into_mut().push(*code),
        }
    }
    by_status
        .into_iter()
        .map(|(status, codes)| (status.to_string(), problem_response(&codes).into()))
        .collect()
}

fn problem_response(codes: &[Code]) -> Response {
    let titles = codes.iter().map(|code| format!("{} (`{}`)", code.title(), code.as_str()));
    let code = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .enum_values(Some(codes.iter().map(|code| code.as_str())));
    let schema = AllOfBuilder::new()
        .item(Ref::from_schema_name(Problem::name()))
        .item(ObjectBuilder::new().property("code", code));
    let mut response = ResponseBuilder::new()
        .description(titles.collect::<Vec<_>>().join("; "))
        .content("application/problem+json", ContentBuilder::new().schema(Some(schema)).build());
    for (name, meaning) in headers_with(codes) {
        let header = HeaderBuilder::new().description(Some(*meaning)).build();
        response = response.header(*name, header);
    }
    response.build()
}

fn headers_with(codes: &[Code]) -> &'static [(&'static str, &'static str)] {
    match codes.first().map(|code| code.status()) {
        Some(StatusCode::UNAUTHORIZED) => &[("WWW-Authenticate", "As RFC 6750 defines it")],
        Some(StatusCode::CONFLICT | StatusCode::SERVICE_UNAVAILABLE) => {
            &[("Retry-After", "When to try again, in seconds, where that is known")]
        }
        Some(StatusCode::TOO_MANY_REQUESTS) => &[
            ("Retry-After", "When to try again, in seconds"),
            ("RateLimit", "What is left of each limit"),
            ("RateLimit-Policy", "Which limits there are"),
        ],
        _ => &[],
    }
}
