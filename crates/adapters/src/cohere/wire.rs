//! The body of `POST /v2/chat`. Cohere refuses a request with a field it does not know, at any
//! depth, so these structs are closed and leave out what is not set.

use serde::Serialize;
use serde_json::value::RawValue;

/// A request.
#[derive(Serialize)]
pub(super) struct ChatBody<'a> {
    pub(super) model: &'a str,
    pub(super) messages: Vec<Message<'a>>,
    /// An array of [`Tool`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tools: Option<&'a RawValue>,
    pub(super) temperature: f64,
    pub(super) max_tokens: u32,
    pub(super) stream: bool,
    pub(super) citation_options: CitationOptions,
}

/// Answers over tool results carry citations unless asked otherwise; we show none.
#[derive(Serialize)]
pub(super) struct CitationOptions {
    mode: &'static str,
}

impl CitationOptions {
    pub(super) const OFF: Self = Self { mode: "OFF" };
}

/// One message.
#[derive(Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
pub(super) enum Message<'a> {
    System { content: &'a str },
    User { content: &'a str },
    Assistant(Assistant<'a>),
    Tool { tool_call_id: &'a str, content: &'a str },
}

/// What the model said, or the calls it made: never a text beside calls, and never an empty plan,
/// both of which Cohere refuses.
#[derive(Default, Serialize)]
pub(super) struct Assistant<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content: Option<Content<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tool_plan: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tool_calls: Vec<ToolCall<'a>>,
}

/// A text, or the thoughts of a reasoning model.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Content<'a> {
    Text(&'a str),
    Blocks([Block<'a>; 1]),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Block<'a> {
    Thinking { thinking: &'a str },
}

#[derive(Serialize)]
pub(super) struct ToolCall<'a> {
    pub(super) id: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) function: CalledFunction<'a>,
}

#[derive(Serialize)]
pub(super) struct CalledFunction<'a> {
    pub(super) name: &'a str,
    pub(super) arguments: &'a str,
}

/// A tool on offer.
#[derive(Serialize)]
pub(super) struct Tool<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) function: OfferedFunction<'a>,
}

#[derive(Serialize)]
pub(super) struct OfferedFunction<'a> {
    pub(super) name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) description: &'a str,
    pub(super) parameters: &'a RawValue,
}

/// The only kind of tool and of call there is.
pub(super) const FUNCTION: &str = "function";
