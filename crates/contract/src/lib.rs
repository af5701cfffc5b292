#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a case whose store fails has failed, and should say so on the spot"
)]
#![warn(missing_docs)]

pub mod accounts;
pub mod actions;
pub mod archives;
pub mod batch;
pub mod budget;
mod cases;
pub mod concurrency;
pub mod conversations;
pub mod history;
pub mod idempotency;
pub mod ledger;
pub mod listing;
pub mod oversight;
pub mod retention;
pub mod scripts;
pub mod search;
mod stores;
pub mod tags;
pub mod tasks;
pub mod tokens;
pub mod turns;
pub mod undo;
pub mod usage;
pub mod user_limits;
mod values;

pub use cases::{PORTS, run};
pub use stores::{AccountStores, ChatStores, Stores, TaskStores, TurnStores, Users};
pub use values::*;
