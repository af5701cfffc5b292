//! The process is killed in the middle of an import and started again.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;

use reqwest::Method;
use serde_json::json;
use todo_testkit::{
    app::{Answer, Visitor},
    database::TestDatabase,
    process::{Service, on_postgres},
    until,
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

fn start(variables: &[(&str, &str)]) -> Service {
    Service::start(Path::new(env!("CARGO_BIN_EXE_chatbot-api")), variables)
}

/// An export of so many tasks of two kilobytes each.
fn file(tasks: u32) -> String {
    let created = "2026-11-22T09:00:00Z";
    let account = json!({
        "id": 1, "email": "ada@example.org", "name": "Ada", "timezone": "UTC", "created_at": created
    });
    let mut lines = vec![json!({
        "type": "header", "format": "todo-chatbot", "version": 1, "exported_at": created,
        "account": account
    })];
    let text = "x".repeat(1_900);
    lines.extend((1..=tasks).map(|id| {
        json!({
            "type": "task", "id": id, "title": "large", "description": text, "priority": "low",
            "version": 1, "created_at": created, "updated_at": created
        })
    }));
    lines.push(json!({
        "type": "trailer", "tasks": tasks, "conversations": 0, "turns": 0, "messages": 0
    }));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

async fn import(user: &Visitor, file: &str) -> Answer {
    let lines = [("content-type", "application/x-ndjson")];
    user.send(Method::POST, "/api/me/import", &lines, Some(file.as_bytes().to_vec())).await
}

/// Sends half of an import, of which some is stored.
async fn half_way(user: &Visitor, service: &Service, file: &str) -> TcpStream {
    let request = format!(
        "POST /api/me/import HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n{}",
        user.token.as_deref().unwrap(),
        file.len(),
        &file[..file.len() / 2]
    );
    let address = service.base_url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    until("something is stored", async || !user.tasks().await.is_empty()).await;
    stream
}

/// `lease_over` waits until nobody can go on with the import.
async fn killed_amid_an_import(variables: &[(&str, &str)], lease_over: impl AsyncFn(&Visitor)) {
    let file = file(700);
    let service = start(variables);
    let user = service.stranger().sign_up("ada").await;
    let stream = half_way(&user, &service, &file).await;
    service.kill();
    drop(stream);
    let service = start(variables);
    let user = user.at(service.base_url());
    lease_over(&user).await;
    let service = start_again(service, variables);
    let user = user.at(service.base_url());
    until("nothing is left", async || user.tasks().await.is_empty()).await;
    until("the account takes an import", async || {
        let answer = import(&user, &file).await;
        assert!([200, 409].contains(&answer.status.as_u16()), "{}", answer.text);
        answer.status == 200
    })
    .await;
    let next = user.post("/api/me/tasks", &json!({ "title": "next" })).await.expect(201);
    assert_eq!(next["id"], 701);
}

fn start_again(service: Service, variables: &[(&str, &str)]) -> Service {
    service.kill();
    start(variables)
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_an_import_that_a_crash_cut_short_leaves_nothing() {
    let data = tempfile::tempdir().unwrap();
    let variables = [("DATA_DIR", data.path().to_str().unwrap())];
    killed_amid_an_import(&variables, async |_| ()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_an_import_that_a_crash_cut_short_leaves_nothing_after_its_lease() {
    let database = TestDatabase::postgres().await;
    let url = database.url();
    let variables = on_postgres(&url);
    let client = database.client().await;
    killed_amid_an_import(&variables, async |user| {
        let refused = user.post("/api/me/tasks", &json!({ "title": "mine" })).await;
        assert_eq!(refused.header("retry-after"), "5");
        refused.expect_problem(409, "import_in_progress");
        import(user, &file(1)).await.expect_problem(409, "import_in_progress");
        let over = "UPDATE users SET import_lease_until = now() WHERE import_id IS NOT NULL";
        assert_eq!(client.execute(over, &[]).await.unwrap(), 1);
    })
    .await;
}
