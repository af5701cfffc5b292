//! The simulator of Cohere's API, held to what is known of the real one.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod acceptance;
mod client;
mod conversation;
mod delivery;
mod endpoints;
mod faults;
mod refusals;
mod scenarios;
mod streams;
mod tool_loop;
