//! What there is to say beside the results of calls.

use super::{
    calls::Call,
    intent::{Action, Listing, Missing, Talk},
    results::SeenTask,
};

/// Something to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Remark {
    /// The person has to say which of these tasks, the first of so many.
    Which { action: Action, why: Why, tasks: Vec<SeenTask>, total: u64 },
    /// Some task is meant, and nothing is known about which.
    WhichNumber,
    /// There are no such tasks.
    Nothing(Listing),
    /// No task has that name; these have a word of it.
    NoSuchTask { said: String, similar: Vec<SeenTask> },
    /// Nothing was done with the others that were named beside it.
    Untouched,
    /// No task can have that number.
    NoSuchNumber(String),
    /// Something else has to be known first.
    Missing(Missing),
    /// More was asked for than one message may do.
    LeftOut { done: usize, left_out: Vec<Call> },
    /// The tool for it is not there.
    NoTool,
    /// Nothing about tasks was said.
    Talk(Talk),
}

/// Why the person has to say which tasks are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Each of them may be.
    Unclear,
    /// Nothing is deleted without being named.
    Deleting,
    /// All of them are too many for one message.
    TooMany,
}
