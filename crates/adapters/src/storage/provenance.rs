//! Whose an SQLite file is, found out without changing it: opening a file as the service does turns
//! its log into ours, and closing it again takes a log that is somebody else's in.

use std::{fs, path::Path};

use diesel::{
    Connection, ConnectionError, ConnectionResult, QueryResult, QueryableByName, RunQueryDsl,
    SqliteConnection, sql_query,
    sql_types::{BigInt, Bool, Text},
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{engine::sqlite::Backend, file::with_suffix, migrations::Embedded};

/// What has a meaning in the URI of a file.
const RESERVED: AsciiSet = CONTROLS.add(b'%').add(b'?').add(b'#').add(b' ');

/// Whose a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provenance {
    /// A migration of ours has been applied to it.
    Ours,
    /// There is nothing in it.
    Empty,
    /// It has tables, and not ours.
    Foreign,
    /// It can't be read as a database.
    Unreadable,
}

/// Whose this file is, which need not be there.
pub(crate) fn provenance(file: &Path) -> Provenance {
    match look(file) {
        // Its tables may be in the log still.
        Provenance::Empty if has_log(file) => look_at_a_copy(file),
        found => found,
    }
}

/// Opens a file that nobody writes to, and changes nothing, not even a log beside it.
pub(super) fn open_untouched(file: &Path) -> ConnectionResult<SqliteConnection> {
    let path = file.to_str();
    let path = path.ok_or(ConnectionError::BadConnection("its path is not valid UTF-8".into()))?;
    let path = utf8_percent_encode(path, &RESERVED);
    SqliteConnection::establish(&format!("file:{path}?mode=ro&immutable=1"))
}

fn has_log(file: &Path) -> bool {
    with_suffix(file, "-wal").metadata().is_ok_and(|log| log.len() > 0)
}

/// A database without tables is small, and so is its log.
fn look_at_a_copy(file: &Path) -> Provenance {
    let copied = || {
        let directory = tempfile::tempdir()?;
        let copy = directory.path().join("copy");
        fs::copy(file, &copy)?;
        fs::copy(with_suffix(file, "-wal"), with_suffix(&copy, "-wal"))?;
        Ok::<_, std::io::Error>((directory, copy))
    };
    let Ok((_directory, copy)) = copied() else { return Provenance::Unreadable };
    let conn = copy.to_str().map(SqliteConnection::establish);
    found(conn.and_then(Result::ok))
}

fn look(file: &Path) -> Provenance {
    if file.metadata().is_ok_and(|file| file.len() == 0) {
        return Provenance::Empty;
    }
    found(open_untouched(file).ok())
}

fn found(conn: Option<SqliteConnection>) -> Provenance {
    let Some(mut conn) = conn else { return Provenance::Unreadable };
    whose(&mut conn).unwrap_or(Provenance::Unreadable)
}

#[derive(QueryableByName)]
struct Tables {
    #[diesel(sql_type = BigInt)]
    objects: i64,
    #[diesel(sql_type = Bool)]
    has_migrations: bool,
    #[diesel(sql_type = Bool)]
    has_versions: bool,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

fn whose(conn: &mut SqliteConnection) -> QueryResult<Provenance> {
    let tables: Tables = sql_query(
        "SELECT count(*) AS objects, \
         coalesce(max(type = 'table' AND name = '__diesel_schema_migrations'), 0) \
         AS has_migrations, \
         EXISTS (SELECT 1 FROM pragma_table_info('__diesel_schema_migrations') \
         WHERE name = 'version') AS has_versions FROM sqlite_schema WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~'",
    )
    .get_result(conn)?;
    if !tables.has_migrations {
        return Ok(if tables.objects == 0 { Provenance::Empty } else { Provenance::Foreign });
    }
    // Others have a table of this name, too.
    if !tables.has_versions {
        return Ok(Provenance::Foreign);
    }
    let applied: Vec<Version> =
        sql_query("SELECT version FROM __diesel_schema_migrations").load(conn)?;
    let is_ours = is_ours(applied.iter().map(|it| it.version.as_str()));
    Ok(match (is_ours, tables.objects) {
        (true, _) => Provenance::Ours,
        (false, 1) if applied.is_empty() => Provenance::Empty,
        (false, _) => Provenance::Foreign,
    })
}

/// Whether these are the migrations of a database of ours, of whatever version.
pub(super) fn is_ours<'a>(mut applied: impl Iterator<Item = &'a str>) -> bool {
    let first = Backend::embedded().into_iter().next();
    first.is_some_and(|first| applied.any(|version| version == first.version))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use diesel::connection::SimpleConnection;

    use super::*;

    fn made_of(sql: &str) -> (tempfile::TempDir, PathBuf, SqliteConnection) {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a file?#%.sqlite");
        let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
        conn.batch_execute(sql).unwrap();
        (directory, file, conn)
    }

    #[test]
    fn whose_a_file_is_shows_in_its_migrations() {
        const TABLE: &str = "CREATE TABLE __diesel_schema_migrations (version TEXT PRIMARY KEY)";
        for (sql, expected) in [
            (String::new(), Provenance::Empty),
            (TABLE.to_owned(), Provenance::Empty),
            ("CREATE TABLE customers (name TEXT)".to_owned(), Provenance::Foreign),
            ("CREATE VIEW one AS SELECT 1".to_owned(), Provenance::Foreign),
            (format!("{TABLE}; CREATE TABLE customers (name TEXT)"), Provenance::Foreign),
            (
                format!(
                    "{TABLE}; INSERT INTO __diesel_schema_migrations VALUES ('20200101000001')"
                ),
                Provenance::Foreign,
            ),
            (
                format!(
                    "{TABLE}; INSERT INTO __diesel_schema_migrations VALUES ('20261122000001')"
                ),
                Provenance::Ours,
            ),
        ] {
            let (_directory, file, conn) = made_of(&sql);
            drop(conn);
            assert_eq!(provenance(&file), expected, "{sql}");
        }
    }

    /// As of a program that runs, or was killed.
    #[test]
    fn tables_that_are_in_the_log_only_are_seen_and_the_log_stays() {
        let sql = "PRAGMA journal_mode = WAL; CREATE TABLE customers (name TEXT)";
        let (directory, file, _conn) = made_of(sql);
        let files = || {
            let entries = fs::read_dir(directory.path()).unwrap();
            let mut files: Vec<_> = entries
                .map(|entry| entry.unwrap().path())
                .map(|path| (fs::read(&path).unwrap(), path))
                .collect();
            files.sort();
            files
        };
        let before = files();
        assert_eq!(provenance(&file), Provenance::Foreign);
        assert!(files() == before, "a file has changed");
    }

    /// Of which nobody knows whose it is, rather than that it is somebody else's.
    #[test]
    fn a_file_of_ours_that_was_cut_short_beside_its_log_is_unreadable() {
        let sql = "CREATE TABLE __diesel_schema_migrations (version TEXT PRIMARY KEY, run_on TEXT); \
                   INSERT INTO __diesel_schema_migrations VALUES ('20261122000001', '2026-11-22'); \
                   CREATE TABLE users (id INTEGER PRIMARY KEY); \
                   PRAGMA journal_mode = WAL; INSERT INTO users VALUES (1)";
        let (_directory, file, _conn) = made_of(sql);
        assert_eq!(provenance(&file), Provenance::Ours);
        assert!(has_log(&file));
        // The first page names the tables; their rows are on the others.
        fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(4096).unwrap();
        assert_eq!(provenance(&file), Provenance::Unreadable);
    }

    #[test]
    fn what_is_no_database_is_unreadable() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("text");
        fs::write(&file, "just a text, and no database at all").unwrap();
        assert_eq!(provenance(&file), Provenance::Unreadable);
        assert_eq!(provenance(&directory.path().join("none")), Provenance::Unreadable);
    }
}
