//! What the running service tells about itself in numbers.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use todo_metrics::{Kind, catalogue};
use todo_testkit::{
    app::{Answer, Visitor},
    process::Service,
};

/// A service of its own, with these variables.
struct Running {
    service: Service,
    _data: TempDir,
}

fn start(variables: &[(&str, &str)]) -> Running {
    let data = tempfile::tempdir().unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_chatbot-api"));
    let directory = [("DATA_DIR", data.path().to_str().unwrap())];
    let service = Service::start(binary, &[&directory, variables].concat());
    Running { service, _data: data }
}

impl Running {
    async fn metrics(&self) -> Page {
        let answer = self.service.stranger().get("/metrics").await;
        assert_eq!(answer.status, 200);
        Page::of(&answer)
    }
}

/// Series by name with labels as they are printed, such as `up{a="b"}`; types by name.
#[derive(Debug)]
struct Page {
    series: BTreeMap<String, f64>,
    types: BTreeMap<String, String>,
}

impl Page {
    fn of(answer: &Answer) -> Self {
        let (comments, lines): (Vec<_>, Vec<_>) =
            answer.text.lines().partition(|line| line.starts_with('#'));
        let series = lines.into_iter().map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        });
        let types = comments.into_iter().filter_map(|line| {
            let (name, kind) = line.strip_prefix("# TYPE ")?.split_once(' ')?;
            Some((name.to_owned(), kind.to_owned()))
        });
        Self { series: series.collect(), types: types.collect() }
    }

    #[track_caller]
    fn value(&self, series: &str) -> f64 {
        *self.series.get(series).unwrap_or_else(|| panic!("{series}: {:?}", self.series.keys()))
    }

    /// The names of the labels that the series of this metric have.
    fn labels(&self, metric: &str) -> BTreeSet<&str> {
        let of_metric = self.series.keys().filter_map(|series| {
            let (name, labels) = series.split_once('{')?;
            let name = ["_bucket", "_sum", "_count"]
                .into_iter()
                .find_map(|suffix| name.strip_suffix(suffix).filter(|name| *name == metric))
                .unwrap_or(name);
            (name == metric).then_some(labels)
        });
        of_metric
            .flat_map(|labels| labels.split("\",").filter_map(|label| label.split_once('=')))
            .map(|(name, _)| name)
            .filter(|name| *name != "le")
            .collect()
    }
}

async fn a_success_and_a_failure(service: &Service) -> Visitor {
    let ada = service.stranger().sign_up("ada").await;
    ada.say("add buy milk").await;
    ada.get("/api/me/tasks/7").await.expect_problem(404, "task_not_found");
    ada
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_after_a_success_and_a_failure_shows_both() {
    let running = start(&[]);
    a_success_and_a_failure(&running.service).await;

    let page = running.metrics().await;

    let chat = r#"{method="POST",route="/api/{user_id}/chat",status="200"}"#;
    assert_eq!(page.value(&format!("http_requests_total{chat}")), 1.0);
    assert_eq!(page.value(&format!("http_request_duration_seconds_count{chat}")), 1.0);
    let missing = r#"{method="GET",route="/api/{user_id}/tasks/{id}",status="404"}"#;
    assert_eq!(page.value(&format!("http_requests_total{missing}")), 1.0);
    // The scrape itself.
    assert_eq!(page.value("http_requests_in_flight"), 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_is_declared_with_its_type_and_labels() {
    let running = start(&[]);
    a_success_and_a_failure(&running.service).await;
    let page = running.metrics().await;

    let declared: BTreeMap<_, _> =
        catalogue().into_iter().map(|metric| (metric.exported_name(), metric)).collect();
    for (name, kind) in &page.types {
        let metric = declared.get(name).unwrap_or_else(|| panic!("{name} is not declared"));
        let expected = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        assert_eq!(kind, expected, "{name}");
        let labels: BTreeSet<_> = metric.labels.iter().map(|label| label.name).collect();
        assert_eq!(page.labels(name), labels, "{name}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn the_process_tells_what_it_uses() {
    let running = start(&[]);
    running.service.stranger().sign_up("ada").await;
    let page = running.metrics().await;

    for (series, at_least) in [
        ("process_resident_memory_bytes", 1e6),
        ("process_virtual_memory_bytes", 1e6),
        ("process_open_fds", 5.0),
        ("process_max_fds", 64.0),
        ("process_threads", 2.0),
        ("process_start_time_seconds", 1.7e9),
        ("process_uptime_seconds", 0.001),
        ("process_cpu_seconds_total", 0.0),
        ("process_network_receive_bytes_total", 0.0),
        ("process_network_transmit_bytes_total", 0.0),
        ("process_disk_read_bytes_total", 0.0),
        ("process_disk_write_bytes_total", 0.0),
    ] {
        assert!(page.value(series) >= at_least, "{series}: {}", page.value(series));
    }
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(page.value(&format!("build_info{{version=\"{version}\"}}")), 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_clients_make_up_makes_new_series() {
    let running = start(&[]);
    let mallory = running.service.stranger();
    let send = async |round: u32| {
        for number in 0..500 {
            let id = round * 1000 + number;
            let method = Method::from_bytes(format!("X{id}").as_bytes()).unwrap();
            mallory.send(method, &format!("/made/up/{id}"), &[], None).await;
            mallory.get(&format!("/{id}@example.org?q={id}")).await;
            mallory.get(&format!("/api/{id}/tasks/{id}")).await;
            mallory.get(&format!("/docs/{id}.js")).await;
        }
        running.metrics().await.series.into_keys().collect::<BTreeSet<_>>()
    };
    // A scrape shows itself from the second one on.
    running.metrics().await;
    let few = send(0).await;
    let many = send(1).await;

    let new: Vec<_> = many.difference(&few).collect();
    assert!(new.is_empty(), "{new:?}");
    assert!(many.len() < 250, "{}", many.len());
    assert!(many.iter().any(|series| series.contains(r#"method="other",route="unknown""#)));
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_counted_whether_by_id_or_in_words() {
    let running = start(&[("CONFIRM_ABOVE", "0")]);
    let ada = running.service.stranger().sign_up("ada").await;
    let ask = async || {
        ada.add_task(&json!({ "title": "milk" })).await;
        ada.say("delete everything").await
    };
    let answer = async |asked: &Value, message: &str| {
        let conversation = &asked["conversation_id"];
        let body = json!({ "message": message, "conversation_id": conversation });
        ada.post("/api/me/chat", &body).await.expect(200);
    };
    for words in ["yes", "no", "what is left?"] {
        answer(&ask().await, words).await;
    }
    let path = |asked: &Value, decision: &str| {
        format!("/api/me/actions/{}/{decision}", asked["action"]["id"].as_str().unwrap())
    };
    let asked = ask().await;
    for _ in 0..2 {
        ada.send(Method::POST, &path(&asked, "approve"), &[], None).await.expect(200);
    }
    ada.send(Method::POST, &path(&asked, "reject"), &[], None)
        .await
        .expect_problem(409, "action_decided");
    let unknown = json!({ "action": { "id": "00000000-0000-7000-8000-000000000001" } });
    ada.send(Method::POST, &path(&unknown, "approve"), &[], None)
        .await
        .expect_problem(404, "action_not_found");

    let page = running.metrics().await;
    for (outcome, count) in [
        ("approved", 2.0),
        ("rejected", 1.0),
        ("replayed", 1.0),
        ("action_decided", 1.0),
        ("action_not_found", 1.0),
    ] {
        let series = format!("chat_decisions_total{{outcome=\"{outcome}\"}}");
        assert_eq!(page.value(&series), count, "{outcome}");
    }
    assert_eq!(page.value("chat_questions_total"), 4.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn switched_off_nothing_is_measured_and_nothing_shown() {
    let running = start(&[("METRICS_ENABLED", "false")]);
    a_success_and_a_failure(&running.service).await;

    running.service.stranger().get("/metrics").await.expect_problem(404, "route_not_found");
}

/// Where the operator's pages are, as the log says.
fn operator_address(service: &Service) -> String {
    let output = service.output();
    let (_, rest) = output.split_once("details of the health at ").unwrap();
    let address = rest.split(char::is_whitespace).next().unwrap();
    address.trim_end_matches('"').to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_address_of_their_own_metrics_are_not_shown_to_callers_of_the_api() {
    let running = start(&[("METRICS_ADDRESS", "127.0.0.1:0")]);
    a_success_and_a_failure(&running.service).await;
    let callers = running.service.stranger();
    running.service.prints("details of the health at ").await;
    let operator = Visitor::of(&operator_address(&running.service));

    callers.get("/metrics").await.expect_problem(404, "route_not_found");
    let page = Page::of(&operator.get("/metrics").await);
    assert_eq!(page.value(r#"chat_requests_total{outcome="completed"}"#), 1.0);

    let keys =
        |health: &Value| health.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let health = callers.get("/health/detailed").await.expect(200);
    let known = ["status", "database", "cohere", "timestamp"];
    assert_eq!(keys(&health), known.map(str::to_owned).into());
    assert_eq!(health["database"], json!({ "status": "healthy" }));
    assert_eq!(health["cohere"], json!({ "status": "not_configured" }));
    let details = operator.get("/health/detailed").await.expect(200);
    assert!(keys(&details).is_superset(&["version", "model"].map(str::to_owned).into()));
    assert!(details["database"]["pool"].is_object());

    operator.get("/health/ready").await.expect(200);
    operator.get("/api/me/tasks").await.expect_problem(404, "route_not_found");
    operator.post("/api/auth/signup", &json!({})).await.expect_problem(404, "route_not_found");
    operator.delete("/metrics").await.expect_problem(405, "method_not_allowed");
}

#[test]
fn an_address_for_metrics_that_is_taken_is_told_by_name() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let data = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_chatbot-api"))
        .env_clear()
        .env("PORT", "0")
        .env("DATA_DIR", data.path())
        .env("METRICS_ADDRESS", taken.local_addr().unwrap().to_string())
        .output()
        .unwrap();

    assert!(!output.status.success());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("METRICS_ADDRESS: cannot listen on"), "{told}");
}
