//! What a store decides, over plain collections: for a service that keeps its lists in memory or
//! has a way of its own to write them down, and as a reference that stores are compared with.
//!
//! A [`Notebook`] has all of a user: a [`TaskList`], and a [`ConversationLog`] for each
//! conversation with its turns. They are plain values; a
//! [`TurnStore`](crate::ports::TurnStore) is a lock around a notebook for each user.

mod conversation_log;
#[cfg(test)]
mod conversation_log_tests;
mod notebook;
#[cfg(test)]
mod notebook_tests;
mod task_list;
#[cfg(test)]
mod task_list_tests;
mod task_page;

pub use conversation_log::ConversationLog;
pub use notebook::Notebook;
pub use task_list::TaskList;
