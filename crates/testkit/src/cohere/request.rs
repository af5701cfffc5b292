//! The body of `POST /v2/chat` in closed structs: whatever is not written here, Cohere refuses.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::text_or::TextOr;

/// Cohere takes `null` for whatever may be left out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what the simulator has no use for is here because Cohere takes it")]
pub(super) struct ChatRequest {
    pub(super) model: String,
    pub(super) messages: Vec<Message>,
    pub(super) stream: Option<bool>,
    pub(super) tools: Option<Vec<Tool>>,
    pub(super) tool_choice: Option<ToolChoice>,
    pub(super) strict_tools: Option<bool>,
    pub(super) documents: Option<Vec<TextOr<Document>>>,
    pub(super) citation_options: Option<CitationOptions>,
    pub(super) response_format: Option<ResponseFormat>,
    pub(super) safety_mode: Option<SafetyMode>,
    pub(super) max_tokens: Option<i64>,
    pub(super) stop_sequences: Option<Vec<String>>,
    pub(super) temperature: Option<f64>,
    pub(super) seed: Option<u64>,
    pub(super) frequency_penalty: Option<f64>,
    pub(super) presence_penalty: Option<f64>,
    pub(super) k: Option<i64>,
    pub(super) p: Option<f64>,
    pub(super) logprobs: Option<bool>,
    pub(super) thinking: Option<Thinking>,
    pub(super) priority: Option<i64>,
}

impl ChatRequest {
    pub(super) fn tools(&self) -> &[Tool] {
        self.tools.as_deref().unwrap_or_default()
    }

    /// Citations are on unless they are switched off.
    pub(super) fn wants_citations(&self) -> bool {
        let mode = self.citation_options.as_ref().and_then(|options| options.mode);
        !matches!(mode, Some(CitationMode::Off | CitationMode::Disabled))
    }
}

#[derive(Debug, Deserialize)]
#[serde(tag = "role", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Message {
    System {
        content: TextOr<Vec<TextBlock>>,
    },
    User {
        content: TextOr<Vec<UserBlock>>,
    },
    Assistant {
        content: Option<TextOr<Vec<AssistantBlock>>>,
        tool_calls: Option<Vec<ToolCall>>,
        tool_plan: Option<String>,
        #[expect(dead_code, reason = "Cohere takes it")]
        citations: Option<Vec<Citation>>,
    },
    Tool {
        tool_call_id: String,
        content: TextOr<Vec<ToolBlock>>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum TextBlock {
    Text { text: String },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum UserBlock {
    Text {
        text: String,
    },
    ImageUrl {
        #[expect(dead_code, reason = "Cohere takes it")]
        image_url: ImageUrl,
    },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum AssistantBlock {
    Text { text: String },
    Thinking { thinking: String },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ToolBlock {
    Text { text: String },
    Document { document: Document },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "Cohere takes it")]
pub(super) struct ImageUrl {
    pub(super) url: String,
    detail: Option<ImageDetail>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ImageDetail {
    Auto,
    Low,
    High,
}

/// `data` is an object; for tool results Cohere also takes JSON text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "Cohere takes it")]
pub(super) struct Document {
    pub(super) data: TextOr<Map<String, Value>>,
    id: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolCall {
    pub(super) id: String,
    #[serde(rename = "type")]
    _type: FunctionType,
    pub(super) function: FunctionCall,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FunctionCall {
    pub(super) name: String,
    pub(super) arguments: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tool {
    #[serde(rename = "type")]
    _type: FunctionType,
    pub(super) function: Function,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "Cohere takes it")]
pub(super) struct Function {
    pub(super) name: String,
    description: Option<String>,
    pub(super) parameters: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FunctionType {
    Function,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum ToolChoice {
    Required,
    None,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CitationOptions {
    mode: Option<CitationMode>,
}

/// Cohere's own examples write these in lower case.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum CitationMode {
    #[serde(alias = "enabled")]
    Enabled,
    #[serde(alias = "disabled")]
    Disabled,
    #[serde(alias = "fast")]
    Fast,
    #[serde(alias = "accurate")]
    Accurate,
    #[serde(alias = "off")]
    Off,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ResponseFormat {
    Text {},
    JsonObject {
        #[expect(dead_code, reason = "Cohere takes it")]
        json_schema: Option<Map<String, Value>>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum SafetyMode {
    Contextual,
    Strict,
    Off,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Thinking {
    #[serde(rename = "type")]
    _type: ThinkingType,
    pub(super) token_budget: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ThinkingType {
    Enabled,
    Disabled,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "Cohere takes it")]
pub(super) struct Citation {
    start: Option<i64>,
    end: Option<i64>,
    text: Option<String>,
    sources: Option<Vec<Source>>,
    content_index: Option<i64>,
    #[serde(rename = "type")]
    kind: Option<CitationType>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum CitationType {
    TextContent,
    ThinkingContent,
    Plan,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
#[expect(dead_code, reason = "Cohere takes it")]
enum Source {
    Tool { id: Option<String>, tool_output: Option<Map<String, Value>> },
    Document { id: Option<String>, document: Option<Map<String, Value>> },
}
