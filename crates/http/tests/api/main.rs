//! The API over mocked stores, asked by a real client over a real socket.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod accounts;
mod archives;
mod chat;
mod client;
mod contract;
mod conversations;
mod cors;
mod documents;
mod health;
mod lists;
mod logs;
mod metrics;
mod protocol;
mod tasks;
mod validation;
