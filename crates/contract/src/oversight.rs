//! What operators see of all users together.

use std::time::Duration;

use todo_domain::{
    ConversationId, DailyUsage, ModelUsage, TokensSpent, UsageSpan,
    ports::{BeginOutcome, BeginTurn, ConversationRef, RunningTurn},
};

use super::{LEASE, Stores, at, begun, identity, message, tokens, uuid};

/// A user who goes takes their part along.
pub async fn what_all_users_take_is_summed_by_day_and_model(stores: Stores) {
    let day = TokensSpent::day_of(at(1));
    let taken = async || {
        let taken = stores.oversight.usage_of_all(UsageSpan::day(day)).await;
        taken.expect("the store works")
    };
    assert_eq!(taken().await, []);
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    for user in [ada, ben] {
        let turn = stores.begin(user, "hello").await;
        stores.recorded(&turn, 1, Vec::new()).await;
        stores.finish(&turn, "Hello.").await;
    }
    let of = |users: u64| DailyUsage {
        day,
        identity: identity(),
        usage: ModelUsage { calls: 2 * users, tokens: tokens(100 * users, 10 * users) },
    };
    assert_eq!(taken().await, [of(2)]);
    assert!(stores.accounts.delete(ada).await.expect("works"));
    assert_eq!(taken().await, [of(1)]);
    let before = UsageSpan::new(None, day.yesterday().ok(), day).expect("a span");
    assert_eq!(stores.oversight.usage_of_all(before).await.expect("works"), []);
}

/// Those of all users, but not those whose lease has run out.
pub async fn turns_that_run_are_seen_until_they_end(stores: Stores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let running = async |limit| {
        let turns = stores.oversight.running_turns(limit).await.expect("the store works");
        turns.into_iter().map(|turn: RunningTurn| turn.turn).collect::<Vec<_>>()
    };
    assert_eq!(running(10).await, []);
    let new = || ConversationRef::New(ConversationId::new(uuid()));
    // Who has the smaller number began later.
    let later = BeginTurn { now: at(5), ..message(ada, new(), "hello", LEASE) };
    let other = begun(stores.turns.begin(later).await.expect("the store works"));
    let one = stores.begin(ben, "hello").await;
    let dead = stores.say(ben, new(), "hello", Duration::ZERO).await;
    assert!(matches!(dead, BeginOutcome::Begun(_)), "{dead:?}");
    assert_eq!(running(10).await, [one.fence.turn_id, other.fence.turn_id]);
    assert_eq!(running(1).await, [one.fence.turn_id]);
    let seen = stores.oversight.running_turns(1).await.expect("the store works");
    assert_eq!((seen[0].user, seen[0].conversation), (ben, one.fence.conversation_id));
    assert_eq!((seen[0].attempt, seen[0].started_at), (1, at(0)));
    stores.finish(&one, "Hello.").await;
    assert_eq!(running(10).await, [other.fence.turn_id]);
}
