//! What an operation can be answered with when it fails.

use std::collections::{BTreeMap, btree_map::Entry};

use todo_domain::{TaskTitle, TextError};
use utoipa::{
    ToSchema,
    openapi::{
        ContentBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder,
        example::{Example, ExampleBuilder},
        schema::{AllOfBuilder, SchemaType, Type},
    },
};

use crate::{
    error::{ApiError, Code, Fault, FieldError},
    wire::Problem,
};

/// What any request can be answered with.
const ANY: &[Code] = &[Code::InternalError];
/// What a request for something that is somebody's can be answered with.
pub(crate) const AUTHORIZED: &[Code] = &[
    Code::MissingToken,
    Code::InvalidToken,
    Code::Forbidden,
    Code::RateLimited,
    Code::DatabaseUnavailable,
    Code::StorageFull,
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

/// Declares a type that stands for the problems of an operation in its `responses(…)`. Every
/// operation has one: what any request can be answered with comes by itself.
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

/// The media type of problems (RFC 9457).
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

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
    let mut content = ContentBuilder::new().schema(Some(schema)).build();
    for code in codes {
        let example = Ref::new(format!("#/components/examples/{}", code.as_str()));
        content.examples.insert(code.as_str().to_owned(), RefOr::Ref(example));
    }
    ResponseBuilder::new()
        .description(titles.collect::<Vec<_>>().join("; "))
        .content(PROBLEM_JSON, content)
        .build()
}

/// What the problem of a code looks like, as the service itself writes it.
pub(super) fn problem_example(code: Code) -> Example {
    let errors = match code {
        Code::ValidationFailed => {
            let long = TextError::TooLong { max: TaskTitle::MAX_CHARS, actual: 214 };
            vec![FieldError::new("title", long)]
        }
        Code::BatchRejected => {
            let fault = Fault::of_operation(Code::TaskNotFound, Code::TaskNotFound.detail());
            vec![FieldError::new("operations[3]", fault)]
        }
        _ => Vec::new(),
    };
    let error = ApiError::new(code).with_errors(errors);
    let problem = error.problem("019ab1b0-7d5c-7000-8000-3c1f4a5e6d7b", None);
    ExampleBuilder::new().summary(code.title()).value(serde_json::to_value(problem).ok()).build()
}
