//! What a request may hold: a row for every field and bound.

use serde_json::{Value, json};
use todo_domain::{
    PasswordHash, TaskOperation, TaskOutcome, TaskPage,
    ports::{BeginOutcome, CreateUser},
};

use crate::client::{Client, Mocks, task, user};

const CONVERSATION: &str = "/api/me/conversations/00000000-0000-7000-8000-000000000004";

/// Every body is refused for the fields named, all of them at once, before any store is asked.
async fn refused(client: &Client, method: &str, path: &str, rows: &[(Value, &[&str])]) {
    for (body, fields) in rows {
        let answer = match method {
            "POST" => client.post(path, body.clone()).await,
            _ => client.patch(path, body.clone()).await,
        };
        assert_eq!(answer.problem(), (422, "validation_failed"), "{path} {body:.80}");
        assert_eq!(answer.fields(), *fields, "{path} {body:.80}");
    }
}

fn long(chars: usize) -> String {
    "ü".repeat(chars)
}

#[tokio::test]
async fn signing_up_takes_a_name_an_address_and_a_password() {
    let row = |field: &str, value: Value| {
        let mut body = json!({ "name": "Ada", "email": "ada@example.org", "password": "12345678" });
        body[field] = value;
        body
    };
    let address = format!("{}@example.org", "a".repeat(243));
    refused(
        &Mocks::default().serve(),
        "POST",
        "/api/auth/signup",
        &[
            (json!({}), &["name"]),
            (json!([]), &["body"]),
            (json!("Ada"), &["body"]),
            (row("name", json!(null)), &["name"]),
            (row("name", json!(" ")), &["name"]),
            (row("name", json!("a\0b")), &["name"]),
            (row("name", json!(long(101))), &["name"]),
            (row("email", json!("")), &["email"]),
            (row("email", json!("ada")), &["email"]),
            (row("email", json!("ada@localhost")), &["email"]),
            (row("email", json!("Ada <ada@example.org>")), &["email"]),
            (row("email", json!(address)), &["email"]),
            (row("password", json!("1234567")), &["password"]),
            (row("password", json!(long(7))), &["password"]),
            (row("password", json!(long(256))), &["password"]),
            (row("password", json!(12_345_678)), &["password"]),
            (row("timezone", json!("Mars/Olympus")), &["timezone"]),
            (row("timezone", json!("+02:00")), &["timezone"]),
            (row("timezone", json!("")), &["timezone"]),
            (row("role", json!("admin")), &["role"]),
            (
                json!({ "name": "", "email": "", "password": "", "timezone": "" }),
                &["name", "email", "password", "timezone"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn signing_in_takes_an_address_and_a_password() {
    refused(
        &Mocks::default().serve(),
        "POST",
        "/api/auth/signin",
        &[
            (json!({ "email": "ada@example.org" }), &["password"]),
            (json!({ "email": "ada", "password": "1234567" }), &["email", "password"]),
            (json!({ "email": "ada@example.org", "password": "12345678", "otp": 1 }), &["otp"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_takes_a_password_takes_a_proper_one() {
    let client = Mocks::default().serve();
    refused(
        &client,
        "POST",
        "/api/auth/password",
        &[
            (json!({ "current_password": "12345678" }), &["new_password"]),
            (
                json!({ "current_password": "1234567", "new_password": long(256) }),
                &["current_password", "new_password"],
            ),
        ],
    )
    .await;
    refused(
        &client,
        "POST",
        "/api/auth/delete-account",
        &[
            (json!({}), &["password"]),
            (json!({ "password": "1234567" }), &["password"]),
            (json!({ "password": "12345678", "user_id": 2 }), &["user_id"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_account_has_no_empty_name_and_no_unknown_zone() {
    refused(
        &Mocks::default().serve(),
        "PATCH",
        "/api/auth/me",
        &[
            (json!({ "name": null, "timezone": null }), &["name", "timezone"]),
            (json!({ "name": " ", "timezone": "CEST" }), &["name", "timezone"]),
            (json!({ "name": long(101) }), &["name"]),
            (json!({ "email": "eve@example.org" }), &["email"]),
            (json!({ "id": 2 }), &["id"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_message_has_at_most_two_thousand_characters() {
    refused(
        &Mocks::default().serve(),
        "POST",
        "/api/me/chat",
        &[
            (json!({}), &["message"]),
            (json!({ "message": "" }), &["message"]),
            (json!({ "message": " \n\u{a0}" }), &["message"]),
            (json!({ "message": "a\0b" }), &["message"]),
            (json!({ "message": long(2_001) }), &["message"]),
            (json!({ "message": ["hi"] }), &["message"]),
            (json!({ "message": "hi", "conversation_id": "4" }), &["conversation_id"]),
            (json!({ "message": "hi", "conversation_id": 4 }), &["conversation_id"]),
            (json!({ "message": "hi", "timezone": "here" }), &["timezone"]),
            (json!({ "message": "hi", "user_id": 2 }), &["user_id"]),
            (
                json!({ "message": "", "conversation_id": "", "timezone": "" }),
                &["message", "conversation_id", "timezone"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_conversation_has_a_title_of_at_most_two_hundred_characters() {
    refused(
        &Mocks::default().serve(),
        "PATCH",
        CONVERSATION,
        &[
            (json!({}), &["title"]),
            (json!({ "title": null }), &["title"]),
            (json!({ "title": "  " }), &["title"]),
            (json!({ "title": long(201) }), &["title"]),
            (json!({ "title": "a\0b" }), &["title"]),
            (json!({ "title": "a", "id": "b" }), &["id"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_new_task_is_checked_field_by_field() {
    refused(
        &Mocks::default().serve(),
        "POST",
        "/api/me/tasks",
        &[
            (json!({}), &["title"]),
            (json!({ "title": null }), &["title"]),
            (json!({ "title": " " }), &["title"]),
            (json!({ "title": long(201) }), &["title"]),
            (json!({ "title": "a", "description": long(2_001) }), &["description"]),
            (json!({ "title": "a", "description": "\0" }), &["description"]),
            (json!({ "title": "a", "priority": "urgent" }), &["priority"]),
            (json!({ "title": "a", "priority": "HIGH" }), &["priority"]),
            (json!({ "title": "a", "priority": 1 }), &["priority"]),
            (json!({ "title": "a", "due": "tomorrow" }), &["due"]),
            (json!({ "title": "a", "due": "2026-02-30" }), &["due"]),
            (json!({ "title": "a", "due": "" }), &["due"]),
            (json!({ "title": "a", "tags": "home" }), &["tags"]),
            (json!({ "title": "a", "tags": [1] }), &["tags[0]"]),
            (json!({ "title": "a", "tags": ["a", "", "b", "b c"] }), &["tags[1]", "tags[3]"]),
            (
                json!({ "title": "a", "tags": ["#", long(31), "--"] }),
                &["tags[0]", "tags[1]", "tags[2]"],
            ),
            (json!({ "title": "a", "tags": vec!["!"; 11] }), &["tags"]),
            (json!({ "title": "a", "status": "completed" }), &["status"]),
            (json!({ "title": "a", "id": 7 }), &["id"]),
            (
                json!({ "title": "", "description": long(2_001), "priority": "", "due": "x" }),
                &["title", "description", "priority", "due"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_patch_of_a_task_is_checked_field_by_field() {
    refused(&Mocks::default().serve(), "PATCH", "/api/me/tasks/3", &[
        (json!({ "title": null }), &["title"]),
        (json!({ "priority": null }), &["priority"]),
        (json!({ "title": 5 }), &["title"]),
        (json!({ "tags": [null] }), &["tags[0]"]),
        (json!({ "tags": ["a b"], "due": "x" }), &["due", "tags[0]"]),
        (json!({ "version": 5 }), &["version"]),
        (
            json!({ "title": "", "description": long(2_001), "priority": null, "due": "2026-13-01" }),
            &["title", "description", "priority", "due"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_query_is_checked_parameter_by_parameter() {
    let client = Mocks::default().serve();
    let messages = format!("{CONVERSATION}/messages");
    for (path, query, fields) in [
        ("/api/me/tasks", "limit=0", vec!["limit"]),
        ("/api/me/tasks", "limit=101", vec!["limit"]),
        ("/api/me/tasks", "limit=-1", vec!["limit"]),
        ("/api/me/tasks", "limit=ten", vec!["limit"]),
        ("/api/me/tasks", "limit=", vec!["limit"]),
        ("/api/me/tasks", "limit=1&limit=2", vec!["limit"]),
        ("/api/me/tasks", "offset=1", vec!["offset"]),
        ("/api/me/tasks", "status=done", vec!["status"]),
        ("/api/me/tasks", "priority=urgent", vec!["priority"]),
        ("/api/me/tasks", "tag=", vec!["tag"]),
        ("/api/me/tasks", "tag=a,,b", vec!["tag"]),
        ("/api/me/tasks", "tag=a&tag=b", vec!["tag"]),
        ("/api/me/tasks", "tag=a%20b", vec!["tag"]),
        ("/api/me/tasks", "tag=a,b,c,d,e,f,g,h,i,j,k", vec!["tag"]),
        ("/api/me/tasks", "q=", vec!["q"]),
        ("/api/me/tasks", "q=%00", vec!["q"]),
        ("/api/me/tasks", "due_before=2026-11-27T10:00", vec!["due_before"]),
        ("/api/me/tasks", "due_after=friday", vec!["due_after"]),
        ("/api/me/tasks", "sort=title", vec!["sort"]),
        ("/api/me/tasks", "sort=--due", vec!["sort"]),
        ("/api/me/tasks", "sort=__class__", vec!["sort"]),
        ("/api/me/tasks", "cursor=x", vec!["cursor"]),
        ("/api/me/tasks", "cursor=", vec!["cursor"]),
        ("/api/me/tasks", "cursor=e30", vec!["cursor"]),
        ("/api/me/tasks", "sort=x&status=x&limit=x", vec!["status", "sort", "limit"]),
        ("/api/me/conversations", "limit=0&cursor=x", vec!["limit", "cursor"]),
        ("/api/me/conversations", "sort=title", vec!["sort"]),
        ("/api/me/conversations", "q=", vec!["q"]),
        ("/api/me/conversations", "q=%00&limit=0", vec!["q", "limit"]),
        (&messages, "limit=101&cursor=x", vec!["limit", "cursor"]),
        (&messages, "before=1", vec!["before"]),
    ] {
        let answer = client.get(&format!("{path}?{query}")).await;
        assert_eq!((answer.status, answer.fields()), (422, fields), "{query}");
    }
}

#[tokio::test]
async fn the_message_beside_a_field_can_be_read_by_a_person() {
    let client = Mocks::default().serve();
    let answer =
        client.post("/api/me/tasks", json!({ "title": "", "priority": "x", "tags": ["a b", "_"] }));
    let answer = answer.await;
    assert_eq!(
        answer.body["errors"],
        json!([
            { "field": "title", "message": "must not be blank" },
            { "field": "priority", "message": "must be low, medium or high" },
            { "field": "tags[0]", "message": "must consist of letters, digits, - and _" },
            { "field": "tags[1]", "message": "must have a letter or a digit" },
        ])
    );
}

#[tokio::test]
async fn the_bounds_themselves_are_accepted() {
    let mut mocks = Mocks::default();
    mocks.tasks.expect_execute().returning(|_, operation, _| match operation {
        TaskOperation::Create(_) => Ok(TaskOutcome::Created { after: task(1) }),
        TaskOperation::List(_) => Ok(TaskOutcome::Listed(TaskPage::default())),
        TaskOperation::Act { .. } => panic!("{operation:?}"),
    });
    mocks.accounts.expect_create().returning(|_| Ok(CreateUser::Created(user(1))));
    mocks.hasher.expect_hash().returning(|_, _| Ok(PasswordHash::new("$hash".into())));
    mocks.conversations.expect_rename().returning(|_, _, _, _| Ok(None));
    mocks.turns.expect_begin().returning(|_| Ok(BeginOutcome::ConversationNotFound));
    let client = mocks.serve();
    let task =
        json!({ "title": long(200), "description": long(2_000), "tags": vec![long(30); 10] });
    assert_eq!(client.post("/api/me/tasks", task).await.status, 201);
    for password in [long(8), long(255)] {
        let body = json!({ "name": long(100), "email": "a@b.cc", "password": password });
        assert_eq!(client.post("/api/auth/signup", body).await.status, 201);
    }
    for query in ["limit=1", "limit=100", "sort=-priority", &format!("q={}", long(200))] {
        assert_eq!(client.get(&format!("/api/me/tasks?{query}")).await.status, 200, "{query}");
    }
    // What is valid goes on to the store, which knows nothing of it.
    assert_eq!(client.patch(CONVERSATION, json!({ "title": long(200) })).await.status, 404);
    let message = json!({ "message": long(2_000) });
    assert_eq!(client.post("/api/me/chat", message).await.status, 404);
}
