//! The decoder under bytes of every kind, cut everywhere.

use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::json;
use todo_domain::{ModelFailure, ModelToolCall};

use super::*;

fn failure(chunks: impl IntoIterator<Item = Bytes>) -> ModelFailure {
    decode_cohere_answer(chunks).unwrap_err().failure
}

fn event(event: &serde_json::Value) -> String {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default())
}

fn text_event(text: &str) -> String {
    event(
        &json!({ "type": "content-delta", "index": 0, "delta": { "message": { "content": { "text": text } } } }),
    )
}

fn end_event(reason: &str) -> String {
    event(&json!({ "type": "message-end", "delta": { "finish_reason": reason } }))
}

fn say(text: &str) -> String {
    format!("{}{}data: [DONE]\n\n", text_event(text), end_event("COMPLETE"))
}

fn text_of(stream: impl Into<Bytes>) -> String {
    match decode_cohere_answer([stream.into()]).unwrap().0 {
        ModelReply::Text(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn comments_other_line_ends_and_a_byte_order_mark_are_part_of_the_format() {
    let stream = say("Grüße 👋");
    assert_eq!(text_of(format!("\u{feff}{stream}")), "Grüße 👋");
    assert_eq!(text_of(stream.replace('\n', "\r\n")), "Grüße 👋");
    assert_eq!(text_of(stream.replace('\n', "\r")), "Grüße 👋");
    assert_eq!(text_of(format!(": ping\n\nid: 7\nretry: 10\n\n{stream}")), "Grüße 👋");
}

#[test]
fn bare_data_lines_are_enough_and_so_is_a_stream_without_done() {
    let stream = say("Done").replace("event: ", "ignored: ").replace("data: [DONE]\n\n", "");
    assert_eq!(text_of(stream), "Done");
}

#[test]
fn what_is_no_event_stream_at_all_is_no_answer() {
    for body in [
        "", "<html>captive portal</html>", "data: {\"type\":\n\n", "data: []\n\n",
        "data: \u{0}\n\n",
    ] {
        assert_eq!(failure([Bytes::from(body)]), ModelFailure::InvalidAnswer, "{body}");
    }
    assert_eq!(failure([Bytes::from_static(b"data: \xff\xfe\n\n")]), ModelFailure::InvalidAnswer);
}

#[test]
fn an_error_never_quotes_what_the_model_wrote() {
    let wrong = "data: {\"type\":\"content-delta\",\"delta\":{\"message\":{\"content\":\"my secret\"}}}\n\n";
    let error = decode_cohere_answer([Bytes::from(wrong)]).unwrap_err();
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
}

#[test]
fn a_line_without_end_is_refused_at_1_mib() {
    let mut fed = 0;
    let chunks = std::iter::repeat_with(|| {
        fed += 1;
        Bytes::from_static(&[b'x'; 1024])
    });
    assert_eq!(failure(chunks), ModelFailure::InvalidAnswer);
    assert_eq!(fed, MAX_LINE / 1024 + 1);
}

#[test]
fn an_answer_without_end_is_refused_at_5_mb() {
    let piece = Bytes::from(text_event(&"x".repeat(1_000)));
    let mut fed = 0;
    let chunks = std::iter::repeat_with(|| {
        fed += piece.len();
        piece.clone()
    });
    assert_eq!(failure(chunks), ModelFailure::InvalidAnswer);
    assert!(fed <= MAX_ANSWER + piece.len());
}

#[test]
fn a_line_just_within_the_bound_is_read() {
    let text = "x".repeat(MAX_LINE - 200);
    assert_eq!(text_of(say(&text)).len(), text.len());
}

/// An answer as Cohere might stream it, and what it says.
#[derive(Debug, Clone)]
struct Streamed {
    bytes: Bytes,
    reply: ModelReply,
}

fn a_text_answer() -> impl Strategy<Value = Streamed> {
    vec("\\PC{1,12}|[\"\\\\\n\r\t👍é]{1,4}", 1..12).prop_map(|pieces| {
        let mut stream: String = pieces.iter().map(|piece| text_event(piece)).collect();
        stream.push_str(&text_event("."));
        stream.push_str(&end_event("COMPLETE"));
        stream.push_str("data: [DONE]\n\n");
        Streamed { bytes: stream.into(), reply: ModelReply::Text(pieces.concat() + ".") }
    })
}

fn an_answer_with_calls() -> impl Strategy<Value = Streamed> {
    let call = ("[a-z_]{1,12}", vec("\\PC{0,8}", 0..6));
    ("\\PC{0,20}", vec(call, 1..5)).prop_map(|(plan, calls)| {
        let mut stream = event(
            &json!({ "type": "tool-plan-delta", "delta": { "message": { "tool_plan": plan } } }),
        );
        let mut expected = Vec::new();
        for (index, (name, pieces)) in calls.into_iter().enumerate() {
            let id = format!("{name}_{index}");
            let call = json!({ "id": id, "type": "function", "function": { "name": name, "arguments": "" } });
            let start = json!({ "type": "tool-call-start", "index": index, "delta": { "message": { "tool_calls": call } } });
            stream.push_str(&event(&start));
            for piece in &pieces {
                let call = json!({ "function": { "arguments": piece } });
                let delta = json!({ "type": "tool-call-delta", "index": index, "delta": { "message": { "tool_calls": call } } });
                stream.push_str(&event(&delta));
            }
            stream.push_str(&event(&json!({ "type": "tool-call-end", "index": index })));
            expected.push(ModelToolCall { id, name, arguments: pieces.concat() });
        }
        stream.push_str(&end_event("TOOL_CALL"));
        let plan = Some(plan).filter(|plan| !plan.is_empty());
        let reply = ModelReply::ToolCalls { plan, reasoning: None, calls: expected };
        Streamed { bytes: stream.into(), reply }
    })
}

fn an_answer() -> impl Strategy<Value = Streamed> {
    prop_oneof![a_text_answer(), an_answer_with_calls()]
}

fn cut(bytes: &Bytes, cuts: &[Index]) -> Vec<Bytes> {
    let mut cuts_at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    cuts_at.extend([0, bytes.len()]);
    cuts_at.sort_unstable();
    cuts_at.windows(2).map(|ends| bytes.slice(ends[0]..ends[1])).collect()
}

/// Bytes that get far into the decoder: pieces of real streams between arbitrary ones.
fn nearly_a_stream() -> impl Strategy<Value = Vec<Bytes>> {
    let words = prop::sample::select(vec![
        "data: ", "data:", "event: ", "\n", "\r", "\r\n", "\n\n", ":", "\u{feff}", "[DONE]", "{",
        "}", "[", "]", "\"", "\"type\":", "\"message-start\"", "\"message-end\"",
        "\"content-delta\"", "\"tool-call-start\"", "\"tool-call-delta\"", "\"delta\":",
        "\"message\":", "\"content\":", "\"text\":", "\"tool_calls\":", "\"index\":", "null", "-1",
        "1e999", "18446744073709551616", ",", "\\ud800", "\\u0000", "\u{1f44d}",
    ]);
    let piece = prop_oneof![
        4 => words.prop_map(|word| Bytes::from_static(word.as_bytes())),
        1 => vec(any::<u8>(), 0..16).prop_map(Bytes::from),
        1 => an_answer().prop_map(|answer| answer.bytes),
    ];
    vec(piece, 0..40)
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(chunks in vec(vec(any::<u8>(), 0..200).prop_map(Bytes::from), 0..20)) {
        let _ = decode_cohere_answer(chunks);
    }

    #[test]
    fn no_bytes_that_look_like_a_stream_make_it_panic(chunks in nearly_a_stream()) {
        let _ = decode_cohere_answer(chunks);
    }

    #[test]
    fn an_answer_is_the_same_however_it_is_cut(answer in an_answer(), cuts in vec(any::<Index>(), 0..64)) {
        let (reply, _) = decode_cohere_answer(cut(&answer.bytes, &cuts)).unwrap();
        prop_assert_eq!(reply, answer.reply);
    }

    #[test]
    fn garbage_is_the_same_garbage_however_it_is_cut(chunks in nearly_a_stream(), cuts in vec(any::<Index>(), 0..64)) {
        let whole = Bytes::from(chunks.concat());
        prop_assert_eq!(decode_cohere_answer(cut(&whole, &cuts)), decode_cohere_answer([whole]));
    }

    #[test]
    fn an_answer_that_breaks_off_is_never_taken_for_a_whole_one(answer in an_answer(), cut in any::<Index>()) {
        let end = answer.bytes.windows(11).rposition(|bytes| bytes == b"message-end").unwrap();
        let broken = answer.bytes.slice(..cut.index(end));
        prop_assert_eq!(failure([broken]), ModelFailure::InvalidAnswer);
    }
}
