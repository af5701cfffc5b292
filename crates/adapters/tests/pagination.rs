//! Pages of tasks, put together, are the list, whatever the order and whatever is added meanwhile.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{cmp::Reverse, collections::BTreeSet, sync::LazyLock};

use proptest::{prelude::*, test_runner::TestCaseResult};
use todo_domain::{
    Date, Direction, Due, NewTask, PageLimit, Priority, Task, TaskOperation, TaskOutcome,
    TaskQuery, TaskSort, TaskSortField, UserId,
};
use todo_testkit::{
    contract::{Stores, at, titled},
    database::TestDatabase,
};
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().enable_all().build().unwrap());

/// What tasks may differ in: when they were added, their priority, their day.
type Seed = (i64, Priority, Option<i16>);

fn seeds() -> impl Strategy<Value = Vec<Seed>> {
    let priority = prop_oneof![Just(Priority::Low), Just(Priority::Medium), Just(Priority::High)];
    // Few values, so that there are many ties.
    prop::collection::vec((0..4i64, priority, prop::option::of(1..4i16)), 0..12)
}

fn sorts() -> impl Strategy<Value = TaskSort> {
    use {Direction::*, TaskSortField::*};
    (
        prop_oneof![Just(CreatedAt), Just(UpdatedAt), Just(Due), Just(Priority)],
        prop_oneof![Just(Ascending), Just(Descending)],
    )
        .prop_map(|(field, direction)| TaskSort { field, direction })
}

/// What an order goes by, as numbers.
fn key(sort: TaskSort, task: &Task) -> (i64, i64) {
    let absent = if sort.direction == Direction::Ascending { i64::MAX } else { i64::MIN };
    let key = match sort.field {
        TaskSortField::CreatedAt => task.created_at.as_microsecond(),
        TaskSortField::UpdatedAt => task.updated_at.as_microsecond(),
        TaskSortField::Due => task.due.map_or(absent, |due| i64::from(due.day().year())),
        TaskSortField::Priority => task.priority as i64,
    };
    (key, task.id.get())
}

async fn add(stores: &Stores, user: UserId, (second, priority, year): Seed) -> Task {
    let due = year.map(|year| Due::Day(Date::constant(year, 1, 1)));
    let create = TaskOperation::Create(NewTask { priority, due, ..titled("a") });
    match stores.tasks.execute(user, create, at(second)).await.unwrap() {
        TaskOutcome::Created { after } => after,
        other => panic!("{other:?}"),
    }
}

async fn pages_are_the_list(
    stores: &Stores,
    before: Vec<Seed>,
    mut meanwhile: Vec<Seed>,
    sort: TaskSort,
    limit: u16,
) -> TestCaseResult {
    let user = stores.user(&format!("user{}", todo_testkit::unique())).await;
    let mut expected = Vec::new();
    for seed in before {
        expected.push(add(stores, user, seed).await);
    }
    match sort.direction {
        Direction::Ascending => expected.sort_by_key(|task| key(sort, task)),
        Direction::Descending => expected.sort_by_key(|task| Reverse(key(sort, task))),
    }
    let limit = PageLimit::new(limit).unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let query = TaskQuery { sort, limit, after, ..TaskQuery::default() };
        let page = stores.list(user, query).await;
        prop_assert!(page.tasks.len() <= usize::from(limit.get()));
        seen.extend(page.tasks);
        after = page.next;
        if after.is_none() {
            break;
        }
        if let Some(seed) = meanwhile.pop() {
            add(stores, user, seed).await;
        }
    }
    let ids: BTreeSet<_> = seen.iter().map(|task| task.id).collect();
    prop_assert_eq!(ids.len(), seen.len(), "a task came twice");
    seen.retain(|task| expected.contains(task));
    prop_assert_eq!(seen, expected);
    Ok(())
}

/// A database for all the cases of a test; each case has a user of its own.
macro_rules! pages_are_the_list_on {
    ($test:ident, $place:expr, $cases:expr) => {
        #[test]
        fn $test() {
            let place = RUNTIME.block_on(async { $place });
            let stores = Stores::of(&RUNTIME.block_on(place.open()));
            let strategy = (seeds(), seeds(), sorts(), 1..5u16);
            proptest!(ProptestConfig::with_cases($cases), |((before, meanwhile, sort, limit) in strategy)| {
                RUNTIME.block_on(pages_are_the_list(&stores, before, meanwhile, sort, limit))?;
            });
        }
    };
}

pages_are_the_list_on!(sqlite_pages_neither_skip_nor_repeat, TestDatabase::sqlite(), 64);
pages_are_the_list_on!(postgres_pages_neither_skip_nor_repeat, TestDatabase::postgres().await, 64);
