//! How many tokens a user may spend in a day.

use std::time::Duration;

use todo_domain::{
    ConversationId, FailureCode, MessageId, MessageText, TokenBudget, TurnId, UserId,
    ports::{BeginOutcome, BeginTurn, ConversationRef},
};

use super::{ChatStores, LEASE, TurnStores, at, uuid};

/// A minute before midnight in UTC.
const EVENING: i64 = 86_400 - 60;

/// The midnight in UTC before [`at`] the second 0.
fn midnight() -> i64 {
    -(at(0).as_microsecond() / 1_000_000 % 86_400)
}

/// What comes of a message on that day, in the seconds after whose midnight.
async fn say(stores: &TurnStores, user_id: UserId, second: i64, budget: u64) -> BeginOutcome {
    let turn = BeginTurn {
        user_id,
        conversation: ConversationRef::New(ConversationId::new(uuid())),
        turn_id: TurnId::new(uuid()),
        message_id: MessageId::new(uuid()),
        answer_id: MessageId::new(uuid()),
        text: MessageText::new("hello").expect("a message"),
        now: at(midnight() + second),
        lease: LEASE,
        history: 20,
        budget: TokenBudget::new(budget).ok(),
        keyed: None,
        decides: None,
    };
    stores.turns.begin(turn).await.expect("the store works")
}

fn is_begun(outcome: &BeginOutcome) -> bool {
    matches!(outcome, BeginOutcome::Begun(_))
}

/// 110 tokens for each answer of the cases, and 10 for each step, which the answer includes.
pub async fn a_budget_that_is_spent_comes_back_at_midnight_in_utc(stores: TurnStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let first = stores.begin(ada, "hello").await;
    stores.recorded(&first, 1, Vec::new()).await;
    // Asking for a step again spends nothing.
    stores.recorded(&first, 1, Vec::new()).await;
    assert!(is_begun(&say(&stores, ada, EVENING, 11).await), "the steps alone");
    stores.finish(&first, "Hello.").await;

    assert!(is_begun(&say(&stores, ada, EVENING, 111).await), "a token is left");
    let (budget, retry_after) = (TokenBudget::new(110).expect("a budget"), Duration::from_secs(60));
    let spent = say(&stores, ada, EVENING, 110).await;
    assert_eq!(spent, BeginOutcome::BudgetSpent { budget, retry_after });
    assert!(is_begun(&say(&stores, ben, EVENING, 110).await), "another user");
    assert!(is_begun(&say(&stores, ada, 86_400, 110).await), "another day");
    assert!(is_begun(&say(&stores, ada, EVENING, 0).await), "no budget");
}

/// What was stored is not: the message that is refused leaves no conversation.
pub async fn a_message_without_a_budget_leaves_nothing_behind(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let first = stores.begin(ada, "hello").await;
    stores.finish(&first, "Hello.").await;
    for _ in 0..30 {
        assert!(!is_begun(&say(&stores, ada, EVENING, 1).await));
    }
    stores.begin(ada, "there is room for another").await;
}

/// Neither a turn that fails nor a conversation that is deleted is free.
pub async fn what_was_asked_is_paid_for_however_it_ends(stores: ChatStores) {
    let (ada, ben, cyd) =
        (stores.user("ada").await, stores.user("ben").await, stores.user("cyd").await);
    let turn = stores.begin(ada, "hello").await;
    stores.fail(&turn, FailureCode::TurnTimeout).await;
    assert!(!is_begun(&say(&stores, ada, EVENING, 110).await), "it has failed");

    let turn = stores.begin(ben, "hello").await;
    stores.finish(&turn, "Hello.").await;
    let deleted = stores.conversations.delete(ben, turn.fence.conversation_id).await;
    assert!(deleted.expect("the store works"));
    assert!(!is_begun(&say(&stores, ben, EVENING, 110).await), "it was deleted afterwards");

    let turn = stores.begin(cyd, "hello").await;
    let deleted = stores.conversations.delete(cyd, turn.fence.conversation_id).await;
    assert!(deleted.expect("the store works"));
    stores.step(&turn, 1, Vec::new()).await;
    assert!(is_begun(&say(&stores, cyd, EVENING, 11).await));
    assert!(!is_begun(&say(&stores, cyd, EVENING, 10).await), "it was deleted in between");
}
