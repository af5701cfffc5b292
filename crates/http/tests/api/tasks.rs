//! Tasks: which operation a request is, and which answer an outcome.

use reqwest::Method;
use serde_json::{Value, json};
use todo_domain::{
    Batch, BatchRefusal, Change, DueChange, IfVersion, NewTask, Priority, Tag, TagChange, TagCount,
    Tags, Task, TaskAction, TaskChange, TaskDone, TaskPatch, TaskRefusal, TaskTarget, TaskVersion,
    ports::{StoreError, StoreErrorKind},
};

use crate::client::{Answer, Client, Mocks, now, task};

/// A server whose store expects this change of user 1 and answers so.
fn expecting(
    change: impl Fn(&TaskChange) -> bool + Send + 'static,
    outcome: Result<TaskDone, TaskRefusal>,
) -> Client {
    let mut mocks = Mocks::default();
    mocks
        .tasks
        .expect_change()
        .withf(move |user, asked, at| {
            let is_asked = asked.iter().all(&change) && asked.is_single();
            user.get() == 1 && is_asked && *at == now()
        })
        .return_once(|_, _, _| {
            Ok(outcome.map(Batch::from).map_err(|refusal| BatchRefusal { index: 0, refusal }))
        });
    mocks.serve()
}

/// A server whose store expects to be asked for task 3 of user 1 and answers so.
fn asked_for(found: Option<Task>) -> Client {
    let mut mocks = Mocks::default();
    mocks
        .tasks
        .expect_get()
        .withf(|user, id| user.get() == 1 && *id == task(3).id)
        .return_once(|_, _| Ok(found));
    mocks.serve()
}

fn act(action: TaskAction, if_version: Option<i64>) -> impl Fn(&TaskChange) -> bool + Send {
    let if_version = if_version.map(TaskVersion::new).map_or(IfVersion::Any, IfVersion::from);
    doing(action, if_version)
}

fn doing(action: TaskAction, if_version: IfVersion) -> impl Fn(&TaskChange) -> bool + Send {
    let expected = TaskChange::Act { target: TaskTarget { id: task(3).id, if_version }, action };
    move |asked| *asked == expected
}

fn created() -> Result<TaskDone, TaskRefusal> {
    Ok(TaskDone::Created { after: task(3) })
}

#[tokio::test]
async fn a_new_task_comes_with_its_place_and_its_version() {
    let plain = |asked: &TaskChange| *asked == TaskChange::Create(NewTask::titled(task(1).title));
    let client = expecting(plain, created());
    let answer = client.post("/api/me/tasks", json!({ "title": " buy milk " })).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("location"), Some("/api/1/tasks/3"));
    assert_eq!(answer.header("etag"), Some("\"1\""));
    assert_eq!(
        answer.body,
        json!({
            "id": 3, "title": "buy milk", "description": null, "priority": "medium",
            "status": "pending", "due": null, "tags": [], "version": 1,
            "created_at": "2026-11-22T09:00:00.000000Z", "updated_at": "2026-11-22T09:00:00.000000Z",
            "completed_at": null,
        })
    );
}

#[tokio::test]
async fn a_time_without_an_offset_is_meant_where_the_user_is() {
    for (due, stored) in [
        ("2026-11-27", "2026-11-27"),
        ("2026-11-27T15:00", "2026-11-27T06:00:00Z"),
        ("2026-11-27T15:00:00Z", "2026-11-27T15:00:00Z"),
    ] {
        let is_due = move |asked: &TaskChange| match asked {
            TaskChange::Create(new) => new.due.is_some_and(|due| due.to_string() == stored),
            _ => false,
        };
        let client = expecting(is_due, created());
        let answer = client.post("/api/me/tasks", json!({ "title": "call", "due": due })).await;
        assert_eq!(answer.status, 201, "{due}");
    }
}

#[tokio::test]
async fn a_patch_keeps_what_is_absent_and_clears_what_is_null() {
    for (body, patch) in [
        (json!({}), TaskPatch::default()),
        (
            json!({ "description": null, "due": null }),
            TaskPatch { description: Change::Clear, due: DueChange::Clear, ..TaskPatch::default() },
        ),
        (
            json!({ "description": "  " }),
            TaskPatch { description: Change::Clear, ..TaskPatch::default() },
        ),
        (
            json!({ "title": "buy milk", "priority": "high" }),
            TaskPatch {
                title: Some(task(3).title),
                priority: Some(Priority::High),
                ..TaskPatch::default()
            },
        ),
    ] {
        let updated = Ok(TaskDone::Updated { before: task(3), after: task(3) });
        let client = expecting(act(TaskAction::Update(patch), None), updated);
        assert_eq!(client.patch("/api/me/tasks/3", body.clone()).await.status, 200, "{body}");
    }
}

#[tokio::test]
async fn tags_are_given_replaced_or_cleared() {
    let given = NewTask { tags: "home,work".parse().unwrap(), ..NewTask::titled(task(3).title) };
    let tagged = move |asked: &TaskChange| *asked == TaskChange::Create(given.clone());
    let mut told = task(3);
    told.tags = "home,work".parse().unwrap();
    let client = expecting(tagged, Ok(TaskDone::Created { after: told }));
    let body = json!({ "title": "buy milk", "tags": ["#Work", "home", "work"] });
    assert_eq!(client.post("/api/me/tasks", body).await.body["tags"], json!(["home", "work"]));
    for (body, change) in [
        (json!({ "tags": ["b", "a"] }), TagChange::Set("a,b".parse().unwrap())),
        (json!({ "tags": [] }), TagChange::Set(Tags::default())),
        (json!({ "tags": null }), TagChange::Set(Tags::default())),
    ] {
        let patch = TaskPatch { tags: change, ..TaskPatch::default() };
        let updated = Ok(TaskDone::Updated { before: task(3), after: task(3) });
        let client = expecting(act(TaskAction::Update(patch), None), updated);
        assert_eq!(client.patch("/api/me/tasks/3", body.clone()).await.status, 200, "{body}");
    }
}

#[tokio::test]
async fn tags_are_told_with_how_many_tasks_have_them() {
    let mut mocks = Mocks::default();
    mocks.tasks.expect_tags().withf(|user| user.get() == 1).return_once(|_| {
        Ok(vec![TagCount { tag: Tag::new("home").unwrap(), pending: 2, total: 5 }])
    });
    let answer = mocks.serve().get("/api/me/tags").await;
    let expected = json!([{ "tag": "home", "pending": 2, "total": 5 }]);
    assert_eq!((answer.status, answer.body), (200, expected));
}

#[tokio::test]
async fn a_patch_may_come_under_its_own_media_type_but_a_new_task_may_not() {
    let body = |client: &Client, method, path| {
        let media_type = "application/merge-patch+json; charset=utf-8";
        client.request(method, path).header("content-type", media_type).body(r#"{"title":"a"}"#)
    };
    let any = |asked: &TaskChange| matches!(asked, TaskChange::Act { .. });
    let client = expecting(any, Ok(TaskDone::Unchanged(task(3))));
    assert_eq!(Answer::of(body(&client, Method::PATCH, "/api/me/tasks/3")).await.status, 200);
    let answer = Answer::of(body(&client, Method::POST, "/api/me/tasks")).await;
    assert_eq!(answer.problem(), (415, "unsupported_media_type"));
}

#[tokio::test]
async fn if_match_names_the_version_that_every_change_applies_to() {
    let done = || Ok(TaskDone::Completed { before: task(3), after: task(3) });
    for (method, path, action, status) in [
        (Method::PATCH, "/api/me/tasks/3", TaskAction::Update(TaskPatch::default()), 200),
        (Method::POST, "/api/me/tasks/3/complete", TaskAction::Complete, 200),
        (Method::POST, "/api/me/tasks/3/reopen", TaskAction::Reopen, 200),
        (Method::DELETE, "/api/me/tasks/3", TaskAction::Delete, 204),
    ] {
        let one_of = |versions: &[i64]| {
            IfVersion::OneOf(versions.iter().copied().map(TaskVersion::new).collect())
        };
        for (tag, versions) in [
            ("\"7\"", one_of(&[7])),
            ("\"7\", \"9\"", one_of(&[7, 9])),
            ("W/\"7\"", one_of(&[])),
            ("\"latest\"", one_of(&[])),
            ("*", IfVersion::Any),
        ] {
            let client = expecting(doing(action.clone(), versions), done());
            let request = client.request(method.clone(), path).header("if-match", tag);
            assert_eq!(Answer::of(request.json(&json!({}))).await.status, status, "{path} {tag}");
        }
        for tag in ["latest", "7", "\"7", "W/7", ""] {
            let client = Mocks::default().serve();
            let request = client.request(method.clone(), path).header("if-match", tag);
            let answer = Answer::of(request.json(&json!({}))).await;
            assert_eq!((answer.status, answer.fields()), (422, vec!["If-Match"]), "{path} {tag}");
        }
    }
}

#[tokio::test]
async fn several_if_match_are_one_list() {
    let versions = [7, 9].map(TaskVersion::new).to_vec();
    let deleting = doing(TaskAction::Delete, IfVersion::OneOf(versions));
    let client = expecting(deleting, Ok(TaskDone::Deleted { before: task(3) }));
    let request = client.request(Method::DELETE, "/api/me/tasks/3");
    let request = request.header("if-match", "\"7\"").header("if-match", "\"9\"");
    assert_eq!(Answer::of(request).await.status, 204);
}

#[tokio::test]
async fn a_task_is_sent_only_to_who_does_not_have_it_yet() {
    let asking = async |tag: &str| {
        let client = asked_for(Some(task(3)));
        let request = client.request(Method::GET, "/api/me/tasks/3").header("if-none-match", tag);
        Answer::of(request).await
    };
    for tag in ["\"1\"", "W/\"1\"", "\"7\", \"1\"", "*"] {
        let answer = asking(tag).await;
        assert_eq!((answer.status, answer.body.as_str()), (304, Some("")), "{tag}");
        assert_eq!(answer.header("etag"), Some("\"1\""), "{tag}");
    }
    assert_eq!(asking("\"7\"").await.body["id"], 3);
    let client = Mocks::default().serve();
    let request = client.request(Method::GET, "/api/me/tasks/3").header("if-none-match", "1");
    assert_eq!(Answer::of(request).await.fields(), ["If-None-Match"]);
}

#[tokio::test]
async fn a_task_that_changed_meanwhile_is_not_touched() {
    let mut current = task(3);
    current.version = TaskVersion::new(8);
    let client =
        expecting(act(TaskAction::Delete, Some(7)), Err(TaskRefusal::VersionMismatch(current)));
    let request = client.request(Method::DELETE, "/api/me/tasks/3").header("if-match", "\"7\"");
    let answer = Answer::of(request).await;
    assert_eq!(answer.problem(), (412, "version_mismatch"));
    assert_eq!(answer.body["detail"], "Task 3 is in version 8 now. Nothing was changed.");
}

#[tokio::test]
async fn what_is_so_already_is_fine() {
    for (path, action, outcome) in [
        ("complete", TaskAction::Complete, Ok(TaskDone::AlreadyCompleted(task(3)))),
        ("reopen", TaskAction::Reopen, Ok(TaskDone::AlreadyPending(task(3)))),
    ] {
        let client = expecting(act(action, None), outcome);
        let answer =
            Answer::of(client.request(Method::POST, &format!("/api/1/tasks/3/{path}"))).await;
        assert_eq!((answer.status, &answer.body["id"]), (200, &json!(3)));
    }
}

#[tokio::test]
async fn deleting_answers_with_nothing() {
    let deleted = Ok(TaskDone::Deleted { before: task(3) });
    let answer = expecting(act(TaskAction::Delete, None), deleted).delete("/api/me/tasks/3").await;
    assert_eq!((answer.status, answer.body), (204, Value::String(String::new())));
}

#[tokio::test]
async fn a_task_that_is_not_there_is_not_found() {
    let client = asked_for(None);
    assert_eq!(client.get("/api/me/tasks/3").await.problem(), (404, "task_not_found"));
    let client = Mocks::default().serve();
    for id in ["0", "-1", "01", "+1", "%2B1", "x", "1.5", "9223372036854775808", "%00", "1%20"] {
        let answer = client.get(&format!("/api/me/tasks/{id}")).await;
        assert_eq!(answer.problem(), (404, "task_not_found"), "{id}");
    }
}

#[tokio::test]
async fn the_token_of_somebody_who_was_deleted_a_moment_ago_is_void() {
    let mut mocks = Mocks::default();
    let gone = |_, _, _| Err(StoreError::new(StoreErrorKind::NoUser, "no row in users"));
    mocks.tasks.expect_change().return_once(gone);
    let answer = mocks.serve().post("/api/me/tasks", json!({ "title": "buy milk" })).await;
    assert_eq!(answer.problem(), (401, "invalid_token"));
}
