//! Redis may be away, slow, empty or full: lists stay right.

use std::time::{Duration, Instant};

use serde_json::json;
use todo_testkit::{app::TestApp, redis::TestRedis};

use super::{
    PATIENCE, assert_right, change_everything, conversation, listed, started, until_cached,
};

/// What the service waits for Redis unless told otherwise.
const TIMEOUT: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread")]
async fn a_service_starts_without_redis_and_uses_it_once_it_is_there() {
    let redis = TestRedis::stopped();
    let app = TestApp::postgres().await.redis(&redis, PATIENCE).start().await;
    let ada = app.sign_up("ada").await;
    change_everything(&app, &ada).await;
    assert!(!app.memory.as_ref().unwrap().is_available());
    redis.restart();
    until_cached(&redis, &ada).await;
    assert_right(&app, &ada, "the coming of Redis").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_stops_and_comes_back_leaves_no_old_list() {
    let redis = TestRedis::start();
    let app = started(TestApp::postgres().await, &redis, PATIENCE).await;
    let ada = app.sign_up("ada").await;
    for n in 0..2 {
        until_cached(&redis, &ada).await;
        redis.stop();
        conversation(&ada, &format!("add task {n}")).await;
        assert_right(&app, &ada, "a stop").await;
        redis.restart();
        assert_right(&app, &ada, "a restart").await;
        until_cached(&redis, &ada).await;
        assert_right(&app, &ada, "the list being cached again").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_redis_costs_one_timeout_and_keeps_no_old_list() {
    let redis = TestRedis::start();
    let app = started(TestApp::postgres().await, &redis, TIMEOUT).await;
    let memory = app.memory.clone().unwrap();
    let ada = app.sign_up("ada").await;
    until_cached(&redis, &ada).await;
    let losses = memory.losses();
    redis.pause();
    let paused = Instant::now();
    let mut took = Vec::new();
    for n in 0..10 {
        let asked = Instant::now();
        assert_eq!(listed(&ada).await.len(), n);
        took.push(asked.elapsed());
        conversation(&ada, &format!("add task {n}")).await;
    }
    println!("lists while Redis is paused took {took:?}, all {:?}", paused.elapsed());
    assert!(memory.losses() <= losses + 1, "more than one command waited for Redis");
    assert!(!memory.is_available());
    redis.resume();
    assert_right(&app, &ada, "a pause").await;
    memory.available().await;
    until_cached(&redis, &ada).await;
    assert_right(&app, &ada, "the list being cached again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_wrote_during_a_pause_another_shows_after_it() {
    let redis = TestRedis::start();
    let one = started(TestApp::postgres().await, &redis, TIMEOUT).await;
    let other = started(one.beside(), &redis, TIMEOUT).await;
    let ada = one.sign_up("ada").await;
    let ada_elsewhere = ada.at(other.base_url());
    until_cached(&redis, &ada_elsewhere).await;
    redis.pause();
    let id = conversation(&ada, "add buy milk").await;
    assert_eq!(listed(&ada_elsewhere).await[0].0, id);
    redis.resume();
    assert_eq!(listed(&ada_elsewhere).await[0].0, id);
    until_cached(&redis, &ada_elsewhere).await;
    assert_eq!(listed(&ada_elsewhere).await[0].0, id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flushed_redis_is_filled_again() {
    let redis = TestRedis::start();
    let app = started(TestApp::postgres().await, &redis, PATIENCE).await;
    let ada = app.sign_up("ada").await;
    for n in 0..3 {
        until_cached(&redis, &ada).await;
        redis.flush();
        assert_right(&app, &ada, "a flush").await;
        conversation(&ada, &format!("add task {n}")).await;
        assert_right(&app, &ada, "a message").await;
    }
    until_cached(&redis, &ada).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_redis_takes_no_list_and_keeps_no_old_one() {
    let redis = TestRedis::start();
    let app = started(TestApp::postgres().await, &redis, PATIENCE).await;
    let ada = app.sign_up("ada").await;
    until_cached(&redis, &ada).await;
    redis.set_full(true);
    change_everything(&app, &ada).await;
    assert!(app.memory.as_ref().unwrap().is_available(), "it is full, not away");
    redis.set_full(false);
    until_cached(&redis, &ada).await;
    assert_right(&app, &ada, "there was room again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_refuses_to_forget_is_not_believed() {
    let redis = TestRedis::start();
    let app = started(TestApp::postgres().await, &redis, PATIENCE).await;
    let ada = app.sign_up("ada").await;
    let id = conversation(&ada, "add buy milk").await;
    until_cached(&redis, &ada).await;
    // As a Redis does that can't save its data.
    redis.command(&["ACL", "SETUSER", "default", "-del"]);
    let path = format!("/api/me/conversations/{id}");
    ada.patch(&path, &json!({ "title": "Shopping" })).await.expect(200);
    assert_right(&app, &ada, "a new title that Redis was not told of").await;
    redis.command(&["ACL", "SETUSER", "default", "+del"]);
    assert_right(&app, &ada, "Redis having come to its senses").await;
    let started = Instant::now();
    while redis.command(&["HGET", &super::entry(&ada), "list"]).contains("buy milk") {
        assert!(started.elapsed() < PATIENCE, "the old list stays");
        listed(&ada).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_right(&app, &ada, "the old list being gone").await;
}
