use std::time::Duration;

use serde_json::{Value, json};
use todo_domain::{
    CallResult, ConversationId, FailureCode, MessageId, ModelIdentity, Rejection, RejectionCode,
    TokenUsage, TurnFence, TurnId, UserId,
};
use uuid::Uuid;

use super::*;

fn begun() -> TurnEvent {
    TurnEvent::Begun(TurnBegun {
        fence: TurnFence {
            user_id: UserId::new(1).unwrap(),
            conversation_id: ConversationId::new(Uuid::from_u128(1)),
            turn_id: TurnId::new(Uuid::from_u128(2)),
            attempt: 1,
        },
        answer_id: MessageId::new(Uuid::from_u128(3)),
        identity: Some(ModelIdentity { engine: "cohere".into(), model: "command-a".into() }),
    })
}

fn text(text: &str) -> TurnEvent {
    TurnEvent::Text(text.into())
}

fn step(arguments: &str) -> [TurnEvent; 2] {
    let rejection =
        Rejection { code: RejectionCode::UnknownTool, message: "There is no such tool.".into() };
    let plan = Some("I will sing.".into());
    step_of(plan, arguments, vec![("c1", CallResult::Rejected(rejection))])
}

fn step_of(
    plan: Option<String>,
    arguments: &str,
    results: Vec<(&str, CallResult)>,
) -> [TurnEvent; 2] {
    let recorded = results.into_iter().map(|(id, result)| RecordedCall {
        id: id.into(),
        name: "sing".into(),
        arguments: arguments.into(),
        result,
        duration: Duration::ZERO,
    });
    let recorded: Vec<_> = recorded.collect();
    let calls = recorded
        .iter()
        .cloned()
        .map(|RecordedCall { id, name, arguments, .. }| ModelToolCall { id, name, arguments });
    let calls = calls.collect();
    [TurnEvent::StepBegun { number: 1, plan, calls }, TurnEvent::StepDone(recorded)]
}

/// A step whose two calls have this result of an action.
fn asked(result: impl Fn(ActionId) -> CallResult) -> [TurnEvent; 2] {
    let action = ActionId::new(Uuid::from_u128(4));
    step_of(None, "{}", vec![("c1", result(action)), ("c2", result(action))])
}

fn waiting() -> TurnEvent {
    TurnEvent::Ended(TurnEnd::Waiting {
        action: ActionId::new(Uuid::from_u128(4)),
        usage: TokenUsage { input_tokens: 1, output_tokens: 2 },
        created_at: "2026-11-28T13:00:00Z".parse().unwrap(),
    })
}

fn completed() -> TurnEvent {
    let usage = TokenUsage { input_tokens: 812, output_tokens: 31 };
    let created_at = "2026-11-28T13:00:00Z".parse().unwrap();
    TurnEvent::Ended(TurnEnd::Completed { usage, created_at })
}

fn chunks(events: impl IntoIterator<Item = TurnEvent>) -> Vec<Value> {
    let mut encoder = Encoder::new(Some("r1".into()));
    let chunks = events.into_iter().flat_map(|event| encoder.encode(event));
    chunks.map(|chunk| serde_json::to_value(chunk).unwrap()).collect()
}

fn types(chunks: &[Value]) -> Vec<&str> {
    chunks.iter().map(|chunk| chunk["type"].as_str().unwrap()).collect()
}

#[test]
fn a_turn_is_told_in_the_order_that_clients_require() {
    let events =
        [begun()].into_iter().chain(step("la")).chain([text("So"), text("rry."), completed()]);
    let expected = json!([
        { "type": "start", "messageId": "00000000-0000-0000-0000-000000000003", "messageMetadata": {
            "conversation_id": "00000000-0000-0000-0000-000000000001",
            "turn_id": "00000000-0000-0000-0000-000000000002",
            "engine": "cohere", "model": "command-a" } },
        { "type": "start-step" },
        { "type": "reasoning-start", "id": "p1" },
        { "type": "reasoning-delta", "id": "p1", "delta": "I will sing." },
        { "type": "reasoning-end", "id": "p1" },
        { "type": "tool-input-available", "toolCallId": "c1", "toolName": "sing", "input": "la" },
        { "type": "tool-output-error", "toolCallId": "c1", "errorText": "There is no such tool." },
        { "type": "finish-step" },
        { "type": "start-step" },
        { "type": "text-start", "id": "t2" },
        { "type": "text-delta", "id": "t2", "delta": "So" },
        { "type": "text-delta", "id": "t2", "delta": "rry." },
        { "type": "text-end", "id": "t2" },
        { "type": "finish-step" },
        { "type": "finish", "finishReason": "stop", "messageMetadata": {
            "status": "completed", "usage": { "input_tokens": 812, "output_tokens": 31 },
            "created_at": "2026-11-28T13:00:00.000000Z" } },
    ]);
    assert_eq!(Value::Array(chunks(events)), expected);
}

#[test]
fn a_turn_that_fails_closes_what_is_open_and_says_why() {
    let [asked, _] = step("{}");
    let failed = TurnEvent::Ended(TurnEnd::Failed(FailureCode::ProviderUnavailable));
    let sent = chunks([begun(), text("I wi"), asked, failed]);
    let expected = [
        "start", "start-step", "text-start", "text-delta", "text-end", "reasoning-start",
        "reasoning-delta", "reasoning-end", "tool-input-available", "tool-output-error",
        "finish-step", "message-metadata", "error",
    ];
    assert_eq!(types(&sent), expected);
    let metadata = json!({ "status": "failed", "problem": { "code": "provider_unavailable", "request_id": "r1" } });
    assert_eq!(sent[11]["messageMetadata"], metadata);
    assert_eq!(sent[12]["errorText"], "The language model can't be reached. Try again.");
}

#[test]
fn a_turn_that_is_stopped_finishes() {
    let sent = chunks([begun(), text("I wi"), TurnEvent::Ended(TurnEnd::Cancelled)]);
    let expected = [
        "start", "start-step", "text-start", "text-delta", "text-end", "finish-step", "abort",
        "finish",
    ];
    assert_eq!(types(&sent), expected);
    assert_eq!(sent[7]["finishReason"], "other");
    assert_eq!(sent[7]["messageMetadata"], json!({ "status": "cancelled" }));
}

#[test]
fn a_turn_that_asks_requests_one_approval_for_all_its_calls() {
    let sent = chunks([begun()].into_iter().chain(asked(CallResult::Waiting)).chain([waiting()]));
    let expected = [
        "start", "start-step", "tool-input-available", "tool-input-available",
        "tool-approval-request", "tool-approval-request", "finish-step", "finish",
    ];
    assert_eq!(types(&sent), expected);
    let action = "00000000-0000-0000-0000-000000000004";
    for (request, call) in [(&sent[4], "c1"), (&sent[5], "c2")] {
        let expected =
            json!({ "type": "tool-approval-request", "toolCallId": call, "approvalId": action });
        assert_eq!(*request, expected);
    }
    assert_eq!(
        (&sent[7]["finishReason"], &sent[7]["messageMetadata"]["status"]),
        (&json!("tool-calls"), &json!("waiting"))
    );
}

#[test]
fn what_was_denied_was_requested() {
    let sent = chunks([begun()].into_iter().chain(asked(CallResult::Denied)).chain([completed()]));
    let expected = [
        "start", "start-step", "tool-input-available", "tool-input-available",
        "tool-approval-request", "tool-output-denied", "tool-approval-request",
        "tool-output-denied", "finish-step", "finish",
    ];
    assert_eq!(types(&sent), expected);
    assert_eq!(sent[5], json!({ "type": "tool-output-denied", "toolCallId": "c1" }));
}

#[test]
fn what_waits_in_a_turn_that_ended_otherwise_is_answered() {
    let cancelled = TurnEvent::Ended(TurnEnd::Cancelled);
    let sent = chunks([begun()].into_iter().chain(asked(CallResult::Waiting)).chain([cancelled]));
    let expected = ["tool-output-error", "tool-output-error", "abort", "finish"];
    assert_eq!(types(&sent[7..]), expected);
    assert_eq!(sent[7]["errorText"], "Not carried out.");
}

#[test]
fn nothing_is_null_and_no_key_ends_a_clients_stream() {
    let [asked, done] = step(r#"{"__proto__":{"a":1},"title":"milk"}"#);
    let sent = chunks([begun(), asked, done, completed()]);
    assert!(!Value::Array(sent.clone()).to_string().contains("null"), "{sent:?}");
    let input = sent.iter().find_map(|chunk| chunk.get("input")).unwrap();
    assert_eq!(input, &json!({ "title": "milk" }));
}
