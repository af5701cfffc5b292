//! A reply with ids, cut to its token limit, counted, and written as a blocking answer.

use serde_json::{Value, json};

use super::{
    ids,
    reply::{Break, Call, Reply},
    request::ChatRequest,
    scene::Scene,
    tokens::tokens,
};

/// What Cohere's own hidden prompt adds to the tokens read, without and with tools.
const HIDDEN_PROMPT: (usize, usize) = (490, 1_450);

/// A finished answer of the model's.
#[derive(Debug)]
pub(super) struct Generation {
    pub(super) id: String,
    pub(super) thinking: String,
    pub(super) plan: String,
    pub(super) text: String,
    pub(super) calls: Vec<GeneratedCall>,
    pub(super) citation: Option<Value>,
    pub(super) finish: Finish,
    pub(super) usage: Usage,
}

#[derive(Debug)]
pub(super) struct GeneratedCall {
    pub(super) id: String,
    pub(super) call: Call,
    /// Whether its arguments were written to their end.
    pub(super) whole: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Finish {
    Complete,
    ToolCall,
    MaxTokens,
    /// Half-way, for this reason.
    Broken(Break),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Usage {
    pub(super) input: usize,
    output: usize,
    thought: usize,
    hidden: usize,
}

impl Generation {
    pub(super) fn new(request: &ChatRequest, scene: &Scene<'_>, reply: Reply) -> Self {
        let asked = request.max_tokens.and_then(|most| usize::try_from(most).ok());
        let limit = reply.limit.into_iter().chain(asked).min();
        let cites = request.wants_citations() && !scene.steps.is_empty();
        let input = request.messages.iter().flat_map(|message| message.texts());
        let input = input.map(|text| tokens(&text).len()).sum();
        let hidden = if scene.may_call() { HIDDEN_PROMPT.1 } else { HIDDEN_PROMPT.0 };

        let mut budget = Budget { left: limit.unwrap_or(usize::MAX), spent: 0, exceeded: false };
        let thinking = budget.take(reply.thinking.as_deref().unwrap_or_default());
        let thought = budget.spent;
        let plan = budget.take(reply.plan.as_deref().unwrap_or_default());
        let mut text = budget.take(&reply.text);
        if reply.breaks.is_some() {
            text = text.chars().take(text.chars().count() / 2).collect();
        }
        let mut calls = Vec::new();
        if reply.breaks.is_none() {
            for Call { name, arguments } in reply.calls {
                if budget.exceeded {
                    break;
                }
                let arguments = budget.take(&arguments);
                let id = ids::call_id(&name);
                let whole = !budget.exceeded;
                calls.push(GeneratedCall { id, call: Call { name, arguments }, whole });
            }
        }
        let finish = match reply.breaks {
            Some(reason) => Finish::Broken(reason),
            None if budget.exceeded => Finish::MaxTokens,
            None if calls.is_empty() => Finish::Complete,
            None => Finish::ToolCall,
        };
        let citation = if cites { citation(&text, scene) } else { None };
        let usage = Usage { input, output: budget.spent, thought, hidden };
        Self { id: ids::uuid(), thinking, plan, text, calls, citation, finish, usage }
    }

    /// The body of a blocking answer. Keys of what is empty are left out.
    pub(super) fn body(&self) -> Value {
        let thinking = json!({ "type": "thinking", "thinking": self.thinking });
        let text = json!({ "type": "text", "text": self.text });
        let content: Vec<Value> = [(thinking, &self.thinking), (text, &self.text)]
            .into_iter()
            .filter_map(|(block, words)| (!words.is_empty()).then_some(block))
            .collect();
        let calls: Vec<Value> = self.calls.iter().map(GeneratedCall::body).collect();
        let mut message = json!({ "role": "assistant" });
        if !content.is_empty() {
            message["content"] = content.into();
        }
        if !self.plan.is_empty() {
            message["tool_plan"] = self.plan.as_str().into();
        }
        if !calls.is_empty() {
            message["tool_calls"] = calls.into();
        }
        if let Some(citation) = &self.citation {
            message["citations"] = json!([citation]);
        }
        let mut usage = self.usage.body();
        usage["cached_tokens"] = 0.into();
        json!({
            "id": self.id,
            "message": message,
            "finish_reason": self.finish.as_str(),
            "usage": usage,
        })
    }
}

impl GeneratedCall {
    /// With compact arguments: Cohere reads and writes them once more, but not in a stream.
    fn body(&self) -> Value {
        let Call { name, arguments } = &self.call;
        let compact = serde_json::from_str(arguments)
            .map_or_else(|_| arguments.clone(), |read: Value| read.to_string());
        json!({
            "id": self.id,
            "type": "function",
            "function": { "name": name, "arguments": compact },
        })
    }
}

impl Finish {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "COMPLETE",
            Self::ToolCall => "TOOL_CALL",
            Self::MaxTokens => "MAX_TOKENS",
            Self::Broken(Break::InvalidToolGeneration) => "ERROR",
            Self::Broken(Break::Timeout) => "TIMEOUT",
        }
    }
}

impl Usage {
    pub(super) fn body(&self) -> Value {
        let mut all = json!({
            "input_tokens": self.input + self.hidden,
            "output_tokens": self.output + 11,
        });
        if self.thought > 0 {
            all["reasoning_tokens"] = self.thought.into();
        }
        json!({
            "billed_units": { "input_tokens": self.input, "output_tokens": self.output },
            "tokens": all,
        })
    }
}

/// The tokens that may still be written.
struct Budget {
    left: usize,
    spent: usize,
    exceeded: bool,
}

impl Budget {
    fn take(&mut self, text: &str) -> String {
        let tokens = tokens(text);
        let taken = tokens.len().min(self.left);
        self.exceeded |= taken < tokens.len();
        self.left -= taken;
        self.spent += taken;
        tokens[..taken].concat()
    }
}

/// The last word of the text, said to come from the last result.
fn citation(text: &str, scene: &Scene<'_>) -> Option<Value> {
    let (call, result) = scene.steps.last()?.results.last()?;
    let word = text.split_whitespace().next_back()?;
    let end = text.trim_end().chars().count();
    let output = serde_json::from_str(result)
        .ok()
        .filter(Value::is_object)
        .unwrap_or_else(|| json!({ "content": result }));
    Some(json!({
        "start": end - word.chars().count(),
        "end": end,
        "text": word,
        "sources": [{ "type": "tool", "id": format!("{}:0", call.id), "tool_output": output }],
        "type": "TEXT_CONTENT",
    }))
}
