//! HTTP errors on demand.

use std::time::Duration;

use serde_json::Value;
use todo_testkit::cohere::{Cue, InjectedFault, Scenario, Verdict};

use crate::client::{Client, saying};

#[tokio::test]
async fn every_error_has_its_status_form_and_words() {
    let client = Client::new().await;
    for (cue, status, form, words) in [
        ("400", 400, "application/json", "invalid request: "),
        ("401", 401, "application/json", "invalid api token"),
        ("402", 402, "application/json", "Please add or update your payment method"),
        ("403-html", 403, "text/html", "403 Forbidden"),
        ("404", 404, "application/json", "model 'command-a-03-2025' was removed on"),
        ("422", 422, "application/json", "unknown field: parameter 'index'"),
        ("422-invalid-tool-generation", 422, "application/json", "\"INVALID_TOOL_GENERATION\""),
        ("422-hallucinated-tools", 422, "application/json", "\"HALLUCINATED_ALL_TOOL_CALLS\""),
        ("422-no-valid-response", 422, "application/json", "No valid response generated."),
        ("429-minute", 429, "application/json", "past the per minute request limit"),
        ("429-trial-minute", 429, "application/json", "limited to 20 API calls / minute"),
        ("429-month", 429, "application/json", "past the per-month request limit"),
        ("429-trial-month", 429, "application/json", "limited to 1000 API calls / month"),
        ("498", 498, "application/json", "blocked input"),
        ("500", 500, "application/json", "internal server error"),
        ("500-html", 500, "text/html", "500 Internal Server Error"),
        ("500-text", 500, "text/plain", "Internal Server Error"),
        ("503", 503, "application/json", "service unavailable"),
        ("503-html", 503, "text/html", "503 Service"),
        ("503-text", 503, "text/plain", "upstream connect error or disconnect/reset"),
        ("504", 504, "application/json", "gateway timeout"),
    ] {
        let request = client.post("/v2/chat").header("x-simulate", cue).json(&saying("hello"));
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{cue}");
        assert_eq!(response.headers()["content-type"], form, "{cue}");
        assert!(!response.headers().contains_key("retry-after"), "{cue}");
        let body = response.text().await.unwrap();
        assert!(body.contains(words), "{cue}: {body}");
        let last = client.simulator.requests().pop().unwrap();
        assert_eq!(last.verdict, Verdict::Failed { status }, "{cue}");
    }
    assert_eq!(client.simulator.refused(), []);
}

#[tokio::test]
async fn a_provider_may_echo_the_key_it_was_given() {
    let client = Client::new().await;
    client.simulator.script([InjectedFault::EchoedKey]);
    let (status, answer) = client.answer(&saying("hello")).await;
    assert_eq!(status, 401);
    assert!(answer["message"].as_str().unwrap().contains("Bearer key"));
}

#[tokio::test]
async fn a_rate_limit_may_say_for_how_long() {
    let client = Client::new().await;
    let cue = Cue::from(InjectedFault::RetryAfter).lasting(Duration::from_secs(7));
    client.simulator.script([cue]);
    let response = client.chat(&saying("hello")).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (429, &"7".parse().unwrap())
    );
}

#[tokio::test]
async fn an_error_may_pass_after_some_times() {
    let client = Client::new().await;
    client.simulator.script([Cue::from(InjectedFault::MinuteLimit).times(2)]);
    for expected in [429, 429, 200] {
        assert_eq!(client.answer(&saying("hello")).await.0, expected);
    }
}

#[tokio::test]
async fn an_error_asked_for_by_the_message_passes_for_each_request_by_itself() {
    let client = Client::new().await;
    let mine = saying("mine [[simulate:503-text*2]]");
    let yours = saying("yours [[simulate:503-text*2]]");
    for body in [&mine, &yours, &mine, &yours] {
        assert_eq!(client.chat(body).await.status(), 503);
    }
    for body in [&mine, &yours] {
        assert_eq!(client.chat(body).await.status(), 200);
        assert_eq!(client.chat(body).await.status(), 503, "from the beginning");
    }
}

#[tokio::test]
async fn an_error_may_stay() {
    let client = Client::new().await;
    client.simulator.always(InjectedFault::Unauthorized);
    for path in ["/v1/models", "/v1/models/command-a-03-2025"] {
        assert_eq!(client.get(path).send().await.unwrap().status(), 401);
    }
    assert_eq!(client.answer(&saying("hello")).await.0, 401);
    client.simulator.always(Cue::default());
    assert_eq!(client.answer(&saying("hello")).await.0, 200);
}

#[tokio::test]
async fn an_error_may_be_slow_to_come() {
    let client = Client::new().await;
    let late = Cue::from(Scenario::SlowFirstByte).lasting(Duration::from_millis(30));
    client.simulator.script([late.and(InjectedFault::ServerError)]);
    let begun = std::time::Instant::now();
    let (status, answer): (u16, Value) = client.answer(&saying("hello")).await;
    assert_eq!(status, 500, "{answer}");
    assert!(begun.elapsed() >= Duration::from_millis(30));
}
