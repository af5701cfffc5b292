//! Whether a file is a whole database of this service.

use std::{collections::HashSet, fmt::Display, path::Path};

use diesel::{
    Connection, QueryDsl, QueryableByName, RunQueryDsl, SqliteConnection, sql_query,
    sql_types::{BigInt, Text},
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{BackupError, Holdings};
use crate::storage::{
    engine::sqlite::{Backend, stores::health::__diesel_schema_migrations as migrations},
    migrations::Embedded,
};

/// What has a meaning in the URI of a file.
const RESERVED: AsciiSet = CONTROLS.add(b'%').add(b'?').add(b'#').add(b' ');

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
        let log = super::place::with_suffix(file, suffix);
        if log.metadata().is_ok_and(|metadata| metadata.len() > 0) {
            return Err(BackupError::Log(file.to_owned(), log));
        }
    }
    Ok(())
}

/// Reads all of a file that nobody writes, and says what is in it.
pub(super) fn whole(file: &Path) -> Result<Holdings, BackupError> {
    let damaged =
        |finding: &dyn Display| BackupError::Damaged(file.to_owned(), finding.to_string());
    let path = file.to_str().ok_or_else(|| damaged(&"its path is not valid UTF-8"))?;
    let path = utf8_percent_encode(path, &RESERVED);
    // Nothing is written, not even a log beside it.
    let uri = format!("file:{path}?mode=ro&immutable=1");
    let mut conn = SqliteConnection::establish(&uri).map_err(|error| damaged(&error))?;
    let conn = &mut conn;
    let findings: Vec<Finding> =
        sql_query("PRAGMA integrity_check").load(conn).map_err(|error| damaged(&error))?;
    if let Some(finding) = findings.iter().find(|finding| finding.integrity_check != "ok") {
        return Err(damaged(&finding.integrity_check));
    }
    let orphans: Count = sql_query("SELECT count(*) AS rows FROM pragma_foreign_key_check")
        .get_result(conn)
        .map_err(|error| damaged(&error))?;
    if orphans.rows > 0 {
        return Err(damaged(&"rows are missing that others refer to"));
    }
    let foreign = |_| BackupError::Foreign(file.to_owned());
    let applied: Vec<String> =
        migrations::table.select(migrations::version).load(conn).map_err(foreign)?;
    let known: HashSet<String> = Backend::embedded().into_iter().map(|it| it.version).collect();
    if let Some(newer) = applied.into_iter().find(|version| !known.contains(version)) {
        return Err(BackupError::Newer(file.to_owned(), newer));
    }
    sql_query(
        "SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM tasks) AS tasks, \
         (SELECT count(*) FROM conversations) AS conversations, \
         (SELECT count(*) FROM turns) AS turns, (SELECT count(*) FROM messages) AS messages",
    )
    .get_result(conn)
    .map_err(foreign)
}
