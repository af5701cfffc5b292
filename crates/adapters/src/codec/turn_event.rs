//! Events of running turns as JSON. Processes of one deployment read it, which may be of two versions during an update:
//! what can't be read ends the reading, and the follower reads the record.

use serde::{Deserialize, Serialize};
use todo_domain::{
    ActionId, ConversationId, FailureCode, MessageId, ModelIdentity, ModelToolCall, Timestamp,
    TokenUsage, TurnBegun, TurnEnd, TurnEvent, TurnFence, TurnId, UserId,
};

use super::{AsText, call::CallJson};

/// An event of an attempt.
#[derive(Serialize, Deserialize)]
struct ElementJson {
    attempt: i32,
    event: EventJson,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EventJson {
    Begun(BegunJson),
    Text(String),
    StepBegun {
        number: i32,
        plan: Option<String>,
        calls: Vec<CallBegunJson>,
    },
    StepDone(Vec<CallJson>),
    Completed {
        input_tokens: u64,
        output_tokens: u64,
        created_at: AsText<Timestamp>,
    },
    Waiting {
        action: AsText<ActionId>,
        input_tokens: u64,
        output_tokens: u64,
        created_at: AsText<Timestamp>,
    },
    Failed(AsText<FailureCode>),
    Cancelled,
    Interrupted,
}

#[derive(Serialize, Deserialize)]
struct BegunJson {
    user_id: AsText<UserId>,
    conversation_id: AsText<ConversationId>,
    turn_id: AsText<TurnId>,
    answer_id: AsText<MessageId>,
    /// Engine and model.
    identity: Option<(String, String)>,
}

#[derive(Serialize, Deserialize)]
struct CallBegunJson {
    id: String,
    name: String,
    arguments: String,
}

/// An event of this attempt as an element.
pub(crate) fn turn_event_to_json(fence: TurnFence, event: TurnEvent) -> String {
    let event = match event {
        TurnEvent::Begun(begun) => EventJson::Begun(BegunJson {
            user_id: AsText(fence.user_id),
            conversation_id: AsText(fence.conversation_id),
            turn_id: AsText(fence.turn_id),
            answer_id: AsText(begun.answer_id),
            identity: begun.identity.map(|identity| (identity.engine, identity.model)),
        }),
        TurnEvent::Text(text) => EventJson::Text(text),
        TurnEvent::StepBegun { number, plan, calls } => {
            let calls = calls
                .into_iter()
                .map(|ModelToolCall { id, name, arguments }| CallBegunJson { id, name, arguments });
            EventJson::StepBegun { number, plan, calls: calls.collect() }
        }
        TurnEvent::StepDone(calls) => {
            EventJson::StepDone(calls.into_iter().map(CallJson::from).collect())
        }
        TurnEvent::Ended(TurnEnd::Completed { usage, created_at }) => EventJson::Completed {
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            created_at: AsText(created_at),
        },
        TurnEvent::Ended(TurnEnd::Waiting { action, usage, created_at }) => EventJson::Waiting {
            action: AsText(action),
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            created_at: AsText(created_at),
        },
        TurnEvent::Ended(TurnEnd::Failed(code)) => EventJson::Failed(AsText(code)),
        TurnEvent::Ended(TurnEnd::Cancelled) => EventJson::Cancelled,
        TurnEvent::Ended(TurnEnd::Interrupted) => EventJson::Interrupted,
    };
    // Keys are texts, so that nothing can go wrong; no element that is empty can be read.
    serde_json::to_string(&ElementJson { attempt: fence.attempt, event }).unwrap_or_default()
}

/// What [`turn_event_to_json`] wrote: the attempt and the event.
pub(crate) fn turn_event_from_json(element: &str) -> Option<(i32, TurnEvent)> {
    let ElementJson { attempt, event } = serde_json::from_str(element).ok()?;
    let event = match event {
        EventJson::Begun(begun) => TurnEvent::Begun(TurnBegun {
            fence: TurnFence {
                user_id: begun.user_id.0,
                conversation_id: begun.conversation_id.0,
                turn_id: begun.turn_id.0,
                attempt,
            },
            answer_id: begun.answer_id.0,
            identity: begun.identity.map(|(engine, model)| ModelIdentity { engine, model }),
        }),
        EventJson::Text(text) => TurnEvent::Text(text),
        EventJson::StepBegun { number, plan, calls } => {
            let calls = calls
                .into_iter()
                .map(|CallBegunJson { id, name, arguments }| ModelToolCall { id, name, arguments });
            TurnEvent::StepBegun { number, plan, calls: calls.collect() }
        }
        EventJson::StepDone(calls) => {
            let calls = calls.into_iter().map(|call| call.parse().ok());
            TurnEvent::StepDone(calls.collect::<Option<_>>()?)
        }
        EventJson::Completed { input_tokens, output_tokens, created_at } => {
            let usage = TokenUsage { input_tokens, output_tokens };
            TurnEvent::Ended(TurnEnd::Completed { usage, created_at: created_at.0 })
        }
        EventJson::Waiting { action, input_tokens, output_tokens, created_at } => {
            let usage = TokenUsage { input_tokens, output_tokens };
            let (action, created_at) = (action.0, created_at.0);
            TurnEvent::Ended(TurnEnd::Waiting { action, usage, created_at })
        }
        EventJson::Failed(code) => TurnEvent::Ended(TurnEnd::Failed(code.0)),
        EventJson::Cancelled => TurnEvent::Ended(TurnEnd::Cancelled),
        EventJson::Interrupted => TurnEvent::Ended(TurnEnd::Interrupted),
    };
    Some((attempt, event))
}
