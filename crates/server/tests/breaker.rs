//! What an operator sees of a provider that fails: metrics, and two lines of the log.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::path::Path;

use serde_json::json;
use tempfile::TempDir;
use todo_testkit::{
    cohere::{CohereSimulator, Cue, InjectedFault},
    process::Service,
};

struct Outage {
    _directory: TempDir,
    cohere: CohereSimulator,
    service: Service,
}

impl Outage {
    /// A service whose breaker opens at the first failure and stays open for so many seconds.
    async fn start(pause: &str) -> Self {
        let (directory, cohere) = (TempDir::new().unwrap(), CohereSimulator::start().await);
        let variables = [
            ("DATA_DIR", directory.path().to_str().unwrap()),
            ("COHERE_API_KEY", "any"),
            ("COHERE_BASE_URL", &cohere.base_url()),
            ("PROVIDER_BREAKER_FAILURES", "1"),
            ("PROVIDER_BREAKER_PAUSE", pause),
        ];
        let service = Service::start(Path::new(env!("CARGO_BIN_EXE_chatbot-api")), &variables);
        cohere.always(InjectedFault::Overloaded);
        Self { _directory: directory, cohere, service }
    }

    async fn metric(&self, name: &str) -> String {
        let page = self.service.stranger().get("/metrics").await.text;
        let series = format!("{name}{{provider=\"cohere\"}} ");
        let line = page.lines().find_map(|line| line.strip_prefix(&series));
        line.unwrap_or_else(|| panic!("{name}: {page}")).to_owned()
    }

    fn lines(&self, level: &str, words: &str) -> usize {
        let log = self.service.output();
        log.lines().filter(|line| line.contains(level) && line.contains(words)).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_breaker_is_measured_and_warned_of_once() {
    let outage = Outage::start("600").await;
    for name in ["model_breaker_state", "model_breaker_opened_total", "model_requests_in_flight"] {
        assert_eq!(outage.metric(name).await, "0", "{name}");
    }
    let ada = outage.service.stranger().sign_up("ada").await;
    for _ in 0..3 {
        let answer = ada.post("/api/me/chat", &json!({ "message": "add milk" })).await;
        assert!(!answer.header("retry-after").is_empty());
        answer.expect_problem(503, "provider_unavailable");
    }
    assert_eq!(outage.cohere.chats().len(), 1);
    assert_eq!(outage.metric("model_breaker_state").await, "2");
    assert_eq!(outage.metric("model_breaker_opened_total").await, "1");
    assert_eq!(outage.metric("model_requests_in_flight").await, "0");
    assert_eq!(outage.metric("model_queue_waiting").await, "0");
    assert_eq!(outage.lines("WARN", "fails again and again"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breaker_that_closes_is_told_of_once() {
    let outage = Outage::start("0.1").await;
    let ada = outage.service.stranger().sign_up("ada").await;
    ada.post("/api/me/chat", &json!({ "message": "add milk" })).await.expect(503);
    outage.cohere.always(Cue::default());
    while ada.post("/api/me/chat", &json!({ "message": "show my list" })).await.status == 503 {}
    assert_eq!(outage.metric("model_breaker_state").await, "0");
    assert_eq!(outage.metric("model_breaker_opened_total").await, "1");
    assert_eq!(outage.lines("INFO", "is back"), 1);
}
