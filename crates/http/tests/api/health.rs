//! Probes.

use std::time::Instant;

use serde_json::{Value, json};
use todo_domain::{
    ModelIdentity,
    ports::{
        BreakerState, MockModelHealth, ModelCondition, ModelReport, PoolStatus, StoreError,
        StoreErrorKind, StoreReport,
    },
};

use crate::client::{Answer, Mocks};

fn with_database(report: fn() -> Result<StoreReport, StoreError>, engine: &str) -> Mocks {
    let mut mocks = Mocks::default();
    mocks.health.expect_check().returning(report);
    let pool = PoolStatus { max: 20, size: 3, available: 1, waiting: 0 };
    mocks.health.expect_pool().return_const(pool);
    mocks.health.expect_replica().return_const(None);
    let identity = ModelIdentity { engine: engine.into(), model: "model-1".into() };
    mocks.model.expect_identity().return_const(identity);
    mocks
}

fn fine() -> Result<StoreReport, StoreError> {
    Ok(StoreReport::default())
}

fn unmigrated() -> Result<StoreReport, StoreError> {
    Ok(StoreReport { pending_migrations: vec!["0002_more".into()] })
}

fn down() -> Result<StoreReport, StoreError> {
    Err(StoreError::new(StoreErrorKind::Unavailable, "connection refused by 10.0.0.7"))
}

#[tokio::test]
async fn the_process_is_healthy_without_asking_anybody() {
    let client = Mocks::default().serve();
    let response = client.anonymous(reqwest::Method::GET, "/health").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.bytes().await.unwrap().as_ref(), br#"{"status":"healthy"}"#);
}

#[tokio::test]
async fn it_is_ready_once_the_database_answers_and_is_migrated() {
    let ready = with_database(fine, "offline").serve().get("/health/ready").await;
    assert_eq!((ready.status, ready.body), (200, json!({ "status": "ready" })));
    let unmigrated = with_database(unmigrated, "offline").serve().get("/health/ready").await;
    assert_eq!(unmigrated.problem(), (503, "migrations_pending"));
    let down = with_database(down, "offline").serve().get("/health/ready").await;
    assert_eq!(down.problem(), (503, "database_unavailable"));
    assert!(!down.body.to_string().contains("10.0.0.7"));
}

#[tokio::test]
async fn the_details_name_what_is_wrong_and_what_answers() {
    for (report, status, health, pending) in [
        (fine as fn() -> _, 200, ["healthy", "healthy"], json!([])),
        (unmigrated, 503, ["degraded", "migrations_pending"], json!(["0002_more"])),
        (down, 503, ["degraded", "unavailable"], Value::Null),
    ] {
        let begun = Instant::now();
        let client = with_database(report, "offline").serve();
        let mut answer: Answer = client.get("/health/detailed").await;
        let [overall, database] = health;
        assert_eq!(answer.status, status);
        let latency = answer.body["database"]["latency_ms"].take();
        assert!(latency.as_f64().is_some_and(|latency| latency >= 0.0), "{latency}");
        let uptime = answer.body["uptime_seconds"].take();
        let longest = begun.elapsed().as_secs();
        assert!(uptime.as_u64().is_some_and(|uptime| uptime <= longest), "{uptime}");
        let pool = json!({ "max": 20, "size": 3, "in_use": 2, "idle": 1, "waiting": 0 });
        let mut database = json!({ "status": database, "latency_ms": null, "pool": pool });
        if !pending.is_null() {
            database["pending_migrations"] = pending;
        }
        assert_eq!(
            answer.body,
            json!({
                "status": overall, "database": database, "cohere": { "status": "not_configured" },
                "model": { "engine": "offline", "model": "model-1" },
                "version": env!("CARGO_PKG_VERSION"), "uptime_seconds": null,
                "timestamp": "2026-11-22T09:00:00.000000Z",
            })
        );
        assert!(!answer.body.to_string().contains("10.0.0.7"));
    }
}

#[tokio::test]
async fn a_service_that_is_about_to_stop_wants_no_requests_and_answers_them_all_the_same() {
    let (client, health) = with_database(fine, "offline").serve_with_health();
    assert_eq!(client.get("/health/ready").await.status, 200);
    health.begin_shutdown();
    assert_eq!(client.get("/health/ready").await.problem(), (503, "shutting_down"));
    let live = client.anonymous(reqwest::Method::GET, "/health").send().await.unwrap();
    assert_eq!((live.status().as_u16(), &live.headers()["connection"]), (200, &close()));
    assert_eq!(live.bytes().await.unwrap().as_ref(), br#"{"status":"healthy"}"#);
}

fn close() -> reqwest::header::HeaderValue {
    reqwest::header::HeaderValue::from_static("close")
}

/// The details, once the provider has been asked.
async fn with_provider(condition: ModelCondition) -> Answer {
    let mut mocks = with_database(fine, "cohere");
    let (asked, was_asked) = tokio::sync::oneshot::channel();
    let asked = std::sync::Mutex::new(Some(asked));
    let mut provider = MockModelHealth::new();
    provider.expect_check().times(1).returning(move || {
        let asked = asked.lock().unwrap().take().unwrap();
        asked.send(()).unwrap();
        ModelReport { condition, detail: "the operator's".into() }
    });
    provider.expect_breaker().return_const(BreakerState::Closed);
    mocks.provider = Some(provider);
    let client = mocks.serve();
    was_asked.await.unwrap();
    client.get("/health/detailed").await
}

#[tokio::test]
async fn trouble_with_the_model_degrades_the_service_and_does_not_take_it_away() {
    for (condition, overall, cohere) in [
        (ModelCondition::Ready, "healthy", "healthy"),
        (ModelCondition::AuthRefused, "degraded", "auth_refused"),
        (ModelCondition::PaymentDue, "degraded", "payment_due"),
        (ModelCondition::QuotaExhausted, "degraded", "quota_exhausted"),
        (ModelCondition::RateLimited, "degraded", "rate_limited"),
        (ModelCondition::ModelNotFound, "degraded", "model_not_found"),
        (ModelCondition::Unavailable, "degraded", "unavailable"),
    ] {
        let answer = with_provider(condition).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            (&answer.body["status"], &answer.body["cohere"]),
            (
                &json!(overall),
                &json!({
                    "status": cohere, "checked_at": "2026-11-22T09:00:00.000000Z", "breaker": "closed",
                })
            )
        );
    }
}
