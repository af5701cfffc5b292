//! Operations on tasks.

use todo_domain::{
    Change, Due, DueChange, IfVersion, NewTask, Priority, TagChange, Task, TaskAction,
    TaskDescription, TaskDone, TaskOutcome, TaskPatch, TaskQuery, TaskRefusal, TaskStatus,
    TaskTarget, TaskTitle, TaskVersion, TimeZone,
};

use super::{TaskStores, at, number, tags, titled};

fn due(text: &str) -> Due {
    Due::parse(text, &"Asia/Tokyo".parse().unwrap_or(TimeZone::UTC)).expect("a due date")
}

fn full(title: &str) -> NewTask {
    NewTask {
        title: TaskTitle::new(title).expect("a title"),
        description: Some(TaskDescription::new("two litres,\nthe blue one").expect("a text")),
        priority: Priority::High,
        due: Some(due("2026-11-27")),
        tags: tags("home,work_2,übung"),
    }
}

async fn get(stores: &TaskStores, user: todo_domain::UserId, id: i64) -> Task {
    stores.get(user, number(id)).await.expect("the task is there")
}

/// Every field survives.
pub async fn a_task_comes_back_as_created(stores: TaskStores) {
    let ada = stores.user("ada").await;
    let created = stores.add(ada, full("buy milk")).await;
    assert_eq!(
        created,
        Task {
            id: number(1),
            title: TaskTitle::new("buy milk").expect("a title"),
            description: full("x").description,
            priority: Priority::High,
            due: full("x").due,
            tags: full("x").tags,
            version: TaskVersion::FIRST,
            created_at: at(0),
            updated_at: at(0),
            completed_at: None,
        }
    );
    assert_eq!(get(&stores, ada, 1).await, created);
    let bare = stores.add(ada, titled("call mum")).await;
    assert_eq!(get(&stores, ada, 2).await, bare);
}

/// A day as a day, and an instant to the microsecond.
pub async fn a_due_date_comes_back_as_the_day_or_the_instant_it_is(stores: TaskStores) {
    let ada = stores.user("ada").await;
    for text in ["2026-11-27T20:00:00.000001Z", "0001-01-01", "9999-12-31", "1969-12-31T23:59:59Z"]
    {
        let new = NewTask { due: Some(due(text)), ..titled(text) };
        let task = stores.add(ada, new.clone()).await;
        assert_eq!(get(&stores, ada, task.id.get()).await.due, new.due);
    }
}

/// Not even after a deletion.
pub async fn numbers_count_up_and_are_never_used_again(stores: TaskStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    for expected in 1..=3 {
        assert_eq!(stores.add(ada, titled("a")).await.id, number(expected));
    }
    stores.act(ada, number(3), TaskAction::Delete).await;
    assert_eq!(stores.add(ada, titled("b")).await.id, number(4));
    assert_eq!(stores.add(ben, titled("c")).await.id, number(1));
}

/// What an outcome says is what is stored.
pub async fn what_an_action_tells_is_what_is_kept(stores: TaskStores) {
    let ada = stores.user("ada").await;
    let created = stores.add(ada, full("buy milk")).await;
    let patch = TaskPatch {
        title: Some(TaskTitle::new("buy oat milk").expect("a title")),
        description: Change::Clear,
        priority: Some(Priority::Low),
        due: DueChange::Set(due("2026-12-01T09:00:00Z")),
        tags: TagChange::Set(tags("garden")),
    };
    let outcome = stores.act(ada, created.id, TaskAction::Update(patch)).await;
    let TaskOutcome::Done(TaskDone::Updated { before, after }) = outcome else {
        unreachable!("{outcome:?}")
    };
    assert_eq!(before, created);
    assert_eq!(after.description, None);
    assert_eq!(get(&stores, ada, 1).await, after);
    let outcome = stores.act(ada, created.id, TaskAction::Complete).await;
    let TaskOutcome::Done(TaskDone::Completed { after: done, .. }) = outcome else {
        unreachable!("{outcome:?}")
    };
    assert_eq!(get(&stores, ada, 1).await, done);
    assert_eq!(done.status(), TaskStatus::Completed);
    let outcome = stores.act(ada, created.id, TaskAction::Reopen).await;
    let TaskOutcome::Done(TaskDone::Reopened { after: open, .. }) = outcome else {
        unreachable!("{outcome:?}")
    };
    assert_eq!(get(&stores, ada, 1).await, open);
    assert_eq!(open.version, TaskVersion::new(4));
}

/// An absent due date stays absent.
pub async fn a_field_can_be_cleared(stores: TaskStores) {
    let ada = stores.user("ada").await;
    let task = stores.add(ada, full("buy milk")).await;
    let clear =
        TaskPatch { description: Change::Clear, due: DueChange::Clear, ..TaskPatch::default() };
    stores.act(ada, task.id, TaskAction::Update(clear)).await;
    let cleared = get(&stores, ada, 1).await;
    assert_eq!((cleared.description, cleared.due), (None, None));
}

/// Gone is gone.
pub async fn a_deleted_task_is_not_found(stores: TaskStores) {
    let ada = stores.user("ada").await;
    let task = stores.add(ada, titled("buy milk")).await;
    let deleted = stores.act(ada, task.id, TaskAction::Delete).await;
    assert_eq!(deleted, TaskOutcome::Done(TaskDone::Deleted { before: task.clone() }));
    assert_eq!(stores.get(ada, task.id).await, None);
    for action in [TaskAction::Complete, TaskAction::Delete] {
        assert_eq!(
            stores.act(ada, task.id, action).await,
            TaskOutcome::Refused(TaskRefusal::NotFound(task.id))
        );
    }
}

/// Two users have the same numbers and different tasks.
pub async fn another_users_task_of_the_same_number_is_untouched(stores: TaskStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    stores.add(ada, titled("Ada's")).await;
    let bens = stores.add(ben, titled("Ben's")).await;
    stores.act(ada, number(1), TaskAction::Complete).await;
    assert_eq!(get(&stores, ben, 1).await, bens);
    stores.act(ada, number(1), TaskAction::Delete).await;
    assert_eq!(get(&stores, ben, 1).await, bens);
    let second = stores.add(ben, titled("Ben's second")).await;
    assert_eq!(stores.get(ada, second.id).await, None);
}

/// HTTP's `If-Match`.
pub async fn an_outdated_version_changes_nothing(stores: TaskStores) {
    let ada = stores.user("ada").await;
    let task = stores.add(ada, titled("buy milk")).await;
    let target = TaskTarget { id: task.id, if_version: TaskVersion::new(2).into() };
    let outcome = stores.act(ada, target, TaskAction::Delete).await;
    assert_eq!(outcome, TaskOutcome::Refused(TaskRefusal::VersionMismatch(task.clone())));
    let nothing = TaskTarget { id: task.id, if_version: IfVersion::OneOf(Vec::new()) };
    let outcome = stores.act(ada, nothing, TaskAction::Delete).await;
    assert_eq!(outcome, TaskOutcome::Refused(TaskRefusal::VersionMismatch(task.clone())));
    assert_eq!(get(&stores, ada, 1).await, task);
}

/// Several versions may be as good.
pub async fn one_of_several_expected_versions_is_enough(stores: TaskStores) {
    let ada = stores.user("ada").await;
    let task = stores.add(ada, titled("buy milk")).await;
    let versions = [3, 1].map(TaskVersion::new).to_vec();
    let target = TaskTarget { id: task.id, if_version: IfVersion::OneOf(versions) };
    let outcome = stores.act(ada, target, TaskAction::Delete).await;
    assert_eq!(outcome, TaskOutcome::Done(TaskDone::Deleted { before: task }));
}

/// Nothing that looks like SQL is SQL.
pub async fn texts_are_kept_character_by_character(stores: TaskStores) {
    let ada = stores.user("ada").await;
    for text in [
        "'); DROP TABLE tasks; --", "100% _sure_ \\o/", "\"quoted\" 'twice'", "Ünïcödé 🐘 日本",
        "$1 ?1 :a",
    ] {
        let description = TaskDescription::new(text).expect("a text");
        let new = NewTask { description: Some(description), ..titled(text) };
        let task = stores.add(ada, new).await;
        assert_eq!(get(&stores, ada, task.id.get()).await, task);
        assert_eq!(task.title.as_str(), text);
    }
    assert_eq!(stores.list(ada, TaskQuery::default()).await.tasks.len(), 5);
}

/// Bounds count characters in the database, too.
pub async fn the_longest_texts_fit(stores: TaskStores) {
    let ada = stores.user("ada").await;
    let new = NewTask {
        description: Some(TaskDescription::new("🐘".repeat(2_000)).expect("a text")),
        ..titled(&"é".repeat(200))
    };
    let task = stores.add(ada, new).await;
    assert_eq!(get(&stores, ada, 1).await, task);
}

/// Microseconds, before 1970 as well.
pub async fn instants_are_exact(stores: TaskStores) {
    let ada = stores.user("ada").await;
    for microsecond in [-1, 0, 1, 999_999, 1_795_341_600_123_456] {
        let now = todo_domain::Timestamp::from_microsecond(microsecond).expect("an instant");
        let create = todo_domain::TaskChange::Create(titled("a"));
        let created = stores.tasks.change(ada, create.into(), now).await.expect("works");
        let id = created.expect("room").into_last().task().id;
        assert_eq!(stores.get(ada, id).await.map(|task| task.created_at), Some(now));
    }
}
