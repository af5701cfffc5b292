//! The service with a replica of its database.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::json;
use todo_testkit::{
    app::JWT_SECRET,
    process::Service,
    replication::{ReplicatedDatabase, Server},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_with_a_replica_shows_everybody_what_they_wrote() {
    let place = ReplicatedDatabase::create().await;
    let service = Service::start(
        Path::new(env!("CARGO_BIN_EXE_chatbot-api")),
        &[
            ("DATABASE_URL", &place.url(Server::Primary)),
            ("DATABASE_REPLICA_URL", &place.url(Server::Replica)),
            ("DATABASE_REPLICA_MAX_LAG", "10"),
            ("JWT_SECRET", JWT_SECRET),
            ("CHAT_ENGINE", "offline"),
        ],
    );
    service.prints("Reading from the replica").await;
    let health = service.stranger().get("/health/detailed").await.expect(200);
    assert_eq!(
        (&health["status"], &health["replica"]["status"]),
        (&json!("healthy"), &json!("in_use"))
    );
    assert!(health["replica"]["lag_seconds"].as_f64().is_some_and(|lag| lag < 60.0), "{health}");
    let ada = service.stranger().sign_up("ada").await;
    place.caught_up().await;
    place.pause_replay().await;
    let elsewhere = place.client(Server::Primary).await;
    let rename = "UPDATE users SET name = 'Augusta' WHERE name = 'ada'";
    elsewhere.execute(rename, &[]).await.unwrap();
    assert_eq!(ada.tasks().await, [] as [serde_json::Value; 0]);
    ada.add_task(&json!({ "title": "buy milk" })).await;
    ada.say("add buy bread").await;
    assert_eq!(ada.tasks().await.len(), 2);
    assert_eq!(ada.get("/api/me/conversations").await.expect(200)[0]["title"], "add buy bread");
    assert_eq!(ada.get("/api/auth/me").await.expect(200)["name"], "Augusta");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_none_degrades_the_service_and_the_doctor_says_why() {
    let place = ReplicatedDatabase::create().await;
    let primary = place.url(Server::Primary);
    let variables = [
        ("DATABASE_URL", primary.as_str()),
        ("DATABASE_REPLICA_URL", primary.as_str()),
        ("JWT_SECRET", JWT_SECRET),
        ("CHAT_ENGINE", "offline"),
    ];
    let service = Service::start(Path::new(env!("CARGO_BIN_EXE_chatbot-api")), &variables);
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut health = service.stranger().get("/health/detailed").await.expect(200);
    while health["replica"]["status"] == "starting" {
        assert!(Instant::now() < deadline, "{health}");
        health = service.stranger().get("/health/detailed").await.expect(200);
    }
    assert_eq!(
        (&health["status"], &health["replica"]),
        (&json!("degraded"), &json!({ "status": "refused" }))
    );
    let doctor = doctor(&variables);
    assert!(doctor.contains("warn  replica        "), "{doctor}");
    assert!(doctor.contains("it is not a replica: it is not in recovery"), "{doctor}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_a_replica_that_is_one() {
    let place = ReplicatedDatabase::create().await;
    let doctor = doctor(&[
        ("DATABASE_URL", &place.url(Server::Primary)),
        ("DATABASE_REPLICA_URL", &place.url(Server::Replica)),
        ("JWT_SECRET", JWT_SECRET),
        ("CHAT_ENGINE", "offline"),
    ]);
    assert!(doctor.contains("ok    replica        "), "{doctor}");
}

fn doctor(variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatbot-api"));
    command.arg("doctor").env_clear().envs(variables.iter().copied());
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}
