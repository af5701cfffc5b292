//! The service with a replica of its database.

use std::{
    path::Path,
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
    let deadline = Instant::now() + Duration::from_secs(60);
    while !service.output().contains("Reading from the replica") {
        assert!(Instant::now() < deadline, "{}", service.output());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
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
