//! The stores, written once for both engines: the parent module says which. The macros
//! `for_update!`, `for_update_skip_locked!`, `position_in!` and `insert_all!` are its own, too.

/// How many rows are written with one statement, which has its usual time for them. PostgreSQL
/// takes no more than 65,535 values with one.
const ROWS_AT_ONCE: usize = 200;

/// Inserts the rows of an iterator, some in each statement.
macro_rules! insert_in_parts {
    ($conn:expr, $table:expr, $rows:expr) => {{
        let mut rows = $rows;
        loop {
            let part: Vec<_> = rows.by_ref().take(super::ROWS_AT_ONCE).collect();
            if part.is_empty() {
                break;
            }
            insert_all!($conn, $table, part)?;
        }
    }};
}

mod accounts;
mod action_ask;
mod action_decide;
mod actions;
mod archives;
mod batch;
mod conversation_search;
mod conversations;
pub(crate) mod db;
mod due_list;
mod folding;
pub(crate) mod health;
mod history;
mod idempotency;
mod import;
mod ledger;
mod messages;
mod oversight;
mod partial_answers;
mod refresh_tokens;
mod removal;
mod retention;
pub(crate) mod schema;
mod search;
mod spending;
mod steps;
mod tags;
mod task_batch;
mod task_list;
mod task_numbers;
mod tasks;
mod tokens;
mod turn_begin;
mod turn_cancel;
mod turn_end;
mod turn_rows;
mod turns;
mod undo;

use todo_domain::PageLimit;

use super::{
    Backend, Beginning, Conn, SYSTEM_NAME, TO_FOLD, column, database_now, do_statements,
    has_migration_table, until,
};

pub(crate) use db::Db;

/// The rows of a page, of which one more was asked for to tell whether there is another page.
fn split_page<T>(mut rows: Vec<T>, limit: PageLimit) -> (Vec<T>, bool) {
    let limit = usize::from(limit.get());
    let more = rows.len() > limit;
    rows.truncate(limit);
    (rows, more)
}
