//! Traces: what a collector is sent about a chat, and that nobody has to wait for a collector.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    path::Path,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use todo_testkit::{
    app::{Answer, Visitor},
    cohere::{CohereSimulator, InjectedFault},
    collector::{Collector, ExportedSpan, tree},
    ports::free_port,
    process::Service,
};

/// The trace that a client began, and the client's span.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A service on a file of its own that answers with Cohere's simulator.
struct Traced {
    service: Service,
    cohere: CohereSimulator,
    _data: TempDir,
}

impl Traced {
    async fn start(variables: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let cohere = CohereSimulator::start().await;
        let base_url = cohere.base_url();
        let own = [
            ("DATA_DIR", data.path().to_str().unwrap()),
            ("COHERE_BASE_URL", &base_url),
            ("COHERE_API_KEY", "k-hunter2"),
        ];
        let binary = Path::new(env!("CARGO_BIN_EXE_chatbot-api"));
        let service = Service::start(binary, &[&own, variables].concat());
        Self { service, cohere, _data: data }
    }

    async fn with(collector: &Collector) -> Self {
        Self::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint())]).await
    }

    /// Ends it, by which everything is sent; returns what it has printed.
    async fn stop(self) -> String {
        self.service.signal("TERM");
        let stopped = tokio::task::spawn_blocking(|| self.service.wait());
        let (status, output) = stopped.await.unwrap();
        assert!(status.success(), "{status}\n{output}");
        output
    }
}

/// Says something as a client that has begun a trace.
async fn say_within(trace: &str, person: &Visitor, message: &str) -> Answer {
    let headers = [("content-type", "application/json"), ("traceparent", trace)];
    let body = json!({ "message": message }).to_string().into_bytes();
    person.send(Method::POST, "/api/me/chat", &headers, Some(body)).await
}

/// The spans of the one trace in which somebody chats.
fn chat(collector: &Collector) -> Vec<ExportedSpan> {
    let spans = collector.spans();
    let turn = spans.iter().find(|span| span.name == "turn").unwrap().trace_id.clone();
    spans.into_iter().filter(|span| span.trace_id == turn).collect()
}

fn named<'a>(spans: &'a [ExportedSpan], name: &str) -> Vec<&'a ExportedSpan> {
    spans.iter().filter(|span| span.name == name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_of_two_steps_is_a_tree_of_what_it_took() {
    let collector = Collector::start();
    let traced = Traced::with(&collector).await;
    let ada = traced.service.stranger().sign_up("ada").await;
    ada.add_task(&json!({ "title": "milk" })).await;
    ada.say("delete the milk task").await;
    traced.stop().await;

    let spans = chat(&collector);
    assert_eq!(
        tree(&spans),
        "\
POST /api/{user_id}/chat
  turn
    turn.begin
    chat command-a-03-2025
      POST
    step
      turn.look
      turn.run_step
    chat command-a-03-2025
      POST
    step
      turn.run_step
    chat command-a-03-2025
      POST
    turn.finish
"
    );
    assert!(spans.iter().all(|span| !span.is_error && span.events == 0), "{spans:#?}");
    assert!(spans.iter().all(|span| span.resource["service.name"] == "chatbot-api"));
    assert!(
        spans.iter().all(|span| spans[0].started <= span.started && span.started <= span.ended)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_have_the_attributes_of_the_conventions() {
    let collector = Collector::start();
    let traced = Traced::with(&collector).await;
    let ada = traced.service.stranger().sign_up("ada").await;
    let answer = ada.say("add tasks: milk, bread").await;
    traced.stop().await;

    let spans = chat(&collector);
    let root = &spans[0];
    assert_eq!((root.kind, root.parent.as_str()), ("SERVER", ""));
    assert_eq!(
        json!(root.attributes),
        json!({
            "http.request.method": "POST",
            "http.route": "/api/{user_id}/chat",
            "http.response.status_code": 200,
        })
    );
    assert_eq!(
        json!(named(&spans, "turn")[0].attributes),
        json!({
            "gen_ai.conversation.id": answer["conversation_id"],
            "todo.turn.id": answer["turn_id"],
        })
    );
    let steps = named(&spans, "step");
    assert_eq!(json!(steps[0].attributes), json!({ "todo.step.number": 1, "todo.step.calls": 2 }));
    let query = named(&spans, "turn.run_step")[0];
    assert_eq!(query.kind, "CLIENT");
    assert_eq!(
        json!(query.attributes),
        json!({ "db.system.name": "sqlite", "db.operation.name": "turn.run_step" })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_call_tells_the_model_the_tokens_and_the_end_and_each_of_its_attempts() {
    let collector = Collector::start();
    let traced = Traced::with(&collector).await;
    let ada = traced.service.stranger().sign_up("ada").await;
    traced.cohere.script([InjectedFault::Overloaded]);
    let answer = ada.say("hello").await;
    let base_url = traced.cohere.base_url();
    let port: u16 = base_url.rsplit_once(':').unwrap().1.parse().unwrap();
    traced.stop().await;

    let spans = chat(&collector);
    let calls = named(&spans, "chat command-a-03-2025");
    assert_eq!(calls.len(), 1);
    assert_eq!((calls[0].kind, calls[0].is_error), ("CLIENT", false));
    assert_eq!(
        json!(calls[0].attributes),
        json!({
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "cohere",
            "gen_ai.request.model": "command-a-03-2025",
            "gen_ai.request.temperature": 0.7,
            "gen_ai.request.max_tokens": 1024,
            "gen_ai.request.stream": true,
            "gen_ai.response.model": "command-a-03-2025",
            "gen_ai.response.finish_reasons": ["COMPLETE"],
            "gen_ai.usage.input_tokens": answer["usage"]["input_tokens"],
            "gen_ai.usage.output_tokens": answer["usage"]["output_tokens"],
            "server.address": "127.0.0.1",
            "server.port": port,
        })
    );
    let attempts = named(&spans, "POST");
    let seen: Vec<_> = attempts
        .iter()
        .map(|it| (it.is_error, it.attribute("http.response.status_code").as_u64().unwrap()))
        .collect();
    assert_eq!(seen, [(true, 503), (false, 200)]);
    assert_eq!(attempts[0].attribute("error.type"), "provider_unavailable");
    assert_eq!(attempts[1].attribute("http.request.resend_count"), 1);
    assert!(attempts.iter().all(|attempt| attempt.parent == calls[0].id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_turn_is_an_error_up_to_the_request() {
    let collector = Collector::start();
    let traced = Traced::with(&collector).await;
    let ada = traced.service.stranger().sign_up("ada").await;
    traced.cohere.always(InjectedFault::Unauthorized);
    let refused = ada.post("/api/me/chat", &json!({ "message": "hello" })).await;
    let problem = refused.expect_problem(502, "provider_auth");
    let output = traced.stop().await;

    let spans = chat(&collector);
    for name in ["POST /api/{user_id}/chat", "turn", "chat command-a-03-2025", "POST"] {
        let span = named(&spans, name)[0];
        assert!(span.is_error, "{name}");
        assert_eq!(span.attribute("error.type"), "provider_auth", "{name}");
    }
    assert_eq!(problem["trace_id"], spans[0].trace_id);
    let lines = output.lines().filter(|line| line.contains("The model did not answer"));
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 1, "{output}");
    for known in [format!("trace_id={}", spans[0].trace_id), "user_id=1".to_owned()] {
        assert!(lines[0].contains(&known), "{}", lines[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_client_did_wrong_is_no_error_of_the_service() {
    let collector = Collector::start();
    let traced = Traced::with(&collector).await;
    let problem = traced.service.stranger().get("/api/me/tasks").await;
    let problem = problem.expect_problem(401, "missing_token");
    let nowhere = traced.service.stranger().get("/etc/passwd?token=hunter2").await;
    nowhere.expect_problem(404, "route_not_found");
    traced.stop().await;

    let spans = collector.spans();
    let refused = named(&spans, "GET /api/{user_id}/tasks")[0];
    assert_eq!(refused.attribute("http.response.status_code"), 401);
    assert!(!refused.is_error);
    assert_eq!(problem["trace_id"], refused.trace_id);
    let nowhere = named(&spans, "GET")[0];
    assert_eq!(nowhere.attribute("http.route"), &Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_goes_on_from_the_client_to_the_provider() {
    let collector = Collector::start();
    let traced = Traced::with(&collector).await;
    let ada = traced.service.stranger().sign_up("ada").await;
    let answer = say_within(&format!("00-{TRACE}-{PARENT}-01"), &ada, "hello").await;
    answer.expect(200);
    let chats = traced.cohere.chats();
    traced.stop().await;

    let spans = chat(&collector);
    assert_eq!((spans[0].trace_id.as_str(), spans[0].parent.as_str()), (TRACE, PARENT));
    let attempt = named(&spans, "POST")[0];
    let sent = format!("00-{TRACE}-{}-01", attempt.id);
    assert_eq!(chats[0].traceparent.as_deref(), Some(sent.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_of_a_trace_that_its_client_does_not_record() {
    let collector = Collector::start();
    let traced = Traced::with(&collector).await;
    let ada = traced.service.stranger().sign_up("ada").await;
    let answer = say_within(&format!("00-{TRACE}-{PARENT}-00"), &ada, "hello").await;
    answer.expect(200);
    let chats = traced.cohere.chats();
    traced.stop().await;

    let spans = collector.spans();
    assert!(!spans.is_empty(), "the sign-up was recorded");
    assert_eq!(named(&spans, "turn"), [] as [&ExportedSpan; 0]);
    let sent = chats[0].traceparent.as_deref().unwrap();
    assert!(sent.contains(TRACE) && sent.ends_with("-00"), "{sent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ratio_of_zero_records_nothing_but_what_a_client_records() {
    let collector = Collector::start();
    let traced = Traced::start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint()),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.0"),
    ])
    .await;
    let ada = traced.service.stranger().sign_up("ada").await;
    ada.say("hello").await;
    say_within(&format!("00-{TRACE}-{PARENT}-01"), &ada, "hello").await.expect(200);
    traced.stop().await;

    let spans = collector.spans();
    assert!(spans.iter().all(|span| span.trace_id == TRACE), "{}", tree(&spans));
    assert_eq!(named(&spans, "turn").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_a_request_names_its_trace() {
    for format in ["text", "json"] {
        let collector = Collector::start();
        let endpoint = collector.endpoint();
        let traced =
            Traced::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint), ("LOG_FORMAT", format)])
                .await;
        let ada = traced.service.stranger().sign_up("ada").await;
        traced.cohere.script([InjectedFault::Overloaded]);
        ada.say("hello").await;
        let output = traced.stop().await;

        let trace_id = &chat(&collector)[0].trace_id;
        for message in ["will be asked again", "Request answered"] {
            let mut lines = output.lines().filter(|line| line.contains(message));
            let line = lines.rfind(|line| line.contains(trace_id.as_str()));
            let line = line.unwrap_or_else(|| panic!("{message}: {output}"));
            assert!(line.contains("user_id"), "{line}");
            assert!(!line.contains("gen_ai") && !line.contains("otel"), "{line}");
            if format == "json" {
                let line: Value = serde_json::from_str(line).unwrap();
                let spans = line["spans"].as_array().unwrap();
                assert_eq!(spans.len(), 1, "{line}");
                assert_eq!(spans[0]["trace_id"], *trace_id, "{line}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_a_users_own_is_sent() {
    let collector = Collector::start();
    let traced = Traced::with(&collector).await;
    // Whose id is more than one digit.
    let mut ada = traced.service.stranger().sign_up("ada").await;
    for number in 0..11 {
        ada = traced.service.stranger().sign_up(&format!("zebedee{number}")).await;
    }
    ada.post("/api/me/chat", &json!({ "message": "add buy xylophone" })).await.expect(200);
    ada.get(&format!("/api/{}/tasks?search=xylophone", ada.id)).await;
    traced
        .service
        .stranger()
        .get("/xylophone?xylophone")
        .await
        .expect_problem(404, "route_not_found");
    traced.cohere.always(InjectedFault::Unauthorized);
    ada.post("/api/me/chat", &json!({ "message": "xylophone" })).await.expect(502);
    traced.stop().await;

    let spans = collector.spans();
    assert!(named(&spans, "turn").len() == 2, "{}", tree(&spans));
    let sent = collector.bodies("/v1/traces").concat();
    let sent = String::from_utf8_lossy(&sent).to_lowercase();
    for private in ["xylophone", "zebedee", "example.org", "hunter2", "select", "insert"] {
        assert!(!sent.contains(private), "{private}");
    }
    let id = ada.id.to_string();
    for (name, value) in spans.iter().flat_map(|span| &span.attributes) {
        let counts = name.starts_with("gen_ai.usage");
        assert!(counts || value.to_string().trim_matches('"') != id, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_endpoint_nothing_is_traced() {
    let traced = Traced::start(&[]).await;
    let ada = traced.service.stranger().sign_up("ada").await;
    let answer = say_within(&format!("00-{TRACE}-{PARENT}-01"), &ada, "hello").await;
    answer.expect(200);
    let problem = ada.get("/api/me/tasks/7").await.expect_problem(404, "task_not_found");
    assert_eq!(problem["trace_id"], Value::Null);
    assert_eq!(traced.cohere.chats()[0].traceparent, None);
    let output = traced.stop().await;
    assert!(!output.contains("trace_id") && !output.contains(TRACE), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_down_delays_nobody_and_is_told_of_once() {
    let free = free_port();
    let traced = Traced::start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://127.0.0.1:{free}")),
        ("OTEL_BSP_SCHEDULE_DELAY", "1"),
    ])
    .await;
    let ada = traced.service.stranger().sign_up("ada").await;
    while !traced.service.output().contains("Traces get lost") {
        ada.say("hello").await;
    }
    ada.say("hello").await;
    let output = traced.stop().await;
    assert_eq!(output.matches("Traces get lost").count(), 1, "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_never_answers_delays_nobody_and_fills_a_bounded_queue() {
    let collector = Collector::stalled();
    let traced = Traced::start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint()),
        ("OTEL_BSP_SCHEDULE_DELAY", "1"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "8"),
    ])
    .await;
    let somebody = traced.service.stranger();
    for _ in 0..200 {
        assert_eq!(somebody.get("/health").await.status, 200);
    }
    collector.release();
    traced.stop().await;

    let count = collector.spans().len();
    // Eight on their way, eight in the queue; and as many again should the first have timed out.
    assert!((1..=32).contains(&count), "{count}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_never_answers_does_not_hold_up_the_end() {
    let collector = Collector::stalled();
    let traced = Traced::with(&collector).await;
    traced.service.stranger().sign_up("ada").await;
    let started = Instant::now();
    let output = traced.stop().await;

    assert!(output.contains("The last traces were not sent"), "{output}");
    // An export may take ten seconds; the last one is given two.
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert!(!collector.bodies("/v1/traces").is_empty());
}
