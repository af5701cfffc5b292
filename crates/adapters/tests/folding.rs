//! What versions before left behind is found all the same, and folded by and by.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use todo_contract::{Stores, tags, titled};
use todo_domain::{
    FoldedText, NewTask, PageLimit, SearchText, TaskDescription, TaskFilter, TaskQuery, UserId,
    ports::FoldingStore,
};
use todo_testkit::database::TestDatabase;

/// As a version writes them that folds by lower case, and one that knows nothing of the columns.
const FORGET: [&str; 3] = [
    "UPDATE tasks SET search_text = 'große straße' WHERE id = 1;
     UPDATE tasks SET search_text = 'add milk', tags = ',ﬁt,' WHERE id = 2;
     UPDATE conversations SET search_text = 'große straße';
     UPDATE messages SET search_text = 'große straße' WHERE role = 'user';",
    "UPDATE conversations SET search_text = NULL;
     UPDATE messages SET search_text = NULL;",
    // A title of Ada's with tags that no version has written.
    "UPDATE tasks SET search_text = 'old', tags = ',two words,' WHERE id = 1;
     UPDATE tasks SET search_text = 'old', tags = ',straße,' WHERE id = 2;",
];

/// Folds all there is, one row at a time.
async fn fold(folding: &dyn FoldingStore) -> u64 {
    let (mut rows, mut last) = (0, None);
    while let Some(user) = folding.next_to_fold(last).await.unwrap() {
        while let Some(some) = folding.fold_some(user, 1).await.unwrap() {
            assert!(some <= 1);
            rows += some;
        }
        last = Some(user);
    }
    rows
}

async fn tasks_with(stores: &Stores, ada: UserId, filter: TaskFilter) -> usize {
    stores.list(ada, TaskQuery { filter, ..TaskQuery::default() }).await.tasks.len()
}

async fn found(stores: &Stores, ada: UserId, text: &str) -> [usize; 2] {
    let text = SearchText::new(text).unwrap();
    let page = stores.conversations.search(ada, text.clone(), PageLimit::default(), None).await;
    let filter = TaskFilter { text: Some(text), ..TaskFilter::default() };
    [tasks_with(stores, ada, filter).await, page.unwrap().conversations.len()]
}

async fn old_rows_are_found_and_folded(place: &TestDatabase, forget: impl AsyncFn(&'static str)) {
    let ports = place.open().await.stores();
    let (folding, stores) = (Arc::clone(&ports.folding), Stores::of(ports));
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    stores.add(ada, titled("Große Straße")).await;
    stores.add(ada, NewTask { tags: tags("fit"), ..titled("Add MILK") }).await;
    stores.add(ben, titled("Große Straße")).await;
    let turn = stores.begin(ada, "Große Straße").await;
    stores.finish(&turn, "Added task 1: Milk (HIGH priority)").await;
    let fold = async || fold(&*folding).await;
    assert_eq!(fold().await, 0, "what this version writes is folded");

    forget(FORGET[0]).await;
    assert_eq!(found(&stores, ada, "GROßE Straße").await, [1, 1]);
    assert_eq!(found(&stores, ada, "milk").await, [1, 1]);
    // Two tasks of Ada's and one of Ben's, whose number is 1, too.
    assert_eq!(fold().await, 5);
    assert_eq!(found(&stores, ada, "GROSSE STRASSE").await, [1, 1]);
    let filter = TaskFilter { tags: tags("FIT"), ..TaskFilter::default() };
    assert_eq!(tasks_with(&stores, ada, filter).await, 1);
    assert_eq!(fold().await, 0);

    forget(FORGET[1]).await;
    for (text, conversations) in [("gro", 1), ("HIGH priority", 1), ("bread", 0)] {
        assert_eq!(found(&stores, ada, text).await[1], conversations, "{text}");
    }
    let (one, other) = tokio::join!(fold(), fold());
    assert_eq!(one + other, 3, "two at once do nothing twice");
    assert_eq!(found(&stores, ada, "STRASSE").await, [1, 1]);

    forget(FORGET[2]).await;
    assert_eq!(fold().await, 3, "tags that can't be read keep nothing from being folded");
    let filter = TaskFilter { tags: tags("STRASSE"), ..TaskFilter::default() };
    assert_eq!(tasks_with(&stores, ada, filter).await, 1);
}

/// Two versions that fold otherwise do not take turns for ever.
async fn texts_of_a_higher_version_stay(place: &TestDatabase, write: impl AsyncFn(String)) {
    let ports = place.open().await.stores();
    let (folding, stores) = (Arc::clone(&ports.folding), Stores::of(ports));
    let ada = stores.user("ada").await;
    stores.add(ada, titled("buy milk")).await;
    let (higher, lower) = (FoldedText::VERSION + 1, FoldedText::VERSION - 1);
    for (version, rows) in [(higher, 0), (lower, 1)] {
        write(format!("UPDATE tasks SET search_text = '{}otherwise'", char::from(version))).await;
        assert_eq!(fold(&*folding).await, rows, "version {version}");
    }
}

/// However many long texts there are, what is written at once is bounded.
async fn long_texts_are_folded_a_few_at_a_time(place: &TestDatabase, write: impl AsyncFn(String)) {
    let ports = place.open().await.stores();
    let (folding, stores) = (Arc::clone(&ports.folding), Stores::of(ports));
    let ada = stores.user("ada").await;
    let description = TaskDescription::new("a".repeat(2_000)).ok();
    for _ in 0..6 {
        let description = description.clone();
        stores.add(ada, NewTask { description, ..titled("a long one") }).await;
    }
    write("UPDATE tasks SET search_text = 'old'".to_owned()).await;
    for rows in [Some(2), Some(2), Some(2), None] {
        assert_eq!(folding.fold_some(ada, 5_000).await.unwrap(), rows);
    }
}

fn to_file(place: &TestDatabase, sql: &str) {
    let mut file = SqliteConnection::establish(place.file().to_str().unwrap()).unwrap();
    file.batch_execute("PRAGMA busy_timeout = 5000;").unwrap();
    file.batch_execute(sql).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_old_rows_are_found_and_folded() {
    let place = TestDatabase::postgres().await;
    let client = place.client().await;
    let forget = async |sql| client.batch_execute(sql).await.unwrap();
    old_rows_are_found_and_folded(&place, forget).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_old_rows_are_found_and_folded() {
    let place = TestDatabase::sqlite();
    old_rows_are_found_and_folded(&place, async |sql| to_file(&place, sql)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_texts_of_a_higher_version_stay() {
    let place = TestDatabase::postgres().await;
    let client = place.client().await;
    let write = async |sql: String| client.batch_execute(&sql).await.unwrap();
    texts_of_a_higher_version_stay(&place, write).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_texts_of_a_higher_version_stay() {
    let place = TestDatabase::sqlite();
    texts_of_a_higher_version_stay(&place, async |sql: String| to_file(&place, &sql)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_long_texts_are_folded_a_few_at_a_time() {
    let place = TestDatabase::postgres().await;
    let client = place.client().await;
    let write = async |sql: String| client.batch_execute(&sql).await.unwrap();
    long_texts_are_folded_a_few_at_a_time(&place, write).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_long_texts_are_folded_a_few_at_a_time() {
    let place = TestDatabase::sqlite();
    long_texts_are_folded_a_few_at_a_time(&place, async |sql: String| to_file(&place, &sql)).await;
}
