//! A message with a key is answered once, however often it is sent.

use std::time::Duration;

use todo_domain::{
    AnswerText, ConversationId, FailureCode, IdempotencyKey, KeyedRequest, PageLimit,
    RequestDigest, TaskQuery, TurnFence, TurnStatus, UserId,
    ports::{
        BeginOutcome, BeginTurn, Begun, ConversationRef, EndOutcome, HistoryEntry, ReplayedTurn,
        StepOutcome, TurnRef,
    },
};
use tokio::task::JoinSet;

use super::{
    ChatStores, LEASE, Stores, TurnStores, at, begun, call, identity, message, titled, tokens, uuid,
};

fn milk() -> todo_domain::TaskChange {
    todo_domain::TaskChange::Create(titled("milk"))
}

/// The request of this number under a key.
fn keyed(key: &str, number: u8) -> Option<KeyedRequest> {
    let key = IdempotencyKey::new(key).expect("a key");
    Some(KeyedRequest { key, digest: RequestDigest::new([number; 32]) })
}

/// A message that begins a conversation under an id that is new each time, as it is without one.
fn first(user: UserId, request: Option<KeyedRequest>, lease: Duration) -> BeginTurn {
    let conversation = ConversationRef::New(ConversationId::new(uuid()));
    BeginTurn { keyed: request, ..message(user, conversation, "add milk", lease) }
}

async fn send(stores: &TurnStores, turn: BeginTurn) -> BeginOutcome {
    stores.turns.begin(turn).await.expect("the store works")
}

async fn replayed(stores: &TurnStores, turn: BeginTurn) -> ReplayedTurn {
    match send(stores, turn).await {
        BeginOutcome::Replayed(turn) => *turn,
        other => unreachable!("{other:?}"),
    }
}

/// Conversations, messages and tasks.
async fn stored(stores: &ChatStores, user: UserId) -> (usize, usize, usize) {
    let page = stores.conversations.list(user, PageLimit::default(), None).await.expect("works");
    let mut messages = 0;
    for conversation in &page.conversations {
        let open = stores.conversations.open(user, conversation.id, PageLimit::MAX).await;
        messages += open.expect("works").expect("is there").1.messages.len();
    }
    let tasks = stores.list(user, TaskQuery::default()).await.tasks.len();
    (page.conversations.len(), messages, tasks)
}

/// To the letter, and nothing is stored.
pub async fn a_request_that_was_answered_gets_the_stored_answer(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = begun(send(&stores, first(ada, keyed("k", 1), LEASE)).await);
    let calls = stores.recorded(&turn, 1, vec![call(milk())]).await;
    let EndOutcome::Ended(answer) = stores.finish(&turn, "Done.").await else { unreachable!() };
    for _ in 0..2 {
        let again = replayed(&stores, first(ada, keyed("k", 1), LEASE)).await;
        assert_eq!(again.turn, stores.turn(&turn).await);
        assert_eq!(again.turn.steps[0].calls, calls);
        assert_eq!(again.answer, Some(answer.clone()));
    }
    assert_eq!(stored(&stores, ada).await, (1, 2, 1));
}

/// Whatever became of the first one.
pub async fn a_key_is_for_one_request(stores: ChatStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let turn = begun(send(&stores, first(ada, keyed("k", 1), LEASE)).await);
    let other = send(&stores, first(ada, keyed("k", 2), LEASE)).await;
    assert_eq!(other, BeginOutcome::KeyReused);
    stores.finish(&turn, "Done.").await;
    let other = send(&stores, first(ada, keyed("k", 2), LEASE)).await;
    assert_eq!(other, BeginOutcome::KeyReused);
    assert_eq!(stored(&stores, ada).await, (1, 2, 0));
    // Another key, upper case, and another user are something else.
    for request in [first(ada, keyed("l", 1), LEASE), first(ada, keyed("K", 1), LEASE)] {
        begun(send(&stores, request).await);
    }
    begun(send(&stores, first(ben, keyed("k", 2), LEASE)).await);
}

/// As it was stopped, with what it had done.
pub async fn a_request_that_was_cancelled_stays_cancelled(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = begun(send(&stores, first(ada, keyed("k", 1), LEASE)).await);
    stores.recorded(&turn, 1, vec![call(milk())]).await;
    stores.turns.cancel(ada, turn.fence.turn_id, at(1)).await.expect("works");
    let again = replayed(&stores, first(ada, keyed("k", 1), LEASE)).await;
    assert_eq!((again.turn, again.answer), (stores.turn(&turn).await, None));
    assert_eq!(stored(&stores, ada).await, (1, 1, 1));
}

/// The refusal says that it is the same request.
pub async fn a_request_that_is_being_answered_has_to_wait(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = begun(send(&stores, first(ada, keyed("k", 1), LEASE)).await);
    let again = send(&stores, first(ada, keyed("k", 1), LEASE)).await;
    let BeginOutcome::TurnInProgress { turn_id, is_same_request: true, .. } = again else {
        unreachable!("{again:?}")
    };
    assert_eq!(turn_id, turn.fence.turn_id);
    let home = ConversationRef::Existing(turn.fence.conversation_id);
    let other = BeginTurn { keyed: keyed("l", 1), ..message(ada, home, "and bread", LEASE) };
    let other = send(&stores, other).await;
    assert!(matches!(other, BeginOutcome::TurnInProgress { is_same_request: false, .. }));
    assert_eq!(stored(&stores, ada).await, (1, 1, 0));
}

/// With each of the codes. What was recorded comes along, the message is stored once, and the answer
/// has the id that it was to have.
pub async fn a_failed_turn_goes_on_with_the_same_request(stores: ChatStores) {
    let ada = stores.user("ada").await;
    for (number, code) in (1..).zip(FailureCode::ALL) {
        let key = format!("k{number}");
        let turn = begun(send(&stores, first(ada, keyed(&key, number), LEASE)).await);
        let calls = stores.recorded(&turn, 1, vec![call(milk())]).await;
        stores.fail(&turn, code).await;
        let again = begun(send(&stores, first(ada, keyed(&key, number), LEASE)).await);
        assert_eq!(again.fence, TurnFence { attempt: 2, ..turn.fence });
        assert_eq!((again.answer_id, again.is_new_conversation), (turn.answer_id, false));
        assert_eq!(again.steps[0].calls, calls);
        assert_eq!(again.usage, tokens(100, 10));
        assert_eq!(again.history, []);
        let running = stores.turn(&again).await;
        assert_eq!((running.status, running.finished_at), (TurnStatus::Running, None));
        assert_eq!(running.identity, Some(identity()));
        assert_eq!(stores.finish(&turn, "Done.").await, EndOutcome::FencedOff, "the first attempt");
        let EndOutcome::Ended(answer) = stores.finish(&again, "Done.").await else {
            unreachable!()
        };
        assert_eq!(answer.id, turn.answer_id);
        stores.conversations.delete(ada, turn.fence.conversation_id).await.expect("works");
    }
    assert_eq!(stored(&stores, ada).await, (0, 0, FailureCode::ALL.len()));
}

/// Although a later turn of its conversation has ended meanwhile.
pub async fn a_turn_that_was_resumed_is_the_one_to_follow(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let turn = begun(send(&stores, first(ada, keyed("k", 1), LEASE)).await);
    stores.fail(&turn, FailureCode::TurnTimeout).await;
    let conversation = turn.fence.conversation_id;
    let home = ConversationRef::Existing(conversation);
    let later = BeginTurn { now: at(5), ..message(ada, home, "and bread", LEASE) };
    let later = begun(send(&stores, later).await);
    stores.finish(&later, "Done.").await;
    let latest = async || {
        let latest = stores.turns.recorded(ada, TurnRef::LatestOf(conversation)).await;
        latest.expect("works").expect("is there").turn.id
    };
    assert_eq!(latest().await, later.fence.turn_id);
    begun(send(&stores, first(ada, keyed("k", 1), LEASE)).await);
    assert_eq!(latest().await, turn.fence.turn_id);
}

/// It may be asked for again although its lease has run out: nothing is carried out twice.
pub async fn a_recorded_step_of_an_earlier_attempt_is_not_carried_out_again(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let dead = begun(send(&stores, first(ada, keyed("k", 1), Duration::ZERO)).await);
    let calls = stores.recorded(&dead, 1, vec![call(milk())]).await;
    let again = begun(send(&stores, first(ada, keyed("k", 1), LEASE)).await);
    assert_eq!(again.fence, TurnFence { attempt: 2, ..dead.fence });
    assert_eq!(again.usage, tokens(7, 3));
    assert_eq!(stores.step(&dead, 2, vec![call(milk())]).await, StepOutcome::FencedOff);
    assert_eq!(stores.recorded(&again, 1, vec![call(milk())]).await, calls);
    stores.recorded(&again, 2, vec![call(milk())]).await;
    stores.finish(&again, "Done.").await;
    let turn = stores.turn(&again).await;
    assert_eq!((turn.steps.len(), turn.status), (2, TurnStatus::Completed));
    assert_eq!(stored(&stores, ada).await, (1, 2, 2));
}

/// It is told the history that the turn began with, not what was said later, nor itself.
pub async fn an_interrupted_turn_goes_on_after_other_messages(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let earlier = stores.begin(ada, "hello").await;
    stores.finish(&earlier, "Hello.").await;
    let home = ConversationRef::Existing(earlier.fence.conversation_id);
    let ask = |lease| BeginTurn { keyed: keyed("k", 1), ..message(ada, home, "add milk", lease) };
    let dead = begun(send(&stores, ask(Duration::ZERO)).await);
    stores.recorded(&dead, 1, vec![call(milk())]).await;
    let later = stores.go_on(&earlier, "and bread").await;
    assert!(matches!(later.history.last(), Some(HistoryEntry::Unanswered(_))));
    // One turn of a conversation at a time.
    let busy = send(&stores, ask(LEASE)).await;
    let BeginOutcome::TurnInProgress { turn_id, is_same_request: false, .. } = busy else {
        unreachable!("{busy:?}")
    };
    assert_eq!(turn_id, later.fence.turn_id);
    stores.finish(&later, "Added.").await;
    let again: Begun = begun(send(&stores, ask(LEASE)).await);
    let said = |text: &str| text.to_owned();
    let history = [HistoryEntry::User(said("hello")), HistoryEntry::Assistant(said("Hello."))];
    assert_eq!(again.history, history);
    stores.finish(&again, "Done.").await;
    let next = stores.go_on(&earlier, "what else?").await;
    assert!(!next.history.iter().any(|it| matches!(it, HistoryEntry::Unanswered(_))));
}

/// Each answer counts once.
pub async fn attempts_cost_what_their_answers_cost(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let turn = begun(send(&stores, first(ada, keyed("k", 1), LEASE)).await);
    stores.recorded(&turn, 1, vec![call(milk())]).await;
    stores.fail(&turn, FailureCode::ProviderUnavailable).await;
    let again = begun(send(&stores, first(ada, keyed("k", 1), LEASE)).await);
    stores.recorded(&again, 2, vec![call(milk())]).await;
    assert_eq!(stores.turn(&again).await.usage, tokens(107, 13));
}

/// So that a message that is sent again begins anew.
pub async fn keys_go_with_their_conversation_and_after_a_day(stores: Stores) {
    let ada = stores.user("ada").await;
    let turn = begun(send(&stores, first(ada, keyed("k", 1), LEASE)).await);
    stores.finish(&turn, "Done.").await;
    stores.conversations.delete(ada, turn.fence.conversation_id).await.expect("works");
    let anew = begun(send(&stores, first(ada, keyed("k", 2), LEASE)).await);
    stores.finish(&anew, "Done.").await;
    assert_eq!(stores.retention.forget_keys(at(0), 500).await.expect("works"), 0);
    replayed(&stores, first(ada, keyed("k", 2), LEASE)).await;
    begun(send(&stores, first(ada, keyed("l", 1), LEASE)).await);
    assert_eq!(stores.retention.forget_keys(at(1), 1).await.expect("works"), 1);
    assert_eq!(stores.retention.forget_keys(at(1), 500).await.expect("works"), 1);
    begun(send(&stores, first(ada, keyed("k", 3), LEASE)).await);
    assert!(stores.accounts.delete(ada).await.expect("works"));
    assert_eq!(stores.retention.forget_keys(at(1), 500).await.expect("works"), 0);
}

/// One of them runs the turn, the others are told to wait: the first time, and after it failed.
pub async fn of_many_equal_requests_at_once_one_begins(stores: ChatStores) {
    const REQUESTS: usize = 8;
    let ada = stores.user("ada").await;
    for _ in 0..2 {
        let mut requests = JoinSet::new();
        for _ in 0..REQUESTS {
            let stores = stores.clone();
            let request = first(ada, keyed("k", 1), LEASE);
            requests.spawn(async move { send(&stores, request).await });
        }
        let (mut running, mut waiting) = (Vec::new(), 0);
        for outcome in requests.join_all().await {
            match outcome {
                BeginOutcome::Begun(begun) => running.push(begun),
                BeginOutcome::TurnInProgress { is_same_request: true, .. } => waiting += 1,
                other => unreachable!("{other:?}"),
            }
        }
        assert_eq!((running.len(), waiting), (1, REQUESTS - 1));
        stores.fail(&running[0], FailureCode::Internal).await;
    }
    assert_eq!(stored(&stores, ada).await, (1, 1, 0));
}

/// Until the turn goes on as its next attempt.
pub async fn what_was_said_before_a_stop_or_a_failure_is_kept(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let said = || AnswerText::new("I will add ").ok();
    let stopped = begun(send(&stores, first(ada, None, LEASE)).await);
    stores.turns.cancel(ada, stopped.fence.turn_id, at(1)).await.expect("works");
    let refused = stores.fail_amid(&stopped, FailureCode::Internal, said()).await;
    assert_eq!(refused, EndOutcome::FencedOff);
    let turn = stores.turn(&stopped).await;
    assert_eq!((turn.status, turn.partial_answer), (TurnStatus::Cancelled, said()));

    let late = begun(send(&stores, first(ada, None, LEASE)).await);
    stores.turns.cancel(ada, late.fence.turn_id, at(1)).await.expect("works");
    assert_eq!(stores.finish(&late, "I will add ").await, EndOutcome::FencedOff);
    assert_eq!(stores.turn(&late).await.partial_answer, said(), "all of it had been read");

    let failed = begun(send(&stores, first(ada, keyed("k", 1), LEASE)).await);
    stores.fail_amid(&failed, FailureCode::TurnTimeout, said()).await;
    assert_eq!(stores.turn(&failed).await.partial_answer, said());
    let again = begun(send(&stores, first(ada, keyed("k", 1), LEASE)).await);
    assert_eq!(again.fence.turn_id, failed.fence.turn_id);
    assert_eq!(stores.turn(&again).await.partial_answer, None);
    let late = stores.fail_amid(&failed, FailureCode::Internal, said()).await;
    assert_eq!(late, EndOutcome::FencedOff);
    assert_eq!(stores.turn(&again).await.partial_answer, None, "its attempt is over");
    stores.finish(&again, "Added.").await;
    assert_eq!(stores.turn(&again).await.partial_answer, None);
}

/// "Tomorrow" goes by when it was said.
pub async fn a_message_that_comes_again_means_the_day_it_first_came(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let begin = |now| BeginTurn { now, ..first(ada, keyed("k", 1), LEASE) };
    let turn = begun(send(&stores, begin(at(1))).await);
    stores.fail(&turn, FailureCode::TurnTimeout).await;
    let again = begun(send(&stores, begin(at(90_000))).await);
    assert_eq!(again.fence.turn_id, turn.fence.turn_id);
    assert_eq!((turn.asked_at, again.asked_at), (at(1), at(1)));
}
