//! Old turns go in small portions.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use todo_app::Retention;
use todo_domain::{
    Timestamp,
    ports::{MockClock, MockRetentionStore, StoreError, StoreErrorKind},
};
use todo_metrics::Metrics;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn retention(store: MockRetentionStore) -> Retention {
    let mut clock = MockClock::new();
    clock.expect_now().return_const("2026-11-22T09:00:00Z".parse::<Timestamp>().unwrap());
    Retention::new(Arc::new(store), Arc::new(clock), Some(30 * DAY), Metrics::none().retention)
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_until_nothing_is_left() {
    let mut store = MockRetentionStore::new();
    // Another process takes part of the second.
    let mut portions = vec![0, 3, 250, 500];
    store.expect_forget_turns().times(4).returning(move |before, limit| {
        assert_eq!(before.to_string(), "2026-10-23T09:00:00Z");
        assert_eq!(limit, 500);
        Ok(portions.pop().unwrap())
    });
    assert_eq!(retention(store).sweep().await.unwrap(), 753);
}

#[tokio::test(start_paused = true)]
async fn keys_are_removed_after_a_day_whatever_becomes_of_turns() {
    let mut store = MockRetentionStore::new();
    let mut portions = vec![0, 20, 500];
    store.expect_forget_keys().times(3).returning(move |before, limit| {
        assert_eq!(before.to_string(), "2026-11-21T09:00:00Z");
        assert_eq!(limit, 500);
        Ok(portions.pop().unwrap())
    });
    let mut clock = MockClock::new();
    clock.expect_now().return_const("2026-11-22T09:00:00Z".parse::<Timestamp>().unwrap());
    let metrics = Metrics::none().retention;
    let retention = Retention::new(Arc::new(store), Arc::new(clock), None, metrics);
    assert_eq!(retention.sweep().await.unwrap(), 0);
    assert_eq!(retention.sweep_keys().await.unwrap(), 520);
}

#[tokio::test(start_paused = true)]
async fn it_looks_at_once_and_every_hour_also_after_a_failure() {
    let looks = Arc::new(AtomicU64::new(0));
    let mut store = MockRetentionStore::new();
    let seen = Arc::clone(&looks);
    store.expect_forget_turns().returning(move |_, _| match seen.fetch_add(1, Ordering::Relaxed) {
        1 => Err(StoreError::new(StoreErrorKind::Unavailable, "gone")),
        _ => Ok(0),
    });
    store.expect_forget_keys().returning(|_, _| Ok(0));
    let running = tokio::spawn(retention(store).run());
    tokio::time::sleep(Duration::from_secs(3 * 60 * 60 + 1)).await;
    assert_eq!(looks.load(Ordering::Relaxed), 4);
    running.abort();
}
