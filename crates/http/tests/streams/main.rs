//! Turns that are followed while they run, and after it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod approvals;
mod following;
mod reader;
mod ui_clients;
