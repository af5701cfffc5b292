//! Exports that are going on at the same time, and one that is overtaken.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use todo_app::{Archives, Export, ExportError};
use todo_domain::{
    UserId,
    ports::{MockAccountStore, MockArchiveFormat, MockArchiveStore, MockClock, StoreErrorKind},
};
use todo_testkit::user;

/// Accounts with nothing in them, which are there as long as `are_there` says so.
fn archives(are_there: &Arc<AtomicBool>) -> Archives {
    let are_there = Arc::clone(are_there);
    let (mut accounts, mut store) = (MockAccountStore::new(), MockArchiveStore::new());
    accounts
        .expect_user()
        .returning(move |id| Ok(are_there.load(Ordering::Relaxed).then(|| user(id.get()))));
    store.expect_tasks().returning(|_, _, _| Ok(Vec::new()));
    store.expect_conversations().returning(|_, _, _| Ok(Vec::new()));
    let (mut format, mut clock) = (MockArchiveFormat::new(), MockClock::new());
    format.expect_write().returning(|_| Ok("{}".to_owned()));
    clock.expect_now().returning(|| "2026-11-23T09:00:00Z".parse().unwrap());
    Archives::new(Arc::new(accounts), Arc::new(store), Arc::new(format), Arc::new(clock))
}

async fn begin(archives: &Archives, user: usize) -> Result<Export, ExportError> {
    archives.export(UserId::new(i64::try_from(user).unwrap()).unwrap()).await
}

#[tokio::test]
async fn a_few_exports_at_once_are_enough_and_each_account_has_one() {
    let archives = archives(&Arc::new(AtomicBool::new(true)));
    let mut going_on = vec![begin(&archives, 1).await.unwrap()];
    assert!(matches!(begin(&archives, 1).await, Err(ExportError::TooMany)));
    for user in 2..=Archives::MAX_EXPORTS {
        going_on.push(begin(&archives, user).await.unwrap());
    }
    assert!(matches!(begin(&archives, 99).await, Err(ExportError::TooMany)));
    going_on.pop();
    assert!(begin(&archives, 99).await.is_ok());
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
