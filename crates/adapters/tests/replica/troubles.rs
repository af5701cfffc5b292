//! Replicas that lag, die, fall silent and come back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use todo_adapters::Database;
use todo_contract::Stores;
use todo_domain::UserId;
use todo_domain::ports::ReplicaState;
use todo_testkit::{
    proxy::Proxy,
    replication::{ReplicatedDatabase, Server},
};
use tokio::task::JoinHandle;

use crate::{EVER, SOON, add, becomes, count, log, open, open_in_use, user_with_a_task};

/// Somebody who reads all the time; stopped, they tell how often. No read may fail.
struct Reader {
    stop: Arc<AtomicBool>,
    reads: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Reader {
    fn start(database: &Database, user: UserId) -> Self {
        let (stop, reads) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let task = tokio::spawn({
            let (database, stop, reads) = (database.clone(), Arc::clone(&stop), Arc::clone(&reads));
            async move {
                while !stop.load(Ordering::Relaxed) {
                    assert_eq!(count(&database, user).await, 1);
                    reads.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        });
        Self { stop, reads, task }
    }

    async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.unwrap();
        assert!(self.reads.load(Ordering::Relaxed) > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_lags_too_far_is_left_until_it_has_caught_up() {
    let place = ReplicatedDatabase::create().await;
    log::listen();
    let (database, others) = (open_in_use(&place, SOON).await, place.open_primary().await);
    let user = Stores::of(others.stores()).user("ada").await;
    place.caught_up().await;
    place.pause_replay().await;
    add(&others, user).await;
    becomes(&database, ReplicaState::Away).await;
    assert_eq!(count(&database, user).await, 1);
    assert!(database.stores().health.replica().unwrap().lag.unwrap() > SOON);
    place.resume_replay().await;
    becomes(&database, ReplicaState::InUse).await;

    let [begun, left, back] = log::heard().try_into().unwrap();
    assert!(begun.contains("INFO") && begun.contains("Reading from the replica"), "{begun}");
    assert!(left.contains("WARN") && left.contains("reason=it lags"), "{left}");
    assert!(back.contains("INFO") && back.contains("Reading from the replica"), "{back}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_at_rest_is_no_lag() {
    let place = ReplicatedDatabase::create().await;
    place.caught_up().await;
    let database = open_in_use(&place, SOON).await;
    tokio::time::sleep(3 * SOON).await;
    assert_eq!(database.stores().health.replica().unwrap().state, ReplicaState::InUse);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_reads_notices_that_a_replica_dies_and_comes_back() {
    let mut place = ReplicatedDatabase::create().await;
    let database = open_in_use(&place, EVER).await;
    let user = user_with_a_task(&place).await;
    log::listen();
    let reader = Reader::start(&database, user);
    place.stop(Server::Replica);
    becomes(&database, ReplicaState::Away).await;
    place.start(Server::Replica);
    becomes(&database, ReplicaState::InUse).await;
    reader.stop().await;

    let heard = log::heard();
    assert_eq!(heard.len(), 2, "{heard:#?}");
    assert!(heard[0].contains("WARN") && heard[1].contains("INFO"), "{heard:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_falls_silent_is_read_around_within_the_time_for_one_read() {
    let place = ReplicatedDatabase::create().await;
    let user = user_with_a_task(&place).await;
    let proxy = Proxy::before(&place.url(Server::Replica)).await;
    let database = open(&place, proxy.url(), EVER, None).await;
    becomes(&database, ReplicaState::InUse).await;
    let reader = Reader::start(&database, user);
    proxy.fall_silent();
    becomes(&database, ReplicaState::Away).await;
    assert_eq!(count(&database, user).await, 1);
    proxy.recover();
    becomes(&database, ReplicaState::InUse).await;
    reader.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_go_on_while_the_primary_restarts_and_writes_after_it() {
    let mut place = ReplicatedDatabase::create().await;
    let database = open_in_use(&place, EVER).await;
    let user = user_with_a_task(&place).await;
    place.stop(Server::Primary);
    for _ in 0..20 {
        assert_eq!(count(&database, user).await, 1);
    }
    place.start(Server::Primary);
    add(&database, user).await;
    assert_eq!(count(&database, user).await, 2);
    becomes(&database, ReplicaState::InUse).await;
}
