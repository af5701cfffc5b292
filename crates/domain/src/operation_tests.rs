//! What operations mean.

use proptest::prelude::*;

use super::*;
use crate::{TaskWrite, TextError};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn at(second: i64) -> Timestamp {
    Timestamp::from_microsecond(second * 1_000_000).unwrap_or_else(|error| unreachable!("{error}"))
}

fn title(text: &str) -> std::result::Result<TaskTitle, TextError> {
    TaskTitle::new(text)
}

fn milk() -> Result<Task> {
    let new = NewTask::titled(title("buy milk")?).decide(TaskId::new(1)?, at(10))?;
    match new.write() {
        Some(TaskWrite::Insert(task)) => Ok(task),
        other => Err(format!("{other:?}").into()),
    }
}

fn decide(
    action: &TaskAction,
    task: Option<Task>,
    now: Timestamp,
) -> std::result::Result<TaskDone, TaskRefusal> {
    let id = TaskId::new(1).unwrap_or_else(|error| unreachable!("{error}"));
    action.decide(&id.into(), task, now)
}

#[test]
fn a_new_task_is_pending_of_medium_priority_and_in_its_first_version() -> Result {
    let task = milk()?;
    assert_eq!(task.status(), crate::TaskStatus::Pending);
    assert_eq!(task.priority, Priority::Medium);
    assert_eq!(task.version, TaskVersion::FIRST);
    Ok(())
}

#[test]
fn completing_twice_writes_once() -> Result {
    let completed = decide(&TaskAction::Complete, Some(milk()?), at(20))?;
    let Some(TaskWrite::Update(done)) = completed.write() else { return Err("no write".into()) };
    assert_eq!(done.completed_at, Some(at(20)));
    assert_eq!(done.version, TaskVersion::new(2));
    assert!(matches!(completed, TaskDone::Completed { .. }));
    let again = decide(&TaskAction::Complete, Some(done.clone()), at(30))?;
    assert_eq!((again.write(), again), (None, TaskDone::AlreadyCompleted(done)));
    Ok(())
}

#[test]
fn reopening_what_is_pending_changes_nothing() -> Result {
    let task = milk()?;
    assert_eq!(
        decide(&TaskAction::Reopen, Some(task.clone()), at(20)),
        Ok(TaskDone::AlreadyPending(task))
    );
    Ok(())
}

#[test]
fn a_patch_changes_what_it_names_clears_what_it_clears_and_leaves_the_rest() -> Result {
    let mut task = milk()?;
    task.description = Some(TaskDescription::new("2 litres")?);
    task.due = Some(Due::parse("2026-11-27", &crate::TimeZone::UTC)?);
    let patch = TaskPatch {
        title: Some(title("buy oat milk")?),
        due: DueChange::Clear,
        ..TaskPatch::default()
    };
    let done = decide(&TaskAction::Update(patch), Some(task.clone()), at(20))?;
    let TaskDone::Updated { after, .. } = done else { return Err("not updated".into()) };
    assert_eq!(after.title.as_str(), "buy oat milk");
    assert_eq!(after.due, None);
    assert_eq!(after.description, task.description);
    assert_eq!(after.updated_at, at(20));
    Ok(())
}

#[test]
fn a_patch_that_asks_for_what_is_so_writes_nothing() -> Result {
    let task = milk()?;
    let patch = TaskPatch { title: Some(task.title.clone()), ..TaskPatch::default() };
    assert_eq!(
        decide(&TaskAction::Update(patch), Some(task.clone()), at(20)),
        Ok(TaskDone::Unchanged(task))
    );
    Ok(())
}

fn tags(text: &str) -> std::result::Result<Tags, crate::TagsError> {
    text.parse()
}

#[test]
fn a_patch_replaces_tags_or_adds_to_them() -> Result {
    let mut task = milk()?;
    task.tags = tags("home,shopping")?;
    for (change, expected) in [
        (TagChange::Set(tags("work")?), "work"),
        (TagChange::Set(Tags::default()), ""),
        (TagChange::adjust(tags("work")?, tags("home")?)?, "shopping,work"),
    ] {
        let patch = TaskPatch { tags: change, ..TaskPatch::default() };
        let done = decide(&TaskAction::Update(patch), Some(task.clone()), at(20))?;
        let TaskDone::Updated { after, .. } = done else { return Err("not updated".into()) };
        assert_eq!((after.tags, after.version), (tags(expected)?, TaskVersion::new(2)));
    }
    Ok(())
}

#[test]
fn a_tag_that_a_task_has_already_changes_nothing() -> Result {
    let mut task = milk()?;
    task.tags = tags("home")?;
    let again = TagChange::adjust(tags("home")?, tags("work")?)?;
    let patch = TaskPatch { tags: again, ..TaskPatch::default() };
    let decided = decide(&TaskAction::Update(patch), Some(task.clone()), at(20));
    assert_eq!(decided, Ok(TaskDone::Unchanged(task)));
    Ok(())
}

#[test]
fn an_eleventh_tag_is_refused_with_all_else_that_was_asked_for() -> Result {
    let mut task = milk()?;
    task.tags = tags("a,b,c,d,e,f,g,h,i,j")?;
    let patch = TaskPatch {
        priority: Some(Priority::High),
        tags: TagChange::adjust(tags("k")?, Tags::default())?,
        ..TaskPatch::default()
    };
    let refused = decide(&TaskAction::Update(patch), Some(task.clone()), at(20));
    assert_eq!(refused, Err(TaskRefusal::TooManyTags(task)));
    Ok(())
}

#[test]
fn an_expected_version_that_is_not_the_tasks_stops_every_change() -> Result {
    let task = milk()?;
    let target = TaskTarget { id: task.id, if_version: TaskVersion::new(7).into() };
    for action in [
        TaskAction::Complete,
        TaskAction::Reopen,
        TaskAction::Delete,
        TaskAction::Update(TaskPatch::default()),
    ] {
        let decided = action.decide(&target, Some(task.clone()), at(20));
        assert_eq!(decided, Err(TaskRefusal::VersionMismatch(task.clone())));
    }
    Ok(())
}

#[test]
fn a_clock_that_runs_backwards_does_not_take_updated_at_along() -> Result {
    let done = decide(&TaskAction::Complete, Some(milk()?), at(5))?;
    let TaskDone::Completed { after, .. } = done else { return Err("not completed".into()) };
    assert_eq!(after.updated_at, at(10));
    Ok(())
}

fn actions() -> impl Strategy<Value = TaskAction> {
    prop_oneof![
        Just(TaskAction::Complete),
        Just(TaskAction::Reopen),
        Just(TaskAction::Delete),
        (any::<bool>(), any::<bool>()).prop_map(|(high, clear)| {
            TaskAction::Update(TaskPatch {
                priority: high.then_some(Priority::High),
                due: if clear { DueChange::Clear } else { DueChange::Keep },
                ..TaskPatch::default()
            })
        }),
    ]
}

proptest! {
    /// The write, the effect and the version always tell the same story.
    #[test]
    fn what_is_written_is_what_is_told(steps in proptest::collection::vec(actions(), 1..12)) {
        let mut current = milk().ok();
        for (second, action) in (20i64..).zip(steps) {
            let before = current.clone();
            let decided = decide(&action, current.clone(), at(second));
            prop_assert_eq!(decided.is_err(), before.is_none());
            let Ok(done) = decided else { continue };
            let effect = done.effect();
            if let Some(effect) = effect {
                prop_assert_eq!(&effect.before, &before);
                if let (Some(before), Some(after)) = (&effect.before, &effect.after) {
                    prop_assert_eq!(after.version, before.version.next());
                }
                current = effect.after;
            }
            match done.write() {
                Some(TaskWrite::Update(task) | TaskWrite::Insert(task)) => prop_assert_eq!(Some(task), current.clone()),
                Some(TaskWrite::Delete(_)) => prop_assert_eq!(&current, &None),
                None => prop_assert_eq!(&current, &before),
            }
        }
    }
}
