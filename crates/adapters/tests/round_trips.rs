//! Every migration can be taken back and applied again with rows in the tables: the schema is then
//! what it was, and no row has lost what the schema in between had room for.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_types::Text};
use todo_adapters::Database;
use todo_contract::{LEASE, Stores, at, call, message, number, step, titled, tokens::token, uuid};
use todo_domain::{
    ActionId, AnswerText, CallOperation, ConversationId, FailureCode, IdempotencyKey, KeyedRequest,
    RequestDigest, TaskAction, TaskChange, TaskIds, TaskQuery, TimeZone, TokenFamily,
    TokenFamilyId,
    ports::{AskOutcome, AskStep, BeginOutcome, BeginTurn, ConversationRef},
};
use todo_testkit::database::{TestDatabase, migration_names};
use tokio_postgres::Client;

/// Each table with its columns.
type Tables = BTreeMap<String, Vec<String>>;
/// The rows of each table: values by column, as text.
type Rows = BTreeMap<String, BTreeSet<BTreeMap<String, String>>>;
/// What lies between two values, and is in none.
const BETWEEN: char = '\u{2}';

/// A look at a database that goes past the service.
trait Look {
    /// The names of tables and columns.
    async fn tables(&self) -> Tables;
    /// All rows.
    async fn rows(&self) -> Rows;
    /// Columns with type and default, constraints and indexes, each by its definition.
    async fn definitions(&self) -> BTreeSet<String>;
}

struct Postgres(Client);

impl Postgres {
    async fn texts(&self, query: &str) -> Vec<String> {
        self.0.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }
}

impl Look for Postgres {
    async fn tables(&self) -> Tables {
        let columns = self
            .texts(
                "SELECT table_name || '.' || column_name FROM information_schema.columns
                 WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations'
                 ORDER BY table_name, ordinal_position",
            )
            .await;
        grouped(columns)
    }

    async fn rows(&self) -> Rows {
        let mut rows = Rows::new();
        for (table, columns) in self.tables().await {
            let values = columns.iter().map(|column| format!("coalesce({column}::text, 'NULL')"));
            let values = values.collect::<Vec<_>>().join(" || chr(2) || ");
            let found = self.texts(&format!("SELECT {values} FROM {table}")).await;
            rows.insert(table, named(&columns, &found));
        }
        rows
    }

    async fn definitions(&self) -> BTreeSet<String> {
        let found = self
            .texts(
                "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
                 UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
                 FROM pg_constraint WHERE connamespace = 'public'::regnamespace
                 UNION ALL SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable,
                                            column_default, is_generated, generation_expression)
                 FROM information_schema.columns WHERE table_schema = 'public'",
            )
            .await;
        found.into_iter().collect()
    }
}

struct Sqlite(PathBuf);

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    text: String,
}

impl Sqlite {
    fn texts(&self, query: &str) -> Vec<String> {
        let mut conn = SqliteConnection::establish(self.0.to_str().unwrap()).unwrap();
        let found: Vec<Found> = diesel::sql_query(query).load(&mut conn).unwrap();
        found.into_iter().map(|found| found.text).collect()
    }
}

impl Look for Sqlite {
    async fn tables(&self) -> Tables {
        grouped(self.texts(
            "SELECT t.name || '.' || c.name AS text FROM sqlite_schema t, pragma_table_xinfo(t.name) c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
             AND t.name <> '__diesel_schema_migrations' ORDER BY t.name, c.cid",
        ))
    }

    async fn rows(&self) -> Rows {
        let rows = self.tables().await.into_iter().map(|(table, columns)| {
            let values = columns.iter().map(|column| format!("quote({column})"));
            let values = values.collect::<Vec<_>>().join(" || char(2) || ");
            let found = self.texts(&format!("SELECT {values} AS text FROM {table}"));
            (table, named(&columns, &found))
        });
        rows.collect()
    }

    async fn definitions(&self) -> BTreeSet<String> {
        let found = self.texts(
            "SELECT sql AS text FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL
             UNION ALL SELECT t.name || ' ' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' '
                 || coalesce(c.dflt_value, '') || ' ' || c.pk || ' ' || c.hidden
             FROM sqlite_schema t, pragma_table_xinfo(t.name) c WHERE t.type = 'table'
             UNION ALL SELECT t.name || ' ' || f.\"from\" || ' ' || f.\"table\" || ' ' || f.\"to\" || ' ' || f.on_delete
             FROM sqlite_schema t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'",
        );
        found.into_iter().collect()
    }
}

fn grouped(columns: Vec<String>) -> Tables {
    let mut tables = Tables::new();
    for column in columns {
        let (table, column) = column.split_once('.').unwrap();
        tables.entry(table.to_owned()).or_default().push(column.to_owned());
    }
    tables
}

/// Rows of a table as they were read: values in the order of the columns.
fn named(columns: &[String], rows: &[String]) -> BTreeSet<BTreeMap<String, String>> {
    let named = |row: &String| {
        let values = row.split(BETWEEN).map(str::to_owned);
        columns.iter().cloned().zip(values).collect::<BTreeMap<_, _>>()
    };
    rows.iter().map(named).collect()
}

/// What of these rows there is room for in these columns.
fn in_columns(rows: &Rows, columns: &Tables) -> Rows {
    let table = |(table, columns): (&String, &Vec<String>)| {
        let rows = rows[table].iter().map(|row| {
            let kept = row.iter().filter(|(column, _)| columns.contains(column));
            kept.map(|(column, value)| (column.clone(), value.clone())).collect()
        });
        (table.clone(), rows.collect())
    };
    columns.iter().map(table).collect()
}

/// Puts rows into every table.
async fn fill(database: &Database) {
    let stores = Stores::of(database.stores());
    let name = format!("user{}", todo_testkit::unique());
    let user = stores.user(&name).await;
    let turn = stores.begin(user, "add milk").await;
    stores.recorded(&turn, 1, vec![call(TaskChange::Create(titled("milk")))]).await;
    stores.finish(&turn, "Done.").await;
    let next = stores.go_on(&turn, "and bread").await;
    stores.recorded(&next, 1, vec![call(TaskChange::Create(titled("bread")))]).await;
    let tasks = TaskIds::new([number(2), number(1)]).unwrap();
    let both = CallOperation::Each { tasks, action: TaskAction::Complete };
    stores.recorded(&next, 2, vec![call(both)]).await;
    let said = AnswerText::new("Done, ").ok();
    stores.fail_amid(&next, FailureCode::TurnTimeout, said).await;
    stores.act(user, number(1), TaskAction::Reopen).await;
    stores.tokens.revoke(token(user, 0), at(0)).await.unwrap();
    let family = TokenFamily::begun(TokenFamilyId::new(uuid()), at(0));
    stores.tokens.begin_family(user, family).await.unwrap();
    let key = IdempotencyKey::new(name).unwrap();
    let keyed = Some(KeyedRequest { key, digest: RequestDigest::new([7; 32]) });
    let conversation = ConversationRef::New(ConversationId::new(uuid()));
    let again = BeginTurn { keyed, ..message(user, conversation, "add eggs", LEASE) };
    assert!(matches!(stores.turns.begin(again).await.unwrap(), BeginOutcome::Begun(_)));
    let asking = stores.begin(user, "delete 1").await;
    let delete = CallOperation::Change(TaskChange::act(number(1), TaskAction::Delete));
    let ask = AskStep {
        step: step(&asking, 1, vec![call(delete)]),
        action_id: ActionId::new(uuid()),
        time_zone: TimeZone::UTC,
    };
    assert!(matches!(stores.turns.ask(ask).await.unwrap(), AskOutcome::Asked(_)));
    assert_eq!(stores.list(user, TaskQuery::default()).await.tasks.len(), 2);
}

/// Takes back one, two, three … migrations from a database with rows, and applies them again.
async fn down_and_up_again(database: &Database, look: impl Look, names: &[String]) {
    let complete = look.definitions().await;
    for depth in 1..=names.len() {
        fill(database).await;
        let before = look.rows().await;
        let empty: Vec<_> = before.iter().filter(|(_, rows)| rows.is_empty()).collect();
        assert!(empty.is_empty(), "{empty:?}");

        let (kept, taken) = names.split_at(names.len() - depth);
        for name in taken.iter().rev() {
            assert_eq!(database.migrate_down_one().await.unwrap().as_ref(), Some(name));
        }
        assert_eq!(database.stores().health.check().await.unwrap().pending_migrations, taken);
        let applied = database.migration_status().await.unwrap();
        let applied = applied.into_iter().filter(|it| it.applied).map(|it| it.name);
        assert_eq!(applied.collect::<Vec<_>>(), kept);
        let (fewer, between) = (look.tables().await, look.rows().await);
        assert_eq!(between, in_columns(&before, &fewer), "without {taken:?}");

        assert_eq!(database.migrate_up().await.unwrap(), taken);
        assert_eq!(look.definitions().await, complete, "after {taken:?}");
        assert_eq!(in_columns(&look.rows().await, &fewer), between, "after {taken:?}");
    }
    fill(database).await;
    assert_eq!(database.migrate_up().await.unwrap(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_goes_down_and_up_again_with_rows() {
    let place = TestDatabase::postgres().await;
    let look = Postgres(place.client().await);
    down_and_up_again(&place.open().await, look, &migration_names("postgres")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_goes_down_and_up_again_with_rows() {
    let place = TestDatabase::sqlite();
    let database = place.open().await;
    down_and_up_again(&database, Sqlite(place.file()), &migration_names("sqlite")).await;
}
