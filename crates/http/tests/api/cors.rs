//! Use from pages of other origins.

use reqwest::Method;
use todo_http::{CorsOrigins, HttpSettings};

use crate::client::{Answer, Client, Mocks};

const OURS: &str = "https://app.example.org";
const THEIRS: &str = "https://evil.example.org";

fn serving(cors: CorsOrigins) -> Client {
    Mocks::default().serve_with(HttpSettings { cors, ..HttpSettings::default() })
}

fn listed() -> Client {
    serving(CorsOrigins::Listed(
        ["https://www.example.org", OURS].map(|origin| origin.parse().unwrap()).into(),
    ))
}

async fn preflight(client: &Client, origin: &str, method: &str, headers: &str) -> Answer {
    let request = client
        .anonymous(Method::OPTIONS, "/api/me/tasks/3")
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", headers);
    Answer::of(request).await
}

async fn get(client: &Client, path: &str, origin: &str) -> Answer {
    Answer::of(client.request(Method::GET, path).header("origin", origin)).await
}

fn cors_headers(answer: &Answer) -> Vec<&str> {
    let names = answer.headers.keys().map(|name| name.as_str());
    names.filter(|name| name.starts_with("access-control-")).collect()
}

#[tokio::test]
async fn a_listed_origin_may_do_all_that_the_api_can() {
    let client = listed();
    let wanted = "authorization, content-type, if-match, if-none-match, x-request-id";
    for method in ["GET", "HEAD", "POST", "PATCH", "DELETE"] {
        let answer = preflight(&client, OURS, method, wanted).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), Some(OURS));
        assert_eq!(answer.header("access-control-max-age"), Some("3600"));
        assert!(answer.header("access-control-allow-methods").unwrap().contains(method));
        let allowed = answer.header("access-control-allow-headers").unwrap().to_lowercase();
        assert!(wanted.split(", ").all(|header| allowed.contains(header)), "{allowed}");
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
}

#[tokio::test]
async fn a_page_that_is_traced_or_retries_may_call_the_api() {
    let client = listed();
    let headers = [
        "traceparent", "tracestate", "baggage", "sentry-trace", "idempotency-key", "last-event-id",
    ];
    for header in headers {
        let answer = preflight(&client, OURS, "POST", header).await;
        assert_eq!(answer.status, 200, "{header}");
    }
    let all = format!("authorization,content-type,{}", headers.join(","));
    assert_eq!(preflight(&client, OURS, "POST", &all).await.status, 200);
    assert_eq!(preflight(&client, OURS, "POST", "x-of-their-own").await.status, 400);
}

#[tokio::test]
async fn a_listed_origin_may_read_answers_and_errors_and_their_headers() {
    let client = listed();
    for path in ["/health", "/api/me/tasks/x", "/nowhere"] {
        let answer = get(&client, path, OURS).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some(OURS), "{path}");
        assert!(answer.header("vary").unwrap().to_lowercase().contains("origin"));
        let exposed = answer.header("access-control-expose-headers").unwrap().to_lowercase();
        for header in [
            "link", "etag", "location", "x-request-id", "retry-after", "ratelimit",
            "ratelimit-policy", "allow", "content-disposition", "www-authenticate",
        ] {
            assert!(exposed.contains(header), "{exposed}");
        }
    }
}

#[tokio::test]
async fn an_unlisted_origin_is_allowed_nothing() {
    let client = listed();
    for origin in [THEIRS, "http://app.example.org", "https://app.example.org:8443", "null"] {
        let refusal = preflight(&client, origin, "GET", "authorization").await;
        assert_eq!(refusal.problem(), (400, "bad_request"), "{origin}");
        assert_eq!(refusal.header("access-control-allow-origin"), None);
        let answer = get(&client, "/health", origin).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
    }
}

#[tokio::test]
async fn without_origins_there_is_no_cross_origin_use_at_all() {
    let client = serving(CorsOrigins::default());
    assert_eq!(cors_headers(&get(&client, "/health", OURS).await), [""; 0]);
    assert_eq!(cors_headers(&preflight(&client, OURS, "GET", "authorization").await), [""; 0]);
}

#[tokio::test]
async fn in_development_any_origin_may_be_let_in() {
    let client = serving(CorsOrigins::Any);
    let answer = get(&client, "/health", "http://localhost:5173").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let answer = preflight(&client, "http://localhost:5173", "POST", "content-type").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}
