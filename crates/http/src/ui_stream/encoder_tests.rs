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
    let call = ModelToolCall { id: "c1".into(), name: "sing".into(), arguments: arguments.into() };
    let rejection =
        Rejection { code: RejectionCode::UnknownTool, message: "There is no such tool.".into() };
    let recorded = RecordedCall {
        id: call.id.clone(),
        name: call.name.clone(),
        arguments: call.arguments.clone(),
        result: CallResult::Rejected(rejection),
        duration: Duration::ZERO,
    };
    let plan = Some("I will sing.".into());
    [
        TurnEvent::StepBegun { number: 1, plan, calls: vec![call] },
        TurnEvent::StepDone(vec![recorded]),
    ]
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
    let mut told = Value::Array(chunks(events));
    // How instants are written is not the stream's to decide.
    told[14]["messageMetadata"]["created_at"] = "2026-11-28T13:00:00.000000Z".into();
    assert_eq!(told, expected);
}

#[test]
fn a_turn_that_fails_closes_what_is_open_and_says_why() {
    let [asked, _] = step("{}");
    let failed = TurnEvent::Ended(TurnEnd::Failed(FailureCode::ProviderUnavailable));
    let told = chunks([begun(), text("I wi"), asked, failed]);
    let expected = [
        "start", "start-step", "text-start", "text-delta", "text-end", "reasoning-start",
        "reasoning-delta", "reasoning-end", "tool-input-available", "tool-output-error",
        "finish-step", "message-metadata", "error",
    ];
    assert_eq!(types(&told), expected);
    let metadata = json!({ "status": "failed", "problem": { "code": "provider_unavailable", "request_id": "r1" } });
    assert_eq!(told[11]["messageMetadata"], metadata);
    assert_eq!(told[12]["errorText"], "The language model can't be reached. Try again.");
}

#[test]
fn a_turn_that_is_stopped_finishes() {
    let told = chunks([begun(), text("I wi"), TurnEvent::Ended(TurnEnd::Cancelled)]);
    let expected = [
        "start", "start-step", "text-start", "text-delta", "text-end", "finish-step", "abort",
        "finish",
    ];
    assert_eq!(types(&told), expected);
    assert_eq!(told[7]["finishReason"], "other");
    assert_eq!(told[7]["messageMetadata"], json!({ "status": "cancelled" }));
}

#[test]
fn nothing_is_null_and_no_key_ends_a_clients_stream() {
    let [asked, done] = step(r#"{"__proto__":{"a":1},"title":"milk"}"#);
    let told = chunks([begun(), asked, done, completed()]);
    assert!(!Value::Array(told.clone()).to_string().contains("null"), "{told:?}");
    let input = told.iter().find_map(|chunk| chunk.get("input")).unwrap();
    assert_eq!(input, &json!({ "title": "milk" }));
}
