//! Everything of a user's, out and in.

use std::time::Duration;

use todo_domain::{
    ArchiveCounts, ArchivePart, ArchiveSummary, CallOperation, CallResult, Conversation,
    ConversationId, FailureCode, IdempotencyKey, ImportId, KeyedRequest, Message, MessageCursor,
    PageLimit, RecordedCall, Rejection, RejectionCode, RequestDigest, Task, TaskAction, TaskChange,
    TaskDone, TaskOutcome, TaskQuery, TaskRefusal, TimeZone, Turn, TurnStatus, UserChange, UserId,
    UserName,
    ports::{
        BeginImport, BeginOutcome, BeginTurn, ConversationRef, ImportFence, ImportStep,
        KeyedImport, PreparedCall, StoreErrorKind, UndoneImport,
    },
};

use super::{ChatStores, LEASE, Stores, at, call, message, number, titled, tokens::token, uuid};

/// Everything of a user's, as it is imported and as the cases compare it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// What the user is called.
    pub name: UserName,
    /// Where their days begin and end.
    pub time_zone: TimeZone,
    /// Their tasks.
    pub tasks: Vec<Task>,
    /// Their conversations.
    pub conversations: Vec<ArchivedConversation>,
    /// The largest number that a task has or had.
    pub last_task_number: i64,
}

/// A conversation with everything in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedConversation {
    /// The conversation.
    pub conversation: Conversation,
    /// Its turns.
    pub turns: Vec<Turn>,
    /// Its messages.
    pub messages: Vec<Message>,
}

impl Archive {
    /// How much there is of everything.
    #[must_use]
    pub fn counts(&self) -> ArchiveCounts {
        let all = &self.conversations;
        ArchiveCounts {
            tasks: self.tasks.len() as u64,
            conversations: all.len() as u64,
            turns: all.iter().map(|it| it.turns.len() as u64).sum(),
            messages: all.iter().map(|it| it.messages.len() as u64).sum(),
        }
    }

    fn part(&self) -> ArchivePart {
        let mut part = ArchivePart { tasks: self.tasks.clone(), ..ArchivePart::default() };
        for ArchivedConversation { conversation, turns, messages } in &self.conversations {
            part.conversations.push(conversation.clone());
            part.turns.extend_from_slice(turns);
            part.messages.extend(messages.iter().map(|message| (conversation.id, message.clone())));
        }
        part
    }

    fn summary(&self) -> ArchiveSummary {
        ArchiveSummary {
            name: self.name.clone(),
            time_zone: self.time_zone.clone(),
            last_task_number: self.last_task_number,
            counts: self.counts(),
        }
    }
}

/// Some import into the account of a user.
fn an_import(user: UserId) -> ImportFence {
    ImportFence { user, id: ImportId::new(uuid()) }
}

impl Stores {
    /// Imports an archive in one part, where the account takes it.
    ///
    /// # Panics
    /// Where the store fails.
    pub async fn import(&self, user: UserId, archive: Archive) -> BeginImport {
        let (store, import) = (&self.archives, an_import(user));
        let begun = store.begin_import(import, LEASE).await.expect("works");
        if begun == BeginImport::Begun {
            let written = store.write_part(import, archive.part(), LEASE).await.expect("works");
            assert_eq!(written, ImportStep::Done);
            let ended = store.finish_import(import, archive.summary(), None, at(50)).await;
            assert_eq!(ended.expect("works"), ImportStep::Done);
        }
        begun
    }
}

/// Takes back what an import has written; tells with how many transactions.
async fn undo(stores: &Stores, import: ImportFence) -> u32 {
    let mut transactions = 1;
    while stores.archives.undo_import(import, LEASE).await.expect("works") == UndoneImport::Partly {
        transactions += 1;
    }
    transactions
}

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
                let after = turns.last().map(|turn: &Turn| turn.id);
                let page = store.turns(user, conversation.id, after, limit).await.expect("works");
                if page.is_empty() {
                    break;
                }
                turns.extend(page);
            }
            loop {
                let after = messages.last().map(|message: &Message| message.position);
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
async fn busy_user(stores: &ChatStores, name: &str) -> UserId {
    let user = stores.user(name).await;
    let first = stores.begin(user, "add milk 🥛 and “bread”").await;
    let create = |title| call(TaskChange::Create(titled(title)));
    let act = |id, action| call(TaskChange::act(number(id), action));
    stores.recorded(&first, 1, vec![create("milk 🥛"), create("“bread”"), create("gone")]).await;
    let rejected = PreparedCall {
        arguments: "{not json".into(),
        operation: Err(Rejection {
            code: RejectionCode::InvalidArguments,
            message: "must be a JSON object".into(),
        }),
        ..create("x")
    };
    let list = call(CallOperation::List(TaskQuery::default()));
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
    assert_eq!(stores.import(grace, archive.clone()).await, BeginImport::Begun);
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
    stores.import(grace, archive).await;
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
    stores.import(grace, archive).await;
    assert_eq!(list().await.len(), 2);
    let turn = stores.say(grace, ConversationRef::Existing(talk), "and now?", LEASE).await;
    let BeginOutcome::Begun(turn) = turn else { unreachable!("{turn:?}") };
    assert_eq!(turn.history.len(), 3);
    stores.finish(&turn, "Nothing.").await;
    let said = stores.archives.messages(grace, talk, None, PageLimit::MAX).await.expect("works");
    let positions: Vec<_> = said.iter().map(|message| message.position).collect();
    assert_eq!(positions, (1..=5).map(MessageCursor::new).collect::<Vec<_>>());
}

/// A task or a conversation is in the way; what was is not.
pub async fn only_an_empty_account_takes_an_import(stores: Stores) {
    let ada = busy_user(&stores, "ada").await;
    let archive = archive_of(&stores, ada, 100).await;
    let (task, talk) = (stores.user("task").await, stores.user("talk").await);
    stores.add(task, titled("one")).await;
    stores.begin(talk, "hi").await;
    for user in [ada, task, talk] {
        let outcome = stores.import(user, archive.clone()).await;
        assert_eq!(outcome, BeginImport::AccountNotEmpty);
    }
    assert_eq!(archive_of(&stores, ada, 100).await, archive);
    stores.act(task, number(1), TaskAction::Delete).await;
    assert_eq!(stores.import(task, archive.clone()).await, BeginImport::Begun);
    let nobody = UserId::new(4_711).expect("a number");
    assert_eq!(stores.import(nobody, archive).await, BeginImport::UserNotFound);
}

/// What breaks a rule at its end leaves no beginning behind.
pub async fn an_import_that_breaks_a_rule_leaves_nothing_behind(stores: Stores) {
    let ada = busy_user(&stores, "ada").await;
    let archive = archive_of(&stores, ada, 100).await;
    let grace = stores.user("grace").await;
    let mut broken = archive.clone();
    let twice = broken.conversations[1].messages[0].clone();
    broken.conversations[1].messages.push(twice);
    let (store, import_of) = (&stores.archives, an_import(grace));
    store.begin_import(import_of, LEASE).await.expect("works");
    let first = ArchivePart { tasks: archive.tasks.clone(), ..ArchivePart::default() };
    store.write_part(import_of, first, LEASE).await.expect("works");
    let rest = ArchivePart { tasks: Vec::new(), ..broken.part() };
    store.write_part(import_of, rest, LEASE).await.expect_err("it is there twice");
    undo(&stores, import_of).await;
    assert_eq!(archive_of(&stores, grace, 100).await.counts(), Default::default());
    assert_eq!(stores.import(grace, archive).await, BeginImport::Begun);
}

/// More rows than one statement takes.
pub async fn a_large_import_is_whole(stores: Stores) {
    let ada = busy_user(&stores, "ada").await;
    let mut archive = archive_of(&stores, ada, 100).await;
    let model = archive.tasks[0].clone();
    archive.tasks = (1..=1_001).map(|n| Task { id: number(n), ..model.clone() }).collect();
    let grace = stores.user("grace").await;
    stores.import(grace, archive.clone()).await;
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
    assert_eq!(stores.import(grace, archive.clone()).await, BeginImport::Begun);
    assert_eq!(archive_of(&stores, grace, 100).await, archive);
}

/// The ledger tells what the model asked for and what came of it.
pub async fn an_imported_turn_is_told_as_it_was(stores: Stores) {
    let ada = busy_user(&stores, "ada").await;
    let archive = archive_of(&stores, ada, 100).await;
    let first = archive.conversations[0].turns[0].clone();
    let grace = stores.user("grace").await;
    stores.import(grace, archive).await;
    let turn = stores.turns.turn(grace, first.id).await.expect("works").expect("is there");
    assert_eq!(turn, first);
    assert_eq!(turn.status, TurnStatus::Completed);
    assert_eq!(turn.steps[1].calls.len(), 6);
    assert!(matches!(turn.steps[1].calls[4].result, CallResult::Rejected(_)));
}

/// Several tasks by one call, and one of them several times.
pub async fn all_changes_of_an_imported_call_are_kept_in_order(stores: Stores) {
    let ada = busy_user(&stores, "ada").await;
    let mut archive = archive_of(&stores, ada, 100).await;
    let call = &mut archive.conversations[0].turns[0].steps[1].calls[0];
    let CallResult::Outcome(TaskOutcome::Done(TaskDone::Completed { before, after })) =
        call.result.clone()
    else {
        unreachable!("{call:?}")
    };
    let other = Task { id: number(2), ..before.clone() };
    call.result = CallResult::Each(vec![
        TaskOutcome::Done(TaskDone::Completed { before: before.clone(), after: after.clone() }),
        TaskOutcome::Refused(TaskRefusal::NotFound(number(9))),
        TaskOutcome::Done(TaskDone::Deleted { before: other }),
        TaskOutcome::Done(TaskDone::Reopened { before: after, after: before }),
    ]);
    let grace = stores.user("grace").await;
    stores.import(grace, archive.clone()).await;
    assert_eq!(archive_of(&stores, grace, 100).await, archive);
}

/// Whatever the others do, the parts fit together; what has nothing to do with them goes on.
pub async fn while_an_import_goes_on_nobody_else_writes_what_is_imported(stores: Stores) {
    let ada = busy_user(&stores, "ada").await;
    let archive = archive_of(&stores, ada, 100).await;
    let grace = stores.user("grace").await;
    let (store, import) = (&stores.archives, an_import(grace));
    assert!(!store.is_importing(grace).await.expect("works"));
    assert_eq!(store.begin_import(import, LEASE).await.expect("works"), BeginImport::Begun);
    let part = store.write_part(import, archive.part(), LEASE).await.expect("works");
    assert_eq!(part, ImportStep::Done);
    assert!(store.is_importing(grace).await.expect("works"));
    assert_eq!(archive_of(&stores, grace, 100).await, archive, "reads show what there is");

    let importing = |kind| assert_eq!(kind, StoreErrorKind::Importing);
    let talk = archive.conversations[0].conversation.id;
    let task = |change: TaskChange| stores.tasks.change(grace, change.into(), at(51));
    importing(task(TaskChange::Create(titled("mine"))).await.expect_err("refused").kind);
    let complete = TaskChange::act(number(1), TaskAction::Complete);
    importing(task(complete).await.expect_err("refused").kind);
    importing(stores.conversations.delete(grace, talk).await.expect_err("refused").kind);
    let name = UserName::new("Rear Admiral").ok();
    let change = UserChange { name, ..UserChange::default() };
    importing(stores.accounts.update(grace, change).await.expect_err("refused").kind);
    let turn = message(grace, ConversationRef::Existing(talk), "hi", LEASE);
    importing(stores.turns.begin(turn).await.expect_err("refused").kind);
    let other = store.begin_import(an_import(grace), LEASE).await.expect("works");
    assert_eq!(other, BeginImport::InProgress);
    stores.tokens.revoke_all(grace).await.expect("works");
    stores.tokens.revoke(token(grace, 1), at(51)).await.expect("works");
    stores.accounts.set_disabled(grace, None).await.expect("works");
    stores.add(ada, titled("elsewhere")).await;

    let ended = store.finish_import(import, archive.summary(), None, at(52)).await.expect("works");
    assert_eq!(ended, ImportStep::Done);
    assert!(!store.is_importing(grace).await.expect("works"));
    stores.add(grace, titled("mine")).await;
    assert!(stores.conversations.delete(grace, talk).await.expect("works"));
}

/// A few rows with each transaction, and the account is as before.
pub async fn an_import_that_is_undone_leaves_nothing(stores: Stores) {
    let ada = busy_user(&stores, "ada").await;
    let mut archive = archive_of(&stores, ada, 100).await;
    let model = archive.tasks[0].clone();
    archive.tasks = (1..=1_001).map(|n| Task { id: number(n), ..model.clone() }).collect();
    let grace = stores.user("grace").await;
    let import_of = an_import(grace);
    let before = stores.accounts.user(grace).await.expect("works");
    stores.archives.begin_import(import_of, LEASE).await.expect("works");
    stores.archives.write_part(import_of, archive.part(), LEASE).await.expect("works");
    assert!(undo(&stores, import_of).await > 2);
    assert_eq!(archive_of(&stores, grace, 100).await.counts(), ArchiveCounts::default());
    assert_eq!(stores.accounts.user(grace).await.expect("works"), before);
    assert_eq!(stores.add(grace, titled("first")).await.id, number(1));
    let again = stores.archives.write_part(import_of, archive.part(), LEASE).await.expect("works");
    assert_eq!(again, ImportStep::FencedOff);
}

/// Its process has died, or sleeps for too long: should it wake up, it writes nothing any more.
pub async fn an_import_whose_lease_is_over_is_undone_by_others(stores: Stores) {
    let ada = busy_user(&stores, "ada").await;
    let archive = archive_of(&stores, ada, 100).await;
    let grace = stores.user("grace").await;
    let (store, dead) = (&stores.archives, an_import(grace));
    store.begin_import(dead, LEASE).await.expect("works");
    store.write_part(dead, archive.part(), LEASE).await.expect("works");
    let fresh = || ImportId::new(uuid());
    assert_eq!(store.take_over_import(fresh(), LEASE).await.expect("works"), None);
    store.write_part(dead, ArchivePart::default(), Duration::ZERO).await.expect("works");
    let next = store.begin_import(an_import(grace), LEASE).await.expect("works");
    assert_eq!(next, BeginImport::LeftBehind);
    let taken = store.take_over_import(fresh(), LEASE).await.expect("works").expect("is left");
    assert_eq!(taken.user, grace);
    assert_eq!(store.take_over_import(fresh(), LEASE).await.expect("works"), None);
    let part = store.write_part(dead, archive.part(), LEASE).await.expect("works");
    let end = store.finish_import(dead, archive.summary(), None, at(52)).await.expect("works");
    assert_eq!((part, end), (ImportStep::FencedOff, ImportStep::FencedOff));
    undo(&stores, dead).await;
    assert_eq!(archive_of(&stores, grace, 100).await, archive, "that is not its any more");
    undo(&stores, taken).await;
    assert_eq!(archive_of(&stores, grace, 100).await.counts(), ArchiveCounts::default());
    assert_eq!(stores.import(grace, archive).await, BeginImport::Begun);
}

/// They take everything along, also what comes later.
pub async fn a_user_who_is_deleted_amid_an_import_is_gone(stores: Stores) {
    let ada = busy_user(&stores, "ada").await;
    let archive = archive_of(&stores, ada, 100).await;
    let grace = stores.user("grace").await;
    let (store, import) = (&stores.archives, an_import(grace));
    store.begin_import(import, LEASE).await.expect("works");
    store.write_part(import, archive.part(), LEASE).await.expect("works");
    assert!(stores.accounts.delete(grace).await.expect("works"));
    let part = store.write_part(import, archive.part(), LEASE).await.expect("works");
    let end = store.finish_import(import, archive.summary(), None, at(52)).await.expect("works");
    assert_eq!((part, end), (ImportStep::UserNotFound, ImportStep::UserNotFound));
    assert_eq!(undo(&stores, import).await, 1);
    assert_eq!(archive_of(&stores, grace, 100).await.counts(), ArchiveCounts::default());
}

/// Once it has come to its end; nothing is known of one that did not.
pub async fn an_import_is_known_by_its_key(stores: Stores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    stores.add(ada, titled("milk")).await;
    let archive = archive_of(&stores, ada, 10).await;
    let key = IdempotencyKey::new("k").expect("a key");
    let digest = RequestDigest::new([7; 32]);
    let known = async |user| {
        stores.archives.keyed_import(user, key.clone()).await.expect("the store works")
    };
    let (store, import) = (&stores.archives, an_import(ben));
    assert_eq!(store.begin_import(import, LEASE).await.expect("works"), BeginImport::Begun);
    store.write_part(import, archive.part(), LEASE).await.expect("works");
    assert_eq!(known(ben).await, None);
    let request = Some(KeyedRequest { key: key.clone(), digest });
    let ended = store.finish_import(import, archive.summary(), request, at(50)).await;
    assert_eq!(ended.expect("works"), ImportStep::Done);
    let counts = archive.counts();
    assert_eq!(known(ben).await, Some(KeyedImport::Ended { digest, counts }));
    assert_eq!(known(ada).await, None);
    let talk = ConversationRef::New(ConversationId::new(uuid()));
    let request = Some(KeyedRequest { key: key.clone(), digest });
    let turn = BeginTurn { keyed: request, ..message(ada, talk, "hi", LEASE) };
    assert!(matches!(stores.turns.begin(turn).await.expect("works"), BeginOutcome::Begun(_)));
    assert_eq!(known(ada).await, Some(KeyedImport::OtherRequest));
}
