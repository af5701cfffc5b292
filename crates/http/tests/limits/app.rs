//! A service with limits, and what people do there.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use reqwest::Method;
use serde_json::json;
use todo_domain::Quota;
use todo_http::LimitSettings;
use todo_testkit::{
    app::{Answer, TestApp, TestAppBuilder, Visitor},
    clock::FixedClock,
};

pub(crate) fn clock() -> Arc<FixedClock> {
    FixedClock::at("2026-11-22T09:00:00Z")
}

pub(crate) fn count(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap()
}

/// The limits that the service has by default, behind a proxy on this machine.
pub(crate) fn usual() -> LimitSettings {
    LimitSettings {
        requests: Some(Quota::per_second(count(10), 20)),
        chat: Some(Quota::per(Duration::from_secs(60), count(20))),
        sign_up: Some(Quota::per(Duration::from_secs(3600), count(20))),
        trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
    }
}

pub(crate) fn with(limits: LimitSettings) -> TestAppBuilder {
    TestApp::sqlite().clock(clock()).limits(limits)
}

/// The statuses of so many requests, one after the other.
pub(crate) async fn statuses(visitor: &Visitor, path: &str, requests: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..requests {
        statuses.push(visitor.get(path).await.status.as_u16());
    }
    statuses
}

/// Asks from this address, as a proxy tells it.
pub(crate) async fn get_from(visitor: &Visitor, address: &str, path: &str) -> Answer {
    visitor.send(Method::GET, path, &[("x-forwarded-for", address)], None).await
}

/// Tries to sign in from this address.
pub(crate) async fn sign_in_from(
    visitor: &Visitor,
    address: &str,
    name: &str,
    password: &str,
) -> Answer {
    let body = json!({ "email": format!("{name}@example.org"), "password": password });
    let headers = [("content-type", "application/json"), ("x-forwarded-for", address)];
    let body = Some(body.to_string().into_bytes());
    visitor.send(Method::POST, "/api/auth/signin", &headers, body).await
}
