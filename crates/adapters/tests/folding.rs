//! What versions before left behind is found all the same, and folded by and by.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use todo_domain::{NewTask, PageLimit, SearchText, TaskFilter, TaskQuery, UserId};
use todo_testkit::{
    contract::{Stores, tags, titled},
    database::TestDatabase,
};

/// As a version writes them that folds by lower case, and one that knows nothing of the columns.
const FORGET: [&str; 2] = [
    "UPDATE tasks SET search_text = 'große straße' WHERE id = 1;
     UPDATE tasks SET search_text = 'add milk', tags = ',ﬁt,' WHERE id = 2;
     UPDATE conversations SET search_text = 'große straße';
     UPDATE messages SET search_text = 'große straße' WHERE role = 'user';",
    "UPDATE conversations SET search_text = NULL;
     UPDATE messages SET search_text = NULL;",
];

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
    let stores = Stores::of(&place.open().await);
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    stores.add(ada, titled("Große Straße")).await;
    stores.add(ada, NewTask { tags: tags("fit"), ..titled("Add MILK") }).await;
    stores.add(ben, titled("Große Straße")).await;
    let turn = stores.begin(ada, "Große Straße").await;
    stores.finish(&turn, "Added task 1: Milk (HIGH priority)").await;
    let fold = async || {
        let mut rows = 0;
        while let Some(some) = stores.folding.fold_some(1).await.unwrap() {
            assert!(some <= 1);
            rows += some;
        }
        rows
    };
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
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    let place = TestDatabase::postgres().await;
    let client = place.client().await;
    let forget = async |sql| client.batch_execute(sql).await.unwrap();
    old_rows_are_found_and_folded(&place, forget).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    let place = TestDatabase::sqlite();
    let forget = async |sql| {
        let mut file = SqliteConnection::establish(place.file().to_str().unwrap()).unwrap();
        file.batch_execute("PRAGMA busy_timeout = 5000;").unwrap();
        file.batch_execute(sql).unwrap();
    };
    old_rows_are_found_and_folded(&place, forget).await;
}
