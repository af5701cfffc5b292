use std::time::Duration;

use uuid::Uuid;

use super::InMemoryUserData;
use crate::{
    AnswerText, ConversationId, FailureCode, IdempotencyKey, KeyedRequest, MessageId, MessageText,
    ModelIdentity, RequestDigest, TimeZone, Timestamp, TokenUsage, TurnFence, TurnId, UserId,
    UserLimit, UserLimits,
    ports::{BeginOutcome, BeginTurn, ConversationRef, EndOutcome, FailTurn, FinishTurn},
};

fn first_instant() -> Timestamp {
    Timestamp::from_microsecond(0).unwrap()
}

fn message(number: u128, conversation: fn(ConversationId) -> ConversationRef) -> BeginTurn {
    BeginTurn {
        user_id: UserId::new(1).unwrap(),
        conversation: conversation(ConversationId::new(Uuid::from_u128(number))),
        turn_id: TurnId::new(Uuid::from_u128(number)),
        message_id: MessageId::new(Uuid::from_u128(number)),
        answer_id: MessageId::new(Uuid::from_u128(100 + number)),
        text: MessageText::new("add milk").unwrap(),
        now: first_instant(),
        lease: Duration::from_secs(60),
        history: 20,
        budget: None,
        keyed: None,
        decides: None,
    }
}

#[test]
fn a_message_to_a_conversation_that_there_is_not_is_not_noted() {
    let mut data = InMemoryUserData::default();
    let outcome = data.begin(message(1, ConversationRef::Existing));
    assert_eq!(outcome, BeginOutcome::ConversationNotFound);
    assert_eq!(data.conversations().count(), 0);
}

#[test]
fn a_conversation_that_is_there_is_not_begun_again() {
    let mut data = InMemoryUserData::default();
    let begun = data.begin(message(1, ConversationRef::NewOrExisting));
    assert!(matches!(begun, BeginOutcome::Begun(begun) if begun.is_new_conversation));
    assert_eq!(data.begin(message(1, ConversationRef::New)), BeginOutcome::ConversationExists);
    let log = data.conversations().next().unwrap();
    assert_eq!(log.messages().len(), 1);
}

#[test]
fn beyond_the_last_conversation_none_begins() {
    let max = UserLimit::new(1).unwrap();
    let user_limits = UserLimits { conversations: max, ..UserLimits::default() };
    let zone: TimeZone = "Asia/Tokyo".parse().unwrap();
    let mut data = InMemoryUserData::new(user_limits, zone.clone());
    let first = data.begin(message(1, ConversationRef::New));
    assert!(matches!(first, BeginOutcome::Begun(begun) if begun.time_zone == zone));
    let second = data.begin(message(2, ConversationRef::New));
    assert_eq!(second, BeginOutcome::ConversationLimitReached { max });
}

#[test]
fn a_message_with_a_key_is_answered_once_and_goes_on_where_it_failed() {
    let mut data = InMemoryUserData::default();
    let send = |number: u128, request: u8| {
        let key = IdempotencyKey::new("k").unwrap();
        let keyed = Some(KeyedRequest { key, digest: RequestDigest::new([request; 32]) });
        BeginTurn { keyed, ..message(number, ConversationRef::New) }
    };
    let BeginOutcome::Begun(first) = data.begin(send(1, 1)) else { panic!() };
    let busy = data.begin(send(2, 1));
    assert!(matches!(busy, BeginOutcome::TurnInProgress { is_same_request: true, .. }), "{busy:?}");
    assert_eq!(data.begin(send(2, 2)), BeginOutcome::KeyReused);
    let identity = ModelIdentity { engine: "scripted".into(), model: "script-1".into() };
    let (usage, now) = (TokenUsage { input_tokens: 3, output_tokens: 2 }, first_instant());
    data.fail(FailTurn {
        fence: first.fence,
        code: FailureCode::ProviderUnavailable,
        identity: identity.clone(),
        usage,
        partial_answer: None,
        now,
    });
    let BeginOutcome::Begun(second) = data.begin(send(3, 1)) else { panic!() };
    assert_eq!(second.fence, TurnFence { attempt: 2, ..first.fence });
    assert_eq!((second.answer_id, second.usage), (first.answer_id, usage));
    let text = AnswerText::new("Added.").unwrap();
    let end = FinishTurn {
        fence: second.fence,
        message_id: second.answer_id,
        text,
        identity,
        usage,
        now,
    };
    let EndOutcome::Ended(answer) = data.finish(end) else { panic!() };
    let BeginOutcome::Replayed(replayed) = data.begin(send(4, 1)) else { panic!() };
    assert_eq!(replayed.answer, Some(answer));
    assert_eq!(data.conversations().map(|log| log.messages().len()).sum::<usize>(), 2);
}
