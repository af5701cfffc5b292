//! Changes of the list show at once.

use std::time::Duration;

use serde_json::json;
use todo_testkit::{
    app::TestApp,
    faults::Outage,
    model::{Line, ScriptedModel, say},
    on_both_stores,
    redis::TestRedis,
};

use super::{
    PATIENCE, assert_right, change_everything, conversation, entry, listed, started, until_cached,
};

#[tokio::test(flavor = "multi_thread")]
async fn every_change_shows_at_once_from_memory() {
    let app = TestApp::sqlite().start().await;
    change_everything(&app, &app.sign_up("ada").await).await;
}

on_both_stores! {
    async fn every_change_shows_at_once_from_redis(app) {
        let redis = TestRedis::start();
        let app = started(app, &redis, PATIENCE).await;
        change_everything(&app, &app.sign_up("ada").await).await;
    }

    async fn a_turn_that_fails_still_moves_its_conversation_to_the_top(app) {
        let redis = TestRedis::start();
        let down = Line::Fail(todo_domain::ModelFailure::Unavailable { retry_after: None });
        let model = ScriptedModel::new([say("a"), say("b"), down]);
        let app = started(app.model(model), &redis, PATIENCE).await;
        let ada = app.sign_up("ada").await;
        let first = conversation(&ada, "one").await;
        conversation(&ada, "two").await;
        until_cached(&redis, &ada).await;
        let chat = json!({ "message": "three", "conversation_id": first });
        assert!(ada.post("/api/me/chat", &chat).await.status.is_server_error());
        assert_right(&app, &ada, "a failed turn").await;
        assert_eq!(listed(&ada).await[0].0, first);
    }

    async fn pages_of_every_length_are_the_same_from_the_cache(app) {
        let redis = TestRedis::start();
        let app = started(app, &redis, PATIENCE).await;
        let ada = app.sign_up("ada").await;
        for n in 0..7 {
            conversation(&ada, &format!("add task {n}")).await;
        }
        until_cached(&redis, &ada).await;
        let all = listed(&ada).await;
        for limit in [1, 2, 3, 7, 8] {
            let mut seen = Vec::new();
            let mut next = Some(format!("/api/me/conversations?limit={limit}"));
            while let Some(path) = next {
                let page = ada.get(&path).await;
                next = page.next_page();
                let page = page.expect(200);
                seen.extend(page.as_array().unwrap().iter().map(|one| one["id"].clone()));
            }
            let ids: Vec<_> = all.iter().map(|(id, _)| json!(id)).collect();
            assert_eq!(seen, ids, "in pages of {limit}");
        }
    }

    async fn people_never_see_each_others_lists(app) {
        let redis = TestRedis::start();
        let app = started(app, &redis, PATIENCE).await;
        let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
        conversation(&ada, "add buy milk").await;
        until_cached(&redis, &ada).await;
        until_cached(&redis, &bob).await;
        assert_eq!((listed(&ada).await.len(), listed(&bob).await.len()), (1, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cached_list_needs_no_database_and_lives_for_a_minute_at_most() {
    let redis = TestRedis::start();
    let app = TestApp::postgres().await.database_timeout(Duration::from_millis(500));
    let app = started(app, &redis, PATIENCE).await;
    let ada = app.sign_up("ada").await;
    conversation(&ada, "add buy milk").await;
    until_cached(&redis, &ada).await;
    let list = listed(&ada).await;
    let outage = Outage::of(app.database()).await;
    assert_eq!(listed(&ada).await, list);
    ada.get("/api/me/tasks").await.expect_problem(503, "database_unavailable");
    outage.end().await;
    let lifetime: u64 = redis.command(&["TTL", &entry(&ada)]).parse().unwrap();
    assert!((1..=60).contains(&lifetime), "{lifetime}");
    let keys = redis.command(&["KEYS", "todo:conversations:*"]);
    assert_eq!(keys.split_whitespace().count(), 2, "an entry and the epoch: {keys}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_writes_another_shows_at_once() {
    let redis = TestRedis::start();
    let one = started(TestApp::postgres().await, &redis, PATIENCE).await;
    let other = started(one.beside(), &redis, PATIENCE).await;
    let ada = one.sign_up("ada").await;
    let ada_elsewhere = ada.at(other.base_url());
    for n in 0..5 {
        until_cached(&redis, &ada_elsewhere).await;
        let id = conversation(&ada, &format!("add task {n}")).await;
        assert_eq!(listed(&ada_elsewhere).await[0].0, id);
        until_cached(&redis, &ada).await;
        let path = format!("/api/me/conversations/{id}");
        ada_elsewhere.patch(&path, &json!({ "title": format!("List {n}") })).await.expect(200);
        assert_eq!(listed(&ada).await[0], (id, format!("List {n}")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_and_writers_all_at_once_leave_the_right_list_behind() {
    let redis = TestRedis::start();
    let one = started(TestApp::postgres().await, &redis, PATIENCE).await;
    let other = started(one.beside(), &redis, PATIENCE).await;
    let ada = one.sign_up("ada").await;
    for round in 0..5 {
        let mut running = Vec::new();
        for n in 0..6 {
            let place = if n % 2 == 0 { &one } else { &other };
            let user = ada.at(place.base_url());
            running.push(tokio::spawn(async move {
                if n < 3 {
                    conversation(&user, &format!("add task {round} {n}")).await;
                    let shown = listed(&user).await;
                    assert!(
                        shown.iter().any(|(_, title)| *title == format!("add task {round} {n}"))
                    );
                } else {
                    listed(&user).await;
                }
            }));
        }
        for user in running {
            user.await.unwrap();
        }
        assert_right(&one, &ada, "a round").await;
        assert_right(&other, &ada.at(other.base_url()), "a round").await;
    }
}
