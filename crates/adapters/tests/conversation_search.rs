//! What a version without a search left behind is found all the same.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use todo_domain::{PageLimit, SearchText};
use todo_testkit::{contract::Stores, database::TestDatabase};

/// As a version writes it that knows nothing of the column.
const FORGET: &str =
    "UPDATE conversations SET search_text = NULL; UPDATE messages SET search_text = NULL;";

async fn old_rows_are_found(place: &TestDatabase, forget: impl AsyncFnOnce()) {
    let stores = Stores::of(&place.open().await);
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "Add MILK").await;
    stores.finish(&turn, "Added task 1: Milk (HIGH priority)").await;
    forget().await;
    for (text, found) in [("add milk", 1), ("high PRIORITY", 1), ("bread", 0)] {
        let (text, limit) = (SearchText::new(text).unwrap(), PageLimit::default());
        let page = stores.conversations.search(ada, text, limit, None).await.unwrap();
        assert_eq!(page.conversations.len(), found);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    let place = TestDatabase::postgres().await;
    let client = place.client().await;
    old_rows_are_found(&place, async || client.batch_execute(FORGET).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    let place = TestDatabase::sqlite();
    let forget = async || {
        let mut file = SqliteConnection::establish(place.file().to_str().unwrap()).unwrap();
        file.batch_execute("PRAGMA busy_timeout = 5000;").unwrap();
        file.batch_execute(FORGET).unwrap();
    };
    old_rows_are_found(&place, forget).await;
}
