//! Probes, however many.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use todo_app::{Health, Readiness};
use todo_domain::ports::{
    MockChatModel, PoolStatus, ReplicaStatus, StoreError, StoreErrorKind, StoreHealth, StoreReport,
};
use tokio::{sync::Semaphore, task::JoinSet};

/// A database that answers when it may: first that it is away, then that it is fine.
struct Store {
    asked: AtomicUsize,
    may_answer: Semaphore,
}

#[async_trait]
impl StoreHealth for Store {
    async fn check(&self) -> Result<StoreReport, StoreError> {
        let first = self.asked.fetch_add(1, Ordering::SeqCst) == 0;
        self.may_answer.acquire().await.unwrap().forget();
        if first {
            Err(StoreError::new(StoreErrorKind::Unavailable, "connection refused"))
        } else {
            Ok(StoreReport::default())
        }
    }

    fn pool(&self) -> PoolStatus {
        PoolStatus::default()
    }

    fn replica(&self) -> Option<ReplicaStatus> {
        None
    }
}

fn health(answers: usize, ttl: Duration) -> (Health, Arc<Store>) {
    let store = Arc::new(Store { asked: AtomicUsize::new(0), may_answer: Semaphore::new(answers) });
    let model = Arc::new(MockChatModel::new());
    (Health::new(store.clone(), model, None).cache_for(ttl), store)
}

#[tokio::test]
async fn a_flood_of_probes_asks_the_database_once() {
    let (health, store) = health(0, Duration::from_secs(3600));
    let mut probes = JoinSet::new();
    for _ in 0..100 {
        let health = health.clone();
        probes.spawn(async move { matches!(health.readiness().await, Readiness::DatabaseDown(_)) });
    }
    while store.asked.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    store.may_answer.add_permits(1);
    assert!(probes.join_all().await.into_iter().all(|down| down));
    let error = health.store().await.pending_migrations.unwrap_err();
    assert_eq!(
        (error.kind, error.source.to_string().as_str()),
        (StoreErrorKind::Unavailable, "connection refused")
    );
    assert_eq!(store.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_answer_that_is_past_is_not_told() {
    let (health, store) = health(2, Duration::ZERO);
    assert!(matches!(health.readiness().await, Readiness::DatabaseDown(_)));
    assert!(matches!(health.readiness().await, Readiness::Ready));
    assert_eq!(store.asked.load(Ordering::SeqCst), 2);
}

/// However many hang up, one question is on its way, and its answer is told to who stays.
#[tokio::test]
async fn probes_that_are_given_up_ask_the_database_once() {
    let (health, store) = health(0, Duration::from_secs(3600));
    for _ in 0..20 {
        let probe = tokio::spawn({
            let health = health.clone();
            async move { health.readiness().await }
        });
        while store.asked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        tokio::task::yield_now().await;
        probe.abort();
        assert!(probe.await.unwrap_err().is_cancelled());
    }
    let patient = tokio::spawn(async move { health.readiness().await });
    tokio::task::yield_now().await;
    store.may_answer.add_permits(1);
    assert!(matches!(patient.await.unwrap(), Readiness::DatabaseDown(_)));
    assert_eq!(store.asked.load(Ordering::SeqCst), 1);
}
