//! Servers that are no replica of this database: the service runs on, with the primary.

use todo_adapters::{DatabaseUrl, OpenError, ReplicaSettings};
use todo_contract::Stores;
use todo_domain::ports::ReplicaState;
use todo_testkit::{
    database::TestDatabase,
    replication::{ReplicatedDatabase, Server},
};
use tokio::runtime::Handle;

use crate::{SOON, add, becomes, count, log, open};

async fn is_refused(place: &ReplicatedDatabase, url: &str, reason: &str) {
    log::listen();
    let database = open(place, url, SOON, None).await;
    becomes(&database, ReplicaState::Refused).await;
    let user = Stores::of(database.stores()).user("ada").await;
    add(&database, user).await;
    assert_eq!(count(&database, user).await, 1);
    let heard = log::heard();
    assert!(
        heard.len() == 1 && heard[0].contains("WARN") && heard[0].contains(reason),
        "{heard:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_primary_itself_is_no_replica() {
    let place = ReplicatedDatabase::create().await;
    is_refused(&place, &place.url(Server::Primary), "it is not in recovery").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_its_own_is_no_replica() {
    let place = ReplicatedDatabase::create().await;
    let elsewhere = TestDatabase::postgres().await;
    is_refused(&place, &elsewhere.url(), "it is not in recovery").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_database_of_the_replica_is_refused() {
    let place = ReplicatedDatabase::create().await;
    is_refused(&place, &place.other_url(Server::Replica), "or another database").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_of_another_server_is_refused() {
    let place = ReplicatedDatabase::create().await;
    let elsewhere = TestDatabase::postgres().await;
    let replica = DatabaseUrl::parse(&place.url(Server::Replica)).unwrap();
    let replica = ReplicaSettings { max_lag: SOON, ..ReplicaSettings::new(replica) };
    let url = DatabaseUrl::parse(&elsewhere.url()).unwrap();
    let settings = todo_adapters::DatabaseSettings::default();
    let database =
        todo_adapters::Database::open_with_replica(&url, &replica, settings, Handle::current());
    becomes(&database.await.unwrap(), ReplicaState::Refused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_no_replica_and_is_none() {
    let place = TestDatabase::sqlite();
    let url = DatabaseUrl::parse(&place.url()).unwrap();
    let replica = ReplicaSettings::new(url.clone());
    let settings = todo_adapters::DatabaseSettings::default();
    let opened =
        todo_adapters::Database::open_with_replica(&url, &replica, settings, Handle::current());
    assert!(matches!(opened.await.unwrap_err(), OpenError::Replica));
}
