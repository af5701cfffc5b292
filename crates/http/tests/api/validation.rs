//! What a request may hold: a row for every field and bound.

use serde_json::{Value, json};
use todo_domain::{
    PasswordHash, TaskDone, TaskPage,
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
            (json!({}), &["name", "email", "password"]),
            (
                json!({ "email": "ada", "timezone": 5, "session": null, "role": "admin" }),
                &["name", "email", "password", "timezone", "session", "role"],
            ),
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
            (json!({ "password": 5, "session": "x" }), &["email", "password", "session"]),
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
            (json!({ "timezone": "here", "user_id": 2 }), &["message", "timezone", "user_id"]),
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
            (json!({ "id": "b" }), &["title", "id"]),
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
            (
                json!({ "priority": 1, "due": "x", "tags": [1, "a", "b c"], "status": "completed" }),
                &["title", "priority", "due", "tags[0]", "tags[2]", "status"],
            ),
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
        (json!({ "version": 5, "title": null, "tags": 1 }), &["title", "tags", "version"]),
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
        ("/api/me/tasks", "offset=1&limit=1&limit=0&sort=x", vec!["sort", "limit", "offset"]),
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
            { "field": "title", "message": "must not be blank", "code": "blank" },
            {
                "field": "priority",
                "message": "must be low, medium or high",
                "code": "one_of",
                "values": ["low", "medium", "high"],
            },
            {
                "field": "tags[0]",
                "message": "must consist of letters, digits, - and _",
                "code": "invalid_character",
            },
            {
                "field": "tags[1]",
                "message": "must have a letter or a digit",
                "code": "invalid_character",
            },
        ])
    );
}

/// What is wrong with a field, without its name and the words for people.
async fn faults(client: &Client, method: &str, path: &str, body: Value) -> Vec<Value> {
    let answer = match method {
        "GET" => client.get(path).await,
        "PATCH" => client.patch(path, body).await,
        _ => client.post(path, body).await,
    };
    let errors = answer.body["errors"].as_array().unwrap().clone();
    let mut faults = errors;
    for fault in &mut faults {
        let fault = fault.as_object_mut().unwrap();
        assert!(fault.remove("message").is_some());
        fault.remove("field");
    }
    faults
}

#[tokio::test]
async fn each_fault_has_a_code_and_the_numbers_that_belong_to_it() {
    let client = Mocks::default().serve();
    let message = |text: Value| json!({ "message": text });
    for (method, path, body, fault) in [
        ("POST", "/api/me/tasks", json!({}), json!({ "code": "required" })),
        ("POST", "/api/me/tasks", json!({ "title": 5 }), json!({ "code": "wrong_type" })),
        (
            "POST",
            "/api/me/tasks",
            json!({ "title": long(214) }),
            json!({ "code": "too_long", "max": 200, "length": 214 }),
        ),
        (
            "POST",
            "/api/me/tasks",
            json!({ "title": "a", "tags": vec!["a"; 11] }),
            json!({ "code": "too_many", "max": 10 }),
        ),
        (
            "POST",
            "/api/me/tasks",
            json!({ "title": "a", "tags": [long(31)] }),
            json!({ "code": "too_long", "max": 30, "length": 31 }),
        ),
        (
            "POST",
            "/api/me/tasks",
            json!({ "title": "a", "due": "x" }),
            json!({ "code": "invalid_format", "format": "day-or-time" }),
        ),
        ("PATCH", "/api/me/tasks/3", json!({ "title": null }), json!({ "code": "null" })),
        ("PATCH", "/api/me/tasks/3", json!({ "x": 1 }), json!({ "code": "unknown_field" })),
        (
            "PATCH",
            "/api/me/tasks/3",
            json!({ "status": "done" }),
            json!({ "code": "one_of", "values": ["pending", "completed"] }),
        ),
        (
            "POST",
            "/api/auth/delete-account",
            json!({ "password": "1234567" }),
            json!({ "code": "too_short", "min": 8, "length": 7 }),
        ),
        (
            "POST",
            "/api/auth/delete-account",
            json!({ "password": long(256) }),
            json!({ "code": "too_long", "max": 255, "length": 256 }),
        ),
        (
            "PATCH",
            "/api/auth/me",
            json!({ "timezone": "CEST" }),
            json!({ "code": "invalid_format", "format": "time-zone" }),
        ),
        ("POST", "/api/me/chat", message(json!("a\0")), json!({ "code": "invalid_character" })),
        ("POST", "/api/me/chat", message(json!(" ")), json!({ "code": "blank" })),
        (
            "POST",
            "/api/me/chat",
            json!({ "message": "hi", "conversation_id": "4" }),
            json!({ "code": "invalid_format", "format": "uuid" }),
        ),
        (
            "POST",
            "/api/me/chat",
            json!({ "id": "a b", "message": { "id": "m", "role": "user", "parts": [{ "type": "text", "text": "hi" }] } }),
            json!({ "code": "invalid_format", "format": "chat-id" }),
        ),
        (
            "POST",
            "/api/me/tasks:batch",
            json!({ "operations": [] }),
            json!({ "code": "too_few", "min": 1 }),
        ),
        (
            "POST",
            "/api/me/tasks:batch",
            json!({ "operations": vec![json!({ "op": "delete", "id": 1 }); 101] }),
            json!({ "code": "too_many", "max": 100 }),
        ),
        (
            "POST",
            "/api/me/tasks:batch",
            json!({ "operations": [{ "op": "list" }] }),
            json!({ "code": "one_of", "values": ["create", "update", "complete", "reopen", "delete"] }),
        ),
        (
            "POST",
            "/api/me/tasks:batch",
            json!({ "operations": [{ "op": "delete", "id": 0 }] }),
            json!({ "code": "out_of_range", "min": 1, "max": i64::MAX }),
        ),
        (
            "POST",
            "/api/me/tasks:batch",
            json!({ "operations": [{ "op": "update", "id": 1, "title": "a", "status": "pending" }] }),
            json!({ "code": "exclusive" }),
        ),
        (
            "GET",
            "/api/me/tasks?limit=101",
            Value::Null,
            json!({ "code": "out_of_range", "min": 1, "max": 100 }),
        ),
        ("GET", "/api/me/tasks?limit=1&limit=2", Value::Null, json!({ "code": "repeated" })),
        ("GET", "/api/me/tasks?offset=1", Value::Null, json!({ "code": "unknown_field" })),
        (
            "GET",
            "/api/me/tasks?overdue=yes",
            Value::Null,
            json!({ "code": "one_of", "values": ["true", "false"] }),
        ),
        (
            "GET",
            "/api/me/tasks?sort=title",
            Value::Null,
            json!({ "code": "one_of", "values": [
                "created_at", "-created_at", "updated_at", "-updated_at",
                "due", "-due", "priority", "-priority",
            ] }),
        ),
        (
            "GET",
            "/api/me/tasks?due_before=friday",
            Value::Null,
            json!({ "code": "invalid_format", "format": "date" }),
        ),
        (
            "GET",
            "/api/me/tasks?cursor=x",
            Value::Null,
            json!({ "code": "invalid_format", "format": "cursor" }),
        ),
        (
            "GET",
            "/api/me/usage?from=2026-01-01&to=2026-12-31",
            Value::Null,
            json!({ "code": "span_too_long", "max": 92 }),
        ),
        (
            "GET",
            "/api/me/usage?from=2026-01-02&to=2026-01-01",
            Value::Null,
            json!({ "code": "span_reversed" }),
        ),
    ] {
        assert_eq!(faults(&client, method, path, body.clone()).await, [fault], "{path} {body:.80}");
    }
}

#[tokio::test]
async fn the_bounds_themselves_are_accepted() {
    let mut mocks = Mocks::default();
    mocks.tasks.expect_list().returning(|_, _, _| Ok(TaskPage::default()));
    let created = || Ok(Ok(TaskDone::Created { after: task(1) }.into()));
    mocks.tasks.expect_change().returning(move |_, _, _| created());
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
