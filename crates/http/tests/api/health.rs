//! Probes.

use serde_json::json;
use todo_domain::{
    ModelIdentity,
    ports::{StoreError, StoreErrorKind, StoreReport},
};

use crate::client::{Answer, Mocks};

fn with_database(report: fn() -> Result<StoreReport, StoreError>, engine: &str) -> Mocks {
    let mut mocks = Mocks::default();
    mocks.health.expect_check().returning(report);
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
    for (report, engine, status, health) in [
        (fine as fn() -> _, "offline", 200, ["healthy", "healthy", "not_configured"]),
        (fine, "cohere", 200, ["healthy", "healthy", "configured"]),
        (unmigrated, "offline", 503, ["degraded", "migrations_pending", "not_configured"]),
        (down, "offline", 503, ["degraded", "unavailable", "not_configured"]),
    ] {
        let client = with_database(report, engine).serve();
        let answer: Answer = client.get("/health/detailed").await;
        let [overall, database, cohere] = health;
        assert_eq!(answer.status, status);
        assert_eq!(
            answer.body,
            json!({
                "status": overall, "database": database, "cohere": cohere,
                "model": { "engine": engine, "model": "model-1" },
                "timestamp": "2026-11-22T09:00:00Z",
            })
        );
    }
}
