//! What the events of an answer amount to.

use serde_json::{Value, json};

use super::*;

type Answer = Result<(ModelReply, TokenUsage), AnswerError>;

fn answer(events: impl IntoIterator<Item = Value>) -> Answer {
    let mut answer = AnswerBuilder::default();
    for event in events {
        answer.push(serde_json::from_value(event).unwrap())?;
    }
    answer.finish()
}

fn reply(events: impl IntoIterator<Item = Value>) -> Result<ModelReply, AnswerError> {
    answer(events).map(|(reply, _)| reply)
}

fn start() -> Value {
    json!({ "id": "35c0", "type": "message-start", "delta": { "message": {
        "role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": [] } } })
}

fn content(kind: &str, piece: &str) -> Value {
    json!({ "type": "content-delta", "index": 0, "delta": { "message": { "content": { kind: piece } } } })
}

fn block(kind: &str) -> Value {
    json!({ "type": "content-start", "index": 0, "delta": { "message": { "content": { "type": kind, kind: "" } } } })
}

fn call_start(index: Option<u64>, id: &str, name: &str) -> Value {
    json!({ "type": "tool-call-start", "index": index, "delta": { "message": { "tool_calls": {
        "id": id, "type": "function", "function": { "name": name, "arguments": "" } } } } })
}

fn call_delta(index: Option<u64>, arguments: &str) -> Value {
    json!({ "type": "tool-call-delta", "index": index, "delta": { "message": { "tool_calls": {
        "function": { "arguments": arguments } } } } })
}

fn end(reason: &str) -> Value {
    json!({ "type": "message-end", "delta": { "finish_reason": reason, "usage": {
        "billed_units": { "input_tokens": 83.0, "output_tokens": 13 }, "tokens": { "input_tokens": 1602 } } } })
}

fn text(text: &str) -> Result<ModelReply, AnswerError> {
    Ok(ModelReply::Text(text.into()))
}

fn called(id: &str, name: &str, arguments: &str) -> ModelToolCall {
    ModelToolCall { id: id.into(), name: name.into(), arguments: arguments.into() }
}

#[test]
fn a_text_is_all_its_pieces_and_costs_what_is_billed() {
    let events =
        [start(), block("text"), content("text", "Do"), content("text", "ne"), end("COMPLETE")];
    let (reply, usage) = answer(events).unwrap();
    assert_eq!(reply, ModelReply::Text("Done".into()));
    assert_eq!(usage, TokenUsage { input_tokens: 83, output_tokens: 13 });
}

#[test]
fn thoughts_come_first_and_are_not_the_answer() {
    let events = [
        block("thinking"),
        content("thinking", "Okay"),
        block("text"),
        content("text", "Done"),
        end("COMPLETE"),
    ];
    assert_eq!(reply(events), text("Done"));
}

#[test]
fn parallel_calls_keep_their_order_and_each_its_own_arguments() {
    let plan =
        json!({ "type": "tool-plan-delta", "delta": { "message": { "tool_plan": "I will" } } });
    let events = [
        start(),
        plan,
        call_start(Some(0), "a", "add_task"),
        call_start(Some(1), "b", "list_tasks"),
        call_delta(Some(0), "{\"title\":"),
        call_delta(Some(1), "{}"),
        call_delta(Some(0), "\"x\"}"),
        end("TOOL_CALL"),
    ];
    let calls = vec![called("a", "add_task", "{\"title\":\"x\"}"), called("b", "list_tasks", "{}")];
    let plan = Some("I will".into());
    assert_eq!(reply(events), Ok(ModelReply::ToolCalls { plan, reasoning: None, calls }));
}

#[test]
fn calls_without_a_number_are_told_apart_all_the_same() {
    let events = [
        call_start(None, "a", "one"),
        call_delta(None, "{1}"),
        call_start(None, "b", "two"),
        call_delta(None, "{2}"),
        end("TOOL_CALL"),
    ];
    let calls = vec![called("a", "one", "{1}"), called("b", "two", "{2}")];
    assert_eq!(reply(events), Ok(ModelReply::ToolCalls { plan: None, reasoning: None, calls }));
}

#[test]
fn a_reasoning_model_gives_thoughts_instead_of_a_plan() {
    let events = [
        block("thinking"),
        content("thinking", "Hm"),
        call_start(Some(0), "a", "one"),
        end("TOOL_CALL"),
    ];
    let calls = vec![called("a", "one", "")];
    let reasoning = Some("Hm".into());
    assert_eq!(reply(events), Ok(ModelReply::ToolCalls { plan: None, reasoning, calls }));
}

#[test]
fn arguments_that_are_null_empty_or_broken_are_handed_on_as_they_came() {
    for arguments in ["", "null", "{\"a\":", "[1]"] {
        let events =
            [call_start(Some(0), "a", "one"), call_delta(Some(0), arguments), end("TOOL_CALL")];
        let calls = vec![called("a", "one", arguments)];
        assert_eq!(reply(events), Ok(ModelReply::ToolCalls { plan: None, reasoning: None, calls }));
    }
}

#[test]
fn calls_count_whatever_reason_for_the_end_goes_with_them_and_text_beside_them_does_not() {
    let events = [content("text", "Let me see"), call_start(Some(0), "a", "one"), end("COMPLETE")];
    assert!(matches!(reply(events), Ok(ModelReply::ToolCalls { .. })));
}

#[test]
fn an_answer_cut_off_inside_calls_is_not_carried_out_and_not_asked_for_again() {
    let events = [call_start(Some(0), "a", "one"), call_delta(Some(0), "{\"ti"), end("MAX_TOKENS")];
    let error = reply(events).unwrap_err();
    assert_eq!((error.failure(), error.is_accident()), (ModelFailure::Truncated, false));
}

#[test]
fn a_text_cut_off_by_the_limit_is_kept_but_a_mere_plan_is_not() {
    assert_eq!(reply([content("text", "Half"), end("MAX_TOKENS")]), text("Half"));
    for events in [vec![end("MAX_TOKENS")], vec![content("thinking", "Hm"), end("MAX_TOKENS")]] {
        assert_eq!(reply(events), Err(AnswerError::Truncated));
    }
}

#[test]
fn an_error_inside_the_stream_is_no_answer_whatever_came_before() {
    let failed = json!({ "type": "message-end", "delta": { "finish_reason": "ERROR", "usage": {},
        "error": "your request resulted in an invalid tool generation", "error_type": "INVALID_TOOL_GENERATION" } });
    let error = reply([content("text", "Sure"), failed]).unwrap_err();
    assert_eq!((error.failure(), error.is_accident()), (ModelFailure::InvalidAnswer, true));
    assert!(error.to_string().contains("INVALID_TOOL_GENERATION"));
    assert!(matches!(
        reply([content("text", "x"), end("ERROR_TOXIC")]),
        Err(AnswerError::GaveUp { .. })
    ));
    assert_eq!(reply([content("text", "Sure"), end("TIMEOUT")]), Err(AnswerError::TimedOut));
}

#[test]
fn an_answer_without_its_last_event_is_cut() {
    assert_eq!(reply([start(), content("text", "Do")]), Err(AnswerError::Cut));
    assert_eq!(reply([]), Err(AnswerError::Cut));
}

#[test]
fn an_answer_that_says_nothing_is_none() {
    assert_eq!(reply([start(), end("COMPLETE")]), Err(AnswerError::Empty));
    assert_eq!(reply([content("text", " \n"), end("COMPLETE")]), Err(AnswerError::Empty));
}

#[test]
fn what_cohere_may_add_some_day_does_no_harm() {
    let events = [
        json!({ "type": "debug", "prompt": "secret" }),
        json!({ "type": "brand-new", "delta": [1, 2] }),
        json!({ "type": "citation-start", "index": 0, "delta": { "message": { "citations": {} } } }),
        json!({ "type": "content-start", "index": 0, "delta": { "message": { "content": { "type": "audio", "text": "la" } } } }),
        content("text", "lala"),
        block("text"),
        content("text", "Done"),
        json!({ "type": "content-delta", "index": 7, "delta": null }),
        end("RAN_OUT_OF_BREATH"),
    ];
    assert_eq!(reply(events), text("Done"));
    let events = [call_start(Some(0), "a", "one"), end("RAN_OUT_OF_BREATH")];
    assert_eq!(reply(events), Err(AnswerError::UnknownReason));
}

#[test]
fn usage_that_is_missing_or_odd_is_nothing_to_stumble_over() {
    for usage in [
        json!(null),
        json!({}),
        json!({ "billed_units": null }),
        json!({ "billed_units": { "input_tokens": -1.5 } }),
    ] {
        let end = json!({ "type": "message-end", "delta": { "finish_reason": "COMPLETE", "usage": usage } });
        assert_eq!(answer([content("text", "x"), end]).unwrap().1, TokenUsage::default());
    }
}

#[test]
fn a_call_without_a_name_or_a_beginning_makes_no_sense() {
    for events in [
        vec![call_start(Some(0), "a", ""), end("TOOL_CALL")],
        vec![call_delta(Some(3), "{}"), end("TOOL_CALL")],
    ] {
        assert_eq!(reply(events), Err(AnswerError::SenselessCall));
    }
}

#[test]
fn calls_beyond_all_measure_are_not_even_read() {
    let calls = (0..=MAX_CALLS as u64).map(|index| call_start(Some(index), "a", "one"));
    assert_eq!(reply(calls), Err(AnswerError::TooManyCalls));
}
