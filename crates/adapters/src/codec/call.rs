//! The JSON of a call with what it changed, as exports and the logs of running turns have it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use todo_domain::{CallResult, RecordedCall, Task, TaskEffect};

use super::{InvalidJson, at_most, call_result::ResultJson, task::TaskJson};

/// A call.
#[derive(Serialize, Deserialize)]
pub(super) struct CallJson {
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
    pub(super) fn parse(self) -> Result<RecordedCall, InvalidJson> {
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
