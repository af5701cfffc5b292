//! How much a user may keep: see [`super::user_limits()`].

use todo_domain::{
    CallResult, ConversationId, Task, TaskAction, TaskChange, TaskOutcome, TaskQuery, TaskRefusal,
    UserId, UserName,
    ports::{BeginImport, BeginOutcome, ConversationRef, PreparedCall},
};
use tokio::task::JoinSet;

use super::{
    ChatStores, LEASE, Stores, TurnStores, archives::Archive, call, number, titled, user_limits,
    uuid,
};

fn create() -> TaskChange {
    TaskChange::Create(titled("milk"))
}

fn full() -> TaskOutcome {
    TaskOutcome::Refused(TaskRefusal::LimitReached { max: user_limits().tasks })
}

/// A user with so many tasks, added in the steps of one turn.
async fn user_with(stores: &TurnStores, name: &str, tasks: usize) -> UserId {
    let user = stores.user(name).await;
    let turn = stores.begin(user, "add all of these").await;
    let calls: Vec<PreparedCall> = (0..tasks).map(|_| call(create())).collect();
    let done = stores.recorded(&turn, 1, calls).await;
    assert!(done.iter().all(|call| call.effects().next().is_some()));
    stores.finish(&turn, "Done.").await;
    user
}

async fn held(stores: &ChatStores, user: UserId) -> u64 {
    let counted = TaskQuery { total: todo_domain::Total::Counted, ..TaskQuery::default() };
    stores.list(user, counted).await.total.expect("it was asked for")
}

/// One goes, one comes.
pub async fn a_full_list_takes_no_task_until_one_is_deleted(stores: ChatStores) {
    let ada = user_with(&stores, "ada", 110).await;
    assert_eq!(stores.change(ada, create()).await, full());
    stores.act(ada, number(7), TaskAction::Delete).await;
    stores.add(ada, titled("milk")).await;
    assert_eq!(stores.change(ada, create()).await, full());
    assert_eq!(held(&stores, ada).await, 110);
}

/// Done is not gone.
pub async fn completed_tasks_count(stores: ChatStores) {
    let ada = user_with(&stores, "ada", 110).await;
    stores.act(ada, number(1), TaskAction::Complete).await;
    assert_eq!(stores.change(ada, create()).await, full());
}

/// The next one is not further away for it.
pub async fn a_task_that_is_refused_takes_no_number(stores: ChatStores) {
    let ada = user_with(&stores, "ada", 110).await;
    for _ in 0..3 {
        assert_eq!(stores.change(ada, create()).await, full());
    }
    stores.act(ada, number(110), TaskAction::Delete).await;
    assert_eq!(stores.add(ada, titled("milk")).await.id, number(111));
}

/// There is room for one of three.
pub async fn calls_of_one_step_count_each_other(stores: TurnStores) {
    let ada = user_with(&stores, "ada", 109).await;
    let turn = stores.begin(ada, "add three").await;
    let done =
        stores.recorded(&turn, 1, vec![call(create()), call(create()), call(create())]).await;
    assert_eq!(done[0].effects().next().map(|effect| effect.task_id), Some(number(110)));
    for refused in &done[1..] {
        assert_eq!(refused.result, CallResult::Outcome(full()));
    }
    // The ledger tells the same.
    assert_eq!(stores.turn(&turn).await.steps[0].calls, done);
}

/// In the order in which the model asked.
pub async fn a_call_may_make_room_for_the_next(stores: TurnStores) {
    let ada = user_with(&stores, "ada", 110).await;
    let turn = stores.begin(ada, "replace the first").await;
    let delete = call(TaskChange::act(number(1), TaskAction::Delete));
    let calls = vec![call(create()), delete, call(create()), call(create())];
    let done = stores.recorded(&turn, 1, calls).await;
    assert_eq!(done[0].result, CallResult::Outcome(full()));
    assert_eq!(done[2].effects().next().map(|effect| effect.task_id), Some(number(111)));
    assert_eq!(done[3].result, CallResult::Outcome(full()));
}

/// As where the bound was lowered: what goes first makes no room.
pub async fn beyond_the_bound_one_that_goes_makes_no_room(stores: Stores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let task = stores.add(ada, titled("milk")).await;
    let archive = Archive {
        name: UserName::new("Ben").expect("a name"),
        time_zone: "UTC".parse().expect("a zone"),
        tasks: (1..=115).map(|id| Task { id: number(id), ..task.clone() }).collect(),
        conversations: Vec::new(),
        last_task_number: 115,
    };
    assert_eq!(stores.import(ben, archive).await, BeginImport::Begun);
    let turn = stores.begin(ben, "replace the first").await;
    let delete = call(TaskChange::act(number(1), TaskAction::Delete));
    let done = stores.recorded(&turn, 1, vec![delete, call(create())]).await;
    assert_eq!(done[1].result, CallResult::Outcome(full()));
    assert_eq!(held(&stores, ben).await, 114);
}

/// Whoever comes first.
pub async fn of_many_tasks_added_at_once_no_more_are_kept_than_there_may_be(stores: ChatStores) {
    let ada = user_with(&stores, "ada", 105).await;
    let mut adds = JoinSet::new();
    for _ in 0..15 {
        let stores = stores.clone();
        adds.spawn(async move { stores.change(ada, create()).await });
    }
    let outcomes = adds.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == full()).count(), 10);
    assert_eq!(held(&stores, ada).await, 110);
}

/// Ada's tasks are not Ben's.
pub async fn everybody_has_room_of_their_own(stores: ChatStores) {
    user_with(&stores, "ada", 110).await;
    let ben = stores.user("ben").await;
    stores.add(ben, titled("milk")).await;
}

/// Those that are there go on, and one that is deleted makes room.
pub async fn beyond_the_last_conversation_none_begins(stores: ChatStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let first = stores.begin(ada, "hello").await;
    stores.finish(&first, "Hello.").await;
    for _ in 1..20 {
        stores.begin(ada, "hello").await;
    }
    let new = || ConversationRef::New(ConversationId::new(uuid()));
    let refused = stores.say(ada, new(), "hello", LEASE).await;
    let max = user_limits().conversations;
    assert_eq!(refused, BeginOutcome::ConversationLimitReached { max });
    let there = ConversationRef::New(first.fence.conversation_id);
    let refused = stores.say(ada, there, "hello", LEASE).await;
    assert_eq!(refused, BeginOutcome::ConversationExists);
    let second = stores.go_on(&first, "and again").await;
    stores.finish(&second, "Hello.").await;
    stores.begin(ben, "hello").await;
    let gone = stores.conversations.delete(ada, first.fence.conversation_id).await;
    assert!(gone.expect("the store works"));
    stores.begin(ada, "hello").await;
}
