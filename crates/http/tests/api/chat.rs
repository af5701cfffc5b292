//! Talking, with a model that says what the test wants.

use std::time::Duration;

use serde_json::json;
use todo_domain::{
    CallResult, Message, MessageCursor, ModelAnswer, ModelError, ModelFailure, ModelIdentity,
    ModelReply, ModelToolCall, RecordedCall, Role, TaskDone, TaskOutcome, TimeZone, TokenUsage,
    ports::{BeginOutcome, EndOutcome, StepOutcome, StoreError, StoreErrorKind},
};

use crate::client::{Answer, Mocks, task, uuid};

fn identity() -> ModelIdentity {
    ModelIdentity { engine: "scripted".into(), model: "scripted-1".into() }
}

fn answer(reply: ModelReply) -> Result<ModelAnswer, ModelError> {
    let usage = TokenUsage { input_tokens: 10, output_tokens: 2 };
    Ok(ModelAnswer { reply, identity: identity(), usage })
}

/// Every turn begins.
fn begun(mut mocks: Mocks) -> Mocks {
    mocks
        .turns
        .expect_begin()
        .returning(|begin| Ok(BeginOutcome::Begun(begin.begun(TimeZone::UTC, vec![]))));
    mocks
}

/// Turns begin, run steps and end as they should; the model asks for one task, then answers so.
fn talking(last: impl Fn() -> Result<ModelAnswer, ModelError> + Send + Sync + 'static) -> Mocks {
    let mut mocks = begun(Mocks::default());
    mocks.model.expect_identity().returning(identity);
    mocks.model.expect_respond().times(1).returning(|_, _| {
        let call = ModelToolCall {
            id: "call_1".into(),
            name: "add_task".into(),
            arguments: r#"{"title":"buy milk"}"#.into(),
        };
        answer(ModelReply::ToolCalls { plan: None, reasoning: None, calls: vec![call] })
    });
    mocks.model.expect_respond().returning(move |_, _| last());
    mocks.turns.expect_run_step().returning(|step| {
        let calls = step.calls.into_iter().map(|call| RecordedCall {
            id: call.id,
            name: call.name,
            arguments: call.arguments,
            result: CallResult::Outcome(TaskOutcome::Done(TaskDone::Created { after: task(3) })),
            duration: Duration::ZERO,
        });
        Ok(StepOutcome::Recorded(calls.collect()))
    });
    mocks.turns.expect_fail().returning(|_| Ok(EndOutcome::Ended(())));
    mocks.turns.expect_finish().returning(|end| {
        Ok(EndOutcome::Ended(Message {
            id: end.message_id,
            position: MessageCursor::new(2),
            role: Role::Assistant,
            text: end.text.into(),
            turn_id: end.fence.turn_id,
            created_at: end.now,
        }))
    });
    mocks
}

async fn say(mocks: Mocks) -> Answer {
    mocks.serve().post("/api/me/chat", json!({ "message": "add milk" })).await
}

fn refusing(outcome: Result<BeginOutcome, StoreError>) -> Mocks {
    let mut mocks = Mocks::default();
    mocks.model.expect_identity().returning(identity);
    mocks.turns.expect_begin().return_once(|_| outcome);
    mocks
}

#[tokio::test]
async fn an_answer_comes_with_everything_that_was_done() {
    let reply = say(talking(|| answer(ModelReply::Text("Added.".into())))).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    insta::assert_json_snapshot!("chat_reply", reply.body);
}

#[tokio::test]
async fn a_conversation_and_a_zone_may_be_named() {
    let client = talking(|| answer(ModelReply::Text("Added.".into()))).serve();
    let conversation = "00000000-0000-7000-8000-0000000000aa";
    let body =
        json!({ "message": "hi", "conversation_id": conversation, "timezone": "Asia/Tokyo" });
    let reply = client.post("/api/1/chat", body).await;
    assert_eq!(reply.body["conversation_id"], conversation);
    let body = json!({ "message": "hi", "conversation_id": null, "timezone": null });
    let reply = client.post("/api/1/chat", body).await;
    assert_ne!(reply.body["conversation_id"], conversation);
}

#[tokio::test]
async fn a_model_that_fails_is_told_honestly_and_with_what_was_done() {
    let seconds = |n: u64| Some(Duration::from_millis(n * 1_000 - 500));
    for (failure, problem, retry_after) in [
        (ModelFailure::Auth, (502, "provider_auth"), None),
        (ModelFailure::RejectedRequest, (502, "provider_rejected_request"), None),
        (ModelFailure::ModelNotFound, (502, "provider_model_not_found"), None),
        (ModelFailure::Truncated, (502, "model_truncated"), None),
        (ModelFailure::InvalidAnswer, (502, "model_answer_invalid"), None),
        (ModelFailure::QuotaExhausted, (503, "provider_quota_exhausted"), None),
        (
            ModelFailure::RateLimited { retry_after: None },
            (503, "provider_rate_limited"),
            Some("10"),
        ),
        (
            ModelFailure::RateLimited { retry_after: seconds(3) },
            (503, "provider_rate_limited"),
            Some("3"),
        ),
        (ModelFailure::Unavailable { retry_after: None }, (503, "provider_unavailable"), None),
        (
            ModelFailure::Unavailable { retry_after: seconds(7) },
            (503, "provider_unavailable"),
            Some("7"),
        ),
        (ModelFailure::DeadlineExceeded, (504, "turn_timeout"), None),
    ] {
        let refusal =
            say(talking(move || Err(ModelError::new(failure, "key sk-123 refused")))).await;
        assert_eq!(refusal.problem(), problem);
        assert_eq!(refusal.header("retry-after"), retry_after, "{failure:?}");
        assert!(refusal.body["conversation_id"].is_string() && refusal.body["turn_id"].is_string());
        assert_eq!(refusal.body["tool_calls"][0]["result"]["outcome"], "created");
        assert!(!refusal.body.to_string().contains("sk-123"));
    }
}

#[tokio::test]
async fn a_model_that_never_comes_to_an_end_is_stopped() {
    let again = || {
        let call =
            ModelToolCall { id: "c".into(), name: "list_tasks".into(), arguments: "{}".into() };
        answer(ModelReply::ToolCalls { plan: None, reasoning: None, calls: vec![call] })
    };
    let refusal = say(talking(again)).await;
    assert_eq!(refusal.problem(), (502, "turn_step_limit"));
    assert_eq!(refusal.body["tool_calls"].as_array().map(Vec::len), Some(6));
}

#[tokio::test]
async fn a_conversation_answers_one_message_at_a_time() {
    for (left, told) in [(0, "1"), (1, "1"), (1_001, "2"), (20_000, "1"), (40_000, "1")] {
        let retry_after = Duration::from_millis(left);
        let outcome =
            BeginOutcome::TurnInProgress { turn_id: uuid(8), retry_after, is_same_request: false };
        let refusal = say(refusing(Ok(outcome))).await;
        assert_eq!(refusal.problem(), (409, "turn_in_progress"));
        assert_eq!(refusal.header("retry-after"), Some(told));
        assert_eq!(refusal.body["turn_id"], "00000000-0000-7000-8000-000000000008");
        assert_eq!(refusal.body.get("tool_calls"), None);
    }
}

#[tokio::test]
async fn a_turn_that_could_not_begin_says_why() {
    let gone = StoreError::new(StoreErrorKind::Unavailable, "connection refused");
    for (outcome, problem) in [
        (Ok(BeginOutcome::ConversationNotFound), (404, "conversation_not_found")),
        (Ok(BeginOutcome::UserNotFound), (401, "invalid_token")),
        (Err(gone), (503, "database_unavailable")),
    ] {
        assert_eq!(say(refusing(outcome)).await.problem(), problem);
    }
}

#[tokio::test]
async fn a_database_that_fails_in_the_middle_is_told_with_the_turn() {
    for (kind, problem, retry_after) in [
        (StoreErrorKind::Unavailable, (503, "database_unavailable"), Some("1")),
        (StoreErrorKind::StorageFull, (503, "storage_full"), Some("60")),
        (StoreErrorKind::Crowded, (429, "too_many_searches"), Some("1")),
        (StoreErrorKind::Corrupt, (500, "internal_error"), None),
    ] {
        let mut mocks = begun(Mocks::default());
        mocks.model.expect_identity().returning(identity);
        mocks.model.expect_respond().returning(|_, _| answer(ModelReply::Text("Done.".into())));
        mocks.turns.expect_finish().returning(move |_| Err(StoreError::new(kind, "disk /dev/sda")));
        mocks.turns.expect_fail().returning(|_| Ok(EndOutcome::Ended(())));
        let refusal = say(mocks).await;
        assert_eq!(refusal.problem(), problem);
        assert_eq!(refusal.header("retry-after"), retry_after);
        assert!(refusal.body["turn_id"].is_string());
        assert!(!refusal.body.to_string().contains("sda"));
    }
}

#[tokio::test]
async fn a_turn_whose_conversation_goes_away_is_stopped() {
    let mut mocks = begun(Mocks::default());
    mocks.model.expect_identity().returning(identity);
    mocks.model.expect_respond().returning(|_, _| answer(ModelReply::Text("Added.".into())));
    mocks.turns.expect_finish().returning(|_| Ok(EndOutcome::FencedOff));
    mocks.turns.expect_turn().returning(|_, _| Ok(None));
    let refusal = say(mocks).await;
    assert_eq!(refusal.problem(), (409, "turn_stopped"));
    assert!(refusal.body["conversation_id"].is_string() && refusal.body["turn_id"].is_string());
}
