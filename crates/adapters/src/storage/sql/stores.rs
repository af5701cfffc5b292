//! The stores, written once for both engines: the parent module says which. The macros `locking!`
//! and `insert_all!` are its own, too.

mod accounts;
mod archives;
mod batch;
mod conversation_search;
mod conversations;
pub(crate) mod db;
mod desk;
pub(crate) mod health;
mod history;
mod import;
mod ledger;
mod messages;
mod retention;
pub(crate) mod schema;
mod steps;
mod tags;
mod task_list;
mod task_numbers;
mod tasks;
mod tokens;
mod turns;

use super::{
    Backend, Conn, SYSTEM_NAME, begin_read, begin_write, column, database_now, has_migration_table,
};

pub(crate) use db::Db;
