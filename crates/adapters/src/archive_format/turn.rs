//! A turn with its steps, their calls, and what each of them changed.

use std::{fmt, marker::PhantomData, time::Duration};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, SeqAccess, Visitor},
};
use todo_domain::{
    ConversationId, FailureCode, ModelIdentity, RecordedCall, Task, TaskEffect, Timestamp,
    TokenUsage, Turn, TurnId, TurnStatus, TurnStep,
};

use crate::storage::records::{AsText, InvalidJson, ResultJson, TaskJson, part};

#[derive(Serialize, Deserialize)]
pub(super) struct TurnJson {
    id: AsText<TurnId>,
    conversation_id: AsText<ConversationId>,
    status: StatusJson,
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

#[derive(Serialize, Deserialize)]
struct CallJson {
    id: String,
    name: String,
    /// As the model wrote them, which need not be JSON.
    arguments: String,
    outcome: ResultJson,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<TaskJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<TaskJson>,
    duration_us: u64,
}

/// Reads a list, and none that is too long to its end: what is short on a line takes many times as
/// much memory.
fn at_most<'de, const MAX: usize, D, T>(list: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    list.deserialize_seq(AtMost::<MAX, T>(PhantomData))
}

struct AtMost<const MAX: usize, T>(PhantomData<T>);

impl<'de, const MAX: usize, T: Deserialize<'de>> Visitor<'de> for AtMost<MAX, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MAX}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            if items.len() == MAX {
                return Err(A::Error::invalid_length(MAX + 1, &self));
            }
            items.push(item);
        }
        Ok(items)
    }
}

impl From<Turn> for TurnJson {
    fn from(turn: Turn) -> Self {
        let identity = turn.identity.map(|identity| (identity.engine, identity.model));
        let (engine, model) = identity.unzip();
        let (status, code) = match turn.status {
            TurnStatus::Running => (StatusJson::Running, None),
            TurnStatus::Completed => (StatusJson::Completed, None),
            TurnStatus::Failed(code) => (StatusJson::Failed, Some(AsText(code))),
            TurnStatus::Cancelled => (StatusJson::Cancelled, None),
            TurnStatus::Interrupted => (StatusJson::Interrupted, None),
        };
        Self {
            id: AsText(turn.id),
            conversation_id: AsText(turn.conversation_id),
            status,
            code,
            engine,
            model,
            usage: turn.usage.into(),
            steps: turn.steps.into_iter().map(StepJson::from).collect(),
            started_at: AsText(turn.started_at),
            finished_at: turn.finished_at.map(AsText),
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
        Ok(Turn {
            id: self.id.0,
            conversation_id: self.conversation_id.0,
            status,
            identity: part("engine and model", identity)?,
            usage: self.usage.into(),
            steps: self.steps.into_iter().map(StepJson::parse).collect::<Result<_, _>>()?,
            started_at: self.started_at.0,
            finished_at: self.finished_at.map(|at| at.0),
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
        let effect = call.effect();
        let (before, after) = effect.map(|effect| (effect.before, effect.after)).unzip();
        let image = |task: Option<Option<Task>>| task.flatten().as_ref().map(TaskJson::from);
        Self {
            outcome: ResultJson::from(&call.result),
            before: image(before),
            after: image(after),
            id: call.id,
            name: call.name,
            arguments: call.arguments,
            duration_us: u64::try_from(call.duration.as_micros()).unwrap_or(u64::MAX),
        }
    }
}

impl CallJson {
    fn parse(self) -> Result<RecordedCall, InvalidJson> {
        let before = self.before.map(Task::try_from).transpose()?;
        let after = self.after.map(Task::try_from).transpose()?;
        let changed = before.as_ref().or(after.as_ref()).map(|task| task.id);
        let effect = changed.map(|task_id| TaskEffect { task_id, before, after });
        Ok(RecordedCall {
            result: self.outcome.with(effect)?,
            id: self.id,
            name: self.name,
            arguments: self.arguments,
            duration: Duration::from_micros(self.duration_us),
        })
    }
}
