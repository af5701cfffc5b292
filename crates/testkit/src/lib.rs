//! What tests need: the real service on a port of its own, databases that come and go, models
//! that follow a script, clocks that stand still.
//!
//! Used from `tests/` folders only: a unit test would see two versions of its own crate's types.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't be set up has failed, and should say so on the spot"
)]

pub mod app;
pub mod balancer;
pub mod certificates;
pub mod clock;
pub mod cohere;
pub mod collector;
pub mod database;
pub mod faults;
pub mod model;
pub mod ports;
pub mod private_postgres;
pub mod process;
pub mod proxy;
pub mod redis;
pub mod replication;
pub mod sentry;
mod server_keeper;
pub mod todo_list;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use todo_domain::{Email, TimeZone, TokenEpoch, User, UserId, UserName};

/// What people say and what must come of it, as JSON: the tasks that are `given` before each case,
/// and what a case `created`, `changed` or `deleted`; everything else stays as it was.
pub const UTTERANCES: &str = include_str!("../data/utterances.json");

/// An HTTP client that follows no redirects and gives up after a minute.
#[must_use]
pub fn http_client() -> reqwest::Client {
    todo_adapters::install_crypto_provider();
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(60));
    client.build().expect("a provider of cryptography is installed")
}

/// Waits until this holds.
///
/// # Panics
/// When it does not within a minute.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A user as a store would know one.
#[must_use]
pub fn user(id: i64) -> User {
    User {
        id: UserId::new(id).expect("a number from 1"),
        email: Email::new("ada@example.org").expect("an address"),
        name: UserName::new("Ada").expect("a name"),
        time_zone: TimeZone::UTC,
        created_at: "2026-11-22T09:00:00Z".parse().expect("an instant"),
        token_epoch: TokenEpoch::default(),
        disabled_at: None,
        operator_since: None,
    }
}

/// A number that this process has not used before.
#[must_use]
pub fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
