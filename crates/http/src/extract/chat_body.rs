//! The body of a message to the chat, in one of the two shapes it may have.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde_json::{Map, Value};

use super::json::{MAX_BYTES, body, parse};
use crate::{
    error::{ApiError, Code},
    wire::{ChatMessage, UiChatBody},
};

/// How large a body of the AI SDK may be: it brings the whole history along.
const MAX_UI_BYTES: usize = 1024 * 1024;
/// How deep such a body may be nested. Messages with the outputs of tools are nested less than 20
/// deep.
const MAX_DEPTH: usize = 64;

/// A message to the chat.
pub(crate) enum ChatBody {
    /// With exactly the fields of this API.
    Message(ChatMessage),
    /// As clients of the AI SDK send it.
    Ui(UiChatBody),
}

impl FromRequest for ChatBody {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = body(request, payload, &["application/json"], MAX_UI_BYTES);
        let read = async move { Self::read(&body.await.map_err(name_the_bound)?) };
        read.boxed_local()
    }
}

impl ChatBody {
    fn read(body: &[u8]) -> Result<Self, ApiError> {
        if depth(body) > MAX_DEPTH {
            let detail = format!("The body is nested deeper than {MAX_DEPTH} levels.");
            return Err(ApiError::new(Code::MalformedJson).with_detail(detail));
        }
        match serde_json::from_slice::<Map<String, Value>>(body) {
            Ok(fields) if is_of_the_sdk(&fields) => Ok(Self::Ui(UiChatBody::new(fields))),
            _ if body.len() > MAX_BYTES => Err(ApiError::new(Code::BodyTooLarge)),
            _ => Ok(Self::Message(parse(body)?)),
        }
    }
}

/// Whether these are the fields of a request of the AI SDK: all of its history, or a message that is
/// more than a text.
fn is_of_the_sdk(fields: &Map<String, Value>) -> bool {
    fields.contains_key("messages") || fields.get("message").is_some_and(Value::is_object)
}

fn name_the_bound(error: ApiError) -> ApiError {
    if error.code() != Code::BodyTooLarge {
        return error;
    }
    error.with_detail(
        "The body is larger than 1 MiB. Send the last message only: earlier ones are not read.",
    )
}

/// How deep arrays and objects are nested in a JSON text.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_texts_nest_nothing() {
        for (json, expected) in
            [("1", 0), ("{}", 1), (r#"[{"a":[]},"[[[\"[["]"#, 3), ("]]][", 1), (r#""\\"[[]]"#, 2)]
        {
            assert_eq!(depth(json.as_bytes()), expected, "{json}");
        }
    }

    #[test]
    fn a_body_that_is_too_deep_is_refused_before_it_is_parsed() {
        let deep =
            |levels| format!(r#"{{"messages":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
        assert!(matches!(ChatBody::read(deep(63).as_bytes()), Ok(ChatBody::Ui(_))));
        for levels in [64, 100, 500_000] {
            let refused = ChatBody::read(deep(levels).as_bytes()).err().unwrap();
            assert_eq!(refused.code(), Code::MalformedJson, "{levels}");
        }
    }
}
