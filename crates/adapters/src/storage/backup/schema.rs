//! Whether the tables of a database are those that its migrations make.

use std::{
    collections::{BTreeMap, HashSet},
    error::Error,
};

use diesel::{
    Connection, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection,
    migration::Migration as _,
    sql_query,
    sql_types::{Nullable, Text},
};
use diesel_migrations::MigrationHarness;

use crate::storage::{engine::sqlite::Backend, migrations::Embedded};

/// The table of migrations is the library's, and each of its versions may write it in its own way.
const SCHEMA: &str = "SELECT type AS kind, name, sql FROM sqlite_schema \
                      WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~' \
                      AND NOT (type = 'table' AND name = '__diesel_schema_migrations')";

#[derive(QueryableByName)]
struct Object {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    sql: Option<String>,
}

/// What was defined, by kind and name.
type Schema = BTreeMap<(String, String), String>;

/// What is not as these migrations make it in an empty database, if anything is: something that is
/// not theirs, something of theirs that is missing, or defined in another way.
pub(super) fn difference(
    conn: &mut SqliteConnection,
    applied: &HashSet<String>,
) -> Result<Option<String>, Box<dyn Error + Send + Sync>> {
    let found = schema(conn)?;
    let expected = schema(&mut migrated(applied)?)?;
    // Foreign names are quoted, so that a terminal takes nothing in them for a command.
    if let Some((kind, name)) = found.keys().find(|key| !expected.contains_key(*key)) {
        return Ok(Some(format!("it has the {kind} {name:?}, which is not of this service")));
    }
    let differing = expected.iter().find_map(|(key, sql)| match found.get(key) {
        None => Some(format!("it lacks the {} {}", key.0, key.1)),
        Some(found) if found != sql => {
            Some(format!("its {} {} is defined in another way", key.0, key.1))
        }
        Some(_) => None,
    });
    Ok(differing)
}

fn migrated(applied: &HashSet<String>) -> Result<SqliteConnection, Box<dyn Error + Send + Sync>> {
    let mut conn = SqliteConnection::establish(":memory:")?;
    // Makes their table.
    conn.applied_migrations()?;
    for migration in Backend::migrations()? {
        if applied.contains(&migration.name().version().to_string()) {
            conn.run_migration(&migration)?;
        }
    }
    Ok(conn)
}

fn schema(conn: &mut SqliteConnection) -> QueryResult<Schema> {
    let objects: Vec<Object> = sql_query(SCHEMA).load(conn)?;
    let entry = |Object { kind, name, sql }| {
        let sql = words(&sql.unwrap_or_default());
        let sql = if kind == "table" { in_order(&sql) } else { sql };
        ((kind, name), sql)
    };
    Ok(objects.into_iter().map(entry).collect())
}

/// The definition of a table with its columns and constraints in the order of their texts: a column
/// that was added later stands elsewhere than one that a table was made with.
fn in_order(sql: &str) -> String {
    let (mut pieces, mut piece) = (Vec::new(), String::new());
    let (mut depth, mut quote) = (0_u32, None);
    for sign in sql.chars() {
        match (quote, sign) {
            (Some(closing), _) if sign == closing => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(sign),
            (None, '[') => quote = Some(']'),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 1 => {
                pieces.push(std::mem::take(&mut piece));
                continue;
            }
            (None, _) => {}
        }
        piece.push(sign);
        if sign == '(' && depth == 1 && pieces.is_empty() {
            pieces.push(std::mem::take(&mut piece));
        }
    }
    // What stands behind the last bracket is a piece of its own.
    let (last, options) = piece.rsplit_once(')').unwrap_or((&piece, ""));
    pieces.extend([last.to_owned(), format!(")){options}")]);
    if let Some(columns) = pieces.get_mut(1..) {
        columns.sort_unstable();
    }
    pieces.join("\n")
}

/// A definition without comments and white space, which migrations may be written with or without,
/// and which is left behind when a column goes. What is quoted stays, but for the quotes that a
/// renamed table gets.
fn words(sql: &str) -> String {
    let mut words = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(sign) = rest.chars().next() {
        let end = match sign {
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            sign if sign.is_ascii_whitespace() => 1,
            quote @ ('\'' | '"' | '`' | '[') => {
                let closing = if quote == '[' { ']' } else { quote };
                let end = rest[1..].find(closing).map_or(rest.len(), |end| end + 2);
                let quoted = &rest[..end];
                let inner = quoted.trim_matches('"');
                let is_name = |inner: &str| {
                    inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                };
                words.push_str(if quote == '"' && is_name(inner) { inner } else { quoted });
                end
            }
            sign => {
                words.push(sign);
                sign.len_utf8()
            }
        };
        rest = &rest[end..];
    }
    words
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;

    use super::*;
    use crate::storage::migrations::{down_one, up};

    fn all() -> HashSet<String> {
        Backend::embedded().into_iter().map(|it| it.version).collect()
    }

    #[test]
    fn a_database_that_was_migrated_down_and_up_again_is_the_same() {
        let mut conn = migrated(&all()).unwrap();
        for depth in 1..=all().len() {
            for _ in 0..depth {
                down_one(&mut conn).unwrap().unwrap();
            }
            let applied = conn.applied_migrations().unwrap();
            let applied = applied.iter().map(ToString::to_string).collect();
            assert_eq!(difference(&mut conn, &applied).unwrap(), None, "{depth} taken back");
            up(&mut conn).unwrap();
            assert_eq!(difference(&mut conn, &all()).unwrap(), None, "{depth} applied again");
        }
    }

    #[test]
    fn what_is_more_less_or_other_is_named() {
        for (change, expected) in [
            (
                "CREATE TRIGGER spy AFTER INSERT ON tasks BEGIN DELETE FROM users; END",
                r#"it has the trigger "spy", which is not of this service"#,
            ),
            ("CREATE VIEW v AS SELECT 1", r#"it has the view "v", which is not of this service"#),
            (
                "CREATE UNIQUE INDEX one ON tasks (user_id)",
                r#"it has the index "one", which is not of this service"#,
            ),
            (
                "CREATE TABLE \"a\u{1b}[2J\" (x)",
                r#"it has the table "a\u{1b}[2J", which is not of this service"#,
            ),
            ("DROP INDEX tasks_by_priority", "it lacks the index tasks_by_priority"),
            ("DROP TABLE revoked_tokens", "it lacks the table revoked_tokens"),
            (
                "ALTER TABLE users ADD COLUMN shoe_size INTEGER",
                "its table users is defined in another way",
            ),
            (
                "DROP INDEX turns_one_running; \
                 CREATE INDEX turns_one_running ON turns (user_id, conversation_id)",
                "its index turns_one_running is defined in another way",
            ),
        ] {
            let mut conn = migrated(&all()).unwrap();
            conn.batch_execute(change).unwrap();
            assert_eq!(difference(&mut conn, &all()).unwrap().unwrap(), expected, "{change}");
        }
    }

    #[test]
    fn the_order_of_columns_is_no_difference_and_that_of_an_index_is() {
        let (one, other) =
            ("CREATETABLEt(a,b,CHECK(a,')',b))STRICT", "CREATETABLEt(b,CHECK(a,')',b),a)STRICT");
        assert_eq!(in_order(one), in_order(other));
        for different in [
            "CREATETABLEt(a,b)STRICT",
            "CREATETABLEt(a,b,CHECK(b,')',a))STRICT",
            "CREATETABLEt(a,b,CHECK(a,')',b))",
        ] {
            assert_ne!(in_order(one), in_order(different), "{different}");
        }
        let mut conn = migrated(&all()).unwrap();
        conn.batch_execute(
            "DROP INDEX tasks_by_priority; \
             CREATE INDEX tasks_by_priority ON tasks (priority, user_id, id)",
        )
        .unwrap();
        assert!(difference(&mut conn, &all()).unwrap().is_some());
    }

    #[test]
    fn statistics_are_no_difference() {
        let mut conn = migrated(&all()).unwrap();
        conn.batch_execute("ANALYZE").unwrap();
        assert_eq!(difference(&mut conn, &all()).unwrap(), None);
    }

    #[test]
    fn only_what_is_not_quoted_is_shortened() {
        let sql =
            "CREATE TABLE \"a b\" ( -- why\n  \"c\" TEXT DEFAULT ' -- it''s' /* or */ , [d e])";
        assert_eq!(words(sql), "CREATETABLE\"a b\"(cTEXTDEFAULT' -- it''s',[d e])");
        assert_eq!(words("SELECT '"), "SELECT'");
    }
}
