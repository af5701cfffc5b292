//! The use-cases of a todo list that is kept by talking, over the ports of `todo-domain`.
//!
//! [`Chat`] is the heart: it takes a message, asks a model, carries out the tools the model calls
//! and keeps a ledger of all of it. [`Tasks`], [`Conversations`] and [`Accounts`] are the same
//! lists by other means, [`TaskReader`] reads a sentence as the tasks it would add, [`Archives`] take all of it out and in, and [`Retention`] forgets what is
//! old; [`UsageReports`] tell what was taken of models, and [`Oversight`] what all users together take; [`Health`] says whether all of it can work, and has a [`ProviderMonitor`] for
//! what is beyond its reach.
//!
//! What comes in is already parsed into domain types, so a use-case has no input errors of form.
#![warn(missing_docs)]

mod accounts;
mod archives;
pub mod chat;
mod conversations;
mod folding;
mod health;
mod idempotency;
mod oversight;
mod provider_monitor;
mod retention;
mod task_reader;
mod tasks;
mod usage;

pub use accounts::{
    Accounts, CheckError, ConfirmError, SetPasswordError, SignInError, SignInGuard, SignInOrigin,
    SignUp, SignUpError,
};
pub use archives::{
    Archives, Busy, Export, ExportError, Import, ImportError, ImportSweep, Imported, StoredImport,
};
pub use chat::{
    CancelledTurn, Chat, ChatBuilder, ChatError, ChatReply, ChatRequest, ChatSettings,
    DecisionRequest, FailedTurn, ReplyStatus,
};
pub use conversations::Conversations;
pub use folding::Folding;
pub use health::{Health, ProviderState, Readiness, StoreState};
pub use idempotency::request_digest;
pub use oversight::{AllUsage, Oversight};
pub use provider_monitor::{ProviderAnswer, ProviderMonitor};
pub use retention::Retention;
pub use task_reader::TaskReader;
pub use tasks::Tasks;
pub use usage::{BudgetState, PricedUsage, UsageDay, UsageReport, UsageReports};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
