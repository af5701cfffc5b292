//! HTTP itself: paths, methods, bodies, headers.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use todo_http::HttpSettings;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::client::{Answer, Mocks};

#[tokio::test]
async fn an_unknown_path_is_not_found_whatever_the_method() {
    let client = Mocks::default().serve();
    for path in [
        "/api", "/assets/", "/c/", "/c/a b", "/health/", "/Health", "/api/me/tasks/",
        "/api//tasks", "/api/me/tasks/3/", "/%2e%2e/etc/passwd", "/api/me/tasks/3%2Fcomplete/x",
        "/%ff%fe",
    ] {
        for method in [Method::GET, Method::POST, Method::OPTIONS, Method::PUT] {
            let answer = Answer::of(client.request(method, path)).await;
            assert_eq!(answer.problem(), (404, "route_not_found"), "{path}");
        }
    }
}

#[tokio::test]
async fn a_known_path_names_the_methods_it_takes() {
    let client = Mocks::default().serve();
    for (method, path, allow) in [
        (Method::PUT, "/api/me/tasks", "GET, HEAD, POST, OPTIONS"),
        (Method::POST, "/api/me/tasks/3", "GET, HEAD, PATCH, DELETE, OPTIONS"),
        (Method::GET, "/api/me/tasks/3/complete", "POST, OPTIONS"),
        (Method::GET, "/api/me/chat", "POST, OPTIONS"),
        (Method::HEAD, "/api/me/chat", "POST, OPTIONS"),
        (Method::DELETE, "/health", "GET, HEAD, OPTIONS"),
        (Method::DELETE, "/%68ealth", "GET, HEAD, OPTIONS"),
        (Method::TRACE, "/openapi.json", "GET, HEAD, OPTIONS"),
    ] {
        let response = client.request(method.clone(), path).send().await.unwrap();
        assert_eq!(response.status(), 405, "{method} {path}");
        assert_eq!(response.headers()["allow"], allow, "{method} {path}");
        let options = client.anonymous(Method::OPTIONS, path).send().await.unwrap();
        assert_eq!(
            (options.status().as_u16(), &options.headers()["allow"]),
            (204, &response.headers()["allow"])
        );
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let client = Mocks::default().serve();
    for path in ["/health", "/api/auth/me", "/nowhere"] {
        let get = client.request(Method::GET, path).send().await.unwrap();
        let head = client.request(Method::HEAD, path).send().await.unwrap();
        assert_eq!(head.status(), get.status());
        for header in ["content-type", "content-length"] {
            assert_eq!(head.headers()[header], get.headers()[header], "{path}");
        }
        assert_eq!(head.text().await.unwrap(), "");
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_is_malformed() {
    let client = Mocks::default().serve();
    for body in [
        "", " ", "{", "{\"title\": \"a\"", "{'title': 'a'}", "title=a", "{\"title\":\"a\"}}",
        "\u{feff}{}",
    ] {
        let request = client.request(Method::POST, "/api/me/tasks");
        let answer =
            Answer::of(request.header("content-type", "application/json").body(body)).await;
        assert_eq!(answer.problem(), (400, "malformed_json"), "{body:?}");
    }
}

#[tokio::test]
async fn a_body_says_that_it_is_json() {
    let client = Mocks::default().serve();
    let post = || client.request(Method::POST, "/api/me/tasks").body("{}");
    let refused = (415, "unsupported_media_type");
    assert_eq!(Answer::of(post()).await.problem(), refused);
    for media_type in [
        "text/plain",
        "application/jsonp",
        "application/x-www-form-urlencoded",
        "application/xml",
        "",
    ] {
        let answer = Answer::of(post().header("content-type", media_type)).await;
        assert_eq!(answer.problem(), refused, "{media_type}");
    }
    let json = || post().header("content-type", "Application/JSON; charset=utf-8");
    assert_eq!(Answer::of(json()).await.problem(), (422, "validation_failed"));
    let packed = json().header("content-encoding", "gzip");
    assert_eq!(Answer::of(packed).await.problem(), refused);
}

#[tokio::test]
async fn a_body_has_at_most_64_kib() {
    let client = Mocks::default().serve();
    let body = |length: usize| format!("{{\"title\":\"{}\"}}", "x".repeat(length - 12));
    let post = |length| {
        let request = client.request(Method::POST, "/api/me/tasks");
        request.header("content-type", "application/json").body(body(length))
    };
    assert_eq!(Answer::of(post(64 * 1024)).await.problem(), (422, "validation_failed"));
    assert_eq!(Answer::of(post(64 * 1024 + 1)).await.problem(), (413, "body_too_large"));
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let request_timeout = Duration::from_millis(50);
    let client =
        Mocks::default().serve_with(HttpSettings { request_timeout, ..HttpSettings::default() });
    let mut socket = TcpStream::connect(client.address()).await.unwrap();
    let head = format!(
        "POST /api/me/tasks HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 10\r\nConnection: close\r\n\r\n{{",
        client.token
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = BufReader::new(socket).lines();
    assert_eq!(answer.next_line().await.unwrap().unwrap(), "HTTP/1.1 408 Request Timeout");
}

#[tokio::test]
async fn a_bug_is_answered_like_any_other_error() {
    // Nobody told the store what to answer, so it panics.
    let answer = Mocks::default().serve().get("/api/me/tasks").await;
    assert_eq!(answer.problem(), (500, "internal_error"));
    assert!(!answer.body.to_string().contains("panic"), "{answer:?}");
}

#[tokio::test]
async fn a_field_given_twice_is_refused() {
    let client = Mocks::default().serve();
    let request = client.request(Method::POST, "/api/me/tasks");
    let body = r#"{"title":"a","title":"b"}"#;
    let answer = Answer::of(request.header("content-type", "application/json").body(body)).await;
    assert_eq!(
        answer.body["errors"],
        json!([{ "field": "title", "message": "must be given once", "code": "repeated" }])
    );
}

#[tokio::test]
async fn a_name_for_the_request_is_echoed_if_it_is_harmless() {
    let client = Mocks::default().serve();
    let longest = "x".repeat(128);
    for id in ["a", "019ab1b0-7d5c-7000-8000-3c1f4a5e6d7b", "A.b_c-1", &longest] {
        for path in ["/health", "/nowhere", "/api/me/tasks/x"] {
            let request = client.request(Method::GET, path).header("x-request-id", id);
            assert_eq!(Answer::of(request).await.header("x-request-id"), Some(id));
        }
    }
    let too_long = "x".repeat(129);
    for id in ["", " ", "a b", "a\"b", "<script>", "a/b", &too_long] {
        let request = client.request(Method::GET, "/health").header("x-request-id", id);
        let answer = Answer::of(request).await;
        assert!(answer.header("x-request-id").unwrap().starts_with("00000000-0000-7000-"), "{id}");
    }
}

#[tokio::test]
async fn answers_are_neither_stored_nor_guessed_at() {
    let client = Mocks::default().serve();
    for path in ["/health", "/api/auth/me", "/nowhere"] {
        let answer = client.get(path).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_ne!(answer.body, Value::Null);
    }
}
