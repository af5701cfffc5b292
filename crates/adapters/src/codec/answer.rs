//! The JSON of an answer that is kept for a request that comes again.

use serde::{Deserialize, Serialize};
use todo_domain::{ArchiveCounts, Batch, CallResult, TaskDone, TaskEffect, TaskId, TaskOutcome};

use super::{InvalidJson, call_result::ResultJson, from_json, part, task::TaskJson, to_json};

/// What an answer is called where it can't be written or read.
const PART: &str = "the answer of a request";

/// What came of one change: its outcome, and the images that are not in there.
#[derive(Serialize, Deserialize)]
struct ChangeJson {
    outcome: ResultJson,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<TaskJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<TaskJson>,
}

/// What came of a batch as JSON.
pub(crate) fn batch_to_json(done: &Batch<TaskDone>) -> Result<String, InvalidJson> {
    let changes = done.iter().map(|done| {
        let (before, after) =
            done.effect().map_or((None, None), |effect| (effect.before, effect.after));
        ChangeJson {
            outcome: ResultJson::from(&CallResult::Outcome(done.clone().into())),
            before: before.as_ref().map(TaskJson::from),
            after: after.as_ref().map(TaskJson::from),
        }
    });
    to_json(PART, &changes.collect::<Vec<_>>())
}

/// What [`batch_to_json`] wrote.
pub(crate) fn batch_from_json(json: &str) -> Result<Batch<TaskDone>, InvalidJson> {
    let changes = from_json::<Vec<ChangeJson>>(PART, json)?;
    let done = changes.into_iter().map(|ChangeJson { outcome, before, after }| {
        let number = before.as_ref().or(after.as_ref()).map(|task| TaskId::new(task.id));
        let effect = match part(PART, number.transpose())? {
            None => Vec::new(),
            Some(task_id) => vec![TaskEffect {
                task_id,
                before: before.map(TryInto::try_into).transpose()?,
                after: after.map(TryInto::try_into).transpose()?,
            }],
        };
        match outcome.with(effect)? {
            CallResult::Outcome(TaskOutcome::Done(done)) => Ok(done),
            _ => part(PART, Err("must say what was done for each change")),
        }
    });
    part(PART, Batch::new(done.collect::<Result<Vec<_>, _>>()?))
}

/// How much was imported.
#[derive(Serialize, Deserialize)]
struct ImportedJson {
    imported: CountsJson,
}

#[derive(Serialize, Deserialize)]
struct CountsJson {
    tasks: u64,
    conversations: u64,
    turns: u64,
    messages: u64,
}

/// How much was imported, as JSON.
pub(crate) fn import_answer_to_json(counts: ArchiveCounts) -> Result<String, InvalidJson> {
    let ArchiveCounts { tasks, conversations, turns, messages } = counts;
    to_json(PART, &ImportedJson { imported: CountsJson { tasks, conversations, turns, messages } })
}

/// What [`import_answer_to_json`] wrote; `None` for the answer to a request of another kind.
pub(crate) fn import_answer_from_json(json: &str) -> Option<ArchiveCounts> {
    let ImportedJson { imported } = serde_json::from_str(json).ok()?;
    let CountsJson { tasks, conversations, turns, messages } = imported;
    Some(ArchiveCounts { tasks, conversations, turns, messages })
}
