//! What the model may be told to say, and what may happen to it on the way.

use std::time::Duration;

use clap::ValueEnum;
use serde_json::json;

use super::{
    delivery::{Delivery, Ending, FirstByte},
    planner,
    reply::{Break, Reply},
    scene::Scene,
    tokens::tokens,
};

/// A scene of the play. The first group decides what is said; a turn of several requests goes on
/// as the scenario demands, and then ends with a text. The second group damages whatever is said:
/// the planner's answer, unless a scenario of the first group comes before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// A text, whatever was asked.
    Text,
    /// One call, of the first tool offered, then a text.
    OneCall,
    /// Two calls at once, then a text.
    TwoCalls,
    /// Three calls, one after the other, then a text.
    ThreeSteps,
    /// Thoughts before a text.
    Thinking,
    /// Thoughts before a call, and no plan; then a text.
    ThinkingCall,
    /// A call with nothing for arguments, then a text.
    EmptyArguments,
    /// A call with `null` for arguments, then a text.
    NullArguments,
    /// A call with arguments that stop in the middle, then a text.
    BrokenArguments,
    /// A call with a list for arguments, then a text.
    ListArguments,
    /// A call with the key `__proto__` in its arguments, then a text.
    ForbiddenKeys,
    /// A call of a tool that was not offered, beside one that was; then a text.
    UnknownTool,
    /// Fifty calls at once, then a text.
    FiftyCalls,
    /// Calls again and again, and never a text.
    EndlessCalls,
    /// A text that is cut by `MAX_TOKENS`.
    TruncatedText,
    /// A call whose arguments are cut by `MAX_TOKENS`.
    TruncatedArguments,

    /// `INVALID_TOOL_GENERATION` half-way: the end of the stream, or HTTP 422.
    StreamError,
    /// The finish reason `TIMEOUT`, half-way.
    TimedOut,
    /// The stream ends in good order, but without its `message-end`.
    NoMessageEnd,
    /// The connection is cut in the middle of an event.
    CutMidFrame,
    /// Nothing ever comes, not even headers.
    Stall,
    /// Half of the events come, then nothing more.
    StallBetweenEvents,
    /// Every event keeps the next one waiting (100 ms).
    Slow,
    /// The headers are late (2 s).
    SlowFirstByte,
}

impl Scenario {
    /// What is said, where this scenario says something.
    pub(super) fn reply(self, scene: &Scene<'_>) -> Option<Reply> {
        let step = scene.steps.len();
        let raw = |arguments: &str| {
            scene.harmless_call().map(|(name, _)| Reply::raw_calls([(name, arguments)]))
        };
        let calls = |count: usize| {
            (scene.may_call() && count > 0)
                .then(|| Reply::calls((step..step + count).filter_map(|n| scene.sample_call(n))))
        };
        let said = match self {
            Self::Text => None,
            Self::OneCall => calls(usize::from(step < 1)),
            Self::TwoCalls => calls(if step < 1 { 2 } else { 0 }),
            Self::ThreeSteps => calls(usize::from(step < 3)),
            Self::EndlessCalls => scene.harmless_call().map(|call| Reply::calls([call])),
            Self::Thinking => return Some(planner::closing(scene).thinking(THOUGHT)),
            Self::ThinkingCall => calls(usize::from(step < 1)).map(|reply| reply.thinking(THOUGHT)),
            Self::TruncatedText => return Some(cut_text(planner::closing(scene))),
            Self::TruncatedArguments => calls(1).map(cut_arguments),
            Self::EmptyArguments if step < 1 => raw(""),
            Self::NullArguments if step < 1 => raw("null"),
            Self::BrokenArguments if step < 1 => raw("{\"status\": \"pen"),
            Self::ListArguments if step < 1 => raw("[1, 2]"),
            Self::ForbiddenKeys if step < 1 => {
                raw(r#"{"status": "all", "__proto__": {"admin": true}}"#)
            }
            Self::UnknownTool if step < 1 => scene
                .harmless_call()
                .map(|call| Reply::calls([("order_pizza", json!({ "size": "large" })), call])),
            Self::FiftyCalls if step < 1 => {
                scene.harmless_call().map(|call| Reply::calls(std::iter::repeat_n(call, 50)))
            }
            Self::EmptyArguments
            | Self::NullArguments
            | Self::BrokenArguments
            | Self::ListArguments
            | Self::ForbiddenKeys
            | Self::UnknownTool
            | Self::FiftyCalls => None,
            Self::StreamError
            | Self::TimedOut
            | Self::NoMessageEnd
            | Self::CutMidFrame
            | Self::Stall
            | Self::StallBetweenEvents
            | Self::Slow
            | Self::SlowFirstByte => return None,
        };
        Some(said.unwrap_or_else(|| planner::closing(scene)))
    }

    /// What happens to it, where this scenario lets something happen.
    pub(super) fn damage(
        self,
        lasting: Option<Duration>,
        reply: &mut Reply,
        delivery: &mut Delivery,
    ) {
        match self {
            Self::StreamError => reply.breaks = Some(Break::InvalidToolGeneration),
            Self::TimedOut => reply.breaks = Some(Break::Timeout),
            Self::NoMessageEnd => delivery.ending = Ending::NoMessageEnd,
            Self::CutMidFrame => delivery.ending = Ending::Cut,
            Self::Stall => delivery.first_byte = FirstByte::Never,
            Self::StallBetweenEvents => delivery.ending = Ending::Stall,
            Self::Slow => delivery.gap = lasting.unwrap_or(Duration::from_millis(100)),
            Self::SlowFirstByte => {
                let wait = lasting.unwrap_or(Duration::from_secs(2));
                delivery.first_byte = FirstByte::After(wait);
            }
            _ => {}
        }
    }
}

const THOUGHT: &str = "Okay, the user wants something done. Let me think about what that is.";

fn cut_text(reply: Reply) -> Reply {
    let limit = tokens(&reply.text).len() / 2;
    Reply { limit: Some(limit), ..reply }
}

/// Leaves the plan whole and cuts the first call's arguments in the middle.
fn cut_arguments(reply: Reply) -> Reply {
    let count = |text: Option<&str>| text.map_or(0, |text| tokens(text).len());
    let arguments = reply.calls.first().map(|call| call.arguments.as_str());
    let limit = count(reply.plan.as_deref()) + count(arguments) / 2;
    Reply { limit: Some(limit), ..reply }
}
