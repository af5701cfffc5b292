//! Holds every answer that a test gets against the OpenAPI document.

use std::sync::OnceLock;

use reqwest::Method;
use serde_json::Value;

use crate::client::Answer;

pub(crate) fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::to_value(todo_http::openapi()).unwrap())
}

/// Panics if the operation does not promise this status with this code.
pub(crate) fn check(method: &Method, path: &str, answer: &Answer) {
    let Some(operation) = operation(method, path) else { return };
    let response = &operation["responses"][answer.status.to_string()];
    assert!(response.is_object(), "{method} {path} does not promise {answer:?}");
    let problem = &response["content"]["application/problem+json"];
    if problem.is_object() {
        let codes = &problem["schema"]["allOf"][1]["properties"]["code"]["enum"];
        let promised = codes.as_array().is_some_and(|codes| codes.contains(&answer.body["code"]));
        assert!(promised, "{method} {path} does not promise {answer:?}");
    }
}

fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let paths = document()["paths"].as_object()?.iter();
    let named = paths.filter(|(template, _)| fits(template, path));
    let (_, operations) = named.min_by_key(|(template, _)| template.matches('{').count())?;
    operations.get(method.as_str().to_lowercase())
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template.zip(path).all(|(t, p)| (t.starts_with('{') && !p.is_empty()) || t == p)
}
