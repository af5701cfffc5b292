//! Rows of before are folded as new ones are: read, folded beside all transactions, and written where
//! nobody has changed them meanwhile.

use async_trait::async_trait;
use diesel::{
    define_sql_function,
    dsl::sql,
    prelude::*,
    sql_types::{Bool, Nullable, Text},
};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use todo_domain::{
    UserId,
    ports::{FoldingStore, StoreError},
};

use super::{
    Conn, Db, ROWS_AT_ONCE, TO_FOLD,
    accounts::lock_user_amid_import,
    schema::{conversations, messages, tasks},
    search, tags,
};
use crate::storage::{
    columns::SqlUuid,
    error::{Corrupt, Failure, Result},
    observers::Written,
    replica::Freshness,
};

define_sql_function! {
    /// How many characters a text has.
    fn length(text: Nullable<Text>) -> Nullable<Integer>;
}

/// The first user after this one with a row to fold. Only the indexes of such rows are read.
async fn next_user(conn: &mut Conn, after: Option<UserId>) -> Result<Option<UserId>> {
    let after = after.map_or(0, UserId::get);
    macro_rules! first_of {
        ($table:ident) => {
            $table::table
                .filter(sql::<Bool>(TO_FOLD))
                .filter($table::user_id.gt(after))
                .order($table::user_id)
                .select($table::user_id)
                .first::<i64>(conn)
                .await
                .optional()?
        };
    }
    let first = [first_of!(tasks), first_of!(conversations), first_of!(messages)];
    let first = first.into_iter().flatten().min();
    Ok(first.map(UserId::new).transpose().map_err(|_| Corrupt("users.id"))?)
}

/// What is left of the rows and of the characters that are read at once.
struct Budget {
    is_begun: bool,
    rows: usize,
    characters: u64,
}

impl Budget {
    fn of(characters: u32) -> Self {
        Self { is_begun: false, rows: ROWS_AT_ONCE, characters: characters.into() }
    }

    fn limit(&self) -> i64 {
        i64::try_from(self.rows).unwrap_or(i64::MAX)
    }

    /// The first of these rows that there is room for; of all rows the very first in any case.
    fn take<K>(&mut self, sizes: Vec<(K, u64)>) -> Vec<K> {
        let mut taken = Vec::new();
        for (key, size) in sizes {
            if self.is_begun && size > self.characters {
                self.rows = 0;
                break;
            }
            self.is_begun = true;
            self.rows = self.rows.saturating_sub(1);
            self.characters = self.characters.saturating_sub(size);
            taken.push(key);
        }
        taken
    }
}

fn size(lengths: impl IntoIterator<Item = Option<i32>>) -> u64 {
    lengths.into_iter().flatten().map(|length| u64::from(length.unsigned_abs())).sum()
}

#[derive(Queryable)]
struct TaskTexts {
    id: i64,
    version: i64,
    title: String,
    description: Option<String>,
    tags: String,
}

/// Rows of a user as they are.
struct Unfolded {
    tasks: Vec<TaskTexts>,
    conversations: Vec<(SqlUuid, String)>,
    messages: Vec<(SqlUuid, String)>,
}

impl Unfolded {
    async fn read(conn: &mut Conn, user: i64, characters: u32) -> Result<Self> {
        let mut budget = Budget::of(characters);
        macro_rules! to_fold {
            ($table:ident, $columns:expr) => {
                $table::table
                    .filter($table::user_id.eq(user))
                    .filter(sql::<Bool>(TO_FOLD))
                    .limit(budget.limit())
                    .select($columns)
                    .load(conn)
                    .await?
            };
        }
        macro_rules! these {
            ($table:ident, $ids:expr, $columns:expr) => {
                $table::table
                    .filter($table::user_id.eq(user))
                    .filter($table::id.eq_any($ids))
                    .select($columns)
                    .load(conn)
                    .await?
            };
        }
        let lengths = (tasks::id, length(tasks::title.nullable()), length(tasks::description));
        let sizes: Vec<(i64, Option<i32>, Option<i32>)> = to_fold!(tasks, lengths);
        let sizes = sizes.into_iter().map(|(id, title, rest)| (id, size([title, rest])));
        let ids = budget.take(sizes.collect());
        let columns = (tasks::id, tasks::version, tasks::title, tasks::description, tasks::tags);
        let tasks = these!(tasks, ids, columns);

        let columns = (conversations::id, length(conversations::title.nullable()));
        let sizes: Vec<(SqlUuid, Option<i32>)> = to_fold!(conversations, columns);
        let sizes = sizes.into_iter().map(|(id, title)| (id, size([title])));
        let ids = budget.take(sizes.collect());
        let conversations = these!(conversations, ids, (conversations::id, conversations::title));

        let columns = (messages::id, length(messages::body.nullable()));
        let sizes: Vec<(SqlUuid, Option<i32>)> = to_fold!(messages, columns);
        let sizes = sizes.into_iter().map(|(id, body)| (id, size([body])));
        let ids = budget.take(sizes.collect());
        let messages = these!(messages, ids, (messages::id, messages::body));
        Ok(Self { tasks, conversations, messages })
    }

    const fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.conversations.is_empty() && self.messages.is_empty()
    }

    fn fold(self, user: i64) -> Folded {
        let named = |(id, title): (SqlUuid, String)| {
            let search_text = search::column_of([title.as_str()]);
            (id, title, search_text)
        };
        let said = |(id, body): (SqlUuid, String)| (id, search::column_of([body.as_str()]));
        Folded {
            tasks: self.tasks.into_iter().map(|task| FoldedTask::of(user, task)).collect(),
            conversations: self.conversations.into_iter().map(named).collect(),
            messages: self.messages.into_iter().map(said).collect(),
        }
    }
}

struct FoldedTask {
    id: i64,
    version: i64,
    title: String,
    values: FoldedTaskValues,
}

#[derive(AsChangeset)]
#[diesel(table_name = tasks)]
struct FoldedTaskValues {
    search_text: String,
    tags: String,
}

impl FoldedTask {
    /// Tags that can't be read stay as they are, and keep nothing else from being folded.
    fn of(user: i64, task: TaskTexts) -> Self {
        let TaskTexts { id, version, title, description, tags } = task;
        let kept = tags::tags_of(&tags);
        if let Err(error) = &kept {
            tracing::warn!(user, task = id, %error, "The tags of a task are not folded");
        }
        // As they are kept today; what is no tag any more is compared as it is.
        let kept = kept.ok().map(|kept| kept.to_string().parse().unwrap_or(kept));
        let tags = kept.as_ref().map_or(tags, tags::column_of);
        let kept = kept.unwrap_or_default();
        let search_text = search::column_of_task(&kept, &title, description.as_deref());
        Self { id, version, title, values: FoldedTaskValues { search_text, tags } }
    }
}

/// Rows of a user as they are to be.
struct Folded {
    tasks: Vec<FoldedTask>,
    conversations: Vec<(SqlUuid, String, String)>,
    messages: Vec<(SqlUuid, String)>,
}

impl Folded {
    /// Writes those that are as they were read. The user's row is locked as for any other write of
    /// theirs, so that two writes never wait for each other.
    async fn write(self, conn: &mut Conn, user: UserId) -> Result<u64> {
        lock_user_amid_import(conn, user).await?;
        let (user, mut written) = (user.get(), 0);
        for FoldedTask { id, version, title, values } in self.tasks {
            let row = tasks::table.find((user, id)).filter(tasks::version.eq(version));
            let row = row.filter(tasks::title.eq(title)).filter(sql::<Bool>(TO_FOLD));
            written += diesel::update(row).set(values).execute(conn).await?;
        }
        for (id, title, search_text) in self.conversations {
            let row = conversations::table.find((user, id)).filter(conversations::title.eq(title));
            let row = row.filter(sql::<Bool>(TO_FOLD));
            let search_text = conversations::search_text.eq(search_text);
            written += diesel::update(row).set(search_text).execute(conn).await?;
        }
        for (id, search_text) in self.messages {
            // What was said is never said otherwise.
            let row = messages::table.filter(messages::user_id.eq(user));
            let row = row.filter(messages::id.eq(id)).filter(sql::<Bool>(TO_FOLD));
            let search_text = messages::search_text.eq(search_text);
            written += diesel::update(row).set(search_text).execute(conn).await?;
        }
        Ok(written as u64)
    }
}

#[async_trait]
impl FoldingStore for Db {
    async fn next_to_fold(&self, after: Option<UserId>) -> Result<Option<UserId>, StoreError> {
        self.read("folding.next", Freshness::Latest, move |conn| next_user(conn, after).boxed())
            .await
    }

    async fn fold_some(&self, user: UserId, characters: u32) -> Result<Option<u64>, StoreError> {
        let id = user.get();
        let rows = self.read("folding.read", Freshness::Latest, move |conn| {
            Unfolded::read(conn, id, characters).boxed()
        });
        let rows = rows.await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let folded = self.runtime.spawn_blocking(move || rows.fold(id)).await;
        let folded = folded.map_err(Failure::from)?;
        let written = self.write("folding.write", Written::InNoName, move |conn| {
            folded.write(conn, user).boxed()
        });
        written.await.map(Some)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use todo_domain::FoldedText;

    use super::{super::SYSTEM_NAME, *};

    /// An index of some rows takes no parameters.
    #[test]
    fn statements_and_indexes_name_the_version_of_the_folding() {
        let version = format!("NOT BETWEEN {} AND 8", FoldedText::VERSION);
        assert!(TO_FOLD.ends_with(&version), "{TO_FOLD}");
        let engine = SYSTEM_NAME.trim_end_matches("ql");
        let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
        let indexes: Vec<String> = fs::read_dir(migrations)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().ends_with("_by_folding"))
            .map(|path| fs::read_to_string(path.join("up.sql")).unwrap())
            .collect();
        assert_eq!(indexes.len(), 3);
        assert!(indexes.iter().all(|index| index.contains(TO_FOLD)), "{indexes:?}");
    }

    #[test]
    fn a_row_is_read_however_long_and_others_as_far_as_there_is_room() {
        let mut budget = Budget::of(100);
        assert_eq!(budget.take(vec![(1, 500), (2, 1)]), [1]);
        assert_eq!(budget.limit(), 0);
        let mut budget = Budget::of(100);
        assert_eq!(budget.take(vec![(1, 60), (2, 40), (3, 0)]), [1, 2, 3]);
        assert_eq!(budget.take(vec![(4, 1)]), [0; 0]);
    }
}
