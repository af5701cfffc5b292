//! An assistant that needs no network and no key: a small English grammar over the tools.
//!
//! It is what a person gets out of the box. It adds, lists, completes, reopens, renames,
//! prioritises, schedules and deletes tasks, several at once, and says plainly what it understands
//! when it does not understand. It keeps no state and rolls no dice: what it answers follows from
//! the request alone.
//!
//! ```text
//! message ─ words ─ grammar ─▶ intents ─ plan ─▶ calls … ─ phrases ─▶ answer
//! ```
#![warn(missing_docs)]

mod calendar;
mod calls;
mod choose;
mod dates;
mod days;
mod dialogue;
mod filters;
mod follow_up;
mod grammar;
mod intent;
mod lexer;
mod modifiers;
mod names;
mod offsets;
mod parts_of_day;
mod phrases;
mod plan;
mod priorities;
mod results;
mod seen;
mod spans;
mod stems;
mod tags;
mod targets;
mod times;
mod unread;
mod when;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use todo_domain::{
    ModelAnswer, ModelError, ModelIdentity, ModelMessage, ModelReply, ModelRequest, ModelToolCall,
    TokenUsage,
    ports::{ChatModel, DeltaSink},
};
use tracing::Span;

use self::{
    calendar::Calendar,
    calls::ToolUse,
    dialogue::Dialogue,
    intent::{Intent, Target},
    phrases::Setting,
    plan::Next,
};

/// The offline assistant.
///
/// On ambiguous dates it errs on the side of saying nothing: "12/05" stays in the title. "Friday"
/// is the next Friday after today, "next Friday" the one of the week that begins next Monday. Time
/// zones by name ("9am PST") stay in the title with their date. A task that is moved to a part of a
/// day is due at 9, 15, 18 or 21 o'clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct OfflineAssistant;

#[async_trait]
impl ChatModel for OfflineAssistant {
    fn identity(&self) -> ModelIdentity {
        ModelIdentity { engine: "offline".to_owned(), model: "grammar-1".to_owned() }
    }

    async fn respond(
        &self,
        request: &ModelRequest,
        sink: Arc<dyn DeltaSink>,
    ) -> Result<ModelAnswer, ModelError> {
        let _entered = trace(&self.identity().model).entered();
        let reply = match next(request) {
            Next::Call(calls) => ModelReply::ToolCalls {
                plan: None,
                reasoning: None,
                calls: tool_calls(request, &calls),
            },
            Next::Say(parts) => {
                let calendar = Calendar::new(request.now, &request.time_zone);
                let setting = Setting { calendar, now: request.now, zone: &request.time_zone };
                let text = phrases::answer(&parts, setting);
                for word in text.split_inclusive(char::is_whitespace) {
                    sink.text(word);
                }
                ModelReply::Text(text)
            }
        };
        Ok(ModelAnswer { reply, identity: self.identity(), usage: TokenUsage::default() })
    }
}

/// In a trace the offline assistant is a model like any other, only within this process.
fn trace(model: &str) -> Span {
    tracing::info_span!(
        "chat",
        otel.kind = "internal",
        otel.name = format!("chat {model}"),
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = "offline",
        gen_ai.request.model = model,
        gen_ai.response.model = model,
    )
}

fn next(request: &ModelRequest) -> Next {
    let dialogue = Dialogue::of(request);
    let calendar = Calendar::new(request.now, &request.time_zone);
    let mut intents = follow_up::wanted(&dialogue, &calendar);
    resolve_it(&mut intents, &dialogue);
    let has_tool = |name: &str| request.tools.iter().any(|tool| tool.name == name);
    plan::next(&intents, &dialogue.steps, calendar, &request.time_zone, has_tool)
}

/// Puts the task the last answer spoke of instead of "it".
fn resolve_it(intents: &mut [Intent], dialogue: &Dialogue<'_>) {
    let Some(task) = dialogue.before.and_then(|before| phrases::spoken_of(before.answered)) else {
        return;
    };
    for intent in intents {
        if let Intent::Act(_, targets) = intent {
            for target in targets.iter_mut().filter(|target| **target == Target::Mentioned) {
                *target = Target::Number(task);
            }
        }
    }
}

/// The calls with ids of their own: a turn has its instant and its position in the conversation, and
/// its messages only grow.
fn tool_calls(request: &ModelRequest, calls: &[ToolUse]) -> Vec<ModelToolCall> {
    let now = request.now.as_microsecond();
    let turn = request.messages.iter().rposition(|said| matches!(said, ModelMessage::User(_)));
    let (turn, position) = (turn.unwrap_or(0), request.messages.len());
    (1..)
        .zip(calls)
        .map(|(number, call)| ModelToolCall {
            id: format!("offline-{now}-{turn}-{position}-{number}"),
            name: call.tool().to_owned(),
            arguments: call.arguments(),
        })
        .collect()
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
