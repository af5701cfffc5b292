//! What follows from the operations and is the same for all of them, so that none has to repeat it:
//! headers, examples, and that an operation without a token is meant to have none.

use std::collections::BTreeSet;

use utoipa::openapi::{
    Components, OpenApi, RefOr, Response, Schema,
    path::{Operation, PathItem},
};

use super::{
    example::{Examples, Optional, Schemas},
    headers,
    problems::{PROBLEM_JSON, problem_example},
};
use crate::{error::Code, limits};

/// How a field says that its text must not be blank.
const NOT_BLANK: &str = r"\S";
/// What that means, as `todo_domain::is_blank` has it, up to U+FFFF: a character that shows something.
const VISIBLE: &str = r"[^\s\u0001-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff]";

/// Completes the document of the registered routes.
pub(super) fn complete(document: &mut OpenApi) {
    let mut components = document.components.take().unwrap_or_default();
    components.schemas.values_mut().for_each(say_what_is_not_blank);
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            // No token is a decision, too.
            operation.security.get_or_insert_default();
            for parameter in operation.parameters.iter_mut().flatten() {
                if let RefOr::T(parameter) = parameter {
                    parameter.schema.iter_mut().for_each(say_what_is_not_blank);
                }
            }
            show_request(operation, &components.schemas);
            for (status, response) in &mut operation.responses.responses {
                if let RefOr::T(response) = response {
                    name_headers(path, status, response);
                    show_answer(status, response, &components.schemas);
                    keep_what_is_shared(response, &mut components);
                }
            }
        }
    }
    document.components = Some(components);
}

fn say_what_is_not_blank(schema: &mut RefOr<Schema>) {
    let RefOr::T(Schema::Object(object)) = schema else { return };
    if object.pattern.as_deref() == Some(NOT_BLANK) {
        object.pattern = Some(VISIBLE.to_owned());
    }
    object.properties.values_mut().for_each(say_what_is_not_blank);
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, post, put, patch, delete, .. } = item;
    [get, post, put, patch, delete].into_iter().flatten()
}

fn show_request(operation: &mut Operation, schemas: &Schemas) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    let examples = Examples { schemas, optional: Optional::Shown };
    for content in body.content.values_mut() {
        let RefOr::T(content) = content else { continue };
        if content.example.is_none() && content.examples.is_empty() {
            content.example = content.schema.as_ref().and_then(|schema| examples.of(schema));
        }
    }
}

fn show_answer(status: &str, response: &mut Response, schemas: &Schemas) {
    let examples = Examples { schemas, optional: Optional::LeftOut };
    for content in response.content.values_mut() {
        let RefOr::T(content) = content else { continue };
        if status.starts_with('2') && content.example.is_none() && content.examples.is_empty() {
            content.example = content.schema.as_ref().and_then(|schema| examples.of(schema));
        }
    }
}

/// Every answer has an id; those of limited routes tell the limits; problems have their own. What
/// an operation names besides is described once for all.
fn name_headers(path: &str, status: &str, response: &mut Response) {
    let mut names = vec![headers::REQUEST_ID];
    if !limits::is_exempt(path) {
        names.extend(headers::LIMITS);
    }
    if response.content.contains_key(PROBLEM_JSON) {
        names.extend(headers::of_problem(status));
    }
    let named = response.headers.keys().filter(|name| headers::header(name).is_some());
    let mut all: BTreeSet<String> = named.cloned().collect();
    all.extend(names.into_iter().map(str::to_owned));
    response.headers.extend(all.into_iter().map(|name| {
        let reference = headers::reference(&name);
        (name, reference)
    }));
}

/// Puts into the components what the response refers to.
fn keep_what_is_shared(response: &Response, components: &mut Components) {
    for name in response.headers.keys() {
        if let Some(header) = headers::header(name) {
            components.headers.insert(name.clone(), header.into());
        }
    }
    let Some(RefOr::T(problem)) = response.content.get(PROBLEM_JSON) else { return };
    for code in Code::ALL.iter().filter(|code| problem.examples.contains_key(code.as_str())) {
        components.examples.insert(code.as_str().to_owned(), problem_example(*code).into());
    }
}
