//! Reads from a streaming replica: which go there, and what its troubles do to them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod log;
mod refusals;
mod routing;
mod troubles;

use std::time::{Duration, Instant};

use todo_adapters::{
    Database, DatabaseSettings, DatabaseUrl, ReplicaSettings, SharedMemory, SharedWrites,
};
use todo_contract::{Stores, titled};
use todo_domain::{TaskQuery, UserId, ports::ReplicaState};
use todo_testkit::replication::{ReplicatedDatabase, Server};
use tokio::runtime::Handle;

/// Longer than any test takes.
pub(crate) const EVER: Duration = Duration::from_secs(300);
/// Short enough to wait for.
pub(crate) const SOON: Duration = Duration::from_millis(500);

/// Opens a database with a replica that may lag so far behind.
pub(crate) async fn open(
    place: &ReplicatedDatabase,
    replica: &str,
    max_lag: Duration,
    memory: Option<SharedMemory>,
) -> Database {
    let replica = ReplicaSettings {
        max_lag,
        shared_writes: memory.map(SharedWrites::in_redis),
        first_read_after: Some(Duration::ZERO),
        ..ReplicaSettings::new(DatabaseUrl::parse(replica).unwrap())
    };
    let url = DatabaseUrl::parse(&place.url(Server::Primary)).unwrap();
    let settings =
        DatabaseSettings { timeout: Duration::from_secs(10), ..DatabaseSettings::default() };
    Database::open_with_replica(&url, &replica, settings, Handle::current()).await.unwrap()
}

/// Opens a database whose replica is being read from.
pub(crate) async fn open_in_use(place: &ReplicatedDatabase, max_lag: Duration) -> Database {
    let database = open(place, &place.url(Server::Replica), max_lag, None).await;
    becomes(&database, ReplicaState::InUse).await;
    database
}

/// Waits until the replica is in this state.
pub(crate) async fn becomes(database: &Database, state: ReplicaState) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while database.stores().health.replica().unwrap().state != state {
        assert!(
            Instant::now() < deadline,
            "{:?} is never {state:?}",
            database.stores().health.replica()
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Adds a task.
pub(crate) async fn add(database: &Database, user: UserId) {
    Stores::of(database.stores()).add(user, titled("milk")).await;
}

/// A user with one task, as both servers know them.
pub(crate) async fn user_with_a_task(place: &ReplicatedDatabase) -> UserId {
    let primary = place.open_primary().await;
    let user = Stores::of(primary.stores()).user("ada").await;
    add(&primary, user).await;
    place.caught_up().await;
    user
}

/// How many tasks a user is shown.
pub(crate) async fn count(database: &Database, user: UserId) -> usize {
    Stores::of(database.stores()).list(user, TaskQuery::default()).await.tasks.len()
}
