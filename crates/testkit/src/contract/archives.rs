//! Everything of a user's, out and in.

use todo_domain::{
    Archive, ArchivedConversation, CallResult, FailureCode, MessageCursor, PageLimit, RecordedCall,
    Rejection, RejectionCode, Task, TaskAction, TaskOperation, TaskQuery, TimeZone, TurnStatus,
    UserId, UserName,
    ports::{Begun, ImportOutcome, PreparedCall},
};

use super::{Stores, at, call, number, titled};

/// Everything of a user's, in pages of this length.
async fn archive_of(stores: &Stores, user: UserId, limit: u16) -> Archive {
    let (store, limit) = (&stores.archives, PageLimit::new(limit).expect("a length"));
    let mut tasks: Vec<Task> = Vec::new();
    loop {
        let after = tasks.last().map(|task| task.id);
        let page = store.tasks(user, after, limit).await.expect("works");
        assert!(page.len() <= usize::from(limit.get()));
        if page.is_empty() {
            break;
        }
        tasks.extend(page);
    }
    let mut conversations: Vec<ArchivedConversation> = Vec::new();
    loop {
        let after = conversations.last().map(|it| it.conversation.id);
        let page = store.conversations(user, after, limit).await.expect("works");
        if page.is_empty() {
            break;
        }
        for conversation in page {
            let (mut turns, mut messages): (Vec<_>, Vec<_>) = (Vec::new(), Vec::new());
            loop {
                let after = turns.last().map(|turn: &todo_domain::Turn| turn.id);
                let page = store.turns(user, conversation.id, after, limit).await.expect("works");
                if page.is_empty() {
                    break;
                }
                turns.extend(page);
            }
            loop {
                let after = messages.last().map(|message: &todo_domain::Message| message.place);
                let page =
                    store.messages(user, conversation.id, after, limit).await.expect("works");
                if page.is_empty() {
                    break;
                }
                messages.extend(page);
            }
            conversations.push(ArchivedConversation { conversation, turns, messages });
        }
    }
    Archive {
        name: UserName::new("Grace Hopper").expect("a name"),
        time_zone: "America/New_York".parse::<TimeZone>().expect("a zone"),
        last_task_number: tasks.iter().map(|task| task.id.get()).max().unwrap_or_default(),
        tasks,
        conversations,
    }
}

/// Has done everything that leaves something behind; every turn has ended.
async fn busy_user(stores: &Stores, name: &str) -> UserId {
    let user = stores.user(name).await;
    let first = stores.begin(user, "add milk 🥛 and “bread”").await;
    let create = |title| call(TaskOperation::Create(titled(title)));
    let act = |id, action| call(TaskOperation::act(number(id), action));
    stores.recorded(&first, 1, vec![create("milk 🥛"), create("“bread”"), create("gone")]).await;
    let rejected = PreparedCall {
        arguments: "{not json".into(),
        operation: Err(Rejection {
            code: RejectionCode::InvalidArguments,
            message: "must be a JSON object".into(),
        }),
        ..create("x")
    };
    let list = call(TaskOperation::List(TaskQuery::default()));
    let calls = vec![
        act(1, TaskAction::Complete),
        act(1, TaskAction::Complete),
        act(9, TaskAction::Delete),
        act(3, TaskAction::Delete),
        rejected,
        list,
    ];
    stores.recorded(&first, 2, calls).await;
    stores.finish(&first, "Added both.").await;
    let second = stores.go_on(&first, "try again").await;
    stores.recorded(&second, 1, vec![]).await;
    stores.fail(&second, FailureCode::ProviderUnavailable).await;
    let other = stores.begin(user, "what is left?").await;
    stores.finish(&other, "“bread”").await;
    stores.add(user, titled("by hand")).await;
    user
}

async fn import(stores: &Stores, user: UserId, archive: Archive) -> ImportOutcome {
    stores.archives.import(user, archive, at(50)).await.expect("works")
}

/// Nothing is left out or told twice where a page ends.
pub async fn pages_of_an_archive_leave_nothing_out(stores: Stores) {
    let ada = busy_user(&stores, "ada").await;
    busy_user(&stores, "grace").await;
    let all = archive_of(&stores, ada, 100).await;
    assert_eq!(archive_of(&stores, ada, 1).await, all);
    let counts = all.counts();
    assert_eq!((counts.tasks, counts.conversations), (3, 2));
    assert_eq!((counts.turns, counts.messages), (3, 5));
}

/// Another account has the same afterwards: every id, number, version, instant, text and image.
pub async fn what_is_imported_is_what_was_exported(stores: Stores) {
    let ada = busy_user(&stores, "ada").await;
    let archive = archive_of(&stores, ada, 100).await;
    let grace = stores.user("grace").await;
    assert_eq!(import(&stores, grace, archive.clone()).await, ImportOutcome::Imported);
    assert_eq!(archive_of(&stores, grace, 100).await, archive);
    assert_eq!(archive_of(&stores, ada, 100).await, archive);
    let user = stores.accounts.user(grace).await.expect("works").expect("is there");
    assert_eq!(user.name.as_str(), "Grace Hopper");
    assert_eq!(user.time_zone.name(), "America/New_York");
    assert_eq!(user.email.as_str(), "grace@example.org");
}

/// Numbers of tasks that were deleted count as well.
pub async fn an_imported_list_goes_on_after_its_largest_number(stores: Stores) {
    let ada = busy_user(&stores, "ada").await;
    let archive = Archive { last_task_number: 7, ..archive_of(&stores, ada, 100).await };
    let grace = stores.user("grace").await;
    import(&stores, grace, archive).await;
    assert_eq!(stores.add(grace, titled("next")).await.id, number(8));
    let found = TaskQuery { filter: search("BREAD"), ..TaskQuery::default() };
    assert_eq!(stores.list(grace, found).await.tasks.len(), 1);
}

fn search(text: &str) -> todo_domain::TaskFilter {
    let text = todo_domain::SearchText::new(text).expect("a text");
    todo_domain::TaskFilter { text: Some(text), ..todo_domain::TaskFilter::default() }
}

/// The list is told anew, and the talk goes on where it was.
pub async fn an_imported_conversation_goes_on(stores: Stores) {
    let ada = busy_user(&stores, "ada").await;
    let archive = archive_of(&stores, ada, 100).await;
    let talk = archive.conversations[0].conversation.id;
    let grace = stores.user("grace").await;
    let list = async || {
        stores.conversations.list(grace, PageLimit::MAX, None).await.expect("works").conversations
    };
    assert_eq!(list().await, []);
    import(&stores, grace, archive).await;
    assert_eq!(list().await.len(), 2);
    let fence = todo_domain::TurnFence {
        user_id: grace,
        conversation_id: talk,
        turn_id: todo_domain::TurnId::new(super::uuid()),
        attempt: 1,
    };
    let earlier = Begun { fence, time_zone: TimeZone::UTC, history: Vec::new() };
    let turn = stores.go_on(&earlier, "and now?").await;
    assert_eq!(turn.history.len(), 3);
    stores.finish(&turn, "Nothing.").await;
    let said = stores.archives.messages(grace, talk, None, PageLimit::MAX).await.expect("works");
    let places: Vec<_> = said.iter().map(|message| message.place).collect();
    assert_eq!(places, (1..=5).map(MessageCursor::new).collect::<Vec<_>>());
}

/// A task or a conversation is in the way; what was is not.
pub async fn only_an_empty_account_takes_an_import(stores: Stores) {
    let ada = busy_user(&stores, "ada").await;
    let archive = archive_of(&stores, ada, 100).await;
    let (task, talk) = (stores.user("task").await, stores.user("talk").await);
    stores.add(task, titled("one")).await;
    stores.begin(talk, "hi").await;
    for user in [ada, task, talk] {
        let outcome = import(&stores, user, archive.clone()).await;
        assert_eq!(outcome, ImportOutcome::AccountNotEmpty);
    }
    assert_eq!(archive_of(&stores, ada, 100).await, archive);
    stores.act(task, number(1), TaskAction::Delete).await;
    assert_eq!(import(&stores, task, archive.clone()).await, ImportOutcome::Imported);
    let nobody = UserId::new(4_711).expect("a number");
    assert_eq!(import(&stores, nobody, archive).await, ImportOutcome::UserNotFound);
}

/// What breaks a rule at its end leaves no beginning behind.
pub async fn an_import_that_breaks_a_rule_leaves_nothing_behind(stores: Stores) {
    let ada = busy_user(&stores, "ada").await;
    let archive = archive_of(&stores, ada, 100).await;
    let grace = stores.user("grace").await;
    let mut broken = archive.clone();
    let twice = broken.conversations[1].messages[0].clone();
    broken.conversations[1].messages.push(twice);
    stores.archives.import(grace, broken, at(50)).await.expect_err("it is there twice");
    assert_eq!(archive_of(&stores, grace, 100).await.counts(), Default::default());
    assert_eq!(import(&stores, grace, archive).await, ImportOutcome::Imported);
}

/// More rows than one statement takes.
pub async fn a_large_import_is_whole(stores: Stores) {
    let ada = busy_user(&stores, "ada").await;
    let mut archive = archive_of(&stores, ada, 100).await;
    let model = archive.tasks[0].clone();
    archive.tasks = (1..=1_001).map(|n| Task { id: number(n), ..model.clone() }).collect();
    let grace = stores.user("grace").await;
    import(&stores, grace, archive.clone()).await;
    assert_eq!(archive_of(&stores, grace, 100).await.tasks, archive.tasks);
}

/// More values than one statement takes.
pub async fn an_import_of_many_calls_is_whole(stores: Stores) {
    let ada = busy_user(&stores, "ada").await;
    let mut archive = archive_of(&stores, ada, 100).await;
    let calls = &mut archive.conversations[0].turns[0].steps[1].calls;
    let model = calls[4].clone();
    calls.extend((0..7_300).map(|n| RecordedCall { id: n.to_string(), ..model.clone() }));
    let grace = stores.user("grace").await;
    assert_eq!(import(&stores, grace, archive.clone()).await, ImportOutcome::Imported);
    assert_eq!(archive_of(&stores, grace, 100).await, archive);
}

/// The ledger tells what the model asked for and what came of it.
pub async fn an_imported_turn_is_told_as_it_was(stores: Stores) {
    let ada = busy_user(&stores, "ada").await;
    let archive = archive_of(&stores, ada, 100).await;
    let first = archive.conversations[0].turns[0].clone();
    let grace = stores.user("grace").await;
    import(&stores, grace, archive).await;
    let turn = stores.turns.turn(grace, first.id).await.expect("works").expect("is there");
    assert_eq!(turn, first);
    assert_eq!(turn.status, TurnStatus::Completed);
    assert_eq!(turn.steps[1].calls.len(), 6);
    assert!(matches!(turn.steps[1].calls[4].result, CallResult::Rejected(_)));
}
