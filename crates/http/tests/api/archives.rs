//! Exports that fail on the way.

use std::time::Duration;

use reqwest::Method;
use todo_domain::ports::{StoreError, StoreErrorKind};
use todo_http::HttpSettings;

use crate::client::{Mocks, task};

fn unavailable<T>() -> Result<T, StoreError> {
    Err(StoreError::new(StoreErrorKind::Unavailable, "gone"))
}

#[tokio::test]
async fn an_export_that_fails_half_way_breaks_off_and_has_no_end() {
    let mut mocks = Mocks::default();
    mocks.format.expect_write().returning(|_| Ok("{}".to_owned()));
    mocks.archives.expect_is_importing().returning(|_| Ok(false));
    mocks.archives.expect_tasks().returning(|_, after, _| match after {
        None => Ok((1..=100).map(task).collect()),
        Some(_) => unavailable(),
    });
    let client = mocks.serve();
    let request = client.request(Method::GET, "/api/me/export");
    let whole = async { request.send().await?.text().await };
    assert!(whole.await.is_err(), "it looks whole");
}

#[tokio::test]
async fn an_export_of_somebody_who_is_gone_does_not_begin() {
    let mut mocks = Mocks::default();
    mocks.accounts.checkpoint();
    mocks.accounts.expect_user().returning(|_| Ok(None));
    let answer = mocks.serve().get("/api/me/export").await;
    assert_eq!(answer.problem(), (401, "invalid_token"));
}

#[tokio::test]
async fn an_export_may_take_longer_than_a_connection_may_idle() {
    let mut mocks = Mocks::default();
    mocks.format.expect_write().returning(|_| {
        std::thread::sleep(Duration::from_millis(7));
        Ok("{}".to_owned())
    });
    mocks.archives.expect_is_importing().returning(|_| Ok(false));
    mocks.archives.expect_tasks().returning(|_, after, _| {
        let after = after.map_or(0, |id| id.get());
        Ok((after + 1..=(after + 100).min(450)).map(task).collect())
    });
    mocks.archives.expect_conversations().returning(|_, _, _| Ok(Vec::new()));
    let second = Duration::from_secs(1);
    let bounds =
        HttpSettings { keep_alive: second, request_timeout: second, ..HttpSettings::default() };
    let client = mocks.serve_with(bounds);
    let response = client.request(Method::GET, "/api/me/export").send().await.unwrap();
    // A header, the tasks, a trailer: more than three seconds.
    assert_eq!(response.text().await.unwrap().lines().count(), 452);
}
