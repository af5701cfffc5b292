//! How long is waited for what, and until when at the latest.

use std::{sync::Arc, time::Duration};

use todo_domain::{
    ModelError, ModelFailure,
    ports::{ChatModel, DropDeltas},
};
use tokio::time::Instant;

use super::{fixture::*, server::*};

const UNAVAILABLE: ModelFailure = ModelFailure::Unavailable { retry_after: None };

fn millis(number: u64) -> Duration {
    Duration::from_millis(number)
}

/// Asks with so much time: the failure and how long it took.
async fn ask_within(server: &Server, time: Duration) -> (ModelError, Duration) {
    let begun = Instant::now();
    let model = model(server);
    let answer = model.respond(&question_within(time), Arc::new(DropDeltas)).await;
    (answer.unwrap_err(), begun.elapsed())
}

fn stalls() -> [Scene; 3] {
    [
        nothing_but(Step::Hang),
        stream([start(), Step::Hang]),
        stream([start(), text("Su"), Step::Hang]),
    ]
}

#[tokio::test]
async fn a_stall_is_cut_short_and_asked_again() {
    for stall in stalls() {
        let server = Server::start([stall, say("Done")]).await;
        assert_eq!(said(ask(&model(&server)).await), "Done");
        assert_eq!(server.calls(), 2);
    }
}

#[tokio::test]
async fn stalls_without_end_end_with_the_deadline() {
    for stall in stalls() {
        let server = Server::start(vec![stall; 10]).await;
        let (error, took) = ask_within(&server, millis(700)).await;
        assert_eq!(error.failure, ModelFailure::DeadlineExceeded);
        assert!(took < millis(5_000), "{took:?}");
    }
}

#[tokio::test]
async fn a_stall_that_leaves_no_time_for_another_attempt_is_a_matter_of_time_too() {
    let server = Server::start([nothing_but(Step::Hang), say("Done")]).await;
    let mut settings = settings(server.url());
    settings.retries.min_wait = Duration::from_secs(20);
    settings.retries.max_wait = Duration::from_secs(20);
    let answer = model_with(settings)
        .respond(&question_within(Duration::from_secs(10)), Arc::new(DropDeltas))
        .await;
    assert_eq!(answer.unwrap_err().failure, ModelFailure::DeadlineExceeded);
    assert_eq!(server.calls(), 1);
}

#[tokio::test]
async fn three_stalls_with_time_to_spare_are_an_outage() {
    let server = Server::start(vec![stream([start(), Step::Hang]); 10]).await;
    let (error, _) = ask_within(&server, Duration::from_secs(30)).await;
    assert_eq!((error.failure, server.calls()), (UNAVAILABLE, 3));
}

#[tokio::test]
async fn a_slow_answer_that_comes_steadily_is_fine() {
    let words = (0..16).flat_map(|_| [text("la "), Step::Pause(millis(50))]);
    let slow = stream([start()].into_iter().chain(words).chain([end("COMPLETE"), done()]));
    let server = Server::start([slow]).await;
    assert_eq!(said(ask(&model(&server)).await), "la ".repeat(16));
    assert_eq!(server.calls(), 1);
}

#[tokio::test]
async fn a_server_that_only_keeps_the_line_open_is_stalling() {
    let pings = (0..40).flat_map(|_| [Step::Send(b": ping\n\n".to_vec()), Step::Pause(millis(20))]);
    let server = Server::start([stream(pings.chain([Step::Hang])), say("Done")]).await;
    assert_eq!(said(ask(&model(&server)).await), "Done");
    assert_eq!(server.calls(), 2);
}

#[tokio::test]
async fn no_wait_is_begun_that_can_not_end_before_the_deadline() {
    let busy = status_with(429, &[("retry-after", "20")], message("per minute"));
    let server = Server::start([busy, say("Done")]).await;
    let (error, took) = ask_within(&server, Duration::from_secs(10)).await;
    let retry_after = Some(Duration::from_secs(20));
    assert_eq!(error.failure, ModelFailure::RateLimited { retry_after });
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn after_the_deadline_nothing_is_asked() {
    let server = Server::start([say("Done")]).await;
    let (error, _) = ask_within(&server, Duration::ZERO).await;
    assert_eq!((error.failure, server.calls()), (ModelFailure::DeadlineExceeded, 0));
}

#[tokio::test]
async fn a_provider_that_says_when_is_asked_again_just_then() {
    for header in [("retry-after", "0.15"), ("retry-after-ms", "150")] {
        let server = Server::start([status_with(503, &[header], ""), say("Done")]).await;
        assert_eq!(said(ask(&model(&server)).await), "Done");
        let [first, second] = server.received().try_into().unwrap();
        let wait = second.at - first.at;
        assert!(wait >= millis(150), "{wait:?}");
    }
}

#[tokio::test]
async fn waits_grow_and_keep_within_their_bounds() {
    let server = Server::start(vec![status(503, ""); 10]).await;
    let mut settings = settings(server.url());
    settings.retries.min_wait = millis(40);
    settings.retries.max_wait = millis(200);
    let error = ask(&model_with(settings)).await.unwrap_err();
    assert_eq!(error.failure, UNAVAILABLE);
    let [first, second, third] = server.received().try_into().unwrap();
    let waits = [second.at - first.at, third.at - second.at];
    assert!(waits[0] >= millis(40) && waits[1] >= millis(80), "{waits:?}");
}
