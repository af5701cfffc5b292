//! The service's own tools over a list in memory, and a client's tool loop around them.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use todo_app::chat::{ToolCallReport, tools};
use todo_domain::{
    CallResult, RecordedCall, Task, TaskId, TaskOperation, TaskOutcome, TaskPage, TaskWrite,
    TimeZone, Timestamp,
};

use crate::client::{Client, saying};

#[derive(Default)]
pub(crate) struct TodoList {
    tasks: BTreeMap<TaskId, Task>,
    last: i64,
}

/// What a turn came to: the tools called in each step, and the answer.
pub(crate) struct Turn {
    pub(crate) steps: Vec<Vec<String>>,
    pub(crate) answer: String,
}

impl TodoList {
    /// Says this to the simulator, and does what it wants until it answers.
    pub(crate) async fn turn(&mut self, client: &Client, text: &str) -> Turn {
        let mut body = saying(text);
        body["citation_options"] = json!({ "mode": "OFF" });
        body["tools"] = tools::specs()
            .iter()
            .map(|spec| {
                json!({ "type": "function", "function": {
                    "name": spec.name,
                    "description": spec.description,
                    "parameters": serde_json::from_str::<Value>(&spec.parameters).unwrap(),
                } })
            })
            .collect();
        let mut steps = Vec::new();
        loop {
            let message = client.message(&body).await;
            let Some(calls) = message["tool_calls"].as_array().cloned() else {
                let answer = message["content"][0]["text"].as_str().unwrap().to_owned();
                return Turn { steps, answer };
            };
            steps.push(calls.iter().map(called).collect());
            let messages = body["messages"].as_array_mut().unwrap();
            messages.push(message);
            messages.extend(calls.iter().map(|call| self.result(call)));
        }
    }

    fn result(&mut self, call: &Value) -> Value {
        let text = |place: &str| call.pointer(place).unwrap().as_str().unwrap().to_owned();
        let (name, arguments) = (text("/function/name"), text("/function/arguments"));
        let operation = tools::parse(&name, &arguments, &TimeZone::UTC).unwrap();
        let result = CallResult::Outcome(self.carry_out(operation));
        let id = text("/id");
        let call =
            RecordedCall { id: id.clone(), name, arguments, result, duration: Duration::ZERO };
        let told = ToolCallReport::of(&call).result.to_string();
        json!({ "role": "tool", "tool_call_id": id, "content": told })
    }

    fn carry_out(&mut self, operation: TaskOperation) -> TaskOutcome {
        let now: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        let (outcome, write) = match operation {
            TaskOperation::Create(new) => {
                self.last += 1;
                new.decide(TaskId::new(self.last).unwrap(), now)
            }
            TaskOperation::Act { target, action } => {
                action.decide(&target, self.tasks.get(&target.id).cloned(), now)
            }
            TaskOperation::List(query) => {
                let fits = |task: &&Task| query.filter.status.is_none_or(|s| s == task.status());
                let tasks: Vec<Task> = self.tasks.values().filter(fits).cloned().collect();
                let total = Some(tasks.len() as u64);
                (TaskOutcome::Listed(TaskPage { tasks, total, next: None }), None)
            }
        };
        match write {
            Some(TaskWrite::Insert(task) | TaskWrite::Update(task)) => {
                self.tasks.insert(task.id, task);
            }
            Some(TaskWrite::Delete(id)) => drop(self.tasks.remove(&id)),
            None => {}
        }
        outcome
    }
}

fn called(call: &Value) -> String {
    call["function"]["name"].as_str().unwrap().to_owned()
}
