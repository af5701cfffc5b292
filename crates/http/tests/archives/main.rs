//! People take everything of theirs out, and into another account.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bounds;
mod parts;

use reqwest::Method;
use serde_json::{Value, json};
use todo_testkit::{
    app::{Answer, TestApp, Visitor},
    model::{ScriptedModel, say},
    on_both_stores,
};

const LINES: [(&str, &str); 1] = [("content-type", "application/x-ndjson")];

async fn export(user: &Visitor) -> String {
    let answer = user.get("/api/me/export").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    let disposition = answer.header("content-disposition");
    assert!(disposition.starts_with("attachment; filename=\"todo-20"), "{disposition}");
    answer.text
}

async fn import(user: &Visitor, file: &str) -> Answer {
    user.send(Method::POST, "/api/me/import", &LINES, Some(file.as_bytes().to_vec())).await
}

fn lines(file: &str) -> Vec<Value> {
    file.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// All but whose it is and when it was taken.
fn content(file: &str) -> Vec<Value> {
    let lines = lines(file);
    assert_eq!(lines[0]["type"], "header");
    lines[1..].to_vec()
}

/// Says and does a bit of everything.
async fn busy(app: &TestApp, name: &str) -> Visitor {
    let user = app.sign_up(name).await;
    user.say("Add 3 tasks: milk 🥛, “bread”, gone").await;
    let answer = user.say("mark 2 done").await;
    let body = json!({ "message": "delete 3", "conversation_id": answer["conversation_id"] });
    user.post("/api/me/chat", &body).await.expect(200);
    user.say("what is left today?").await;
    let due = json!({
        "title": "call\nmum", "description": "at \"noon\"", "priority": "high",
        "due": "2026-11-27T15:00:00.123456Z"
    });
    user.add_task(&due).await;
    user
}

on_both_stores! {
    /// Ids, numbers, versions, instants and the record of every turn.
    async fn an_export_imported_into_a_new_account_is_the_same(app) {
        let app = app.start().await;
        let ada = busy(&app, "ada").await;
        let file = export(&ada).await;
        let grace = app.sign_up("grace").await;
        assert_eq!(grace.get("/api/me/conversations").await.expect(200), json!([]));
        let counts = import(&grace, &file).await.expect(200);
        let trailer = json!({ "tasks": 3, "conversations": 3, "turns": 4, "messages": 8 });
        assert_eq!(counts, trailer);
        assert_eq!(content(&export(&grace).await), content(&file));
        assert_eq!(grace.tasks().await, ada.tasks().await);
        let list = grace.get("/api/me/conversations").await.expect(200);
        assert_eq!(list, ada.get("/api/me/conversations").await.expect(200));
        let me = grace.get("/api/auth/me").await.expect(200);
        assert_eq!((&me["name"], &me["email"]), (&json!("ada"), &json!("grace@example.org")));
        let next = grace.add_task(&json!({ "title": "next" })).await;
        assert_eq!(next["id"], 5);
    }

    async fn a_file_that_is_sent_again_is_imported_once(app) {
        let app = app.start().await;
        let file = export(&busy(&app, "ada").await).await;
        let grace = app.sign_up("grace").await;
        let again = async |file: &str| {
            let headers = [LINES[0], ("idempotency-key", "k1")];
            grace.send(Method::POST, "/api/me/import", &headers, Some(file.as_bytes().to_vec())).await
        };
        let broken = &file[..file.len() / 2];
        again(broken).await.expect_problem(422, "validation_failed");
        let first = again(&file).await;
        assert!(first.status == 200 && first.headers.get("idempotent-replayed").is_none(), "{}", first.text);
        grace.delete("/api/me/tasks/1").await.expect(204);
        let replayed = again(&file).await;
        assert_eq!((&replayed.text, replayed.header("idempotent-replayed")), (&first.text, "true"));
        again(broken).await.expect_problem(422, "idempotency_key_reused");
        import(&grace, &file).await.expect_problem(409, "account_not_empty");
        assert_eq!(grace.tasks().await.len(), 2);
    }

    /// It has a header and a trailer all the same.
    async fn an_empty_account_can_be_exported_and_imported(app) {
        let app = app.start().await;
        let file = export(&app.sign_up("ada").await).await;
        assert_eq!(lines(&file).len(), 2);
        import(&app.sign_up("grace").await, &file).await.expect(200);
    }

    /// Nothing is mixed, and nothing is there twice.
    async fn an_account_with_anything_in_it_takes_no_import(app) {
        let app = app.start().await;
        let ada = busy(&app, "ada").await;
        let file = export(&ada).await;
        import(&ada, &file).await.expect_problem(409, "account_not_empty");
        assert_eq!(content(&export(&ada).await), content(&file));
    }

    /// The turn was running when it was exported; nobody carries it on here.
    async fn a_turn_that_runs_is_exported_as_it_is_and_imported_as_interrupted(app) {
        let (model, gate) = ScriptedModel::gated([say("ok")]);
        let app = app.model(model).start().await;
        let ada = app.sign_up("ada").await;
        let talk = tokio::spawn({
            let ada = ada.clone();
            async move { ada.say("go").await }
        });
        gate.asked().await;
        let file = export(&ada).await;
        gate.release();
        talk.await.unwrap();
        let turn = lines(&file).into_iter().find(|line| line["type"] == "turn").unwrap();
        assert_eq!(turn["status"], "running");
        let grace = app.sign_up("grace").await;
        import(&grace, &file).await.expect(200);
        let id = turn["id"].as_str().unwrap();
        let told = grace.get(&format!("/api/me/turns/{id}")).await.expect(200);
        assert_eq!(told["status"], "interrupted");
        assert!(told["finished_at"].is_string());
    }

    /// The first line that is wrong is named, and nothing of the file is taken.
    async fn what_is_no_whole_export_is_refused_by_line(app) {
        let app = app.start().await;
        let ada = busy(&app, "ada").await;
        let file = export(&ada).await;
        let grace = app.sign_up("grace").await;
        let all: Vec<&str> = file.lines().collect();
        let joined = |lines: &[&str]| lines.join("\n");
        let last = all.len();
        let replaced = |place: usize, line: &str| {
            let mut lines = all.clone();
            lines[place] = line;
            joined(&lines)
        };
        for (broken, line, code) in [
            (String::new(), 1, "invalid_line"),
            (joined(&all[1..]), 1, "invalid_line"),
            (joined(&all[..last - 1]), last, "cut_off"),
            (joined(&[&all[..2], &all[3..]].concat()), last - 1, "invalid_line"),
            (joined(&[&all[..2], &all[1..]].concat()), 3, "invalid_line"),
            (joined(&[&all[..], &all[1..2]].concat()), last + 1, "invalid_line"),
            (replaced(1, "{"), 2, "invalid_line"),
            (replaced(1, ""), 2, "invalid_line"),
            (replaced(1, r#"{"type":"wish"}"#), 2, "invalid_line"),
            (replaced(0, &all[0].replace("todo-chatbot", "elsewhere")), 1, "invalid_line"),
            (replaced(0, &all[0].replace("\"version\":1", "\"version\":2")), 1, "invalid_line"),
        ] {
            let problem = import(&grace, &broken).await.expect_problem(422, "validation_failed");
            let told = &problem["errors"][0];
            assert_eq!(told["field"], format!("line {line}"), "{problem}");
            assert_eq!((&told["code"], &told["line"]), (&json!(code), &json!(line)), "{problem}");
        }
        assert_eq!(lines(&export(&grace).await).len(), 2);
        import(&grace, &file).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_sqlite_is_taken_in_by_postgres_and_back() {
    let (file, server) = (TestApp::sqlite().start().await, TestApp::postgres().await.start().await);
    let exported = export(&busy(&file, "ada").await).await;
    let ada = server.sign_up("ada").await;
    import(&ada, &exported).await.expect(200);
    let again = export(&ada).await;
    assert_eq!(content(&again), content(&exported));
    let back = file.sign_up("grace").await;
    import(&back, &again).await.expect(200);
    assert_eq!(content(&export(&back).await), content(&exported));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_a_bound_a_type_and_no_coding() {
    let app = TestApp::sqlite().import_max_bytes(2_000).start().await;
    let ada = app.sign_up("ada").await;
    let large = "x".repeat(2_001);
    let problem = import(&ada, &large).await.expect_problem(413, "body_too_large");
    assert_eq!(problem["detail"], "The body is larger than 2000 bytes.");
    let path = "/api/me/import";
    let json = [("content-type", "application/json")];
    let body = || Some(b"{}".to_vec());
    ada.send(Method::POST, path, &json, body()).await.expect_problem(415, "unsupported_media_type");
    let coded = [LINES[0], ("content-encoding", "gzip")];
    ada.send(Method::POST, path, &coded, body())
        .await
        .expect_problem(415, "unsupported_media_type");
}
