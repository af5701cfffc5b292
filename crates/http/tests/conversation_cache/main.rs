//! The list of conversations comes from a cache, and nobody can tell.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod changes;
mod outages;

use std::{
    cmp::Reverse,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use todo_domain::{PageLimit, UserId};
use todo_testkit::{
    app::{TestApp, TestAppBuilder, Visitor},
    redis::TestRedis,
};

/// Longer than Redis takes on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(30);

/// A service with a cache in Redis that has begun to use it.
async fn started(app: TestAppBuilder, redis: &TestRedis, timeout: Duration) -> TestApp {
    let app = app.redis(redis, timeout).start().await;
    app.memory.as_ref().unwrap().available().await;
    app
}

/// The ids and titles of a user's list, by way of the service.
async fn listed(user: &Visitor) -> Vec<(String, String)> {
    let list = user.get("/api/me/conversations").await.expect(200);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(|one| (text(&one["id"]), text(&one["title"]))).collect()
}

/// Checks that the service's list is what the database holds, and that it has got this far.
async fn assert_right(app: &TestApp, user: &Visitor, after: &str) {
    // What is exported never comes from the cache. It is in the order in which it was made.
    let (archives, user_id) = (app.store.stores().archives, UserId::new(user.id).unwrap());
    let mut held = archives.conversations(user_id, None, PageLimit::MAX).await.unwrap();
    held.sort_by_key(|one| Reverse((one.updated_at, one.id)));
    let held: Vec<_> = held.iter().map(|one| (one.id.to_string(), one.title.to_string())).collect();
    // The first may fill the cache, the second may come from it.
    for _ in 0..2 {
        assert_eq!(listed(user).await, held, "after {after}");
    }
}

/// Asks for the list until it lies in Redis.
async fn until_cached(redis: &TestRedis, user: &Visitor) {
    let started = Instant::now();
    loop {
        listed(user).await;
        if redis.command(&["HEXISTS", &entry(user), "list"]) == "1" {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "the list is not cached");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The key of a user's entry.
fn entry(user: &Visitor) -> String {
    format!("todo:conversations:1:user:{}", user.id)
}

/// Says something and returns its conversation.
async fn conversation(user: &Visitor, message: &str) -> String {
    user.say(message).await["conversation_id"].as_str().unwrap().to_owned()
}

/// Does everything that changes a list, one thing after the other, and looks each time.
async fn change_everything(app: &TestApp, user: &Visitor) {
    assert_right(app, user, "nothing").await;
    let first = conversation(user, "add buy milk").await;
    assert_right(app, user, "a first conversation").await;
    let second = conversation(user, "add call mum").await;
    assert_right(app, user, "a second one").await;
    let chat = json!({ "message": "list", "conversation_id": first });
    user.post("/api/me/chat", &chat).await.expect(200);
    assert_right(app, user, "a message").await;
    assert_eq!(listed(user).await[0].0, first, "the last touched comes first");
    let path = format!("/api/me/conversations/{second}");
    user.patch(&path, &json!({ "title": "Family" })).await.expect(200);
    assert_right(app, user, "a new title").await;
    assert_eq!(listed(user).await[0], (second, "Family".to_owned()));
    assert_eq!(user.delete(&path).await.status, 204);
    assert_right(app, user, "a deletion").await;
    assert_eq!(listed(user).await.len(), 1);
}
