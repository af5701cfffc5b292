use std::time::Duration;

use todo_domain::{ConversationId, FailureCode, TurnEnd};
use tokio::time::timeout;
use uuid::Uuid;

use super::*;

fn fence(attempt: i32) -> TurnFence {
    TurnFence {
        user_id: UserId::new(1).unwrap(),
        conversation_id: ConversationId::new(Uuid::from_u128(1)),
        turn_id: TurnId::new(Uuid::from_u128(2)),
        attempt,
    }
}

fn text(text: &str) -> TurnEvent {
    TurnEvent::Text(text.into())
}

fn ended() -> TurnEvent {
    TurnEvent::Ended(TurnEnd::Failed(FailureCode::Internal))
}

async fn reader(logs: &InProcessTurnLogs) -> Box<dyn TurnLogReader> {
    logs.read(fence(1).user_id, fence(1).turn_id).await.unwrap()
}

#[tokio::test]
async fn every_reader_reads_all_from_the_first_event_and_pieces_of_text_as_one() {
    let logs = InProcessTurnLogs::default();
    let log = logs.open(fence(1));
    let mut early = reader(&logs).await;
    log.append(text("Hello"));
    assert_eq!(early.next().await, Some(text("Hello")));
    log.append(text(", "));
    log.append(text("you"));
    assert_eq!(early.next().await, Some(text(", you")));
    log.append(TurnEvent::StepDone(vec![]));
    log.append(text("!"));
    let mut late = reader(&logs).await;
    for event in [text("Hello, you"), TurnEvent::StepDone(vec![]), text("!")] {
        assert_eq!(late.next().await, Some(event));
    }
}

#[tokio::test]
async fn who_reads_when_the_turn_ends_reads_its_end_and_who_comes_later_finds_nothing() {
    let logs = InProcessTurnLogs::default();
    let log = logs.open(fence(1));
    let mut reader = reader(&logs).await;
    log.append(ended());
    drop(log);
    assert!(logs.read(fence(1).user_id, fence(1).turn_id).await.is_none());
    assert_eq!(reader.next().await, Some(ended()));
    assert_eq!(reader.next().await, None);
    assert_eq!(format!("{logs:?}"), "InProcessTurnLogs { open: 0 }");
}

#[tokio::test]
async fn who_waits_is_woken_and_who_gives_up_waiting_misses_nothing() {
    let logs = InProcessTurnLogs::default();
    let log = logs.open(fence(1));
    let mut reader = reader(&logs).await;
    assert!(timeout(Duration::from_millis(1), reader.next()).await.is_err());
    let waiting = tokio::spawn(async move { (reader.next().await, reader) });
    log.append(text("a"));
    let (first, mut reader) = waiting.await.unwrap();
    assert_eq!(first, Some(text("a")));
    let waiting = tokio::spawn(async move { reader.next().await });
    drop(log);
    assert_eq!(waiting.await.unwrap(), None);
}

#[tokio::test]
async fn the_next_attempt_has_a_log_of_its_own_that_outlives_the_first() {
    let logs = InProcessTurnLogs::default();
    let first = logs.open(fence(1));
    first.append(text("first"));
    let second = logs.open(fence(2));
    second.append(text("second"));
    drop(first);
    assert_eq!(reader(&logs).await.next().await, Some(text("second")));
}

#[tokio::test]
async fn another_users_turn_of_the_same_id_has_no_log() {
    let logs = InProcessTurnLogs::default();
    let _log = logs.open(fence(1));
    assert!(logs.read(UserId::new(2).unwrap(), fence(1).turn_id).await.is_none());
}

#[tokio::test]
async fn an_endless_text_takes_no_endless_memory() {
    let logs = InProcessTurnLogs::default();
    let log = logs.open(fence(1));
    for _ in 0..100 {
        log.append(text(&"x".repeat(MAX_TEXT_BYTES / 10)));
    }
    let Some(TurnEvent::Text(kept)) = reader(&logs).await.next().await else { panic!() };
    assert_eq!(kept.len(), MAX_TEXT_BYTES);
}
