//! What a turn is told of the conversation before it.

use std::time::Duration;

use todo_domain::{
    ConversationId, FailureCode, MessageId, MessageText, TaskChange, TurnId,
    ports::{BeginOutcome, BeginTurn, Begun, ConversationRef, HistoryEntry},
};

use super::{LEASE, TurnStores, at, call, number, titled, uuid};

fn user(text: &str) -> HistoryEntry {
    HistoryEntry::User(text.into())
}

fn assistant(text: &str) -> HistoryEntry {
    HistoryEntry::Assistant(text.into())
}

fn adding(title: &str) -> Vec<todo_domain::ports::PreparedCall> {
    vec![call(TaskChange::Create(titled(title)))]
}

async fn history_of(stores: &TurnStores, earlier: &Begun, history: u16) -> Vec<HistoryEntry> {
    let turn = BeginTurn {
        user_id: earlier.fence.user_id,
        conversation: ConversationRef::Existing(earlier.fence.conversation_id),
        turn_id: TurnId::new(uuid()),
        message_id: MessageId::new(uuid()),
        answer_id: MessageId::new(uuid()),
        text: MessageText::new("now").expect("a message"),
        now: at(2),
        lease: LEASE,
        history,
        budget: None,
        keyed: None,
        decides: None,
    };
    match stores.turns.begin(turn).await.expect("works") {
        BeginOutcome::Begun(begun) => begun.history,
        other => unreachable!("{other:?}"),
    }
}

/// Without the message that begins the turn.
pub async fn a_history_is_what_was_said_before_in_order(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let first = stores.begin(ada, "one").await;
    assert_eq!(first.history, []);
    stores.finish(&first, "two").await;
    let second = stores.go_on(&first, "three").await;
    assert_eq!(second.history, [user("one"), assistant("two")]);
    stores.finish(&second, "four").await;
    let expected = [user("one"), assistant("two"), user("three"), assistant("four")];
    assert_eq!(history_of(&stores, &first, 20).await, expected);
}

/// The latest ones.
pub async fn a_history_is_no_longer_than_asked_for(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let mut turn = stores.begin(ada, "q0").await;
    stores.finish(&turn, "a0").await;
    for number in 1..4 {
        turn = stores.go_on(&turn, &format!("q{number}")).await;
        stores.finish(&turn, &format!("a{number}")).await;
    }
    let expected = [assistant("a2"), user("q3"), assistant("a3")];
    assert_eq!(history_of(&stores, &turn, 3).await, expected);
}

/// None is none.
pub async fn a_history_of_nothing_is_empty(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "one").await;
    stores.finish(&turn, "two").await;
    assert_eq!(history_of(&stores, &turn, 0).await, []);
}

/// Another conversation's words are not part of it.
pub async fn a_history_is_of_one_conversation(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let other = stores.begin(ada, "elsewhere").await;
    stores.finish(&other, "there").await;
    let turn = stores.begin(ada, "one").await;
    stores.finish(&turn, "two").await;
    assert_eq!(history_of(&stores, &turn, 20).await, [user("one"), assistant("two")]);
}

/// So that "try again" does not double it.
pub async fn a_failed_turn_tells_what_it_changed(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk and bread").await;
    let milk = stores.recorded(&turn, 1, adding("milk")).await;
    let bread = stores.recorded(&turn, 2, adding("bread")).await;
    stores.fail(&turn, FailureCode::ProviderUnavailable).await;
    let effects = milk.iter().chain(&bread).flat_map(todo_domain::RecordedCall::effects);
    let effects: Vec<_> = effects.collect();
    assert_eq!(effects.len(), 2);
    let expected = [user("add milk and bread"), HistoryEntry::Unanswered(effects)];
    assert_eq!(history_of(&stores, &turn, 20).await, expected);
}

/// It is closed on the way, and counts at once.
pub async fn an_interrupted_turn_tells_what_it_changed(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let new = ConversationRef::New(ConversationId::new(uuid()));
    let dead = stores.say(ada, new, "add milk", Duration::ZERO).await;
    let BeginOutcome::Begun(dead) = dead else { unreachable!("{dead:?}") };
    stores.recorded(&dead, 1, adding("milk")).await;
    let history = history_of(&stores, &dead, 20).await;
    let [HistoryEntry::User(_), HistoryEntry::Unanswered(effects)] = &history[..] else {
        unreachable!("{history:?}")
    };
    assert_eq!(effects.len(), 1);
    assert_eq!(effects[0].task_id, number(1));
}

/// Nothing happened, nothing to tell.
pub async fn a_failed_turn_without_changes_tells_nothing(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "what is left?").await;
    let list = todo_domain::CallOperation::List(todo_domain::TaskQuery::default());
    stores.recorded(&turn, 1, vec![call(list)]).await;
    stores.fail(&turn, FailureCode::TurnTimeout).await;
    assert_eq!(history_of(&stores, &turn, 20).await, [user("what is left?")]);
}

/// Its answer says it.
pub async fn an_answered_turn_does_not_tell_its_changes_again(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk").await;
    stores.recorded(&turn, 1, adding("milk")).await;
    stores.finish(&turn, "I added milk.").await;
    let expected = [user("add milk"), assistant("I added milk.")];
    assert_eq!(history_of(&stores, &turn, 20).await, expected);
}

/// Only what is left of the history counts.
pub async fn a_forgotten_turn_tells_nothing(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let failed = stores.begin(ada, "add milk").await;
    stores.recorded(&failed, 1, adding("milk")).await;
    stores.fail(&failed, FailureCode::Internal).await;
    let turn = stores.go_on(&failed, "one").await;
    stores.finish(&turn, "two").await;
    assert_eq!(history_of(&stores, &turn, 2).await, [user("one"), assistant("two")]);
}
