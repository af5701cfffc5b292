//! Reads what somebody would say to the chat to add tasks, and adds none.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use todo_domain::{
    CallOperation, ModelMessage, ModelReply, ModelRequest, NewTask, TaskChange, TaskTitle,
    TimeZone, UserId,
    ports::{ChatModel, Clock, DropDeltas},
};

use crate::chat::tools;

/// The reader is a grammar, and needs no more than a moment.
const DEADLINE: Duration = Duration::from_secs(1);

/// Reads sentences as tasks to be added. The reader is the offline assistant: it answers at once, costs
/// nothing, and reads the same sentence the same way each time.
#[derive(Clone)]
pub struct TaskReader {
    reader: Arc<dyn ChatModel>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for TaskReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskReader").finish_non_exhaustive()
    }
}

impl TaskReader {
    /// With this model.
    #[must_use]
    pub fn new(reader: Arc<dyn ChatModel>, clock: Arc<dyn Clock>) -> Self {
        Self { reader, clock }
    }

    /// The tasks that `sentence` would add, as if "add" stood before it: one at least. What is not
    /// understood stays in the title. `zone` is where the user's days begin and end.
    pub async fn read(&self, user: UserId, sentence: TaskTitle, zone: &TimeZone) -> Vec<NewTask> {
        let request = ModelRequest {
            user,
            system: String::new(),
            messages: vec![ModelMessage::User(format!("add {}", sentence.as_str()))],
            tools: tools::specs(),
            now: self.clock.now(),
            time_zone: zone.clone(),
            deadline: Instant::now() + DEADLINE,
        };
        let answer = self.reader.respond(&request, Arc::new(DropDeltas)).await;
        let read = answer.ok().and_then(|answer| added(answer.reply, zone));
        read.unwrap_or_else(|| vec![NewTask::titled(sentence)])
    }
}

/// What the calls of a reply add, if they do nothing else.
fn added(reply: ModelReply, zone: &TimeZone) -> Option<Vec<NewTask>> {
    let ModelReply::ToolCalls { calls, .. } = reply else { return None };
    let tasks = calls.iter().map(|call| match tools::parse(&call.name, &call.arguments, zone) {
        Ok(CallOperation::Change(TaskChange::Create(task))) => Some(task),
        _ => None,
    });
    tasks.collect::<Option<Vec<_>>>().filter(|tasks| !tasks.is_empty())
}
