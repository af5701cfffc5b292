//! Lists of tasks: filters, search, orders, pages.

use todo_domain::{
    Date, Due, NewTask, PageLimit, Priority, SearchText, TaskAction, TaskChange, TaskCursor,
    TaskDescription, TaskFilter, TaskPage, TaskQuery, TaskSort, TaskSortKey, TaskStatus, TimeZone,
    Total, UserId,
};

use super::{TaskStores, number, titled};

fn numbers(page: &TaskPage) -> Vec<i64> {
    page.tasks.iter().map(|task| task.id.get()).collect()
}

fn sorted(sort: &str) -> TaskSort {
    sort.parse().expect("a sort")
}

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

/// A list that tells how long it is.
fn counted() -> TaskQuery {
    TaskQuery { total: Total::Counted, ..TaskQuery::default() }
}

async fn matching(stores: &TaskStores, user: UserId, filter: TaskFilter) -> Vec<i64> {
    let query = TaskQuery { filter, sort: sorted("created_at"), ..counted() };
    let page = stores.list(user, query).await;
    assert_eq!(page.total, Some(page.tasks.len() as u64));
    numbers(&page)
}

async fn found(stores: &TaskStores, user: UserId, text: &str) -> Vec<i64> {
    let text = Some(SearchText::new(text).expect("a search text"));
    matching(stores, user, TaskFilter { text, ..TaskFilter::default() }).await
}

/// Four tasks of all kinds: 1 done, 2 due on a day, 3 due at a time, 4 of no account.
async fn some_tasks(stores: &TaskStores) -> UserId {
    let ada = stores.user("ada").await;
    stores.add(ada, titled("done")).await;
    stores.act(ada, number(1), TaskAction::Complete).await;
    let due = Some(Due::Day(day("2026-11-27")));
    stores.add(ada, NewTask { priority: Priority::High, due, ..titled("day") }).await;
    let due = Due::parse("2026-11-28T10:00:00Z", &TimeZone::UTC).ok();
    stores.add(ada, NewTask { priority: Priority::High, due, ..titled("time") }).await;
    stores.add(ada, NewTask { priority: Priority::Low, ..titled("any time") }).await;
    ada
}

/// Alone and together.
pub async fn filters_let_pass_what_matches_all_of_them(stores: TaskStores) {
    let ada = some_tasks(&stores).await;
    let all = TaskFilter::default();
    assert_eq!(matching(&stores, ada, all.clone()).await, [1, 2, 3, 4]);
    let done = TaskFilter { status: Some(TaskStatus::Completed), ..all.clone() };
    assert_eq!(matching(&stores, ada, done).await, [1]);
    let open = TaskFilter { status: Some(TaskStatus::Pending), ..all.clone() };
    assert_eq!(matching(&stores, ada, open.clone()).await, [2, 3, 4]);
    let low = TaskFilter { priority: Some(Priority::Low), ..open };
    assert_eq!(matching(&stores, ada, low).await, [4]);
    let high = TaskFilter { priority: Some(Priority::High), ..all };
    assert_eq!(matching(&stores, ada, high).await, [2, 3]);
}

/// Tasks without a due date are due neither before nor after anything.
pub async fn due_filters_are_inclusive(stores: TaskStores) {
    let ada = some_tasks(&stores).await;
    let before = |text| TaskFilter { due_before: Some(day(text)), ..TaskFilter::default() };
    let after = |text| TaskFilter { due_after: Some(day(text)), ..TaskFilter::default() };
    assert_eq!(matching(&stores, ada, before("2026-11-26")).await, [0; 0]);
    assert_eq!(matching(&stores, ada, before("2026-11-27")).await, [2]);
    assert_eq!(matching(&stores, ada, before("9999-12-31")).await, [2, 3]);
    assert_eq!(matching(&stores, ada, after("2026-11-28")).await, [3]);
    assert_eq!(matching(&stores, ada, after("2026-11-29")).await, [0; 0]);
    let on = TaskFilter { due_after: Some(day("2026-11-27")), ..before("2026-11-27") };
    assert_eq!(matching(&stores, ada, on).await, [2]);
}

fn zone(name: &str) -> TimeZone {
    name.parse().expect("a time zone")
}

/// Due at a time of a person in this zone.
fn timed(time: &str, zone_name: &str) -> NewTask {
    NewTask { due: Due::parse(time, &zone(zone_name)).ok(), ..titled(time) }
}

/// What an instant is due on depends on who asks.
pub async fn a_day_is_the_readers_whoever_wrote_the_task(stores: TaskStores) {
    let ada = stores.user("ada").await;
    stores.add(ada, timed("2026-12-24T23:30", "America/Bogota")).await;
    stores.add(ada, NewTask { due: Some(Due::Day(day("2026-12-24"))), ..titled("day") }).await;
    stores.add(ada, titled("any time")).await;
    for (after, before, zone_name, expected) in [
        (Some("2026-12-24"), Some("2026-12-24"), "America/Bogota", vec![1, 2]),
        (Some("2026-12-24"), Some("2026-12-24"), "Asia/Tokyo", vec![2]),
        (Some("2026-12-25"), Some("2026-12-25"), "Asia/Tokyo", vec![1]),
        (Some("2026-12-25"), None, "Asia/Tokyo", vec![1]),
        (Some("2026-12-25"), None, "America/Bogota", vec![]),
        (None, Some("2026-12-24"), "Asia/Tokyo", vec![2]),
        (None, Some("2026-12-24"), "America/Bogota", vec![1, 2]),
        (Some("0001-01-01"), Some("9999-12-31"), "Pacific/Kiritimati", vec![1, 2]),
        (Some("9999-12-31"), None, "UTC", vec![]),
        (None, Some("0001-01-01"), "Pacific/Niue", vec![]),
    ] {
        let filter = TaskFilter {
            due_after: after.map(day),
            due_before: before.map(day),
            ..TaskFilter::default()
        };
        for sort in ["created_at", "due", "-due"] {
            let query = TaskQuery {
                filter: filter.clone(),
                sort: sorted(sort),
                zone: zone(zone_name),
                ..counted()
            };
            let page = stores.list(ada, query).await;
            let mut found = numbers(&page);
            found.sort_unstable();
            assert_eq!(found, expected, "{after:?} to {before:?} in {zone_name} by {sort}");
            assert_eq!(page.total, Some(expected.len() as u64));
        }
    }
}

/// And on each day before times, then by the instant, then by number.
pub async fn what_is_due_comes_by_the_readers_day(stores: TaskStores) {
    let ada = stores.user("ada").await;
    let due = |text| NewTask { due: Some(Due::Day(day(text))), ..titled("day") };
    for new in [
        timed("2026-12-24T20:00", "UTC"),
        titled("any time"),
        due("2026-12-25"),
        due("2026-12-24"),
        timed("2026-12-24T08:00", "UTC"),
        timed("2026-12-25T00:00", "UTC"),
        timed("2026-12-24T20:00", "UTC"),
    ] {
        stores.add(ada, new).await;
    }
    for (sort, zone_name, expected) in [
        ("due", "UTC", [4, 5, 1, 7, 3, 6, 2]),
        ("-due", "UTC", [6, 3, 7, 1, 5, 4, 2]),
        ("due", "Asia/Tokyo", [4, 5, 3, 1, 7, 6, 2]),
        ("due", "America/Bogota", [4, 5, 1, 7, 6, 3, 2]),
    ] {
        let query = TaskQuery { sort: sorted(sort), zone: zone(zone_name), ..counted() };
        assert_eq!(numbers(&stores.list(ada, query).await), expected, "{sort} in {zone_name}");
    }
}

/// A day is over when the reader's next one begins.
pub async fn overdue_begins_at_the_due_time_and_ends_when_done(stores: TaskStores) {
    let ada = stores.user("ada").await;
    let due = |text| NewTask { due: Some(Due::Day(day(text))), ..titled("day") };
    for new in [
        timed("2026-11-28T11:00", "UTC"),
        timed("2026-11-28T12:00", "UTC"),
        timed("2026-11-28T12:01", "UTC"),
        due("2026-11-27"),
        due("2026-11-28"),
        titled("any time"),
        timed("2026-11-28T11:00", "UTC"),
    ] {
        stores.add(ada, new).await;
    }
    stores.act(ada, number(7), TaskAction::Complete).await;
    let noon = "2026-11-28T12:00:00Z".parse().expect("an instant");
    for (zone_name, expected) in [
        ("UTC", vec![1, 2, 4]),
        // Where it is the 29th already, and where it is the 27th still.
        ("Pacific/Kiritimati", vec![1, 2, 4, 5]),
        ("Etc/GMT+12", vec![1, 2, 4]),
    ] {
        for sort in ["created_at", "due"] {
            let query = TaskQuery {
                filter: TaskFilter { overdue: true, ..TaskFilter::default() },
                sort: sorted(sort),
                zone: zone(zone_name),
                ..counted()
            };
            let page = stores.tasks.list(ada, query, noon).await.expect("works");
            let mut found = numbers(&page);
            found.sort_unstable();
            assert_eq!(found, expected, "{zone_name} by {sort}");
        }
    }
}

/// No character is special.
pub async fn a_search_takes_its_text_literally(stores: TaskStores) {
    let ada = stores.user("ada").await;
    for title in ["100% sure", "100 times", "a_b", "aXb", r"back\slash", "it's", "\"so\"", "a%b"] {
        stores.add(ada, titled(title)).await;
    }
    for (text, expected) in [
        ("100%", vec![1]),
        ("%", vec![1, 8]),
        ("_", vec![3]),
        ("a_b", vec![3]),
        (r"\", vec![5]),
        (r"\s", vec![5]),
        ("'", vec![6]),
        ("\"", vec![7]),
        ("'); DROP TABLE tasks; --", vec![]),
        ("*", vec![]),
        ("[a-z]", vec![]),
    ] {
        assert_eq!(found(&stores, ada, text).await, expected, "{text}");
    }
}

/// By Unicode's rules, in both engines alike.
pub async fn a_search_ignores_case_in_every_script(stores: TaskStores) {
    let ada = stores.user("ada").await;
    for title in ["Buy MILK", "Ärger ÜBER Öl", "ПОЗВОНИТЬ маме", "ΟΔΥΣΣΕΑ", "ﬁx it"]
    {
        stores.add(ada, titled(title)).await;
    }
    for (text, expected) in
        [("milk", 1), ("bUY mIl", 1), ("über ÖL", 2), ("позвонить МАМЕ", 3), ("οδυσσεα", 4)]
    {
        assert_eq!(found(&stores, ada, text).await, [expected], "{text}");
    }
}

/// But not across the border between them.
pub async fn a_search_looks_at_title_and_description(stores: TaskStores) {
    let ada = stores.user("ada").await;
    let description = TaskDescription::new("the blue one").ok();
    stores.add(ada, NewTask { description, ..titled("buy milk") }).await;
    assert_eq!(found(&stores, ada, "BLUE").await, [1]);
    assert_eq!(found(&stores, ada, "milk").await, [1]);
    for across in ["milkthe", "milk the", "milk\nthe"] {
        assert_eq!(found(&stores, ada, across).await, [0; 0], "{across:?}");
    }
}

/// A task that changed is found by what it says now.
pub async fn a_search_sees_changes(stores: TaskStores) {
    let ada = stores.user("ada").await;
    stores.add(ada, titled("buy milk")).await;
    let title = todo_domain::TaskTitle::new("buy oats").ok();
    let patch = todo_domain::TaskPatch { title, ..todo_domain::TaskPatch::default() };
    stores.act(ada, number(1), TaskAction::Update(patch)).await;
    assert_eq!(found(&stores, ada, "milk").await, [0; 0]);
    assert_eq!(found(&stores, ada, "oats").await, [1]);
}

/// And tasks without a due date come last in both directions.
pub async fn every_order_goes_both_ways(stores: TaskStores) {
    let ada = stores.user("ada").await;
    let due = |text| Some(Due::Day(day(text)));
    for (second, priority, due) in [
        (3, Priority::High, None),
        (1, Priority::Low, due("9999-12-31")),
        (2, Priority::High, due("0001-01-01")),
        (3, Priority::Medium, due("2026-11-27")),
        (0, Priority::Medium, None),
    ] {
        let new = NewTask { priority, due, ..titled("a") };
        let create = TaskChange::Create(new);
        stores
            .tasks
            .change(ada, create.into(), super::at(second))
            .await
            .expect("works")
            .expect("room");
    }
    for (sort, expected) in [
        ("created_at", [5, 2, 3, 1, 4]),
        ("-created_at", [4, 1, 3, 2, 5]),
        ("updated_at", [5, 2, 3, 1, 4]),
        ("-updated_at", [4, 1, 3, 2, 5]),
        ("due", [3, 4, 2, 1, 5]),
        ("-due", [2, 4, 3, 5, 1]),
        ("priority", [2, 4, 5, 1, 3]),
        ("-priority", [3, 1, 5, 4, 2]),
    ] {
        let query = TaskQuery { sort: sorted(sort), ..TaskQuery::default() };
        assert_eq!(numbers(&stores.list(ada, query).await), expected, "{sort}");
    }
}

/// Newest first, 50 at once.
pub async fn a_list_without_wishes_is_the_newest_fifty(stores: TaskStores) {
    let ada = stores.user("ada").await;
    for _ in 0..51 {
        stores.add(ada, titled("a")).await;
    }
    let page = stores.list(ada, counted()).await;
    assert_eq!(numbers(&page), (2..=51).rev().collect::<Vec<_>>());
    assert_eq!(page.total, Some(51));
    assert!(page.next.is_some());
}

/// Counting looks at every task, so nobody counts unasked.
pub async fn a_total_is_told_to_those_who_ask(stores: TaskStores) {
    let ada = some_tasks(&stores).await;
    assert_eq!(stores.list(ada, TaskQuery::default()).await.total, None);
    let limit = PageLimit::new(1).expect("a limit");
    let page = stores.list(ada, TaskQuery { limit, ..counted() }).await;
    assert_eq!((page.tasks.len(), page.total), (1, Some(4)));
}

/// A page that ends where the list ends has no next one.
pub async fn the_last_page_says_so(stores: TaskStores) {
    let ada = stores.user("ada").await;
    for _ in 0..4 {
        stores.add(ada, titled("a")).await;
    }
    let limit = PageLimit::new(2).expect("a limit");
    let first = stores.list(ada, TaskQuery { limit, ..counted() }).await;
    let query = TaskQuery { limit, after: first.next, ..counted() };
    let second = stores.list(ada, query).await;
    assert_eq!((numbers(&first), numbers(&second)), (vec![4, 3], vec![2, 1]));
    assert_eq!((first.total, second.total, second.next), (Some(4), Some(4), None));
}

/// It is not the position of anything in that order.
pub async fn a_cursor_of_another_order_gives_an_empty_page(stores: TaskStores) {
    let ada = some_tasks(&stores).await;
    for (sort, key) in [
        ("created_at", TaskSortKey::Priority(Priority::Low)),
        ("-updated_at", TaskSortKey::Due(None)),
        ("due", TaskSortKey::Priority(Priority::Low)),
        ("-priority", TaskSortKey::Instant(super::at(0))),
    ] {
        let after = Some(TaskCursor { key, id: number(1) });
        let query = TaskQuery { sort: sorted(sort), after, ..counted() };
        let page = stores.list(ada, query).await;
        assert_eq!((page.tasks.len(), page.total, page.next), (0, Some(4), None), "{sort}");
    }
}

/// Another user's tasks are in no list, whatever the cursor.
pub async fn a_list_shows_nobody_elses_tasks(stores: TaskStores) {
    let ada = some_tasks(&stores).await;
    let ben = stores.user("ben").await;
    stores.add(ben, titled("Ben's")).await;
    assert_eq!(matching(&stores, ada, TaskFilter::default()).await.len(), 4);
    assert_eq!(found(&stores, ada, "Ben").await, [0; 0]);
    let limit = PageLimit::new(1).expect("a limit");
    let adas = stores.list(ada, TaskQuery { limit, ..TaskQuery::default() }).await;
    let bens = stores.list(ben, TaskQuery { after: adas.next, ..counted() }).await;
    assert!(bens.tasks.iter().all(|task| task.title.as_str() == "Ben's"));
    assert_eq!(bens.total, Some(1));
}
