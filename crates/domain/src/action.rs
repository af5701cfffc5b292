//! What a turn asks its user about before it is done.

use std::{collections::HashSet, fmt::Write, time::Duration};

use crate::{
    ActionId, CallOperation, ConversationId, IfVersion, ModelToolCall, Rejection, RejectionCode,
    Task, TaskId, TaskIds, TaskTarget, TaskTitle, TaskVersion, TimeZone, Timestamp, TurnId,
};

/// The calls of a step that waits for its user's decision, with the tasks that they would delete.
/// What is approved is what is listed here: no other task, and none that has changed since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Which one.
    pub id: ActionId,
    /// In which conversation.
    pub conversation_id: ConversationId,
    /// The turn that waits.
    pub turn_id: TurnId,
    /// The step of it that waits.
    pub step: i32,
    /// From then on it can't be approved any more.
    pub expires_at: Timestamp,
    /// Where the user was: days and times in the arguments are meant there.
    pub time_zone: TimeZone,
    /// The calls that wait, in order.
    pub calls: Vec<ActionCall>,
}

/// A call that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionCall {
    /// As the model made it, and as it is recorded.
    pub call: ModelToolCall,
    /// The tasks that it would delete; `None` of a call that deletes nothing.
    pub deletes: Option<Vec<ActionTask>>,
}

/// A task that would be deleted, as it was when the question was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionTask {
    /// Its number.
    pub id: TaskId,
    /// What it was called.
    pub title: TaskTitle,
    /// In which version it was.
    pub version: TaskVersion,
}

impl From<&Task> for ActionTask {
    fn from(task: &Task) -> Self {
        Self { id: task.id, title: task.title.clone(), version: task.version }
    }
}

impl ActionTask {
    /// How many different tasks some calls would delete.
    #[must_use]
    pub fn count(deletes: &[Option<Vec<Self>>]) -> usize {
        let ids = deletes.iter().flatten().flatten().map(|task| task.id);
        ids.collect::<HashSet<_>>().len()
    }
}

impl From<&ActionTask> for TaskTarget {
    fn from(task: &ActionTask) -> Self {
        Self { id: task.id, if_version: IfVersion::from(task.version) }
    }
}

impl ActionCall {
    /// What is to be carried out of a call that deletes: only what was listed, as it was.
    #[must_use]
    pub fn approved_deletion(&self) -> Option<CallOperation> {
        let tasks = self.deletes.as_ref()?;
        Some(CallOperation::DeleteShown(tasks.iter().map(TaskTarget::from).collect()))
    }
}

/// How an action was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The user said yes: its calls are carried out.
    Approved,
    /// The user said no: none of them is.
    Rejected,
}

impl Decision {
    /// Its name in the ledger and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

/// Why an action is over though its turn does not go on: none of its calls is carried out there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// Nobody decided in time.
    Expired,
    /// The user said something else.
    MovedOn,
    /// The user said yes in a message: the turn of that message carries the calls out.
    AnsweredInWords,
    /// The turn was cancelled or undone.
    Cancelled,
}

impl Closing {
    /// What the calls that waited are recorded with.
    #[must_use]
    pub fn rejection(self) -> Rejection {
        let message = match self {
            Self::Expired => "The question has expired.",
            Self::MovedOn => "Not carried out: the user did not say yes.",
            Self::AnsweredInWords => "Carried out for the user's next message.",
            Self::Cancelled => "Not carried out: the turn was cancelled.",
        };
        Rejection { code: RejectionCode::NotExecuted, message: message.to_owned() }
    }
}

impl Action {
    /// For how long it can be approved.
    pub const LIFETIME: Duration = Duration::from_secs(10 * 60);
    /// How many tasks it covers at most.
    pub const MAX_TASKS: usize = 500;
    /// The line with which its question ends. It names [`Self::LIFETIME`].
    pub const LAST_LINE: &str = "Nothing is deleted unless you say yes within 10 minutes.";
    /// How many tasks its question names at most.
    const MAX_NAMED: usize = 10;

    /// The tasks that would be deleted, in the order of the calls, each once.
    #[must_use]
    pub fn tasks(&self) -> Vec<&ActionTask> {
        let mut seen = HashSet::new();
        let all = self.calls.iter().flat_map(|call| call.deletes.iter().flatten());
        all.filter(|task| seen.insert(task.id)).collect()
    }

    /// Whether it can't be approved any more.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    /// The question, in words: how many tasks, and the first of them.
    #[must_use]
    pub fn question(&self) -> String {
        let tasks = self.tasks();
        let tasks: Vec<_> = tasks.iter().map(|task| (task.id, task.title.as_str())).collect();
        Self::question_about(&tasks, self.calls.iter().any(|call| call.deletes.is_none()))
    }

    /// The question whether these tasks shall be deleted, each given once by its number and title;
    /// and whether other changes wait with that.
    #[must_use]
    pub fn question_about(tasks: &[(TaskId, &str)], others_wait: bool) -> String {
        let mut question = match tasks.len() {
            1 => "Shall I delete this task for good?".to_owned(),
            count => format!("Shall I delete these {count} tasks for good?"),
        };
        for (id, title) in tasks.iter().take(Self::MAX_NAMED) {
            let _ = write!(question, "\n- {id}: {title}");
        }
        if let Some(more) = tasks.len().checked_sub(Self::MAX_NAMED).filter(|more| *more > 0) {
            let _ = write!(question, "\n- and {more} more");
        }
        if others_wait {
            question.push_str("\nThe other changes that you asked for wait with that.");
        }
        question.push('\n');
        question.push_str(Self::LAST_LINE);
        question
    }
}

/// How many tasks a turn deletes at most without asking. What a filter matches is always asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfirmAbove(u16);

/// A number that is no [`ConfirmAbove`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be from 0 to {max}", max = ConfirmAbove::MAX)]
pub struct ConfirmAboveError;

impl ConfirmAbove {
    /// The largest number: as many as one call names.
    pub const MAX: u16 = TaskIds::MAX as u16;

    /// Checks and wraps a number of tasks; 0 asks about every deletion.
    ///
    /// # Errors
    /// [`ConfirmAboveError`] above [`Self::MAX`].
    pub const fn new(tasks: u16) -> Result<Self, ConfirmAboveError> {
        if tasks > Self::MAX { Err(ConfirmAboveError) } else { Ok(Self(tasks)) }
    }

    /// The number of tasks.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl Default for ConfirmAbove {
    fn default() -> Self {
        Self(3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(number: i64) -> ActionTask {
        ActionTask {
            id: TaskId::new(number).unwrap(),
            title: TaskTitle::new(format!("task {number}")).unwrap(),
            version: TaskVersion::FIRST,
        }
    }

    fn action(calls: Vec<Option<Vec<ActionTask>>>) -> Action {
        let uuid = uuid::Uuid::from_u128;
        let call = |deletes| ActionCall {
            call: ModelToolCall {
                id: "c1".into(),
                name: "delete_tasks".into(),
                arguments: "{}".into(),
            },
            deletes,
        };
        Action {
            id: ActionId::new(uuid(1)),
            conversation_id: ConversationId::new(uuid(2)),
            turn_id: TurnId::new(uuid(3)),
            step: 1,
            expires_at: Timestamp::from_microsecond(600_000_000).unwrap(),
            time_zone: TimeZone::UTC,
            calls: calls.into_iter().map(call).collect(),
        }
    }

    #[test]
    fn the_question_names_the_number_and_the_first_ten() {
        let question = action(vec![Some((1..=12).map(task).collect())]).question();
        assert!(question.starts_with("Shall I delete these 12 tasks for good?\n- 1: task 1\n"));
        assert!(question.contains("\n- 10: task 10\n- and 2 more\n"), "{question}");
        assert!(question.ends_with("unless you say yes within 10 minutes."), "{question}");
        assert_eq!(Action::LIFETIME, Duration::from_mins(10));
    }

    #[test]
    fn a_task_that_two_calls_name_counts_once_and_other_changes_are_told() {
        let both = action(vec![Some(vec![task(1)]), None, Some(vec![task(1)])]);
        assert_eq!(both.tasks().len(), 1);
        let question = both.question();
        assert!(question.starts_with("Shall I delete this task for good?\n- 1: task 1\nThe other"));
    }

    #[test]
    fn it_expires_at_its_instant() {
        let at = |micros| Timestamp::from_microsecond(micros).unwrap();
        let action = action(vec![]);
        assert!(!action.has_expired(at(599_999_999)) && action.has_expired(at(600_000_000)));
    }

    #[test]
    fn any_number_up_to_fifty_can_be_deleted_without_asking() {
        assert_eq!(ConfirmAbove::new(0).map(ConfirmAbove::get), Ok(0));
        assert_eq!(ConfirmAbove::new(50).map(ConfirmAbove::get), Ok(50));
        assert_eq!(ConfirmAbove::new(51).unwrap_err().to_string(), "must be from 0 to 50");
    }
}
