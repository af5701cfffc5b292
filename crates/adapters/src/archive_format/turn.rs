//! A turn with its steps, their calls, and what each of them changed.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use todo_domain::{
    AnswerText, CallResult, ConversationId, FailureCode, MessageId, ModelIdentity, RecordedCall,
    Task, TaskEffect, Timestamp, TokenUsage, Turn, TurnId, TurnStatus, TurnStep, UndoLink,
};

use crate::storage::records::{AsText, InvalidJson, ResultJson, TaskJson, at_most, part};

#[derive(Serialize, Deserialize)]
pub(super) struct TurnJson {
    id: AsText<TurnId>,
    conversation_id: AsText<ConversationId>,
    status: StatusJson,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer_id: Option<AsText<MessageId>>,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<AsText<FailureCode>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    engine: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    usage: UsageJson,
    #[serde(deserialize_with = "at_most::<{ Turn::MAX_STEPS }, _, _>")]
    steps: Vec<StepJson>,
    started_at: AsText<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finished_at: Option<AsText<Timestamp>>,
    /// Of a turn that undid another: the turn with which the chain begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    undo_of: Option<AsText<TurnId>>,
    /// Its position in that chain: 1 undid the first turn, 2 undid that, and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    undo_number: Option<i32>,
    /// What had been said of an answer when the turn was stopped or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    partial_answer: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StatusJson {
    Running,
    Completed,
    Failed,
    Cancelled,
    Interrupted,
}

#[derive(Serialize, Deserialize)]
struct UsageJson {
    input_tokens: u64,
    output_tokens: u64,
}

#[derive(Serialize, Deserialize)]
struct StepJson {
    number: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reasoning: Option<String>,
    engine: String,
    model: String,
    usage: UsageJson,
    #[serde(deserialize_with = "at_most::<{ TurnStep::MAX_CALLS }, _, _>")]
    calls: Vec<CallJson>,
}

/// A call, as exports and the logs of running turns have it.
#[derive(Serialize, Deserialize)]
pub(crate) struct CallJson {
    id: String,
    name: String,
    /// As the model wrote them, which need not be JSON.
    arguments: String,
    outcome: ResultJson,
    /// What it changed, or changed last if that can be several tasks: versions that do not know
    /// `effects` read no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<TaskJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<TaskJson>,
    /// All that it changed, in order, if that can be several tasks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(deserialize_with = "at_most::<{ RecordedCall::MAX_EFFECTS }, _, _>")]
    effects: Vec<EffectJson>,
    duration_us: u64,
}

/// A task before and after a change.
#[derive(Serialize, Deserialize)]
struct EffectJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<TaskJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<TaskJson>,
}

impl From<&TaskEffect> for EffectJson {
    fn from(effect: &TaskEffect) -> Self {
        let image = |task: &Option<Task>| task.as_ref().map(TaskJson::from);
        Self { before: image(&effect.before), after: image(&effect.after) }
    }
}

impl EffectJson {
    /// The effect; `None` without any image.
    fn parse(self) -> Result<Option<TaskEffect>, InvalidJson> {
        let before = self.before.map(Task::try_from).transpose()?;
        let after = self.after.map(Task::try_from).transpose()?;
        let changed = before.as_ref().or(after.as_ref()).map(|task| task.id);
        Ok(changed.map(|task_id| TaskEffect { task_id, before, after }))
    }
}

impl From<Turn> for TurnJson {
    fn from(mut turn: Turn) -> Self {
        turn.give_up_waiting();
        let identity = turn.identity.map(|identity| (identity.engine, identity.model));
        let (engine, model) = identity.unzip();
        let (status, code) = match turn.status {
            TurnStatus::Running => (StatusJson::Running, None),
            TurnStatus::Completed => (StatusJson::Completed, None),
            TurnStatus::Failed(code) => (StatusJson::Failed, Some(AsText(code))),
            TurnStatus::Cancelled => (StatusJson::Cancelled, None),
            // Whoever reads the export can't decide.
            TurnStatus::Waiting | TurnStatus::Interrupted => (StatusJson::Interrupted, None),
        };
        Self {
            id: AsText(turn.id),
            conversation_id: AsText(turn.conversation_id),
            status,
            answer_id: turn.answer_id.map(AsText),
            code,
            engine,
            model,
            usage: turn.usage.into(),
            steps: turn.steps.into_iter().map(StepJson::from).collect(),
            started_at: AsText(turn.started_at),
            finished_at: turn.finished_at.map(AsText),
            undo_of: turn.undo.map(|link| AsText(link.first)),
            undo_number: turn.undo.map(|link| link.number),
            partial_answer: turn.partial_answer.map(AnswerText::into),
        }
    }
}

impl TurnJson {
    pub(super) fn parse(self) -> Result<Turn, InvalidJson> {
        let identity = match (self.engine, self.model) {
            (Some(engine), Some(model)) => Ok(Some(ModelIdentity { engine, model })),
            (None, None) => Ok(None),
            _ => Err("must come together or not at all"),
        };
        let undo = match (self.undo_of, self.undo_number) {
            (Some(AsText(first)), Some(number)) => Ok(Some(UndoLink { first, number })),
            (None, None) => Ok(None),
            _ => Err("must come together or not at all"),
        };
        let status = match self.status {
            StatusJson::Running => TurnStatus::Running,
            StatusJson::Completed => TurnStatus::Completed,
            StatusJson::Failed => {
                let code = self.code.ok_or("is required of a turn that failed");
                TurnStatus::Failed(part("code", code)?.0)
            }
            StatusJson::Cancelled => TurnStatus::Cancelled,
            StatusJson::Interrupted => TurnStatus::Interrupted,
        };
        let partial_answer = self.partial_answer.map(AnswerText::new).transpose();
        Ok(Turn {
            id: self.id.0,
            conversation_id: self.conversation_id.0,
            status,
            answer_id: self.answer_id.map(|id| id.0),
            identity: part("engine and model", identity)?,
            usage: self.usage.into(),
            steps: self.steps.into_iter().map(StepJson::parse).collect::<Result<_, _>>()?,
            started_at: self.started_at.0,
            finished_at: self.finished_at.map(|at| at.0),
            undo: part("undo_of and undo_number", undo)?,
            undone_by: None,
            action: None,
            partial_answer: part("partial_answer", partial_answer)?,
        })
    }
}

impl From<TokenUsage> for UsageJson {
    fn from(usage: TokenUsage) -> Self {
        Self { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens }
    }
}

impl From<UsageJson> for TokenUsage {
    fn from(usage: UsageJson) -> Self {
        Self { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens }
    }
}

impl From<TurnStep> for StepJson {
    fn from(step: TurnStep) -> Self {
        Self {
            number: step.number,
            plan: step.plan,
            reasoning: step.reasoning,
            engine: step.identity.engine,
            model: step.identity.model,
            usage: step.usage.into(),
            calls: step.calls.into_iter().map(CallJson::from).collect(),
        }
    }
}

impl StepJson {
    fn parse(self) -> Result<TurnStep, InvalidJson> {
        Ok(TurnStep {
            number: self.number,
            plan: self.plan,
            reasoning: self.reasoning,
            identity: ModelIdentity { engine: self.engine, model: self.model },
            usage: self.usage.into(),
            calls: self.calls.into_iter().map(CallJson::parse).collect::<Result<_, _>>()?,
        })
    }
}

impl From<RecordedCall> for CallJson {
    fn from(call: RecordedCall) -> Self {
        let effects: Vec<_> = call.effects().collect();
        let last = effects.last().map(EffectJson::from);
        let (before, after) = last.map_or((None, None), |last| (last.before, last.after));
        let effects = match call.result {
            CallResult::Each(_) => effects.iter().map(EffectJson::from).collect(),
            _ => Vec::new(),
        };
        Self {
            outcome: ResultJson::from(&call.result),
            before,
            after,
            effects,
            id: call.id,
            name: call.name,
            arguments: call.arguments,
            duration_us: u64::try_from(call.duration.as_micros()).unwrap_or(u64::MAX),
        }
    }
}

impl CallJson {
    pub(crate) fn parse(self) -> Result<RecordedCall, InvalidJson> {
        let effects = match self.effects {
            none if none.is_empty() => vec![EffectJson { before: self.before, after: self.after }],
            effects => effects,
        };
        let effects = effects.into_iter().map(EffectJson::parse).filter_map(Result::transpose);
        Ok(RecordedCall {
            result: self.outcome.with(effects.collect::<Result<_, _>>()?)?,
            id: self.id,
            name: self.name,
            arguments: self.arguments,
            duration: Duration::from_micros(self.duration_us),
        })
    }
}
