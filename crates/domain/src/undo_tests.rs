//! That an undo brings back exactly what was, whatever a turn did.

use proptest::prelude::*;

use super::*;
use crate::{
    Change, Due, DueChange, NewTask, Priority, Tag, TagChange, Tags, TaskAction, TaskChange,
    TaskDescription, TaskOutcome, TaskPatch, TaskTitle, memory::TaskList,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_microsecond(second * 1_000_000).unwrap()
}

fn number(number: i64) -> TaskId {
    TaskId::new(number).unwrap()
}

fn titled(title: &str) -> TaskChange {
    TaskChange::Create(NewTask::titled(TaskTitle::new(title).unwrap()))
}

fn act(id: i64, action: TaskAction) -> TaskChange {
    TaskChange::act(number(id), action)
}

fn rename(id: i64, title: &str) -> TaskChange {
    let title = TaskTitle::new(title).ok();
    act(id, TaskAction::Update(TaskPatch { title, ..TaskPatch::default() }))
}

/// A turn: its effects in order.
fn run(list: &mut TaskList, operations: Vec<TaskChange>, now: Timestamp) -> Vec<TaskEffect> {
    let done = operations.into_iter().filter_map(|change| list.change(change, now).ok());
    done.filter_map(|done| done.effect()).collect()
}

fn undone(list: &mut TaskList, effects: &[TaskEffect], now: Timestamp) -> Vec<TaskEffect> {
    let outcomes = list.undo(effects, now).unwrap();
    outcomes.iter().filter_map(TaskOutcome::effect).collect()
}

/// The tasks without what an undo is not to bring back.
fn content(list: &TaskList) -> Vec<Task> {
    let plain =
        |task: &Task| Task { version: TaskVersion::FIRST, updated_at: at(0), ..task.clone() };
    list.tasks().map(plain).collect()
}

fn list_of(titles: &[&str]) -> TaskList {
    let mut list = TaskList::default();
    for title in titles {
        list.change(titled(title), at(0)).unwrap();
    }
    list
}

#[test]
fn a_deleted_task_returns_under_its_number_in_a_version_above_all_it_had() {
    let mut list = list_of(&["milk"]);
    let turn = run(&mut list, vec![rename(1, "oat milk"), act(1, TaskAction::Delete)], at(10));
    undone(&mut list, &turn, at(20));
    let milk = list.tasks().next().unwrap();
    assert_eq!((milk.id, milk.title.as_str()), (number(1), "milk"));
    assert_eq!((milk.created_at, milk.updated_at), (at(0), at(20)));
    // It was deleted in version 2.
    assert_eq!(milk.version, TaskVersion::new(3));
}

#[test]
fn a_task_that_was_added_and_deleted_again_is_nothing_to_undo() {
    let mut list = list_of(&[]);
    let turn = run(&mut list, vec![titled("milk"), act(1, TaskAction::Delete)], at(10));
    assert_eq!(undone(&mut list, &turn, at(20)), []);
}

#[test]
fn each_task_that_has_changed_since_is_named_and_nothing_is_changed() {
    let mut list = list_of(&["milk", "bread", "eggs"]);
    let operations = vec![
        act(1, TaskAction::Complete),
        act(2, TaskAction::Complete),
        act(3, TaskAction::Delete),
        titled("salt"),
    ];
    let turn = run(&mut list, operations, at(10));
    list.change(rename(1, "oat milk"), at(11)).unwrap();
    list.change(act(4, TaskAction::Delete), at(12)).unwrap();
    let before = list.clone();
    let conflict = |id, version: Option<i64>| UndoConflict {
        task_id: number(id),
        version: version.map(TaskVersion::new),
    };
    let refused = UndoRefusal::Conflict(vec![conflict(4, None), conflict(1, Some(3))]);
    assert_eq!(list.undo(&turn, at(20)), Err(refused));
    assert_eq!(list, before);
}

#[test]
fn what_was_changed_and_changed_back_does_not_hinder() {
    let mut list = list_of(&["milk"]);
    let before = content(&list);
    let first = run(&mut list, vec![rename(1, "oat milk")], at(10));
    let second = run(&mut list, vec![act(1, TaskAction::Complete)], at(11));
    undone(&mut list, &second, at(12));
    undone(&mut list, &first, at(13));
    assert_eq!(content(&list), before);
}

#[test]
fn deleted_tasks_return_only_where_there_is_room() {
    let max = UserLimit::new(2).unwrap();
    let mut list = TaskList::for_at_most(max);
    run(&mut list, vec![titled("milk"), titled("bread")], at(0));
    let turn = run(&mut list, vec![act(1, TaskAction::Delete)], at(10));
    list.change(titled("eggs"), at(11)).unwrap();
    let full = list.clone();
    assert_eq!(list.undo(&turn, at(20)), Err(UndoRefusal::LimitReached { max }));
    assert_eq!(list, full);
    list.change(act(3, TaskAction::Delete), at(21)).unwrap();
    assert!(list.undo(&turn, at(22)).is_ok());
}

#[test]
fn a_chain_says_which_of_its_turns_are_undone() {
    let turn = |n| TurnId::new(uuid::Uuid::from_u128(n));
    let mut chain = UndoChain::of(turn(1));
    assert_eq!((chain.undone_by(0), chain.next().direction()), (None, UndoDirection::Undo));
    chain.join(turn(2), 1);
    assert_eq!((chain.undone_by(0), chain.undone_by(1)), (Some(turn(2)), None));
    assert_eq!(chain.next(), UndoLink { first: turn(1), number: 2 });
    chain.join(turn(3), 2);
    assert_eq!((chain.undone_by(0), chain.undone_by(1)), (None, Some(turn(3))));
    assert_eq!(chain.undone_by(2), None);
}

fn patches() -> impl Strategy<Value = TaskPatch> {
    let titles = proptest::option::of("[a-c]{1,2}");
    let descriptions = prop_oneof![
        Just(Change::Keep),
        Just(Change::Clear),
        "[a-c]{1,2}".prop_map(|text| Change::Set(TaskDescription::new(text).unwrap())),
    ];
    let priorities = proptest::option::of(proptest::sample::select(vec![
        Priority::Low,
        Priority::Medium,
        Priority::High,
    ]));
    let dues = prop_oneof![
        Just(DueChange::Keep),
        Just(DueChange::Clear),
        (1_i8..28).prop_map(|day| DueChange::Set(Due::Day(crate::Date::constant(2026, 12, day)))),
    ];
    let tags = prop_oneof![
        Just(TagChange::Keep),
        "[a-c]".prop_map(|tag| TagChange::Set(Tags::new([Tag::new(tag).unwrap()]).unwrap())),
    ];
    (titles, descriptions, priorities, dues, tags).prop_map(
        |(title, description, priority, due, tags)| TaskPatch {
            title: title.map(|title| TaskTitle::new(title).unwrap()),
            description,
            priority,
            due,
            tags,
        },
    )
}

fn operations() -> impl Strategy<Value = TaskChange> {
    let actions = prop_oneof![
        Just(TaskAction::Complete),
        Just(TaskAction::Reopen),
        Just(TaskAction::Delete),
        patches().prop_map(TaskAction::Update),
    ];
    prop_oneof![
        1 => "[a-c]{1,2}".prop_map(|title| titled(&title)),
        4 => (1_i64..8, actions).prop_map(|(id, action)| act(id, action)),
    ]
}

fn turns(most: usize) -> impl Strategy<Value = Vec<Vec<TaskChange>>> {
    proptest::collection::vec(proptest::collection::vec(operations(), 0..8), 1..most)
}

proptest! {
    #[test]
    fn undo_restores_the_exact_list_and_redo_the_other(
        given in proptest::collection::vec(operations(), 0..20),
        turn in proptest::collection::vec(operations(), 0..12),
        length in 1_i64..6,
    ) {
        let mut list = TaskList::default();
        run(&mut list, given, at(0));
        let before = content(&list);
        let mut effects = run(&mut list, turn, at(10));
        let after = content(&list);
        for link in 1..=length {
            let versions: Vec<_> = list.tasks().map(|task| (task.id, task.version)).collect();
            effects = undone(&mut list, &effects, at(10 + link));
            prop_assert_eq!(&content(&list), if link % 2 == 1 { &before } else { &after });
            for effect in &effects {
                let (Some(now), Some((_, then))) =
                    (&effect.after, versions.iter().find(|(id, _)| *id == effect.task_id))
                else {
                    continue;
                };
                prop_assert!(now.version > *then);
            }
        }
    }

    #[test]
    fn turns_are_undone_one_after_another_to_the_first(turns in turns(6)) {
        let mut list = TaskList::default();
        run(&mut list, vec![titled("a"), titled("b"), titled("c")], at(0));
        let mut stack = Vec::new();
        for (turn, second) in turns.into_iter().zip(1..) {
            let before = content(&list);
            stack.push((before, run(&mut list, turn, at(second))));
        }
        while let Some((before, effects)) = stack.pop() {
            undone(&mut list, &effects, at(100));
            prop_assert_eq!(content(&list), before);
        }
    }

    #[test]
    fn an_interfering_edit_refuses_and_changes_nothing(
        turn in proptest::collection::vec(operations(), 1..12),
        edit in operations(),
    ) {
        let mut list = TaskList::default();
        run(&mut list, vec![titled("a"), titled("b"), titled("c"), titled("a")], at(0));
        let effects = run(&mut list, turn, at(10));
        let left = content(&list);
        let edited = run(&mut list, vec![edit], at(11));
        let touched = |id| effects.iter().any(|effect| effect.task_id == id);
        let differs = |id| {
            let of = |tasks: &[Task]| tasks.iter().find(|task| task.id == id).cloned();
            of(&left) != of(&content(&list))
        };
        let interferes =
            edited.iter().any(|edit| touched(edit.task_id) && differs(edit.task_id));
        let before = list.clone();
        let outcome = list.undo(&effects, at(20));
        prop_assert_eq!(outcome.is_err(), interferes);
        if interferes {
            prop_assert_eq!(list, before);
        }
    }
}
