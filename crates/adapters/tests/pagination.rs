//! Pages of tasks, put together, are the list, whatever the order and whatever is added meanwhile.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{cmp::Reverse, collections::BTreeSet, sync::LazyLock, time::Duration};

use proptest::{prelude::*, test_runner::TestCaseResult};
use todo_contract::{Stores, at, titled};
use todo_domain::{
    Date, Direction, Due, NewTask, PageLimit, Priority, Task, TaskChange, TaskQuery, TaskSort,
    TaskSortField, TimeZone, Timestamp, UserId,
};
use todo_testkit::database::TestDatabase;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().enable_all().build().unwrap());

/// What tasks may differ in: when they were added, their priority, their due date.
type Seed = (i64, Priority, Option<Due>);

fn seeds() -> impl Strategy<Value = Vec<Seed>> {
    let priority = prop_oneof![Just(Priority::Low), Just(Priority::Medium), Just(Priority::High)];
    // Few values, so that there are many ties.
    prop::collection::vec((0..4i64, priority, prop::option::of(dues())), 0..14)
}

/// Around the days when the clocks of some zones were changed at midnight.
const DAYS: [&str; 4] = ["2010-11-06", "2010-11-07", "2011-12-30", "2011-12-31"];
const ZONES: [&str; 6] = [
    "UTC", "America/Bogota", "Asia/Tokyo", "America/St_Johns", "Pacific/Apia", "Pacific/Kiritimati",
];

fn dues() -> impl Strategy<Value = Due> {
    let days = || prop::sample::select(&DAYS[..]);
    let instant = |(day, half): (&str, i64)| {
        let midnight: Timestamp = format!("{day}T00:00:00Z").parse().unwrap();
        Due::At(midnight.saturating_add(Duration::from_secs(1_800 * half as u64)))
    };
    prop_oneof![
        days().prop_map(|day| Due::Day(day.parse().unwrap())),
        (days(), 0..48i64).prop_map(instant),
        (days(), prop::sample::select(&[0, 7, 30][..])).prop_map(instant),
    ]
}

fn zones() -> impl Strategy<Value = TimeZone> {
    prop::sample::select(&ZONES[..]).prop_map(|name| name.parse().unwrap())
}

fn sorts() -> impl Strategy<Value = TaskSort> {
    use {
        Direction::*,
        TaskSortField::{CreatedAt, UpdatedAt},
    };
    (
        prop_oneof![
            1 => Just(CreatedAt),
            1 => Just(UpdatedAt),
            4 => Just(TaskSortField::Due),
            1 => Just(TaskSortField::Priority),
        ],
        prop_oneof![Just(Ascending), Just(Descending)],
    )
        .prop_map(|(field, direction)| TaskSort { field, direction })
}

/// What an order goes by, as numbers.
fn key(sort: TaskSort, zone: &TimeZone, task: &Task) -> (i64, i64, i64) {
    let absent = if sort.direction == Direction::Ascending { i64::MAX } else { i64::MIN };
    let (key, finer) = match sort.field {
        TaskSortField::CreatedAt => (task.created_at.as_microsecond(), 0),
        TaskSortField::UpdatedAt => (task.updated_at.as_microsecond(), 0),
        TaskSortField::Due => task.due.map_or((absent, 0), |due| {
            let day = due.day_in(zone) - Date::constant(1970, 1, 1);
            let at = if let Due::At(at) = due { at.as_microsecond() } else { i64::MIN };
            (i64::from(day.get_days()), at)
        }),
        TaskSortField::Priority => (task.priority as i64, 0),
    };
    (key, finer, task.id.get())
}

async fn add(stores: &Stores, user: UserId, (second, priority, due): Seed) -> Task {
    let create = TaskChange::Create(NewTask { priority, due, ..titled("a") });
    let created = stores.tasks.change(user, create.into(), at(second)).await.unwrap();
    created.unwrap().into_last().task().clone()
}

async fn pages_are_the_list(
    stores: &Stores,
    before: Vec<Seed>,
    mut meanwhile: Vec<Seed>,
    sort: TaskSort,
    zone: TimeZone,
    limit: u16,
) -> TestCaseResult {
    let user = stores.user(&format!("user{}", todo_testkit::unique())).await;
    let mut expected = Vec::new();
    for seed in before {
        expected.push(add(stores, user, seed).await);
    }
    match sort.direction {
        Direction::Ascending => expected.sort_by_key(|task| key(sort, &zone, task)),
        Direction::Descending => expected.sort_by_key(|task| Reverse(key(sort, &zone, task))),
    }
    let limit = PageLimit::new(limit).unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let zone = zone.clone();
        let query = TaskQuery { sort, limit, after, zone, ..TaskQuery::default() };
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
            let stores = Stores::of(RUNTIME.block_on(place.open()).stores());
            let strategy = (seeds(), seeds(), sorts(), zones(), 1..5u16);
            proptest!(ProptestConfig::with_cases($cases), |((before, meanwhile, sort, zone, limit) in strategy)| {
                RUNTIME.block_on(pages_are_the_list(&stores, before, meanwhile, sort, zone, limit))?;
            });
        }
    };
}

pages_are_the_list_on!(sqlite_pages_neither_skip_nor_repeat, TestDatabase::sqlite(), 128);
pages_are_the_list_on!(postgres_pages_neither_skip_nor_repeat, TestDatabase::postgres().await, 128);
