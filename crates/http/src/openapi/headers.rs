//! The headers of answers: what each means and what it may hold.

use serde_json::{Value, json};
use utoipa::openapi::{Header, HeaderBuilder, ObjectBuilder, Ref, RefOr, schema::Type};

/// Names the request.
pub(super) const REQUEST_ID: &str = "X-Request-Id";
/// The limits of the caller, and what is left of them.
pub(super) const LIMITS: [&str; 2] = ["RateLimit", "RateLimit-Policy"];

/// Every header there is: name, meaning, pattern, example.
const TEXTS: [(&str, &str, &str, &str); 10] = [
    (
        REQUEST_ID,
        "The id of the request: the one it came with, or a new one",
        "^[A-Za-z0-9._-]{1,128}$",
        "019ab1b0-7d5c-7000-8000-3c1f4a5e6d7b",
    ),
    (
        "RateLimit",
        "What is left of each limit (`r`), and in how many seconds all of it will have come back, \
         or the next of it where nothing is left (`t`). Missing where the service has no limits",
        r#"^"[a-z_]+";r=[0-9]+;t=[0-9]+(, "[a-z_]+";r=[0-9]+;t=[0-9]+)*$"#,
        r#""default";r=20;t=1"#,
    ),
    (
        "RateLimit-Policy",
        "Which limits the request counts by: how many (`q`) within how many seconds (`w`). Missing \
         where the service has no limits",
        r#"^"[a-z_]+";q=[0-9]+;w=[0-9]+(, "[a-z_]+";q=[0-9]+;w=[0-9]+)*$"#,
        r#""default";q=21;w=3"#,
    ),
    ("ETag", "The version of the task, for `If-Match`", r#"^"[0-9]+"$"#, r#""1""#),
    (
        "Content-Disposition",
        "A name for the file, with the day",
        r#"^attachment; filename="[a-z0-9.-]+"$"#,
        r#"attachment; filename="todo-2026-11-23.jsonl""#,
    ),
    (
        "Idempotent-Replayed",
        "Whether this is the stored answer to an earlier request with the same key; missing otherwise",
        "^true$",
        "true",
    ),
    ("Location", "Its path", "^/", "/api/1/tasks/3"),
    (
        "Link",
        "The next page, if there is one, as `rel=\"next\"`",
        r#"^<[^>]+>; rel="next"$"#,
        r#"</api/me/tasks?limit=1&cursor=eyJzb3J0IjoiZHVlIn0>; rel="next""#,
    ),
    (
        "Set-Cookie",
        "The session of a browser, if one was asked for or has ended",
        "^todo_refresh=[A-Za-z0-9._-]*; ",
        "todo_refresh=eyJ0eXAi; HttpOnly; SameSite=Strict; Secure; Path=/api/auth; Max-Age=2592000",
    ),
    (
        "WWW-Authenticate",
        "As RFC 6750 defines it",
        "^Bearer ",
        r#"Bearer realm="todo", error="invalid_token""#,
    ),
];
const RETRY_AFTER: &str = "Retry-After";

/// The description of a header; `None` for one that nobody has described.
pub(super) fn header(name: &str) -> Option<Header> {
    if name == RETRY_AFTER {
        let meaning = "When to try again, in seconds, where that is known";
        let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
        return Some(described(meaning, seconds, json!(2)));
    }
    let (_, meaning, pattern, example) = TEXTS.iter().find(|(known, ..)| *known == name)?;
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(*pattern));
    Some(described(meaning, text, json!(example)))
}

fn described(meaning: &str, schema: ObjectBuilder, example: Value) -> Header {
    HeaderBuilder::new()
        .description(Some(meaning))
        .schema(Some(schema))
        .example(Some(example))
        .build()
}

/// Where the document keeps the description of a header.
pub(super) fn reference(name: &str) -> RefOr<Header> {
    RefOr::Ref(Ref::new(format!("#/components/headers/{name}")))
}

/// The headers that come with a problem of this status.
pub(super) fn of_problem(status: &str) -> &'static [&'static str] {
    match status {
        "401" => &["WWW-Authenticate"],
        "409" | "429" | "503" => &[RETRY_AFTER],
        _ => &[],
    }
}
