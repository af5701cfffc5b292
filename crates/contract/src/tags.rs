//! Tags: kept, changed, found, counted.

use todo_domain::{
    NewTask, TagChange, TagCount, Tags, Task, TaskAction, TaskDone, TaskFilter, TaskOutcome,
    TaskPatch, TaskQuery, TaskRefusal, Total, UserId, ports::MAX_TAG_COUNTS,
};

use super::{TaskStores, number, tags, titled};

async fn add(stores: &TaskStores, user: UserId, said: &str) -> Task {
    stores.add(user, NewTask { tags: tags(said), ..titled("a") }).await
}

async fn change(stores: &TaskStores, user: UserId, tags: TagChange) -> TaskOutcome {
    let patch = TaskPatch { tags, ..TaskPatch::default() };
    stores.act(user, number(1), TaskAction::Update(patch)).await
}

/// The numbers of the tasks that have all of these tags, the latest first.
async fn having(stores: &TaskStores, user: UserId, said: &str) -> Vec<i64> {
    let filter = TaskFilter { tags: tags(said), ..TaskFilter::default() };
    let query = TaskQuery { filter, total: Total::Counted, ..TaskQuery::default() };
    let page = stores.list(user, query).await;
    assert_eq!(page.total, Some(page.tasks.len() as u64));
    page.tasks.iter().map(|task| task.id.get()).collect()
}

/// Each tag with how many tasks of it are to do, and how many there are.
async fn counts(stores: &TaskStores, user: UserId) -> Vec<(String, u64, u64)> {
    let counts = stores.tasks.tags(user).await.expect("the store works");
    let shown = |TagCount { tag, pending, total }: TagCount| (tag.to_string(), pending, total);
    counts.into_iter().map(shown).collect()
}

/// And what is told is what is kept.
pub async fn tags_change_one_by_one_or_all_at_once(stores: TaskStores) {
    let ada = stores.user("ada").await;
    add(&stores, ada, "home,shopping").await;
    for (asked, expected) in [
        (TagChange::adjust(tags("urgent_2"), tags("home")).expect("a change"), "shopping,urgent_2"),
        (TagChange::Set(tags("買い物")), "買い物"),
        (TagChange::Set(Tags::default()), ""),
    ] {
        let outcome = change(&stores, ada, asked).await;
        let TaskOutcome::Done(TaskDone::Updated { after, .. }) = outcome else {
            unreachable!("{outcome:?}")
        };
        assert_eq!(after.tags, tags(expected));
        assert_eq!(stores.get(ada, number(1)).await, Some(after));
    }
}

/// Ten of the longest fit, an eleventh is refused and leaves the task as it is.
pub async fn a_full_task_refuses_another_tag(stores: TaskStores) {
    let ada = stores.user("ada").await;
    let longest = |n| format!("{}{n}", "é".repeat(29));
    let ten: Vec<_> = (0..10).map(longest).collect();
    let task = add(&stores, ada, &ten.join(",")).await;
    let another = TagChange::adjust(tags("k"), Tags::default()).expect("a change");
    assert_eq!(
        change(&stores, ada, another).await,
        TaskOutcome::Refused(TaskRefusal::TooManyTags(task.clone()))
    );
    assert_eq!(stores.get(ada, number(1)).await, Some(task));
}

/// As whole words, and no character of them is special.
pub async fn a_tag_filter_lets_pass_what_has_all_of_them(stores: TaskStores) {
    let ada = stores.user("ada").await;
    for said in ["home", "home,work", "homework", "a_b", "aXb", "work,zoo", ""] {
        add(&stores, ada, said).await;
    }
    for (said, expected) in [
        ("", vec![7, 6, 5, 4, 3, 2, 1]),
        ("home", vec![2, 1]),
        ("work", vec![6, 2]),
        ("home,work", vec![2]),
        ("home,zoo", vec![]),
        ("a_b", vec![4]),
        ("ome", vec![]),
    ] {
        assert_eq!(having(&stores, ada, said).await, expected, "{said}");
    }
}

/// The most used first.
pub async fn tags_are_counted_done_or_not(stores: TaskStores) {
    let ada = stores.user("ada").await;
    for said in ["work", "home,work", "home", "work,zoo", "home,work", ""] {
        add(&stores, ada, said).await;
    }
    stores.act(ada, number(1), TaskAction::Complete).await;
    stores.act(ada, number(2), TaskAction::Complete).await;
    let expected = [("work", 2, 4), ("home", 2, 3), ("zoo", 1, 1)];
    assert_eq!(counts(&stores, ada).await, expected.map(|(tag, a, b)| (tag.to_owned(), a, b)));
}

/// A thousand of them, in the order of their characters where they are used alike.
pub async fn the_most_used_tags_are_told_when_there_are_many(stores: TaskStores) {
    let ada = stores.user("ada").await;
    for ten in 100..=200 {
        let ten: Vec<_> = (ten * 10..ten * 10 + 10).map(|n| n.to_string()).collect();
        add(&stores, ada, &ten.join(",")).await;
    }
    add(&stores, ada, "2009").await;
    let shown = counts(&stores, ada).await;
    assert_eq!(shown.len(), MAX_TAG_COUNTS);
    assert_eq!(shown[0], ("2009".to_owned(), 2, 2));
    assert_eq!((&*shown[1].0, &*shown[999].0), ("1000", "1998"));
}

/// Nor found.
pub async fn nobody_elses_tags_are_told(stores: TaskStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    add(&stores, ben, "secret").await;
    assert_eq!(counts(&stores, ada).await, []);
    assert_eq!(having(&stores, ada, "secret").await, [0; 0]);
}
