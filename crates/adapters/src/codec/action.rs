//! The calls of actions as JSON.

use serde::{Deserialize, Serialize};
use todo_domain::{ActionCall, ActionTask, ModelToolCall, TaskId, TaskTitle, TaskVersion};

use super::{InvalidJson, from_json, part, to_json};

/// What the calls are called where they can't be written or read.
const PART: &str = "the calls of an action";

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
pub(crate) fn action_calls_to_json(calls: &[ActionCall]) -> Result<String, InvalidJson> {
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
    to_json(PART, &calls.iter().map(call).collect::<Vec<_>>())
}

/// The calls that [`action_calls_to_json`] wrote.
pub(crate) fn action_calls_from_json(json: &str) -> Result<Vec<ActionCall>, InvalidJson> {
    let calls = from_json::<Vec<ActionCallJson>>(PART, json)?;
    let calls = calls.into_iter().map(|ActionCallJson { id, name, arguments, deletes }| {
        let deletes = deletes.map(|tasks| tasks.into_iter().map(ActionTask::try_from).collect());
        let call = ModelToolCall { id, name, arguments };
        Ok(ActionCall { call, deletes: deletes.transpose()? })
    });
    calls.collect()
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
