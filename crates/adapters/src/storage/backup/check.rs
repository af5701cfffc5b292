//! Whether a file is a whole database of this service.

use std::{collections::HashSet, fmt::Display, path::Path};

use diesel::{
    QueryDsl, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    sql_query,
    sql_types::{BigInt, Text},
};

use super::{BackupError, Copied, RowCounts, schema};
use crate::storage::{
    engine::sqlite::{Backend, stores::health::__diesel_schema_migrations as migrations},
    file::with_suffix,
    migrations::Embedded,
    provenance::{is_ours, open_untouched},
};

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

/// Refuses a database whose last changes are in another file, or would be undone by it.
pub(super) fn stands_alone(file: &Path) -> Result<(), BackupError> {
    let metadata = file.metadata();
    let metadata = metadata.map_err(|error| BackupError::File(file.to_owned(), error))?;
    // Reading from a pipe would wait for whoever writes to it.
    if !metadata.is_file() {
        return Err(BackupError::Foreign(file.to_owned()));
    }
    for suffix in ["-wal", "-journal"] {
        let log = with_suffix(file, suffix);
        if log.metadata().is_ok_and(|metadata| metadata.len() > 0) {
            return Err(BackupError::Log(file.to_owned(), log));
        }
    }
    Ok(())
}

/// Reads all of a file that nobody writes, and says what is in it. Refuses one whose tables, indexes,
/// triggers or views are not those that this service makes, before any of them is asked: a table may
/// be a view of somebody's.
pub(super) fn as_made(file: &Path) -> Result<RowCounts, BackupError> {
    let altered = |difference| Err(BackupError::Altered(file.to_owned(), difference));
    Ok(whole(file, altered)?.counts)
}

/// The same for a file of our own, whose differences are reported.
pub(super) fn copied(file: &Path) -> Result<Copied, BackupError> {
    whole(file, Ok)
}

fn whole(
    file: &Path,
    altered: impl FnOnce(String) -> Result<String, BackupError>,
) -> Result<Copied, BackupError> {
    let damaged =
        |finding: &dyn Display| BackupError::Damaged(file.to_owned(), finding.to_string());
    let foreign = |_| BackupError::Foreign(file.to_owned());
    let mut conn = open_untouched(file).map_err(|error| damaged(&error))?;
    let conn = &mut conn;
    // Whoever made the file may have put functions into it.
    conn.batch_execute("PRAGMA trusted_schema = OFF").map_err(|error| damaged(&error))?;
    intact(conn)
        .map_err(|error| damaged(&error))?
        .map_or(Ok(()), |finding| Err(BackupError::Damaged(file.to_owned(), finding)))?;
    let applied = applied(conn).map_err(foreign)?;
    if !is_ours(applied.iter().map(String::as_str)) {
        return Err(BackupError::Foreign(file.to_owned()));
    }
    let known: HashSet<String> = Backend::embedded().into_iter().map(|it| it.version).collect();
    if let Some(newer) = applied.iter().find(|version| !known.contains(*version)) {
        return Err(BackupError::Newer(file.to_owned(), newer.clone()));
    }
    let difference = schema::difference(conn, &applied).map_err(|error| damaged(&error))?;
    let difference = difference.map(altered).transpose()?;
    let counts = sql_query(
        "SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM tasks) AS tasks, \
         (SELECT count(*) FROM conversations) AS conversations, \
         (SELECT count(*) FROM turns) AS turns, (SELECT count(*) FROM messages) AS messages",
    )
    .get_result(conn)
    .map_err(|error| damaged(&error))?;
    Ok(Copied { counts, difference })
}

/// What the engine finds wrong, if anything.
fn intact(conn: &mut SqliteConnection) -> QueryResult<Option<String>> {
    let findings: Vec<Finding> = sql_query("PRAGMA integrity_check").load(conn)?;
    if let Some(finding) = findings.into_iter().find(|finding| finding.integrity_check != "ok") {
        return Ok(Some(finding.integrity_check));
    }
    let orphans: Count =
        sql_query("SELECT count(*) AS rows FROM pragma_foreign_key_check").get_result(conn)?;
    Ok((orphans.rows > 0).then(|| "rows are missing that others refer to".to_owned()))
}

/// The versions of the migrations that have been applied; none where their table is none.
fn applied(conn: &mut SqliteConnection) -> QueryResult<HashSet<String>> {
    let tables: Count = sql_query(
        "SELECT count(*) AS rows FROM sqlite_schema \
         WHERE type = 'table' AND name = '__diesel_schema_migrations'",
    )
    .get_result(conn)?;
    if tables.rows == 0 {
        return Ok(HashSet::new());
    }
    let versions: Vec<String> = migrations::table.select(migrations::version).load(conn)?;
    Ok(versions.into_iter().collect())
}
