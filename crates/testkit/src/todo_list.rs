//! A todo list in memory, with the service's own tools.

use std::{sync::Arc, time::Duration};

use todo_app::chat::{ToolCallReport, tools};
use todo_domain::{
    CallResult, RecordedCall, Task, TimeZone, Timestamp, ToolSpec, memory::TaskList,
};

/// Tasks that a model's calls act on, as they do in a turn, at an instant that stands still.
#[derive(Debug)]
pub struct TodoList {
    tasks: TaskList,
    now: Timestamp,
    zone: TimeZone,
}

impl TodoList {
    /// An empty list of somebody in this time zone.
    #[must_use]
    pub fn new(now: Timestamp, zone: TimeZone) -> Self {
        Self { tasks: TaskList::default(), now, zone }
    }

    /// The tools as a model is told of them.
    #[must_use]
    pub fn tools() -> Arc<[ToolSpec]> {
        tools::specs()
    }

    /// The tasks in the order of their numbers.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.tasks()
    }

    /// Carries out a call, and gives back what the model reads.
    pub fn call(&mut self, tool: &str, arguments: &str) -> String {
        let result = match tools::parse(tool, arguments, &self.zone) {
            Ok(operation) => operation.execute(|operation| self.tasks.execute(operation, self.now)),
            Err(rejection) => CallResult::Rejected(rejection),
        };
        let call = RecordedCall {
            id: String::new(),
            name: tool.to_owned(),
            arguments: arguments.to_owned(),
            result,
            duration: Duration::ZERO,
        };
        ToolCallReport::of(&call).result.to_string()
    }
}
