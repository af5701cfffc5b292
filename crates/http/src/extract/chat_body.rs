//! The body of a message to the chat, in one of the two shapes it may have.

use super::{
    json::{MAX_BYTES, body, check_depth, malformed, parse},
    object::Given,
};
use crate::{
    error::{ApiError, Code},
    wire::{ChatMessage, UiChatBody, UiChatFields},
};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde::de::IgnoredAny;

/// How large a body of the AI SDK may be: it brings the whole history along.
const MAX_UI_BYTES: usize = 1024 * 1024;

/// A message to the chat.
pub(crate) enum ChatBody {
    /// With exactly the fields of this API.
    Message(Given<ChatMessage>),
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
        check_depth(body)?;
        let fields = UiChatFields::read(body).filter(UiChatFields::are_of_the_sdk);
        match fields {
            Some(fields) => Ok(Self::Ui(UiChatBody::read(&fields))),
            None if body.len() > MAX_BYTES => Err(too_large_or_malformed(body)),
            None => Ok(Self::Message(parse(body)?)),
        }
    }
}

/// What is wrong with a body that is too large for the fields of this API.
fn too_large_or_malformed(body: &[u8]) -> ApiError {
    match serde_json::from_slice::<IgnoredAny>(body) {
        Ok(_) => ApiError::new(Code::BodyTooLarge),
        Err(error) => malformed(&error),
    }
}

fn name_the_bound(error: ApiError) -> ApiError {
    if error.code() != Code::BodyTooLarge {
        return error;
    }
    error.with_detail(
        "The body is larger than 1 MiB. Send the last message only: earlier ones are not read.",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use todo_domain::UserId;

    use super::*;

    #[test]
    fn of_a_history_only_the_last_message_is_read() {
        let last = r#"{"id":"m","role":"user","parts":[{"type":"text","text":"hi"}]}"#;
        for body in [
            format!(r#"{{"id":"a","messages":[{last}]}}"#),
            format!(r#"{{"messages":[1,{{"id":{{}}}},null,[],{last}],"x":[{{}}],"id":"a"}}"#),
            format!(r#"{{"message":{last},"id":"a"}}"#),
        ] {
            assert!(matches!(ChatBody::read(body.as_bytes()), Ok(ChatBody::Ui(_))), "{body}");
        }
        for body in [
            format!(r#"["a",null,[{last}],null]"#),
            format!(r#"{{"id":"a","messages":[{last},1]}}"#),
            r#"{"id":"a","messages":[]}"#.to_owned(),
            r#"{"id":"a","messages":{}}"#.to_owned(),
        ] {
            let read = ChatBody::read(body.as_bytes()).and_then(|body| match body {
                ChatBody::Ui(body) => body.parse(UserId::new(1).unwrap()),
                ChatBody::Message(_) => unreachable!(),
            });
            assert_eq!(read.err().unwrap().code(), Code::ValidationFailed, "{body}");
        }
    }

    /// What is reported of the fields of a body.
    fn refused(body: &str) -> Value {
        let read = ChatBody::read(body.as_bytes()).and_then(|body| match body {
            ChatBody::Ui(body) => body.parse(UserId::new(1).unwrap()).map(drop),
            ChatBody::Message(_) => unreachable!("it is of the SDK"),
        });
        serde_json::to_value(read.unwrap_err().into_errors()).unwrap()
    }

    fn with_parts(role: &str, parts: &str) -> String {
        format!(r#"{{"id":"a","message":{{"id":"m","role":"{role}","parts":[{parts}]}}}}"#)
    }

    #[test]
    fn a_message_of_too_many_parts_is_not_kept() {
        for role in ["user", "assistant"] {
            let parts = |count| vec!["1"; count].join(",");
            let errors = refused(&with_parts(role, &parts(500_000)));
            assert_eq!(errors.as_array().map(Vec::len), Some(1), "{role}");
            assert_eq!(errors[0]["field"], "message.parts");
            assert_eq!(
                (&errors[0]["code"], &errors[0]["max"]),
                (&"too_many".into(), &1_000.into())
            );
        }
        let some = refused(&with_parts("user", &vec!["1"; 1_000].join(",")));
        assert_eq!(some.as_array().map(Vec::len), Some(100));
    }

    #[test]
    fn what_is_an_object_is_no_array() {
        let array = r#"["m","user",[["text","hi"]]]"#;
        for (body, field) in [
            (format!(r#"{{"id":"a","messages":[{array}]}}"#), "messages[0]"),
            (with_parts("user", r#"["text","hi"]"#), "message.parts[0]"),
        ] {
            let errors = refused(&body);
            assert_eq!(
                (&errors[0]["field"], &errors[0]["code"]),
                (&field.into(), &"wrong_type".into())
            );
        }
    }

    #[test]
    fn an_id_that_is_missing_is_told_as_missing() {
        let body = r#"{"message":{"id":"m","role":"user","parts":[{"type":"text","text":"hi"}]}}"#;
        let errors = refused(body);
        assert_eq!((&errors[0]["field"], &errors[0]["code"]), (&"id".into(), &"required".into()));
    }

    #[test]
    fn a_large_body_that_is_broken_is_told_as_broken() {
        let long = "x".repeat(100_000);
        for (body, code) in [
            (format!(r#"{{"message":"{long}"}}"#), Code::BodyTooLarge),
            (format!(r#"{{"id":"a","messages":["{long}"}}"#), Code::MalformedJson),
        ] {
            assert_eq!(ChatBody::read(body.as_bytes()).err().unwrap().code(), code);
        }
    }

    #[test]
    fn a_body_that_is_too_deep_is_refused_before_it_is_parsed() {
        let deep = |levels| {
            let (open, close) = ("[".repeat(levels), "]".repeat(levels));
            format!(r#"{{"message":{{"id":"a","role":"user","parts":[]}},"x":{open}{close}}}"#)
        };
        assert!(matches!(ChatBody::read(deep(63).as_bytes()), Ok(ChatBody::Ui(_))));
        for levels in [64, 100, 500_000] {
            let refused = ChatBody::read(deep(levels).as_bytes()).err().unwrap();
            assert_eq!(refused.code(), Code::MalformedJson, "{levels}");
        }
    }
}
