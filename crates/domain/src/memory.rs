//! What a store decides, over plain collections: for a service that keeps its lists in memory or as
//! rows of its own, and as a reference that stores are compared with.
//!
//! A [`InMemoryUserData`] has all of a user: a [`TaskList`], and a [`ConversationLog`] for each
//! conversation with its turns. They are plain values. Whoever can load and keep them, a
//! [`UserDataRepository`], has a turn store, a task store and a conversation store: the
//! [`UserDataStore`] over it. In memory that is a lock around a map; over a database it is a
//! transaction that loads the [rows](UserDataRow) of a user, and writes those that
//! [changed](InMemoryUserData::changes_since).
//!
//! Other ports there are not: users and their tokens, what models cost by day, exports and imports, and
//! forgetting what is old are the service's own.

mod actions;
mod conversation_list;
mod conversation_log;
#[cfg(test)]
mod conversation_log_tests;
mod repository;
mod rows;
#[cfg(test)]
mod rows_tests;
mod task_list;
#[cfg(test)]
mod task_list_tests;
mod task_page;
mod user_data;
#[cfg(test)]
mod user_data_tests;

pub use conversation_log::ConversationLog;
pub use repository::{UserDataRepository, UserDataStore};
pub use rows::{ActionRow, RowChange, RowKey, RowsError, TurnRow, UserDataRow, UserRow};
pub use task_list::TaskList;
pub use user_data::{AnsweredRequest, InMemoryUserData, RequestAnswer};
