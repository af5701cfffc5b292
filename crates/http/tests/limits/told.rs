//! What callers are told about their limits.

use reqwest::Method;
use serde_json::json;
use todo_http::{Access, LimitSettings, route_table};
use todo_testkit::app::TestApp;

use crate::app::{clock, usual, with};

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_tells_what_is_left_and_a_refusal_when_to_come_back() {
    let app = with(usual()).start().await;
    let ada = app.sign_up("ada").await;
    let told = |left: u32, reset: u32| format!(r#""default";r={left};t={reset}"#);
    for (left, reset) in [(20, 1), (19, 1), (18, 1)] {
        let answer = ada.get("/api/me/tasks").await;
        assert_eq!(answer.header("ratelimit-policy"), r#""default";q=21;w=3"#);
        assert_eq!(answer.header("ratelimit"), told(left, reset));
        assert_eq!(answer.header("retry-after"), "");
    }
    while ada.get("/api/me/tasks").await.header("ratelimit") != told(0, 3) {}

    let refused = ada.get("/api/me/tasks").await;
    assert_eq!(refused.header("ratelimit-policy"), r#""default";q=21;w=3"#);
    assert_eq!(refused.header("ratelimit"), told(0, 1));
    assert_eq!(refused.header("retry-after"), "1");
    refused.expect_problem(429, "rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_told_both_of_its_limits() {
    let app = with(usual()).start().await;
    let ada = app.sign_up("ada").await;
    let answer = ada.post("/api/me/chat", &json!({ "message": "add buy milk" })).await;
    let policy = r#""default";q=21;w=3, "chat";q=20;w=60"#;
    assert_eq!(answer.header("ratelimit-policy"), policy);
    assert_eq!(answer.header("ratelimit"), r#""default";r=20;t=1, "chat";r=19;t=3"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_limited_but_those_that_are_exempt() {
    let app = with(usual()).start().await;
    let exempt = ["/health", "/metrics", "/openapi.json", "/docs"];
    let mut limited = 0;
    for (number, route) in route_table().into_iter().enumerate() {
        let path = route.path.replace("{user_id}", "me").replace("{id}", "1");
        // Everybody comes from elsewhere, so that nobody is refused.
        let address = format!("192.0.2.{number}");
        let headers = [("x-forwarded-for", address.as_str())];
        let method = Method::from_bytes(route.method.as_str().as_bytes()).unwrap();
        let answer = app.stranger().send(method, &path, &headers, None).await;
        let is_exempt = exempt.iter().any(|root| path.starts_with(root));
        assert_eq!(answer.header("ratelimit").is_empty(), is_exempt, "{path}");
        assert!(!is_exempt || route.access == Access::Public, "{path}");
        limited += usize::from(!is_exempt);
    }
    assert!(limited > 10, "{limited}");
}

#[test]
fn the_description_names_429_where_there_is_a_limit_and_nowhere_else() {
    let document = serde_json::to_value(todo_http::openapi()).unwrap();
    for route in route_table() {
        let method = route.method.as_str().to_lowercase();
        let responses = &document["paths"][&route.path][method]["responses"];
        let limited = route.path.starts_with("/api/");
        assert_eq!(responses["429"].is_object(), limited, "{}", route.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_may_read_the_limits_and_ask_for_leave_without_limit() {
    let origin = "https://app.example.org";
    let limits = LimitSettings { chat: None, sign_up: None, ..usual() };
    let app = TestApp::sqlite().clock(clock()).cors_origins(&[origin]).limits(limits);
    let app = app.start().await;
    let preflight = [
        ("origin", origin),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "authorization"),
    ];
    for _ in 0..31 {
        let answer = app.stranger().send(Method::OPTIONS, "/api/me/tasks", &preflight, None).await;
        assert_eq!((answer.status.as_u16(), answer.header("ratelimit")), (200, ""));
    }
    let origin = [("origin", origin)];
    for status in [[401; 21].as_slice(), &[429]].concat() {
        let answer = app.stranger().send(Method::GET, "/api/me/tasks", &origin, None).await;
        assert_eq!(answer.status.as_u16(), status);
        let exposed = answer.header("access-control-expose-headers").to_lowercase();
        for name in ["ratelimit", "ratelimit-policy", "retry-after"] {
            assert!(exposed.split(", ").any(|exposed| exposed == name), "{name}: {exposed}");
        }
    }
}
