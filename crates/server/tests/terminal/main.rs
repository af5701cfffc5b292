//! Talking in a terminal, with the real binary.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod again;
mod chat;
mod in_process;
mod pipe;
mod prompt;
mod remote;
mod scripted;
mod trouble;
