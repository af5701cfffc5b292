//! The JSON of an answer that is kept for a request that comes again.

use serde::{Deserialize, Serialize};
use todo_domain::{ArchiveCounts, CallResult, TaskEffect, TaskId, TaskOutcome};

use super::{
    super::error::{Corrupt, Result},
    ResultJson, TaskJson, json,
};

/// What came of one change: its outcome, and the images that are not in there.
#[derive(Serialize, Deserialize)]
struct ChangeJson {
    outcome: ResultJson,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<TaskJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<TaskJson>,
}

/// The outcomes of changes as JSON.
pub(crate) fn answer_of(outcomes: &[TaskOutcome]) -> Result<String> {
    let changes = outcomes.iter().map(|outcome| {
        let (before, after) =
            outcome.effect().map_or((None, None), |effect| (effect.before, effect.after));
        ChangeJson {
            outcome: ResultJson::from(&CallResult::Outcome(outcome.clone())),
            before: before.as_ref().map(TaskJson::from),
            after: after.as_ref().map(TaskJson::from),
        }
    });
    json(&changes.collect::<Vec<_>>())
}

/// The outcomes that [`answer_of`] wrote.
pub(crate) fn outcomes_of(answer: &str) -> Result<Vec<TaskOutcome>> {
    let corrupt = || Corrupt("idempotency_keys.answer");
    let changes: Vec<ChangeJson> = serde_json::from_str(answer).map_err(|_| corrupt())?;
    changes
        .into_iter()
        .map(|ChangeJson { outcome, before, after }| {
            let number = before.as_ref().or(after.as_ref()).map(|task| TaskId::new(task.id));
            let effect = match number.transpose().map_err(|_| corrupt())? {
                None => Vec::new(),
                Some(task_id) => vec![TaskEffect {
                    task_id,
                    before: before.map(TryInto::try_into).transpose()?,
                    after: after.map(TryInto::try_into).transpose()?,
                }],
            };
            match outcome.with(effect)? {
                CallResult::Outcome(outcome) => Ok(outcome),
                _ => Err(corrupt().into()),
            }
        })
        .collect()
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
pub(crate) fn import_answer_of(counts: ArchiveCounts) -> Result<String> {
    let ArchiveCounts { tasks, conversations, turns, messages } = counts;
    json(&ImportedJson { imported: CountsJson { tasks, conversations, turns, messages } })
}

/// What [`import_answer_of`] wrote; `None` for the answer to a request of another kind.
pub(crate) fn counts_of(answer: &str) -> Option<ArchiveCounts> {
    let ImportedJson { imported } = serde_json::from_str(answer).ok()?;
    let CountsJson { tasks, conversations, turns, messages } = imported;
    Some(ArchiveCounts { tasks, conversations, turns, messages })
}
