//! What a running service says of its chat, its model and its database: in numbers at `/metrics`,
//! and in the log where something is slow.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use todo_testkit::{
    app::Visitor,
    cohere::{CohereSimulator, Cue, InjectedFault, Scenario},
    database::TestDatabase,
    faults::LockedUser,
    process::Service,
};
use tokio::time::sleep;

/// How long anything may take that is waited for.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A service, and what it stands on.
struct World {
    service: Service,
    database: TestDatabase,
    cohere: CohereSimulator,
}

impl World {
    /// The service on PostgreSQL and a simulated Cohere, with these variables besides.
    async fn start(variables: &[(&str, &str)]) -> Self {
        let (database, cohere) = (TestDatabase::postgres().await, CohereSimulator::start().await);
        let url = TestDatabase::with_parameters(&database.url(), "pool_size=2");
        let cohere_url = cohere.base_url();
        let mut all = vec![
            ("DATABASE_URL", url.as_str()),
            ("COHERE_BASE_URL", &cohere_url),
            ("COHERE_API_KEY", "a-key-for-tests"),
            ("COHERE_MODEL", "command-r-08-2024"),
            ("JWT_SECRET", "a secret that is only good for tests"),
            ("LOG_FORMAT", "json"),
        ];
        all.extend_from_slice(variables);
        let service = Service::start(Path::new(env!("CARGO_BIN_EXE_chatbot-api")), &all);
        Self { service, database, cohere }
    }

    async fn sign_up(&self) -> Visitor {
        self.service.stranger().sign_up("ada").await
    }

    async fn metrics(&self) -> Samples {
        let page = self.service.stranger().get("/metrics").await;
        assert_eq!(page.status, 200, "{}", page.text);
        Samples(page.text)
    }

    /// The numbers, as soon as they are as wished.
    async fn metrics_when(&self, wished: impl Fn(&Samples) -> bool) -> Samples {
        let started = Instant::now();
        loop {
            let samples = self.metrics().await;
            if wished(&samples) {
                return samples;
            }
            assert!(started.elapsed() < TIMEOUT, "{}", samples.0);
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// The lines of the log whose message begins like this, as soon as there is one.
    async fn logged(&self, message: &str) -> Vec<Value> {
        let started = Instant::now();
        loop {
            let lines = self.lines(message);
            if !lines.is_empty() {
                return lines;
            }
            assert!(started.elapsed() < TIMEOUT, "{message}: {}", self.service.output());
            sleep(Duration::from_millis(10)).await;
        }
    }

    fn lines(&self, message: &str) -> Vec<Value> {
        let output = self.service.output();
        let lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let told = |line: &Value| line["message"].as_str().unwrap_or_default().to_owned();
        lines.filter(|line| told(line).starts_with(message)).collect()
    }
}

/// Prometheus' text.
struct Samples(String);

impl Samples {
    /// The sum of all series of this name that have all these labels; `None` without any.
    fn sum(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let series = self.0.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            let (this, rest) = series.split_once('{').unwrap_or((series, ""));
            let has = |(key, value): &(&str, &str)| rest.contains(&format!("{key}=\"{value}\""));
            (this == name && labels.iter().all(has)).then(|| value.parse::<f64>().unwrap())
        });
        series.reduce(|sum, value| sum + value)
    }

    #[track_caller]
    fn expect(&self, name: &str, labels: &[(&str, &str)], value: f64) {
        let sum = self.sum(name, labels);
        assert!(sum.is_some_and(|sum| (sum - value).abs() < 1e-9), "{name} {labels:?}: {sum:?}");
    }
}

async fn say(user: &Visitor, message: &str) -> todo_testkit::app::Answer {
    user.post("/api/me/chat", &json!({ "message": message })).await
}

/// Every metric of the chat, the model and the database, but for failures of the latter.
const NAMES: [&str; 22] = [
    "chat_requests_total",
    "chat_duration_seconds_count",
    "chat_turns_running",
    "chat_turn_steps_count",
    "chat_turn_tool_calls_count",
    "chat_messages_total",
    "conversations_created_total",
    "tool_calls_total",
    "tool_duration_seconds_count",
    "model_requests_total",
    "model_request_duration_seconds_count",
    "model_time_to_first_delta_seconds_count",
    "model_retries_total",
    "model_rate_limits_total",
    "model_tokens_total",
    "model_cost_dollars_total",
    "database_pool_connections",
    "database_pool_size",
    "database_pool_waiting",
    "database_pool_wait_seconds_count",
    "database_query_duration_seconds_count",
    "database_slow_queries_total",
];

#[tokio::test(flavor = "multi_thread")]
async fn after_one_answer_and_one_failure_there_is_a_series_of_everything() {
    let world = World::start(&[("SLOW_QUERY_THRESHOLD", "0")]).await;
    let ada = world.sign_up().await;
    world.cohere.script([Cue::from(InjectedFault::RetryAfter).lasting(Duration::from_millis(50))]);
    say(&ada, "add milk").await.expect(200);
    world.cohere.script([InjectedFault::BadRequest]);
    say(&ada, "add bread").await.expect_problem(502, "provider_rejected_request");

    let samples = world.metrics().await;
    let absent = NAMES.into_iter().filter(|name| samples.sum(name, &[]).is_none());
    assert_eq!(absent.collect::<Vec<_>>(), [""; 0], "{}", samples.0);

    for outcome in ["completed", "provider_rejected_request"] {
        samples.expect("chat_requests_total", &[("outcome", outcome)], 1.0);
        samples.expect("chat_duration_seconds_count", &[("outcome", outcome)], 1.0);
    }
    samples.expect("chat_messages_total", &[("role", "user")], 2.0);
    samples.expect("chat_messages_total", &[("role", "assistant")], 1.0);
    samples.expect("conversations_created_total", &[], 2.0);
    samples.expect("chat_turns_running", &[], 0.0);
    samples.expect("chat_turn_steps_sum", &[], 1.0);
    samples.expect("chat_turn_tool_calls_sum", &[], 1.0);
    samples.expect("tool_calls_total", &[("tool", "add_task"), ("outcome", "ok")], 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_and_a_429_are_counted_with_their_provider_and_model() {
    let world = World::start(&[]).await;
    let ada = world.sign_up().await;
    world.cohere.script([Cue::from(InjectedFault::RetryAfter).lasting(Duration::from_millis(50))]);
    say(&ada, "add milk").await.expect(200);
    world.cohere.script([InjectedFault::MonthLimit]);
    say(&ada, "add bread").await.expect_problem(503, "provider_quota_exhausted");

    let samples = world.metrics().await;
    let [provider, model] = [("provider", "cohere"), ("model", "command-r-08-2024")];
    samples.expect("model_retries_total", &[provider, model], 1.0);
    samples.expect("model_rate_limits_total", &[provider, model], 2.0);
    // One question with its retry, and one about what the tool brought.
    samples.expect("model_requests_total", &[provider, model, ("outcome", "ok")], 2.0);
    let exhausted = ("outcome", "provider_quota_exhausted");
    samples.expect("model_requests_total", &[provider, model, exhausted], 1.0);
    samples.expect("model_time_to_first_delta_seconds_count", &[provider, model], 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cost_is_that_of_the_tokens_that_the_answers_were_billed() {
    let world = World::start(&[("MODEL_PRICES", "command-r-08-2024=3/70")]).await;
    let ada = world.sign_up().await;
    let (mut input, mut output) = (0.0, 0.0);
    for message in ["add milk", "show my list"] {
        let usage = &say(&ada, message).await.expect(200)["usage"];
        input += usage["input_tokens"].as_f64().unwrap();
        output += usage["output_tokens"].as_f64().unwrap();
    }
    assert!(input > 0.0 && output > 0.0);

    let samples = world.metrics().await;
    samples.expect("model_tokens_total", &[("direction", "input")], input);
    samples.expect("model_tokens_total", &[("direction", "output")], output);
    let dollars = (3.0 * input + 70.0 * output) / 1e6;
    samples.expect("model_cost_dollars_total", &[], dollars);
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_that_do_not_exist_share_one_label() {
    let world = World::start(&[]).await;
    let ada = world.sign_up().await;
    world.cohere.script([Scenario::UnknownTool]);
    say(&ada, "add milk").await.expect(200);

    let samples = world.metrics().await;
    let unknown = [("tool", "unknown"), ("outcome", "unknown_tool")];
    samples.expect("tool_calls_total", &unknown, 1.0);
    samples.expect("tool_duration_seconds_count", &unknown, 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_answer_is_warned_of_with_where_its_time_went_and_without_its_text() {
    let world = World::start(&[("SLOW_CHAT_THRESHOLD", "1")]).await;
    let ada = world.sign_up().await;
    let quick = say(&ada, "add the quick errand").await.expect(200);
    let slow = Cue::from(Scenario::SlowFirstByte).lasting(Duration::from_millis(1_200));
    world.cohere.script([slow]);
    let message = json!({
        "message": "add the private errand",
        "conversation_id": quick["conversation_id"],
    });
    let answer = ada.post("/api/me/chat", &message).await.expect(200);

    let told = world.logged("Slow chat response: ").await;
    let [line] = &told[..] else { panic!("{told:?}") };
    assert_eq!((&line["level"], &line["turn_id"]), (&json!("WARN"), &answer["turn_id"]));
    assert_eq!(line["outcome"], "completed");
    assert!(line["model_ms"].as_u64().unwrap() >= 1_200, "{line}");
    assert!(line["database_ms"].is_u64() && line["tools_ms"].is_u64(), "{line}");
    assert_eq!((&line["steps"], &line["tool_calls"]), (&json!(1), &json!(1)));
    assert_eq!(line["history_messages"], 2);
    let said = "add the quick errand".len() + quick["message"].as_str().unwrap().chars().count();
    assert_eq!(line["history_characters"], said);
    assert!(!world.service.output().contains("errand"), "{}", world.service.output());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_query_is_warned_of_by_its_operation_and_without_values() {
    let world = World::start(&[("SLOW_QUERY_THRESHOLD", "0.5")]).await;
    let ada = world.sign_up().await;
    let held = LockedUser::hold(&world.database, ada.id).await;
    let writing = tokio::spawn({
        let ada = ada.clone();
        async move { ada.add_task(&json!({ "title": "a private errand" })).await }
    });
    held.until_waited_for(1).await;
    sleep(Duration::from_millis(500)).await;
    held.release().await;
    writing.await.unwrap();

    let told = world.logged("Slow query").await;
    let [line] = &told[..] else { panic!("{told:?}") };
    assert_eq!((&line["level"], &line["operation"]), (&json!("WARN"), &json!("task.write")));
    assert!(line["duration_ms"].as_u64().unwrap() >= 500, "{line}");
    assert!(!world.service.output().contains("errand"));
    let samples = world.metrics().await;
    samples.expect("database_slow_queries_total", &[("operation", "task.write")], 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exhausted_pool_shows_in_the_numbers_and_in_the_log() {
    let world = World::start(&[("DATABASE_TIMEOUT", "5")]).await;
    let ada = world.sign_up().await;
    let held = LockedUser::hold(&world.database, ada.id).await;
    let writing: Vec<_> = (0..5)
        .map(|n| {
            let ada = ada.clone();
            let task = json!({ "title": format!("errand {n}") });
            tokio::spawn(async move { ada.post("/api/me/tasks", &task).await })
        })
        .collect();
    held.until_waited_for(2).await;
    let pool = ("pool", "primary");
    let waiting = |samples: &Samples| samples.sum("database_pool_waiting", &[pool]);
    let samples = world.metrics_when(|samples| waiting(samples) == Some(3.0)).await;
    samples.expect("database_pool_size", &[pool], 2.0);
    samples.expect("database_pool_connections", &[pool, ("state", "in_use")], 2.0);
    samples.expect("database_pool_connections", &[pool, ("state", "idle")], 0.0);
    let told = world.logged("Pool checkedout: 2 of 2").await;
    assert_eq!((&told[0]["level"], &told[0]["pool"]), (&json!("WARN"), &json!("primary")));
    assert!(told[0]["waiting"].as_u64().unwrap() >= 1, "{told:?}");

    // Those who wait are told so in the end, and it is over with the lock.
    for write in writing {
        write.await.unwrap().expect_problem(503, "database_unavailable");
    }
    held.release().await;
    let samples = world.metrics_when(|samples| waiting(samples) == Some(0.0)).await;
    let failed = [("operation", "task.write"), ("kind", "unavailable")];
    samples.expect("database_errors_total", &failed, 5.0);
    ada.add_task(&json!({ "title": "after" })).await;
}
