//! Tags: how they are kept with a task, found, and counted.

use std::collections::HashMap;

use diesel::{
    prelude::*,
    sql_types::{Bool, Nullable},
};
use diesel_async::RunQueryDsl;
use todo_domain::{Tag, TagCount, Tags, TaskStatus, UserId, ports::MAX_TAG_COUNTS};
use tokio::task::yield_now;

use super::{Backend, Conn, schema::tasks, search, tasks::status_number};
use crate::storage::error::{Corrupt, Result};

/// Tags as the column has them: `,home,work,`, or nothing.
pub(super) fn column_of(tags: &Tags) -> String {
    if tags.is_empty() { String::new() } else { format!(",{tags},") }
}

/// The tags that [`column_of`] wrote, in this version or in another.
pub(super) fn tags_of(column: &str) -> Result<Tags, Corrupt> {
    Tags::stored(column.trim_matches(',')).map_err(|_| Corrupt("tasks.tags"))
}

type Condition = Box<dyn BoxableExpression<tasks::table, Backend, SqlType = Nullable<Bool>>>;

/// Whether a task has the tag. One that is not folded yet is found by the form in which its tags are
/// shown.
pub(super) fn having(tag: &Tag) -> Condition {
    let folded = position_in!(tasks::search_text.nullable(), search::wanted_tag(tag));
    let shown = position_in!(tasks::tags.nullable(), format!(",{},", tag.compared()));
    Box::new(folded.gt(0).or(shown.gt(0)))
}

/// After how many rows the others on this thread get a turn.
const ROWS_BETWEEN_YIELDS: usize = 256;

/// How many of the user's tasks have each tag. Many tasks have the same tags, so that the database
/// counts these first.
pub(super) async fn counts(conn: &mut Conn, user: UserId) -> Result<Vec<TagCount>> {
    let rows: Vec<(String, i16, i64)> = tasks::table
        .filter(tasks::user_id.eq(user.get()))
        .filter(tasks::tags.ne(""))
        .group_by((tasks::tags, tasks::status))
        .select((tasks::tags, tasks::status, diesel::dsl::count_star()))
        .load(conn)
        .await?;
    let mut found: HashMap<Tag, TagCount> = HashMap::new();
    for (number, (column, status, tasks)) in (1..).zip(rows) {
        if number % ROWS_BETWEEN_YIELDS == 0 {
            yield_now().await;
        }
        let tasks = tasks.unsigned_abs();
        for tag in &tags_of(&column)? {
            let none = || TagCount { tag: tag.clone(), pending: 0, total: 0 };
            let count = found.entry(tag.clone()).or_insert_with(none);
            count.shown_as(tag);
            count.total += tasks;
            if status == status_number(TaskStatus::Pending) {
                count.pending += tasks;
            }
        }
    }
    let mut counts: Vec<TagCount> = found.into_values().collect();
    counts.sort_unstable_by(|one, other| {
        other.total.cmp(&one.total).then_with(|| one.tag.cmp(&other.tag))
    });
    counts.truncate(MAX_TAG_COUNTS);
    Ok(counts)
}
