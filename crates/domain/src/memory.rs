//! What a store decides, over plain collections: for a service that keeps its lists in memory or
//! has a way of its own to write them down, and as a reference that stores are compared with.
//!
//! A [`InMemoryUserData`] has all of a user: a [`TaskList`], and a [`ConversationLog`] for each
//! conversation with its turns. They are plain values; a
//! [`TurnStore`](crate::ports::TurnStore) is a lock around such data for each user.

mod actions;
mod conversation_log;
#[cfg(test)]
mod conversation_log_tests;
mod task_list;
#[cfg(test)]
mod task_list_tests;
mod task_page;
mod user_data;
#[cfg(test)]
mod user_data_tests;

pub use conversation_log::ConversationLog;
pub use task_list::TaskList;
pub use user_data::InMemoryUserData;
