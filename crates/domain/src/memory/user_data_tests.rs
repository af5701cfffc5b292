use std::time::Duration;

use uuid::Uuid;

use super::InMemoryUserData;
use crate::{
    ConversationId, MessageId, MessageText, TimeZone, Timestamp, TurnId, UserId, UserLimit,
    UserLimits,
    ports::{BeginOutcome, BeginTurn, ConversationRef},
};

fn message(number: u128, conversation: fn(ConversationId) -> ConversationRef) -> BeginTurn {
    BeginTurn {
        user_id: UserId::new(1).unwrap(),
        conversation: conversation(ConversationId::new(Uuid::from_u128(number))),
        turn_id: TurnId::new(Uuid::from_u128(number)),
        message_id: MessageId::new(Uuid::from_u128(number)),
        answer_id: MessageId::new(Uuid::from_u128(100 + number)),
        text: MessageText::new("add milk").unwrap(),
        now: Timestamp::from_microsecond(0).unwrap(),
        lease: Duration::from_secs(60),
        history: 20,
        budget: None,
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
