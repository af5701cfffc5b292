//! What may happen to an answer on its way.

use std::time::{Duration, Instant};

use reqwest::Response;
use todo_testkit::cohere::{Cue, Reply, Scenario, Settings};

use crate::client::{Client, events_of, saying};

/// Starts a stream of this cue.
async fn stream(client: &Client, cue: impl Into<Cue>) -> Response {
    client.simulator.script([cue.into()]);
    let mut body = saying("hello");
    body["stream"] = true.into();
    client.chat(&body).await
}

/// Nothing comes of it for a while.
async fn stalls(something: impl Future) {
    assert!(tokio::time::timeout(Duration::from_millis(100), something).await.is_err());
}

#[tokio::test]
async fn a_stall_before_the_first_byte_sends_not_even_headers() {
    let client = Client::new().await;
    stalls(stream(&client, Scenario::Stall)).await;
    assert_eq!(stream(&client, Scenario::Text).await.status(), 200);
}

#[tokio::test]
async fn a_stall_between_events_sends_the_first_of_them() {
    let client = Client::new().await;
    let mut response = stream(&client, Scenario::StallBetweenEvents).await;
    let first = response.chunk().await.unwrap().unwrap();
    assert!(first.starts_with(b"event: message-start\n"));
    stalls(async { while response.chunk().await.unwrap().is_some() {} }).await;
}

#[tokio::test]
async fn a_simulator_that_is_dropped_refuses_connections_even_if_it_stalled() {
    let client = Client::new().await;
    stalls(stream(&client, Scenario::Stall)).await;
    let url = client.simulator.base_url();
    drop(client);
    let error = reqwest::get(url).await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
}

#[tokio::test]
async fn a_slow_stream_is_whole_in_the_end() {
    let client = Client::new().await;
    let slow = Cue::from(Scenario::Slow).lasting(Duration::from_millis(5));
    let begun = Instant::now();
    let text = stream(&client, slow.and(Reply::text("Done."))).await.text().await.unwrap();
    let events = events_of(text.strip_suffix("data: [DONE]\n\n").unwrap());
    assert_eq!(events.len(), 6);
    assert!(begun.elapsed() >= Duration::from_millis(5) * 6);
}

#[tokio::test]
async fn a_stream_may_end_without_its_end() {
    let client = Client::new().await;
    let text = stream(&client, Scenario::NoMessageEnd).await.text().await.unwrap();
    assert_eq!(events_of(&text).last().unwrap()["type"], "content-end");
}

#[tokio::test]
async fn a_connection_may_break_in_the_middle_of_an_event() {
    let client = Client::new().await;
    let mut response = stream(&client, Scenario::CutMidFrame).await;
    let mut received = Vec::new();
    let error = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => received.extend(chunk),
            Ok(None) => panic!("it ended in good order"),
            Err(error) => break error,
        }
    };
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    let received = String::from_utf8(received).unwrap();
    assert!(received.contains("content-delta") && !received.ends_with('\n'), "{received}");
}

#[tokio::test]
async fn a_blocking_answer_may_break_too() {
    let client = Client::new().await;
    client.simulator.script([Scenario::CutMidFrame]);
    assert!(client.chat(&saying("hello")).await.text().await.is_err());
}

#[tokio::test]
async fn pieces_may_end_within_events_and_within_characters() {
    let client = Client::with(Settings { split_chunks: true, ..Settings::default() }).await;
    let mut response = stream(&client, Reply::text("Schöne Grüße 🎉")).await;
    let (mut whole, mut within_events, mut within_characters) = (Vec::new(), 0, 0);
    while let Some(chunk) = response.chunk().await.unwrap() {
        within_events += usize::from(!chunk.ends_with(b"\n\n"));
        within_characters += usize::from(std::str::from_utf8(&chunk).is_err());
        whole.extend(chunk);
    }
    assert!(within_events > 5 && within_characters > 3);
    let whole = String::from_utf8(whole).unwrap();
    let events = events_of(whole.strip_suffix("data: [DONE]\n\n").unwrap());
    let words = events.iter().filter_map(|e| e["delta"]["message"]["content"]["text"].as_str());
    assert_eq!(words.collect::<String>(), "Schöne Grüße 🎉");
}

#[tokio::test]
async fn a_model_that_takes_its_time_serves_many_at_once() {
    let delay = Duration::from_millis(200);
    let client = Client::with(Settings { delay, ..Settings::default() }).await;
    let begun = Instant::now();
    let hello = saying("hello");
    let answers = (0..50).map(|_| client.answer(&hello));
    for (status, _) in futures_util::future::join_all(answers).await {
        assert_eq!(status, 200);
    }
    assert!(begun.elapsed() >= delay && begun.elapsed() < delay * 20);
}
