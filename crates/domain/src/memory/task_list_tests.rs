use super::TaskList;
use crate::{
    Batch, Due, NewTask, PageLimit, Priority, SearchText, TaskAction, TaskChange, TaskFilter,
    TaskId, TaskPage, TaskQuery, TaskRefusal, TaskTitle, TimeZone, Timestamp, Total, UserLimit,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_microsecond(second * 1_000_000).unwrap()
}

fn titled(title: &str) -> NewTask {
    NewTask::titled(TaskTitle::new(title).unwrap())
}

fn due(title: &str, day: &str) -> NewTask {
    NewTask { due: Some(Due::Day(day.parse().unwrap())), ..titled(title) }
}

fn list_of(tasks: impl IntoIterator<Item = NewTask>) -> TaskList {
    let mut list = TaskList::default();
    for (second, new) in tasks.into_iter().enumerate() {
        list.change(TaskChange::Create(new), at(second as i64)).unwrap();
    }
    list
}

fn page(list: &TaskList, query: &TaskQuery) -> TaskPage {
    list.page(query, at(0))
}

fn numbers(page: &TaskPage) -> Vec<i64> {
    page.tasks.iter().map(|task| task.id.get()).collect()
}

fn act(number: i64, action: TaskAction) -> TaskChange {
    TaskChange::act(TaskId::new(number).unwrap(), action)
}

#[test]
fn a_number_is_never_used_again() {
    let mut list = list_of([titled("milk"), titled("bread")]);
    list.change(act(2, TaskAction::Delete), at(5)).unwrap();
    list.change(TaskChange::Create(titled("eggs")), at(6)).unwrap();
    assert_eq!(list.tasks().map(|task| task.id.get()).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn a_full_list_takes_a_task_once_another_is_gone() {
    let max = UserLimit::new(1).unwrap();
    let mut list = TaskList::for_at_most(max);
    list.change(TaskChange::Create(titled("milk")), at(0)).unwrap();
    let refused = list.change(TaskChange::Create(titled("bread")), at(1));
    assert_eq!(refused, Err(TaskRefusal::LimitReached { max }));
    list.change(act(1, TaskAction::Delete), at(2)).unwrap();
    list.change(TaskChange::Create(titled("bread")), at(3)).unwrap();
}

#[test]
fn a_batch_that_can_not_be_done_changes_nothing() {
    let mut list = list_of([titled("milk")]);
    let before = list.clone();
    let gone =
        TaskChange::Act { target: TaskId::new(9).unwrap().into(), action: TaskAction::Delete };
    let batch = Batch::new(vec![TaskChange::Create(titled("bread")), gone]).unwrap();
    let refused = list.change_all(batch, at(1)).unwrap_err();
    assert_eq!(refused.index, 1);
    assert_eq!(list, before);
}

#[test]
fn tasks_without_a_day_come_last_in_both_directions() {
    let list = list_of([
        titled("any"),
        due("late", "2026-12-24"),
        due("soon", "2026-11-23"),
        titled("any"),
    ]);
    let by = |sort: &str| {
        numbers(&page(&list, &TaskQuery { sort: sort.parse().unwrap(), ..TaskQuery::default() }))
    };
    assert_eq!(by("due"), [3, 2, 1, 4]);
    assert_eq!(by("-due"), [2, 3, 4, 1]);
}

#[test]
fn pages_follow_one_another_and_the_last_one_says_so() {
    let list = list_of((0..5).map(|_| titled("milk")));
    let limit = PageLimit::new(2).unwrap();
    let mut query = TaskQuery { limit, total: Total::Counted, ..TaskQuery::default() };
    let mut pages = Vec::new();
    loop {
        let found = page(&list, &query);
        assert_eq!(found.total, Some(5));
        pages.push(numbers(&found));
        query.after = found.next;
        if query.after.is_none() {
            break;
        }
    }
    assert_eq!(pages, [vec![5, 4], vec![3, 2], vec![1]]);
}

#[test]
fn a_filter_lets_pass_what_meets_all_of_it() {
    let high = NewTask { priority: Priority::High, ..due("Call ÉMILE", "2026-11-27") };
    let list = list_of([titled("call home"), high, due("write", "2026-11-27")]);
    let filter = TaskFilter {
        priority: Some(Priority::High),
        text: Some(SearchText::new("émile").unwrap()),
        due_before: "2026-11-27".parse().ok(),
        due_after: "2026-11-27".parse().ok(),
        ..TaskFilter::default()
    };
    assert_eq!(numbers(&page(&list, &TaskQuery { filter, ..TaskQuery::default() })), [2]);
}

#[test]
fn a_day_in_a_list_is_the_readers_whoever_wrote_the_task() {
    let zone = |name: &str| name.parse::<TimeZone>().unwrap();
    let timed = |text: &str| NewTask {
        due: Due::parse(text, &zone("America/Bogota")).ok(),
        ..titled("call")
    };
    let list = list_of([timed("2026-12-24T23:30"), due("pack", "2026-12-24")]);
    let on = |day: &str, zone: TimeZone| {
        let day = day.parse().ok();
        let filter = TaskFilter { due_before: day, due_after: day, ..TaskFilter::default() };
        numbers(&page(&list, &TaskQuery { filter, zone, ..TaskQuery::default() }))
    };
    assert_eq!(on("2026-12-24", zone("America/Bogota")), [2, 1]);
    assert_eq!(on("2026-12-24", zone("Asia/Tokyo")), [2]);
    assert_eq!(on("2026-12-25", zone("Asia/Tokyo")), [1]);
}

#[test]
fn what_is_due_comes_by_the_readers_day_days_before_times() {
    let timed = |text: &str| NewTask { due: Due::parse(text, &TimeZone::UTC).ok(), ..titled("a") };
    let list = list_of([
        timed("2026-12-24T20:00"),
        titled("any"),
        due("day", "2026-12-25"),
        due("day", "2026-12-24"),
        timed("2026-12-24T08:00"),
        timed("2026-12-25T00:00"),
    ]);
    let by = |sort: &str, zone: &str| {
        let (sort, zone) = (sort.parse().unwrap(), zone.parse().unwrap());
        numbers(&page(&list, &TaskQuery { sort, zone, ..TaskQuery::default() }))
    };
    assert_eq!(by("due", "UTC"), [4, 5, 1, 3, 6, 2]);
    assert_eq!(by("-due", "UTC"), [6, 3, 1, 5, 4, 2]);
    assert_eq!(by("due", "Asia/Tokyo"), [4, 5, 3, 1, 6, 2]);
    assert_eq!(by("due", "America/Bogota"), [4, 5, 1, 6, 3, 2]);
}

#[test]
fn only_pending_tasks_are_overdue() {
    let mut list = list_of([
        due("yesterday", "1969-12-31"),
        due("done", "1969-12-31"),
        due("today", "1970-01-01"),
        titled("any"),
    ]);
    list.change(act(2, TaskAction::Complete), at(9)).unwrap();
    let filter = TaskFilter { overdue: true, ..TaskFilter::default() };
    assert_eq!(numbers(&page(&list, &TaskQuery { filter, ..TaskQuery::default() })), [1]);
}

#[test]
fn tags_of_most_tasks_come_first() {
    let tagged = |tags: &str| NewTask { tags: tags.parse().unwrap(), ..titled("milk") };
    let mut list = list_of([tagged("home,work"), tagged("work"), tagged("garden")]);
    list.change(act(2, TaskAction::Complete), at(9)).unwrap();
    let counts = list.tags();
    let counted: Vec<_> = counts.iter().map(|c| (c.tag.as_str(), c.pending, c.total)).collect();
    assert_eq!(counted, [("work", 1, 2), ("garden", 1, 1), ("home", 1, 1)]);
}
