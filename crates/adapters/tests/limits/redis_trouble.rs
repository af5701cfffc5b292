//! Redis comes, goes and forgets: there are limits all the same.

use std::time::Duration;

use todo_domain::{
    LimitKey,
    ports::{LimitChange, MemoryHealth},
};
use todo_testkit::redis::TestRedis;

use crate::{LONG, allowed, backoff, one, quota, take, using, using_within};

#[tokio::test]
async fn processes_that_share_a_redis_count_together() {
    let redis = TestRedis::start();
    let ((one, first), (other, second)) = (using(&redis), using(&redis));
    first.available().await;
    second.available().await;
    assert_eq!(allowed(&*one, quota(21), "ada", 10).await, 10);
    assert_eq!(allowed(&*other, quota(21), "ada", 31).await, 11);
}

#[tokio::test]
async fn without_redis_a_process_counts_on_its_own() {
    let (limits, _) = using(&TestRedis::stopped());
    assert_eq!(allowed(&*limits, quota(21), "ada", 31).await, 21);
}

#[tokio::test]
async fn a_redis_that_stops_or_stalls_takes_no_limit_with_it() {
    for disturb in [TestRedis::stop, TestRedis::pause] {
        let redis = TestRedis::start();
        let (limits, memory) = using_within(&redis, Duration::from_millis(200));
        memory.available().await;
        assert_eq!(allowed(&*limits, quota(21), "ada", 21).await, 21);
        disturb(&redis);
        assert_eq!(allowed(&*limits, quota(21), "ada", 31).await, 21);
    }
}

#[tokio::test]
async fn a_redis_that_goes_on_is_counted_in_again() {
    let redis = TestRedis::start();
    let (limits, memory) = using_within(&redis, Duration::from_millis(500));
    memory.available().await;
    redis.pause();
    allowed(&*limits, quota(21), "ada", 1).await;
    assert!(!memory.is_available());
    redis.resume();
    memory.available().await;
    allowed(&*limits, quota(21), "bob", 1).await;
    assert!(redis.command(&["KEYS", "*"]).contains("quota:bob"));
}

#[tokio::test]
async fn a_redis_that_was_wiped_or_forgot_its_scripts_counts_anew() {
    let redis = TestRedis::start();
    let (limits, memory) = using(&redis);
    memory.available().await;
    for _ in 0..2 {
        assert_eq!(allowed(&*limits, quota(21), "ada", 31).await, 21);
        redis.flush();
        redis.command(&["SCRIPT", "FLUSH"]);
    }
    assert_eq!(memory.losses(), 0);
}

#[tokio::test]
async fn a_full_redis_is_done_without() {
    let redis = TestRedis::start();
    let (limits, memory) = using(&redis);
    memory.available().await;
    redis.set_full(true);
    assert_eq!(allowed(&*limits, quota(21), "ada", 31).await, 21);
    assert_eq!(redis.command(&["DBSIZE"]), "0");
}

#[tokio::test]
async fn nothing_stays_in_redis_for_ever() {
    let redis = TestRedis::start();
    let (limits, memory) = using(&redis);
    memory.available().await;
    for limit in [quota(3), backoff(3, LONG)] {
        allowed(&*limits, limit, "ada", 5).await;
        let charge = one(limit, "ada");
        limits.change(vec![LimitChange::GiveBack { charge, count: 3 }]).await;
    }
    let mark = LimitKey::new("known");
    limits.change(vec![LimitChange::Mark { mark, lifetime: LONG }]).await;

    let keys = redis.command(&["KEYS", "*"]);
    assert_eq!(keys.lines().count(), 3, "{keys}");
    for key in keys.lines() {
        let left: i64 = redis.command(&["PTTL", key]).parse().unwrap();
        assert!(left > 0, "{key}: {left}");
    }
    // A state that somebody else wrote is none.
    redis.command(&["SET", "todo:limits:2:quota:bob", "nonsense"]);
    assert!(take(&*limits, one(quota(1), "bob")).await.retry_after().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_from_the_future_keeps_nobody_out() {
    let redis = TestRedis::start();
    let (limits, memory) = using(&redis);
    memory.available().await;
    let hour = 3_600_000_000_i64;
    let future = i64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_micros())
        .unwrap()
        + 24 * hour;
    // As a clock leaves them that was a day ahead: little of five is used, one guess of three is left.
    let quota_state = format!("0 {} {future}", future + hour / 5);
    redis.command(&["SET", "todo:limits:2:quota:ada", &quota_state, "PX", "300000000"]);
    let guesses = format!("2 {future} {future}");
    redis.command(&["SET", "todo:limits:2:backoff:ada", &guesses, "PX", "300000000"]);

    assert_eq!(allowed(&*limits, quota(5), "ada", 5).await, 4);
    assert_eq!(allowed(&*limits, backoff(3, LONG), "ada", 2).await, 1);
    for key in ["todo:limits:2:quota:ada", "todo:limits:2:backoff:ada"] {
        let left: i64 = redis.command(&["PTTL", key]).parse().unwrap();
        assert!(left <= 172_800_000, "{key}: {left}");
    }
}
