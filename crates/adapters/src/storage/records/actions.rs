//! The calls of actions as JSON.

use serde::{Deserialize, Serialize};
use todo_domain::{ActionCall, ActionTask, ModelToolCall, TaskId, TaskTitle, TaskVersion};

use super::{InvalidJson, json, part};
use crate::storage::error::{Corrupt, Result};

/// A call that waits.
#[derive(Serialize, Deserialize)]
struct ActionCallJson {
    id: String,
    name: String,
    arguments: String,
    /// Missing of a call that deletes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deletes: Option<Vec<ActionTaskJson>>,
}

/// A task that would be deleted.
#[derive(Serialize, Deserialize)]
struct ActionTaskJson {
    id: i64,
    title: String,
    version: i64,
}

/// The calls as JSON.
pub(crate) fn action_calls_of(calls: &[ActionCall]) -> Result<String> {
    let task = |task: &ActionTask| ActionTaskJson {
        id: task.id.get(),
        title: task.title.as_str().to_owned(),
        version: task.version.get(),
    };
    let call = |ActionCall { call, deletes }: &ActionCall| ActionCallJson {
        id: call.id.clone(),
        name: call.name.clone(),
        arguments: call.arguments.clone(),
        deletes: deletes.as_ref().map(|tasks| tasks.iter().map(task).collect()),
    };
    json(&calls.iter().map(call).collect::<Vec<_>>())
}

/// The calls that [`action_calls_of`] wrote.
pub(crate) fn action_calls(text: &str) -> Result<Vec<ActionCall>> {
    let calls: Vec<ActionCallJson> =
        serde_json::from_str(text).map_err(|_| Corrupt("actions.calls"))?;
    let calls = calls.into_iter().map(|ActionCallJson { id, name, arguments, deletes }| {
        let deletes = deletes.map(|tasks| tasks.into_iter().map(ActionTask::try_from).collect());
        let call = ModelToolCall { id, name, arguments };
        Ok(ActionCall { call, deletes: deletes.transpose()? })
    });
    Ok(calls.collect::<Result<_, InvalidJson>>()?)
}

impl TryFrom<ActionTaskJson> for ActionTask {
    type Error = InvalidJson;

    fn try_from(record: ActionTaskJson) -> Result<Self, InvalidJson> {
        Ok(Self {
            id: part("the number of a task of an action", TaskId::new(record.id))?,
            title: part("the title of a task of an action", TaskTitle::stored(record.title))?,
            version: TaskVersion::new(record.version),
        })
    }
}
