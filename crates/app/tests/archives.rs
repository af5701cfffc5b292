//! Exports that are going on at the same time, and one that is overtaken.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use todo_app::{Archives, Busy, Export, ExportError};
use todo_domain::{
    LimitKey, UserId,
    ports::{
        MockAccountStore, MockArchiveFormat, MockArchiveStore, MockClock, MockIdGenerator,
        StoreErrorKind,
    },
};
use todo_testkit::user;
use tokio::time::advance;

/// Accounts with nothing in them, which are there as long as `are_there` says so.
fn archives(are_there: &Arc<AtomicBool>) -> Archives {
    let are_there = Arc::clone(are_there);
    let (mut accounts, mut store) = (MockAccountStore::new(), MockArchiveStore::new());
    accounts
        .expect_user()
        .returning(move |id| Ok(are_there.load(Ordering::Relaxed).then(|| user(id.get()))));
    store.expect_is_importing().returning(|_| Ok(false));
    store.expect_tasks().returning(|_, _, _| Ok(Vec::new()));
    store.expect_conversations().returning(|_, _, _| Ok(Vec::new()));
    let (mut format, mut clock) = (MockArchiveFormat::new(), MockClock::new());
    format.expect_write().returning(|_| Ok("{}".to_owned()));
    clock.expect_now().returning(|| "2026-11-23T09:00:00Z".parse().unwrap());
    let ids = Arc::new(MockIdGenerator::new());
    Archives::new(Arc::new(accounts), Arc::new(store), Arc::new(format), Arc::new(clock), ids)
}

/// Everybody is at an address of their own.
async fn begin(archives: &Archives, user: usize) -> Result<Export, Busy> {
    begin_at(archives, user, &format!("address of {user}")).await
}

async fn begin_at(archives: &Archives, user: usize, address: &str) -> Result<Export, Busy> {
    let user = UserId::new(i64::try_from(user).unwrap()).unwrap();
    let begun = archives.export(user, LimitKey::new(address)).await;
    let busy = |error| match error {
        ExportError::Busy(busy) => Some(busy),
        ExportError::ImportInProgress | ExportError::UserNotFound | ExportError::Store(_) => None,
    };
    begun.map_err(|error| busy(error).unwrap())
}

#[tokio::test]
async fn a_few_exports_at_once_are_enough_and_each_account_has_one() {
    let archives = archives(&Arc::new(AtomicBool::new(true)));
    let mut going_on = vec![begin(&archives, 1).await.unwrap()];
    assert_eq!(begin(&archives, 1).await.unwrap_err(), Busy::Account);
    for user in 2..=Archives::MAX_EXPORTS {
        going_on.push(begin(&archives, user).await.unwrap());
    }
    assert_eq!(begin(&archives, 99).await.unwrap_err(), Busy::All);
    going_on.pop();
    assert!(begin(&archives, 99).await.is_ok());
}

#[tokio::test]
async fn an_address_has_one_export_at_a_time_whoever_asks() {
    let archives = archives(&Arc::new(AtomicBool::new(true)));
    let first = begin_at(&archives, 1, "home").await.unwrap();
    assert_eq!(begin_at(&archives, 2, "home").await.unwrap_err(), Busy::Address);
    let elsewhere = begin_at(&archives, 2, "work").await;
    assert!(elsewhere.is_ok());
    drop(first);
    assert!(begin_at(&archives, 3, "home").await.is_ok());
}

/// So nobody holds all of them by coming again and again.
#[tokio::test(start_paused = true)]
async fn whoever_leaves_an_export_unfinished_waits_as_long_as_they_held_it() {
    let archives = archives(&Arc::new(AtomicBool::new(true)));
    let left = begin(&archives, 1).await.unwrap();
    advance(Duration::from_secs(20)).await;
    drop(left);
    let retry_after = Duration::from_secs(20);
    assert_eq!(begin(&archives, 1).await.unwrap_err(), Busy::Unfinished { retry_after });
    assert!(begin(&archives, 2).await.is_ok(), "nobody else waits");
    advance(retry_after).await;
    let mut export = begin(&archives, 1).await.unwrap();
    while export.next().await.unwrap().is_some() {}
    advance(Duration::from_secs(20)).await;
    drop(export);
    assert!(begin(&archives, 1).await.is_ok(), "whoever finishes may come again");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_a_minute() {
    let archives = archives(&Arc::new(AtomicBool::new(true)));
    let left = begin(&archives, 1).await.unwrap();
    advance(Duration::from_secs(3600)).await;
    drop(left);
    let waits = begin(&archives, 1).await.unwrap_err().retry_after();
    assert_eq!(waits, Duration::from_secs(60));
}

#[tokio::test]
async fn an_account_that_is_deleted_meanwhile_leaves_no_export_that_looks_whole() {
    let are_there = Arc::new(AtomicBool::new(true));
    let archives = archives(&are_there);
    let mut whole = begin(&archives, 1).await.unwrap();
    let mut lines = Vec::new();
    while let Some(page) = whole.next().await.unwrap() {
        lines.push(page);
    }
    assert_eq!(lines, ["{}\n", "{}\n"], "a header and a trailer");

    let mut overtaken = begin(&archives, 2).await.unwrap();
    assert!(overtaken.next().await.unwrap().is_some());
    are_there.store(false, Ordering::Relaxed);
    assert_eq!(overtaken.next().await.unwrap_err().kind, StoreErrorKind::NoUser);
    assert!(overtaken.next().await.unwrap().is_none(), "there is nothing after an error");
}
