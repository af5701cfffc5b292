//! What users took of models, day by day.

use std::time::Duration;

use todo_domain::{
    ConversationId, DailyUsage, FailureCode, ModelIdentity, ModelUsage, Timestamp, TokensSpent,
    UsageSpan, UserId,
    ports::{BeginOutcome, Begun, ConversationRef, FinishTurn, RunStep},
};

use super::{Stores, TurnStores, at, identity, step, tokens, uuid};

/// What a user took on the day of an instant.
async fn on_the_day_of(stores: &Stores, user: UserId, instant: Timestamp) -> Vec<DailyUsage> {
    let day = UsageSpan::day(TokensSpent::day_of(instant));
    stores.usage.usage(user, day).await.expect("the store works")
}

/// What a user took of the model of the cases on the day of the cases.
async fn taken(stores: &Stores, user: UserId) -> ModelUsage {
    let found = on_the_day_of(stores, user, at(1)).await;
    assert!(found.len() <= 1, "{found:?}");
    found.first().map(|daily| daily.usage).unwrap_or_default()
}

fn usage(calls: u64, input_tokens: u64, output_tokens: u64) -> ModelUsage {
    ModelUsage { calls, tokens: tokens(input_tokens, output_tokens) }
}

/// A step is one; asking for it again is none.
pub async fn every_answer_of_a_model_is_counted_once(stores: Stores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    assert_eq!(taken(&stores, ada).await, ModelUsage::default());
    let turn = stores.begin(ada, "hello").await;
    stores.recorded(&turn, 1, Vec::new()).await;
    stores.recorded(&turn, 1, Vec::new()).await;
    assert_eq!(taken(&stores, ada).await, usage(1, 7, 3));
    // The end tells the tokens of the whole turn.
    stores.finish(&turn, "Hello.").await;
    stores.finish(&turn, "Hello.").await;
    assert_eq!(taken(&stores, ada).await, usage(2, 100, 10));
    assert_eq!(taken(&stores, ben).await, ModelUsage::default());
}

/// With what its steps took, and with an answer that came to nothing.
pub async fn a_turn_that_fails_midway_counts(stores: Stores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "hello").await;
    stores.recorded(&turn, 1, Vec::new()).await;
    stores.fail(&turn, FailureCode::TurnTimeout).await;
    assert_eq!(taken(&stores, ada).await, usage(2, 100, 10));
}

/// As far as it came.
pub async fn a_turn_that_was_interrupted_counts(stores: Stores) {
    let ada = stores.user("ada").await;
    let new = ConversationRef::New(ConversationId::new(uuid()));
    let dead = stores.say(ada, new, "hello", Duration::ZERO).await;
    let BeginOutcome::Begun(dead) = dead else { unreachable!("{dead:?}") };
    stores.recorded(&dead, 1, Vec::new()).await;
    let next = stores.go_on(&dead, "are you there?").await;
    assert_eq!(taken(&stores, ada).await, usage(1, 7, 3));
    // Whoever was taken for dead says something after all: nobody counts that.
    stores.fail(&dead, FailureCode::TurnTimeout).await;
    stores.finish(&next, "Yes.").await;
    assert_eq!(taken(&stores, ada).await, usage(2, 107, 13));
}

/// A conversation that is deleted takes its turns along, and so does time.
pub async fn what_is_gone_was_taken_all_the_same(stores: Stores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "hello").await;
    stores.finish(&turn, "Hello.").await;
    let other = stores.begin(ada, "hello").await;
    stores.finish(&other, "Hello.").await;
    assert!(stores.conversations.delete(ada, turn.fence.conversation_id).await.expect("works"));
    assert_eq!(stores.retention.forget_turns(at(2), 500).await.expect("works"), 1);
    assert_eq!(taken(&stores, ada).await, usage(2, 200, 20));
    // A user who goes takes it along.
    assert!(stores.accounts.delete(ada).await.expect("works"));
    assert_eq!(taken(&stores, ada).await, ModelUsage::default());
}

async fn answer(stores: &TurnStores, turn: &Begun, now: Timestamp) {
    let end = FinishTurn {
        fence: turn.fence,
        message_id: turn.answer_id,
        text: todo_domain::AnswerText::new("Good night.").expect("an answer"),
        identity: ModelIdentity { model: "script-2".into(), ..identity() },
        usage: tokens(17, 8),
        now,
    };
    stores.turns.finish(end).await.expect("the store works");
}

/// An answer counts on the day on which it is stored, under the model that gave it.
pub async fn a_turn_over_midnight_counts_on_both_days(stores: Stores) {
    let ada = stores.user("ada").await;
    let midnight: Timestamp = "2026-11-29T00:00:00Z".parse().expect("an instant");
    let before = midnight.saturating_sub(Duration::from_micros(1));
    let turn = stores.begin(ada, "hello").await;
    let late = RunStep { now: before, ..step(&turn, 1, Vec::new()) };
    stores.turns.run_step(late).await.expect("the store works");
    answer(&stores, &turn, midnight).await;

    let first = on_the_day_of(&stores, ada, before).await;
    let second = on_the_day_of(&stores, ada, midnight).await;
    assert_eq!(first.iter().map(|it| it.usage).collect::<Vec<_>>(), [usage(1, 7, 3)]);
    assert_eq!(second.iter().map(|it| it.usage).collect::<Vec<_>>(), [usage(1, 10, 5)]);
    assert_eq!(second[0].identity.model, "script-2");
    let days = |first: &str, last: &str| {
        let (first, last) = (first.parse().ok(), last.parse().ok());
        UsageSpan::new(first, last, midnight_day()).expect("a span")
    };
    let found = async |span| stores.usage.usage(ada, span).await.expect("the store works");
    assert_eq!(found(days("2026-11-28", "2026-11-29")).await, [first, second].concat());
    assert_eq!(found(days("2026-11-30", "2026-12-31")).await, []);
}

fn midnight_day() -> todo_domain::Date {
    todo_domain::Date::constant(2026, 11, 29)
}
