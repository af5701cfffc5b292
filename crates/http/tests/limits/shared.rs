//! Several processes, one Redis.

use std::time::Duration;

use todo_domain::Quota;
use todo_http::LimitSettings;
use todo_testkit::{
    app::{TestApp, TestAppBuilder},
    redis::TestRedis,
};

use crate::app::{count, sign_in_from, statuses, usual};

const TASKS: &str = "/api/me/tasks";

/// A process whose limits nothing comes back to during a test: Redis has a clock of its own.
fn process(redis: &TestRedis, timeout: Duration) -> TestAppBuilder {
    let requests = Some(Quota::per(Duration::from_secs(86_400), count(21)));
    TestApp::sqlite().redis(redis, timeout).limits(LimitSettings { requests, ..usual() })
}

const PATIENT: Duration = Duration::from_secs(20);

async fn started(process: TestAppBuilder) -> TestApp {
    let app = process.start().await;
    app.memory.as_ref().unwrap().available().await;
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_over_one_redis_share_their_limits() {
    let redis = TestRedis::start();
    let one = started(process(&redis, PATIENT)).await;
    let other = started(process(&redis, PATIENT)).await;
    let ada = one.sign_up("ada").await;
    // Each has a database of its own, and the first user of both is number 1.
    let there = other.sign_up("ada").await;
    assert_eq!(ada.id, there.id);
    assert_eq!(statuses(&ada, TASKS, 11).await, [200; 11]);
    assert_eq!(statuses(&there, TASKS, 20).await, [vec![200; 10], vec![429; 10]].concat());
    assert_eq!(statuses(&ada, TASKS, 1).await, [429]);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_one_process_count_at_the_other() {
    let redis = TestRedis::start();
    let one = started(process(&redis, PATIENT)).await;
    let other = started(process(&redis, PATIENT)).await;
    for _ in 0..5 {
        sign_in_from(&one.stranger(), "192.0.2.1", "ada", "wrong horse").await.expect(401);
    }
    let refused = sign_in_from(&other.stranger(), "192.0.2.1", "ada", "wrong horse").await;
    refused.expect_problem(429, "too_many_attempts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_goes_away_is_neither_an_open_door_nor_a_closed_one() {
    for disturb in [TestRedis::stop, TestRedis::pause] {
        let redis = TestRedis::start();
        let app = started(process(&redis, Duration::from_millis(200))).await;
        let ada = app.sign_up("ada").await;
        assert_eq!(statuses(&ada, TASKS, 22).await.last(), Some(&429));
        disturb(&redis);
        assert_eq!(statuses(&ada, TASKS, 31).await, [vec![200; 21], vec![429; 10]].concat());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_holds_no_address_and_no_e_mail_address() {
    let redis = TestRedis::start();
    let app = started(process(&redis, PATIENT)).await;
    app.sign_up("ada").await;
    sign_in_from(&app.stranger(), "192.0.2.1", "ada", "wrong horse").await.expect(401);
    sign_in_from(&app.stranger(), "192.0.2.1", "ada", "correct horse").await.expect(200);
    sign_in_from(&app.stranger(), "192.0.2.1", "ada", "wrong horse").await.expect(401);
    let keys = redis.command(&["KEYS", "todo:limits:*"]);
    assert!(keys.lines().count() >= 3, "{keys}");
    for secret in ["ada", "example", "192.0.2"] {
        assert!(!keys.contains(secret), "{keys}");
    }
}
