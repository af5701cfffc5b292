//! How turns begin and end, and who may carry them on.

use std::time::Duration;

use todo_domain::{
    ConversationId, FailureCode, TurnFence, TurnStatus, UserId,
    ports::{
        BeginOutcome, Begun, CancelOutcome, ConversationRef, EndOutcome, HistoryEntry, StepOutcome,
        TurnRef,
    },
};

use super::{ChatStores, LEASE, TurnStores, at, call, identity, titled, tokens, uuid};

fn milk() -> todo_domain::TaskChange {
    todo_domain::TaskChange::Create(titled("milk"))
}

fn existing(turn: &Begun) -> ConversationRef {
    ConversationRef::Existing(turn.fence.conversation_id)
}

async fn said(stores: &ChatStores, turn: &Begun) -> usize {
    let TurnFence { user_id, conversation_id, .. } = turn.fence;
    let limit = todo_domain::PageLimit::default();
    let open = stores.conversations.open(user_id, conversation_id, limit).await.expect("works");
    open.expect("the conversation").1.messages.len()
}

/// Its time zone is the user's.
pub async fn a_turn_runs_until_it_is_answered(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk").await;
    assert_eq!(turn.time_zone.name(), "Europe/Berlin");
    assert_eq!((turn.fence.user_id, turn.fence.attempt), (ada, 1));
    let running = stores.turn(&turn).await;
    assert_eq!(running.status, TurnStatus::Running);
    assert_eq!((running.identity, running.usage), (None, tokens(0, 0)));
    assert_eq!((running.started_at, running.finished_at), (at(0), None));
    stores.finish(&turn, "Done.").await;
    let done = stores.turn(&turn).await;
    assert_eq!(done.id, turn.fence.turn_id);
    assert_eq!(done.conversation_id, turn.fence.conversation_id);
    assert_eq!(done.status, TurnStatus::Completed);
    assert_eq!((done.identity, done.usage), (Some(identity()), tokens(100, 10)));
    assert_eq!((done.started_at, done.finished_at), (at(0), Some(at(1))));
}

/// With each of the codes.
pub async fn a_failed_turn_keeps_its_code(stores: ChatStores) {
    let ada = stores.user("ada").await;
    for code in FailureCode::ALL {
        let turn = stores.begin(ada, "add milk").await;
        assert_eq!(stores.fail(&turn, code).await, EndOutcome::Ended(()));
        let failed = stores.turn(&turn).await;
        assert_eq!(failed.status, TurnStatus::Failed(code));
        assert_eq!((failed.identity, failed.usage), (Some(identity()), tokens(100, 10)));
        assert_eq!(failed.finished_at, Some(at(1)));
        assert_eq!(said(&stores, &turn).await, 1, "an apology is no message");
    }
}

/// For as long as the lease says.
pub async fn a_second_turn_of_a_conversation_has_to_wait(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk").await;
    let second = stores.say(ada, existing(&turn), "and bread", LEASE).await;
    let BeginOutcome::TurnInProgress { turn_id, retry_after, is_same_request: false } = second
    else {
        unreachable!("{second:?}")
    };
    assert_eq!(turn_id, turn.fence.turn_id);
    assert!(retry_after <= LEASE && retry_after > LEASE - Duration::from_secs(60));
    assert_eq!(said(&stores, &turn).await, 1);
    // Another conversation need not wait.
    stores.begin(ada, "something else").await;
    stores.finish(&turn, "Done.").await;
    stores.go_on(&turn, "and bread").await;
}

/// Whoever ran it before can't write any more.
pub async fn a_turn_whose_lease_ran_out_is_interrupted_by_the_next(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let new = ConversationRef::New(ConversationId::new(uuid()));
    let dead = stores.say(ada, new, "add milk", Duration::ZERO).await;
    let BeginOutcome::Begun(dead) = dead else { unreachable!("{dead:?}") };
    stores.recorded(&dead, 1, vec![call(milk())]).await;
    let next = stores.go_on(&dead, "and bread").await;
    let interrupted = stores.turn(&dead).await;
    assert_eq!(interrupted.status, TurnStatus::Interrupted);
    assert!(interrupted.finished_at.is_some());
    assert_eq!((interrupted.identity, interrupted.usage), (Some(identity()), tokens(7, 3)));
    assert_eq!(stores.step(&dead, 2, vec![call(milk())]).await, StepOutcome::FencedOff);
    assert_eq!(stores.finish(&dead, "Done.").await, EndOutcome::FencedOff);
    assert_eq!(stores.fail(&dead, FailureCode::Internal).await, EndOutcome::FencedOff);
    assert_eq!(stores.turn(&next).await.status, TurnStatus::Running);
    assert_eq!(stores.list(ada, todo_domain::TaskQuery::default()).await.tasks.len(), 1);
}

/// As long as nobody took it over.
pub async fn a_late_runner_may_still_finish(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let new = ConversationRef::New(ConversationId::new(uuid()));
    let late = stores.say(ada, new, "add milk", Duration::ZERO).await;
    let BeginOutcome::Begun(late) = late else { unreachable!("{late:?}") };
    assert!(matches!(stores.finish(&late, "Done.").await, EndOutcome::Ended(_)));
}

/// Once is enough.
pub async fn a_turn_ends_once(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk").await;
    stores.finish(&turn, "Done.").await;
    assert_eq!(stores.finish(&turn, "Done again.").await, EndOutcome::FencedOff);
    assert_eq!(stores.fail(&turn, FailureCode::Internal).await, EndOutcome::FencedOff);
    assert_eq!(stores.step(&turn, 1, vec![call(milk())]).await, StepOutcome::FencedOff);
    assert_eq!(stores.turn(&turn).await.status, TurnStatus::Completed);
    assert_eq!(said(&stores, &turn).await, 2);
}

/// An old attempt, another conversation, another user.
pub async fn a_fence_has_to_fit_in_every_part(stores: TurnStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let turn = stores.begin(ada, "add milk").await;
    let other = stores.begin(ada, "something else").await;
    let fence = turn.fence;
    for wrong in [
        TurnFence { attempt: 2, ..fence },
        TurnFence { attempt: 0, ..fence },
        TurnFence { conversation_id: other.fence.conversation_id, ..fence },
        TurnFence { user_id: ben, ..fence },
        TurnFence { turn_id: todo_domain::TurnId::new(uuid()), ..fence },
    ] {
        let wrong = Begun { fence: wrong, ..turn.clone() };
        assert_eq!(stores.step(&wrong, 1, vec![call(milk())]).await, StepOutcome::FencedOff);
        assert_eq!(stores.finish(&wrong, "Done.").await, EndOutcome::FencedOff);
        assert_eq!(stores.fail(&wrong, FailureCode::Internal).await, EndOutcome::FencedOff);
    }
    assert_eq!(stores.turn(&turn).await.status, TurnStatus::Running);
}

/// While the model was thinking, say.
pub async fn a_deleted_conversation_stops_its_runner(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk").await;
    let id = turn.fence.conversation_id;
    assert!(stores.conversations.delete(ada, id).await.expect("works"));
    assert_eq!(stores.step(&turn, 1, vec![call(milk())]).await, StepOutcome::FencedOff);
    assert_eq!(stores.finish(&turn, "Done.").await, EndOutcome::FencedOff);
    assert_eq!(stores.list(ada, todo_domain::TaskQuery::default()).await.tasks.len(), 0);
}

/// Nothing is stored on the way.
pub async fn a_turn_needs_a_user_and_a_conversation(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let nobody = UserId::new(4711).expect("a number");
    let new = ConversationRef::New(ConversationId::new(uuid()));
    assert_eq!(stores.say(nobody, new, "hello", LEASE).await, BeginOutcome::UserNotFound);
    let missing = ConversationRef::Existing(ConversationId::new(uuid()));
    let outcome = stores.say(ada, missing, "hello", LEASE).await;
    assert_eq!(outcome, BeginOutcome::ConversationNotFound);
    let page = stores.conversations.list(ada, todo_domain::PageLimit::default(), None).await;
    assert_eq!(page.expect("works").conversations, []);
}

/// It is made under an id that the user's conversations do not have yet, and that others may have.
pub async fn a_conversation_is_made_once_under_the_id_of_its_user(stores: ChatStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let id = ConversationId::new(uuid());
    let first = stores.say(ada, ConversationRef::New(id), "add milk", LEASE).await;
    let BeginOutcome::Begun(first) = first else { unreachable!("{first:?}") };
    assert!(first.is_new_conversation);
    stores.finish(&first, "Done.").await;
    let again = stores.say(ada, ConversationRef::New(id), "add bread", LEASE).await;
    assert_eq!(again, BeginOutcome::ConversationExists);
    assert_eq!(said(&stores, &first).await, 2);
    let theirs = stores.say(ben, ConversationRef::New(id), "add bread", LEASE).await;
    assert!(matches!(theirs, BeginOutcome::Begun(_)), "{theirs:?}");
    let either = stores.say(ada, ConversationRef::NewOrExisting(id), "add eggs", LEASE).await;
    assert!(matches!(&either, BeginOutcome::Begun(begun) if !begun.is_new_conversation));
    let other = ConversationRef::NewOrExisting(ConversationId::new(uuid()));
    let either = stores.say(ada, other, "add eggs", LEASE).await;
    assert!(matches!(&either, BeginOutcome::Begun(begun) if begun.is_new_conversation));
}

/// Whether it is answered in the end or not.
pub async fn a_turn_knows_the_id_of_its_answer_from_the_beginning(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk").await;
    assert_eq!(stores.turn(&turn).await.answer_id, Some(turn.answer_id));
    stores.fail(&turn, FailureCode::Internal).await;
    assert_eq!(stores.turn(&turn).await.answer_id, Some(turn.answer_id));
    let next = stores.go_on(&turn, "and bread").await;
    let EndOutcome::Ended(answer) = stores.finish(&next, "Done.").await else { unreachable!() };
    assert_eq!(stores.turn(&next).await.answer_id, Some(answer.id));
}

/// What it did stays done, and its conversation goes on.
pub async fn a_cancelled_turn_does_nothing_more(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk").await;
    stores.recorded(&turn, 1, vec![call(milk())]).await;
    let id = turn.fence.turn_id;
    let cancelled = stores.turns.cancel(ada, id, at(1)).await.expect("works");
    let CancelOutcome::Cancelled(cancelled) = cancelled else { unreachable!("{cancelled:?}") };
    assert_eq!((cancelled.status, cancelled.finished_at), (TurnStatus::Cancelled, Some(at(1))));
    assert_eq!(cancelled.steps.len(), 1);
    assert_eq!(stores.step(&turn, 2, vec![call(milk())]).await, StepOutcome::FencedOff);
    assert_eq!(stores.finish(&turn, "Done.").await, EndOutcome::FencedOff);
    assert_eq!(stores.fail(&turn, FailureCode::Internal).await, EndOutcome::FencedOff);
    let again = stores.turns.cancel(ada, id, at(2)).await.expect("works");
    let CancelOutcome::Ended(again) = again else { unreachable!("{again:?}") };
    assert_eq!((again.status, again.finished_at), (TurnStatus::Cancelled, Some(at(1))));
    assert_eq!((again.steps.len(), said(&stores, &turn).await), (1, 1));
    assert_eq!(stores.list(ada, todo_domain::TaskQuery::default()).await.tasks.len(), 1);
    let next = stores.go_on(&turn, "and bread").await;
    assert!(matches!(next.history.last(), Some(HistoryEntry::Unanswered(_))));
}

/// An answer that came too late counts, once.
pub async fn a_cancelled_turn_costs_what_its_answers_cost(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk").await;
    stores.recorded(&turn, 1, vec![call(milk())]).await;
    stores.turns.cancel(ada, turn.fence.turn_id, at(1)).await.expect("works");
    assert_eq!(stores.turn(&turn).await.usage, tokens(7, 3));
    for _ in 0..2 {
        stores.finish(&turn, "Done.").await;
        let late = stores.turn(&turn).await;
        assert_eq!((late.status, late.usage), (TurnStatus::Cancelled, tokens(100, 10)));
    }
}

/// Its runner asks for the step again, because the reply to the commit was lost.
pub async fn a_recorded_step_of_a_cancelled_turn_is_counted_once(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk").await;
    stores.recorded(&turn, 1, vec![call(milk())]).await;
    stores.turns.cancel(ada, turn.fence.turn_id, at(1)).await.expect("works");
    assert_eq!(stores.step(&turn, 1, vec![call(milk())]).await, StepOutcome::FencedOff);
    let cancelled = stores.turn(&turn).await;
    assert_eq!((cancelled.usage, cancelled.steps.len()), (tokens(7, 3), 1));
}

/// However it ended.
pub async fn a_turn_that_has_ended_is_not_cancelled(stores: TurnStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let done = stores.begin(ada, "add milk").await;
    stores.finish(&done, "Done.").await;
    let failed = stores.begin(ada, "add bread").await;
    stores.fail(&failed, FailureCode::Internal).await;
    for turn in [done, failed] {
        let before = stores.turn(&turn).await;
        let outcome = stores.turns.cancel(ada, turn.fence.turn_id, at(5)).await.expect("works");
        assert_eq!(outcome, CancelOutcome::Ended(before.clone()));
        assert_eq!(stores.turn(&turn).await, before);
    }
    let running = stores.begin(ada, "add eggs").await;
    for (user, id) in [(ben, running.fence.turn_id), (ada, todo_domain::TurnId::new(uuid()))] {
        let outcome = stores.turns.cancel(user, id, at(5)).await.expect("works");
        assert_eq!(outcome, CancelOutcome::NotFound);
    }
    assert_eq!(stores.turn(&running).await.status, TurnStatus::Running);
}

/// Of turns of several users at once.
pub async fn a_runner_learns_that_it_is_fenced_off(stores: ChatStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let (one, two) = (stores.begin(ada, "one").await, stores.begin(ada, "two").await);
    let (three, four) = (stores.begin(ben, "three").await, stores.begin(ben, "four").await);
    let running = async |turn: &Begun| {
        let TurnFence { user_id, conversation_id, .. } = turn.fence;
        stores.turns.unfinished(user_id, conversation_id).await.expect("works")
    };
    assert_eq!(running(&one).await, Some(one.fence.turn_id));
    let earlier = TurnFence { attempt: 0, ..four.fence };
    let all = vec![one.fence, two.fence, three.fence, four.fence, earlier];
    let lost = async || stores.turns.fenced_off(all.clone()).await.expect("works");
    assert_eq!(lost().await, [earlier]);
    stores.turns.cancel(ada, one.fence.turn_id, at(1)).await.expect("works");
    stores.finish(&two, "Done.").await;
    stores.conversations.delete(ben, three.fence.conversation_id).await.expect("works");
    assert_eq!(lost().await, [one.fence, two.fence, three.fence, earlier]);
    assert_eq!((running(&one).await, running(&three).await), (None, None));
    assert_eq!(stores.turns.fenced_off(vec![]).await.expect("works"), []);
}

/// Not even to those who know its id.
pub async fn another_users_turn_does_not_exist(stores: TurnStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let turn = stores.begin(ada, "add milk").await;
    assert_eq!(stores.turns.turn(ben, turn.fence.turn_id).await.expect("works"), None);
    let unknown = todo_domain::TurnId::new(uuid());
    assert_eq!(stores.turns.turn(ada, unknown).await.expect("works"), None);
}

/// The latest one of a conversation can be asked for without its id.
pub async fn the_record_of_a_turn_tells_how_far_it_is(stores: TurnStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let turn = stores.begin(ada, "add milk").await;
    let TurnFence { conversation_id, turn_id, .. } = turn.fence;
    let read = async |user, which| stores.turns.recorded(user, which).await.expect("works");
    for which in [TurnRef::Turn(turn_id), TurnRef::LatestOf(conversation_id)] {
        assert_eq!(read(ben, which).await, None);
        let running = read(ada, which).await.expect("it is there");
        assert!(running.is_running() && running.lease_left <= LEASE);
        assert_eq!((running.turn.id, running.attempt, running.answer), (turn_id, 1, None));
    }
    stores.recorded(&turn, 1, vec![call(milk())]).await;
    stores.finish(&turn, "Done.").await;
    let done = read(ada, TurnRef::Turn(turn_id)).await.expect("it is there");
    assert!(!done.is_running() && done.lease_left.is_zero());
    assert_eq!(done.turn, stores.turn(&turn).await);
    assert_eq!(done.answer.as_ref().map(|answer| answer.text.as_str()), Some("Done."));
    let next = stores.go_on(&turn, "and bread").await;
    let latest = read(ada, TurnRef::LatestOf(conversation_id)).await.expect("it is there");
    assert_eq!(latest.turn.id, next.fence.turn_id);
    let unknown = TurnRef::LatestOf(ConversationId::new(uuid()));
    assert_eq!(read(ada, unknown).await, None);
}

/// A turn that is left behind still has the status of one that runs.
pub async fn a_turn_whose_lease_ran_out_does_not_count_as_running(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let new = ConversationRef::New(ConversationId::new(uuid()));
    let dead = stores.say(ada, new, "add milk", Duration::ZERO).await;
    let BeginOutcome::Begun(dead) = dead else { unreachable!("{dead:?}") };
    let which = TurnRef::Turn(dead.fence.turn_id);
    let recorded = stores.turns.recorded(ada, which).await.expect("works").expect("is there");
    assert!(recorded.turn.status == TurnStatus::Running && !recorded.is_running());
    let (conversation, one) = (dead.fence.conversation_id, todo_domain::PageLimit::new(1));
    let one = one.expect("a limit");
    let transcript = stores.conversations.transcript(ada, conversation, one, None).await;
    assert_eq!(transcript.expect("works").expect("is there").running, None);
}

/// The page before it has the turns of the messages on it.
pub async fn a_transcript_has_the_turns_of_its_messages(stores: ChatStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let first = stores.begin(ada, "add milk").await;
    let conversation = first.fence.conversation_id;
    stores.recorded(&first, 1, vec![call(milk())]).await;
    stores.finish(&first, "Done.").await;
    let second = stores.go_on(&first, "and bread").await;
    stores.begin(ada, "something else").await;
    let two = todo_domain::PageLimit::new(2).expect("a limit");
    let read = async |user, before| {
        stores.conversations.transcript(user, conversation, two, before).await.expect("works")
    };
    let latest = read(ada, None).await.expect("it is there");
    assert_eq!(latest.conversation.id, conversation);
    assert_eq!(latest.page.messages.len(), 2);
    assert_eq!(latest.turns, [stores.turn(&first).await, stores.turn(&second).await]);
    assert_eq!(latest.running, Some(second.fence.turn_id));
    let earlier = read(ada, latest.page.next).await.expect("it is there");
    assert_eq!(earlier.page.messages.len(), 1);
    assert_eq!(earlier.turns, [stores.turn(&first).await]);
    assert_eq!(earlier.running, Some(second.fence.turn_id));
    stores.finish(&second, "Done.").await;
    assert_eq!(read(ada, None).await.expect("it is there").running, None);
    assert_eq!(read(ben, None).await, None);
}
