//! Conversations and turns.

use std::time::Duration;

use serde_json::json;
use todo_domain::{
    CallResult, Conversation, ConversationTitle, FailureCode, Message, MessageCursor,
    ModelIdentity, RecordedCall, Rejection, RejectionCode, Role, TaskDone, TaskOutcome, TokenUsage,
    Turn, TurnStatus, TurnStep, ports::MessagePage,
};

use crate::client::{Mocks, now, task, uuid};

const PATH: &str = "/api/me/conversations/00000000-0000-7000-8000-000000000004";

fn conversation(title: ConversationTitle) -> Conversation {
    Conversation { id: uuid(4), title, created_at: now(), updated_at: now() }
}

#[tokio::test]
async fn an_opened_conversation_reads_from_the_top() {
    let message = |position, role| Message {
        id: uuid(position as u64),
        position: MessageCursor::new(position),
        role,
        text: format!("message {position}"),
        turn_id: uuid(9),
        created_at: now(),
    };
    let mut mocks = Mocks::default();
    mocks.conversations.expect_open().return_once(move |_, _, limit| {
        assert_eq!(limit.get(), 50);
        let messages = vec![message(2, Role::Assistant), message(1, Role::User)];
        let title = ConversationTitle::new("Work").unwrap();
        Ok(Some((conversation(title), MessagePage { messages, next: None })))
    });
    let body = mocks.serve().get(PATH).await.body;
    assert_eq!(body["title"], "Work");
    let said: Vec<_> = body["messages"].as_array().unwrap().iter().map(|m| &m["content"]).collect();
    assert_eq!(said, ["message 1", "message 2"]);
    assert_eq!(body["messages"][1]["role"], "assistant");
}

#[tokio::test]
async fn a_conversation_is_renamed_and_deleted() {
    let mut mocks = Mocks::default();
    mocks.conversations.expect_rename().returning(|_, _, title, _| Ok(Some(conversation(title))));
    mocks.conversations.expect_delete().returning(|_, id| Ok(id == uuid(4)));
    let client = mocks.serve();
    let renamed = client.patch(PATH, json!({ "title": " Work " })).await;
    assert_eq!((renamed.status, &renamed.body["title"]), (200, &json!("Work")));
    assert_eq!(client.delete(PATH).await.status, 204);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let mut mocks = Mocks::default();
    mocks.conversations.expect_open().returning(|_, _, _| Ok(None));
    mocks.conversations.expect_messages().returning(|_, _, _, _| Ok(None));
    mocks.conversations.expect_rename().returning(|_, _, _, _| Ok(None));
    mocks.conversations.expect_delete().returning(|_, _| Ok(false));
    mocks.turns.expect_turn().returning(|_, _| Ok(None));
    let client = mocks.serve();
    for path in [PATH, "/api/me/conversations/4"] {
        let not_found = (404, "conversation_not_found");
        assert_eq!(client.get(path).await.problem(), not_found);
        assert_eq!(client.get(&format!("{path}/messages")).await.problem(), not_found);
        assert_eq!(client.patch(path, json!({ "title": "a" })).await.problem(), not_found);
        assert_eq!(client.delete(path).await.problem(), not_found);
    }
    for path in ["/api/me/turns/00000000-0000-7000-8000-000000000001", "/api/me/turns/1"] {
        assert_eq!(client.get(path).await.problem(), (404, "turn_not_found"));
    }
}

#[tokio::test]
async fn a_turn_tells_what_was_done_and_why_it_failed() {
    let identity = ModelIdentity { engine: "cohere".into(), model: "command-a".into() };
    let call = |name: &str, arguments: &str, result| RecordedCall {
        id: name.into(),
        name: name.into(),
        arguments: arguments.into(),
        result,
        duration: Duration::from_micros(2_900),
    };
    let refused = Rejection { code: RejectionCode::UnknownTool, message: "No.".into() };
    let step = TurnStep {
        number: 1,
        plan: Some("I will add it.".into()),
        reasoning: Some("private".into()),
        identity: identity.clone(),
        usage: TokenUsage::default(),
        calls: vec![
            call(
                "add_task",
                r#"{"title":"buy milk"}"#,
                CallResult::Outcome(TaskOutcome::Done(TaskDone::Created { after: task(3) })),
            ),
            call("sing", "la", CallResult::Rejected(refused)),
        ],
    };
    let turn = Turn {
        id: uuid(9),
        conversation_id: uuid(4),
        status: TurnStatus::Failed(FailureCode::ProviderUnavailable),
        answer_id: None,
        identity: Some(identity),
        usage: TokenUsage { input_tokens: 5, output_tokens: 3 },
        steps: vec![step],
        started_at: now(),
        finished_at: None,
        undo: None,
        undone_by: None,
        action: None,
        partial_answer: None,
    };
    let mut mocks = Mocks::default();
    mocks.turns.expect_turn().return_once(|_, _| Ok(Some(turn)));
    let answer = mocks.serve().get("/api/me/turns/00000000-0000-7000-8000-000000000009").await;
    assert!(!answer.body.to_string().contains("private"));
    insta::assert_json_snapshot!("turn", answer.body);
}
