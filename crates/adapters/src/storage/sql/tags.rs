//! Tags: how they are kept with a task, found, and counted.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{Tag, TagCount, Tags, TaskStatus, UserId, ports::MOST_TAG_COUNTS};

use super::{Conn, schema::tasks, task_list::literal, tasks::status_number};
use crate::storage::error::{Corrupt, Result};

/// Tags as the column has them: `,home,work,`, or nothing.
pub(super) fn column_of(tags: &Tags) -> String {
    if tags.is_empty() { String::new() } else { format!(",{tags},") }
}

/// The tags that [`column_of`] wrote.
pub(super) fn tags_of(column: &str) -> Result<Tags, Corrupt> {
    Tags::stored(column.trim_matches(',')).map_err(|_| Corrupt("tasks.tags"))
}

/// A LIKE pattern for the columns that have this tag.
pub(super) fn having(tag: &Tag) -> String {
    format!("%,{},%", literal(tag.as_str()))
}

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
    for (column, status, tasks) in rows {
        let tasks = tasks.unsigned_abs();
        for tag in &tags_of(&column)? {
            let none = || TagCount { tag: tag.clone(), pending: 0, total: 0 };
            let count = found.entry(tag.clone()).or_insert_with(none);
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
    counts.truncate(MOST_TAG_COUNTS);
    Ok(counts)
}
