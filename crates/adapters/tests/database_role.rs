//! The service works as a role that may read and write rows and nothing else, as every test of HTTP on
//! PostgreSQL shows; here is what that role may not.

use serde_json::json;
use todo_testkit::app::TestApp;
use tokio_postgres::{NoTls, error::SqlState};

/// Nothing of this may come true.
const FORBIDDEN: [&str; 8] = [
    "CREATE TABLE intruder (id int)",
    "CREATE SCHEMA intruder",
    "CREATE INDEX intruder ON tasks (title)",
    "ALTER TABLE tasks ADD COLUMN intruder int",
    "DROP TABLE messages",
    "TRUNCATE tasks",
    "DELETE FROM __diesel_schema_migrations",
    "GRANT SELECT ON tasks TO PUBLIC",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_service_can_not_change_its_tables() {
    let app = TestApp::postgres().await.start().await;
    let ada = app.sign_up("ada").await;
    ada.add_task(&json!({ "title": "milk" })).await;
    ada.say("what is left to do?").await;
    app.stranger().get("/health/ready").await.expect(200);

    let who = "SELECT DISTINCT usename::text FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let owner = app.database().client().await;
    let roles = owner.query(who, &[]).await.unwrap();
    let roles: Vec<String> = roles.iter().map(|row| row.get(0)).collect();
    assert_eq!(roles, ["todo_test_service"]);

    let url = app.database().service_url();
    let server = url.split_once('?').map_or(url.as_str(), |(server, _)| server);
    let (service, connection) = tokio_postgres::connect(server, NoTls).await.unwrap();
    tokio::spawn(connection);
    for statement in FORBIDDEN {
        match service.batch_execute(statement).await {
            Err(error) => {
                let code = error.code().unwrap();
                assert_eq!(code, &SqlState::INSUFFICIENT_PRIVILEGE, "{statement}: {error}");
            }
            // PostgreSQL answers a grant that grants nothing with a warning.
            Ok(()) => assert!(statement.starts_with("GRANT"), "{statement}"),
        }
    }
    let public = "SELECT has_table_privilege('public', 'tasks', 'SELECT')";
    assert!(!owner.query_one(public, &[]).await.unwrap().get::<_, bool>(0));
}
