//! A provider that fails again and again is left alone, and never asked too much at a time.

use std::{sync::Arc, time::Duration};

use todo_adapters::{CircuitBreakerSettings, CohereModel};
use todo_domain::{ModelFailure, ports::ChatModel};

use tracing_subscriber::fmt::format::FmtSpan;

use super::{fixture::*, secrets::Log, server::*};

const LONG: Duration = Duration::from_secs(20);

fn gated(server: &Server, circuit_breaker: CircuitBreakerSettings) -> Arc<CohereModel> {
    Arc::new(model_with(todo_adapters::CohereSettings {
        circuit_breaker,
        ..settings(server.url())
    }))
}

async fn failure(model: &CohereModel) -> ModelFailure {
    ask(model).await.unwrap_err().failure
}

async fn until_called(server: &Server, times: usize) {
    while server.calls() < times {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn outage() -> Scene {
    status(503, "")
}

#[tokio::test]
async fn after_so_many_failures_in_a_row_nothing_is_asked_for_a_while() {
    let server = Server::start(vec![outage(); 10]).await;
    let gate =
        CircuitBreakerSettings { failures: 5, pause: LONG, ..CircuitBreakerSettings::default() };
    let model = gated(&server, gate);
    assert_eq!(failure(&model).await, ModelFailure::Unavailable { retry_after: None });
    assert_eq!(server.calls(), 3);
    // The second question makes two attempts.
    for _ in 0..3 {
        let ModelFailure::Unavailable { retry_after: Some(wait) } = failure(&model).await else {
            panic!("it does not say when to come back")
        };
        assert!(wait <= LONG && wait > LONG / 2, "{wait:?}");
        assert_eq!(server.calls(), 5);
    }
}

#[tokio::test]
async fn a_call_that_is_held_back_is_no_request_in_a_trace() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_span_events(FmtSpan::NEW)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = Server::start([outage()]).await;
    let gate =
        CircuitBreakerSettings { failures: 1, pause: LONG, ..CircuitBreakerSettings::default() };
    let model = gated(&server, gate);
    failure(&model).await;
    failure(&model).await;
    let text = log.text();
    let begun = |span: &str| {
        text.lines().filter(|line| line.contains(span) && line.ends_with("new")).count()
    };
    assert_eq!((begun(":POST{"), server.calls()), (1, 1), "{text}");
}

#[tokio::test]
async fn whoever_would_only_wait_to_be_held_back_is_told_at_once() {
    let server = Server::start([outage(), say("Done")]).await;
    let gate = CircuitBreakerSettings {
        failures: 1,
        pause: 2 * LONG,
        ..CircuitBreakerSettings::default()
    };
    let mut settings = settings(server.url());
    settings.circuit_breaker = gate;
    (settings.retries.min_wait, settings.retries.max_wait) = (LONG, LONG);
    let begun = tokio::time::Instant::now();
    let rejected = failure(&model_with(settings)).await;
    assert!(
        matches!(rejected, ModelFailure::Unavailable { retry_after: Some(wait) } if wait > LONG)
    );
    assert!(begun.elapsed() < LONG);
}

#[tokio::test]
async fn stalls_and_dead_connections_count_as_failures_too() {
    for scene in [nothing_but(Step::Cut), nothing_but(Step::Hang), stream([start(), Step::Hang])] {
        let server = Server::start(vec![scene; 10]).await;
        let gate = CircuitBreakerSettings {
            failures: 2,
            pause: LONG,
            ..CircuitBreakerSettings::default()
        };
        let model = gated(&server, gate);
        let rejected = failure(&model).await;
        assert!(matches!(rejected, ModelFailure::Unavailable { retry_after: Some(_) }));
        assert_eq!(server.calls(), 2);
    }
}

#[tokio::test]
async fn what_proves_that_the_provider_is_there_never_opens_the_breaker() {
    let minute = status(429, message("past the per minute request limit"));
    for scene in [
        minute,
        status(400, message("invalid request")),
        status(401, message("invalid api token")),
        status(501, ""),
        stream([start(), end("COMPLETE"), done()]),
    ] {
        let server = Server::start(vec![scene; 10]).await;
        let gate = CircuitBreakerSettings {
            failures: 1,
            pause: LONG,
            ..CircuitBreakerSettings::default()
        };
        let model = gated(&server, gate);
        let first = failure(&model).await;
        let calls = server.calls();
        assert_eq!(failure(&model).await, first);
        assert_eq!(server.calls(), 2 * calls, "{first:?}");
    }
}

#[tokio::test]
async fn one_question_finds_out_whether_it_is_back_and_the_others_are_held_back_meanwhile() {
    let script = [outage(), nothing_but(Step::Hang), say("One"), say("Two"), say("Three")];
    let server = Server::start(script).await;
    let gate = CircuitBreakerSettings {
        failures: 1,
        pause: Duration::ZERO,
        ..CircuitBreakerSettings::default()
    };
    let mut settings = settings(server.url());
    (settings.circuit_breaker, settings.retries.attempts, settings.timeouts.attempt) =
        (gate, 1, LONG);
    let model = Arc::new(model_with(settings));
    failure(&model).await;
    let probe = tokio::spawn({
        let model = Arc::clone(&model);
        async move { ask(&model).await }
    });
    until_called(&server, 2).await;
    for _ in 0..3 {
        let rejected = ModelFailure::Unavailable { retry_after: Some(Duration::ZERO) };
        assert_eq!(failure(&model).await, rejected);
    }
    assert_eq!(server.calls(), 2);
    // Whoever asked goes away: the next question finds out.
    probe.abort();
    assert!(probe.await.unwrap_err().is_cancelled());
    assert_eq!(said(ask(&model).await), "One");
    let (two, three) = tokio::join!(ask(&model), ask(&model));
    assert!(two.is_ok() && three.is_ok(), "it is closed: everybody may ask");
}

#[tokio::test]
async fn once_an_answer_has_begun_to_come_everybody_may_ask_again() {
    let slow = stream([start(), text("Su"), Step::Hang]);
    let server = Server::start([outage(), slow, say("Two")]).await;
    let gate = CircuitBreakerSettings {
        failures: 1,
        pause: Duration::ZERO,
        ..CircuitBreakerSettings::default()
    };
    let mut settings = settings(server.url());
    (settings.circuit_breaker, settings.retries.attempts, settings.timeouts.event) =
        (gate, 1, LONG);
    let model = Arc::new(model_with(settings));
    failure(&model).await;
    let reader = Arc::new(Reader::default());
    let probe = tokio::spawn({
        let (model, reader) = (Arc::clone(&model), Arc::clone(&reader));
        async move { model.respond(&question(), reader).await }
    });
    while reader.read().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(said(ask(&model).await), "Two");
    assert!(!probe.is_finished(), "its own answer is still on its way");
    probe.abort();
}

#[tokio::test]
async fn nobody_holds_a_place_while_waiting_for_the_next_attempt() {
    let server = Server::start([outage(), say("Done")]).await;
    let gate =
        CircuitBreakerSettings { concurrency: 1, queue: 1, ..CircuitBreakerSettings::default() };
    let mut settings = settings(server.url());
    settings.circuit_breaker = gate;
    (settings.retries.min_wait, settings.retries.max_wait) = (LONG, LONG);
    let model = Arc::new(model_with(settings));
    let sleeping = tokio::spawn({
        let model = Arc::clone(&model);
        async move { ask(&model).await }
    });
    until_called(&server, 1).await;
    assert_eq!(said(ask(&model).await), "Done");
    assert!(!sleeping.is_finished());
    sleeping.abort();
}

#[tokio::test]
async fn an_answer_that_streams_in_holds_its_place_and_who_finds_none_is_told_at_once() {
    let server = Server::start([stream([start(), text("Su"), Step::Hang]), say("Done")]).await;
    let gate =
        CircuitBreakerSettings { concurrency: 1, queue: 0, ..CircuitBreakerSettings::default() };
    let mut settings = settings(server.url());
    settings.circuit_breaker = gate;
    settings.timeouts.event = LONG;
    let model = Arc::new(model_with(settings));
    let streaming = tokio::spawn({
        let model = Arc::clone(&model);
        async move { ask(&model).await }
    });
    until_called(&server, 1).await;
    assert_eq!(failure(&model).await, ModelFailure::Busy);
    streaming.abort();
    assert!(streaming.await.unwrap_err().is_cancelled());
    assert_eq!(said(ask(&model).await), "Done");
}
