//! Who gets a pass, who waits, and who is turned away.

use std::task::Poll;

use futures_util::poll;
use todo_metrics::Metrics;

use super::*;

const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(20);

fn breaker(settings: CircuitBreakerSettings) -> CircuitBreaker {
    CircuitBreaker::new("test", settings, Metrics::none().resilience)
}

/// One call at a time, one that waits, and a breaker that opens at the first failure.
fn narrow() -> CircuitBreakerSettings {
    CircuitBreakerSettings {
        failures: 1,
        pause: LONG,
        concurrency: 1,
        queue: 1,
        longest_wait: LONG,
    }
}

fn user(number: i64) -> UserId {
    UserId::new(number).unwrap()
}

async fn enter(breaker: &CircuitBreaker) -> Result<Permit<'_>, Rejected> {
    enter_as(breaker, 1).await
}

async fn enter_as(breaker: &CircuitBreaker, number: i64) -> Result<Permit<'_>, Rejected> {
    breaker.enter(user(number), Instant::now() + LONG).await
}

fn is_open(entered: &Result<Permit<'_>, Rejected>) -> bool {
    matches!(entered, Err(Rejected::BreakerOpen { .. }))
}

#[tokio::test]
async fn those_that_find_no_place_wait_and_those_that_find_no_place_to_wait_are_turned_away() {
    let breaker = breaker(narrow());
    let first = enter(&breaker).await.unwrap();
    let second = enter(&breaker);
    tokio::pin!(second);
    assert!(poll!(&mut second).is_pending());
    assert_eq!(enter(&breaker).await.err(), Some(Rejected::Busy));
    drop(first);
    drop(second.await.unwrap());
    assert!(enter(&breaker).await.is_ok(), "both slots are free again");
}

#[tokio::test]
async fn nobody_waits_longer_than_the_longest_wait_or_beyond_the_deadline() {
    for (longest_wait, deadline) in [(SHORT, LONG), (LONG, SHORT)] {
        let breaker = breaker(CircuitBreakerSettings { longest_wait, ..narrow() });
        let _first = enter(&breaker).await.unwrap();
        let begun = Instant::now();
        let second = breaker.enter(user(1), begun + deadline).await;
        assert_eq!(second.err(), Some(Rejected::Busy));
        assert!((SHORT..LONG).contains(&begun.elapsed()));
    }
}

#[tokio::test]
async fn whoever_goes_away_while_waiting_leaves_the_place_to_others() {
    let breaker = breaker(narrow());
    let first = enter(&breaker).await.unwrap();
    {
        let gone = enter(&breaker);
        tokio::pin!(gone);
        assert!(poll!(&mut gone).is_pending());
    }
    let next = enter(&breaker);
    tokio::pin!(next);
    assert!(poll!(&mut next).is_pending(), "it waits");
    drop(first);
    assert!(next.await.is_ok());
}

#[tokio::test]
async fn whoever_waited_is_turned_away_if_the_breaker_has_opened_meanwhile() {
    let breaker = breaker(narrow());
    let first = enter(&breaker).await.unwrap();
    let second = enter(&breaker);
    tokio::pin!(second);
    assert!(poll!(&mut second).is_pending());
    first.leave(Outcome::Failed);
    assert!(is_open(&second.await));
}

#[tokio::test]
async fn an_open_breaker_is_told_at_once_even_if_there_is_no_place() {
    let breaker = breaker(CircuitBreakerSettings { concurrency: 2, ..narrow() });
    let (hanging, failed) = (enter(&breaker).await.unwrap(), enter_as(&breaker, 2).await.unwrap());
    failed.leave(Outcome::Failed);
    let _place_taken = (hanging, breaker.queue.wait([user(3)], Instant::now() + LONG, || ()).await);
    let entering = enter(&breaker);
    tokio::pin!(entering);
    assert!(matches!(poll!(&mut entering), Poll::Ready(entered) if is_open(&entered)));
}

#[tokio::test]
async fn a_probe_that_is_dropped_with_its_caller_makes_way_for_another() {
    let breaker =
        breaker(CircuitBreakerSettings { pause: Duration::ZERO, concurrency: 2, ..narrow() });
    enter(&breaker).await.unwrap().leave(Outcome::Failed);
    let probe = enter(&breaker).await.unwrap();
    assert!(is_open(&enter(&breaker).await), "one probe at a time");
    drop(probe);
    enter(&breaker).await.unwrap().leave(Outcome::Answered);
    let (one, another) = (enter(&breaker).await, enter_as(&breaker, 2).await);
    assert!(one.is_ok() && another.is_ok(), "it is closed");
}

#[tokio::test]
async fn seven_busy_users_leave_a_place_to_the_eighth() {
    let breaker = breaker(CircuitBreakerSettings::default());
    let mut calls = Vec::new();
    for number in 1..=7 {
        for _ in 0..128 {
            let entering = breaker.enter(user(number), Instant::now() + LONG);
            tokio::pin!(entering);
            if let Poll::Ready(Ok(pass)) = poll!(entering) {
                calls.push(pass);
            }
        }
    }
    assert!(calls.len() > 64, "{}", calls.len());
    assert!(matches!(poll!(Box::pin(enter_as(&breaker, 8))), Poll::Ready(Ok(_))));
}
