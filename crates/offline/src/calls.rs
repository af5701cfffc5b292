//! What there is to do, as calls of tools with their JSON arguments, and what there is to say beside
//! their results.

use serde_json::{Map, Value, json};
use todo_domain::{Change, Tag, TaskId, TaskIds, UndoDirection};

use super::{
    intent::{Action, Draft, Listing, Missing, Patch, TagEdit, Talk},
    results::SeenTask,
    spans::Shift,
};

/// What is done with one task, or a list that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call {
    Add(Draft),
    List(Listing),
    Complete(TaskId),
    Reopen(TaskId),
    Update(TaskId, Patch),
    Delete(TaskId),
    /// Delete all of these. The user is asked first, and not by us.
    DeleteAll(Listing),
    Undo(UndoDirection),
}

impl Call {
    /// The name of the tool.
    pub(super) fn tool(&self) -> &'static str {
        match self {
            Self::Add(_) => "add_task",
            Self::List(_) => "list_tasks",
            Self::Complete(_) => "complete_tasks",
            Self::Reopen(_) => "reopen_tasks",
            Self::Update(..) => "update_tasks",
            Self::Delete(_) | Self::DeleteAll(_) => "delete_tasks",
            Self::Undo(_) => "undo_last_turn",
        }
    }

    /// The arguments of its tool, but for the task it is about.
    fn arguments(&self) -> Map<String, Value> {
        match self {
            Self::Add(draft) => added(draft),
            Self::List(listing) => listed(listing),
            Self::Update(_, patch) => updated(patch),
            Self::Complete(_) | Self::Reopen(_) | Self::Delete(_) => Map::new(),
            Self::DeleteAll(listing) => {
                let mut arguments = listed(listing);
                arguments.insert("task_ids".to_owned(), json!([]));
                arguments
            }
            Self::Undo(direction) => given([("direction", Some(json!(direction.as_str())))]),
        }
    }

    /// The task it is about, if it exists already.
    pub(super) fn task(&self) -> Option<TaskId> {
        match self {
            Self::Complete(id) | Self::Reopen(id) | Self::Delete(id) | Self::Update(id, _) => {
                Some(*id)
            }
            Self::Add(_) | Self::List(_) | Self::DeleteAll(_) | Self::Undo(_) => None,
        }
    }
}

/// One use of a tool: a call, or several that do the same with different tasks. There is always one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ToolUse(Vec<Call>);

impl ToolUse {
    /// The use of a tool for one call.
    pub(super) fn of(call: Call) -> Self {
        Self(vec![call])
    }

    /// Takes a call in, if it does the same with another task; tells whether it did.
    pub(super) fn takes(&mut self, call: &Call) -> bool {
        let is_same = self.0.iter().all(|other| {
            call.task().is_some()
                && call.task() != other.task()
                && call.tool() == other.tool()
                && call.arguments() == other.arguments()
        });
        let takes = is_same && self.0.len() < TaskIds::MAX;
        if takes {
            self.0.push(call.clone());
        }
        takes
    }

    /// The calls, in order.
    pub(super) fn calls(&self) -> &[Call] {
        &self.0
    }

    /// The name of the tool.
    pub(super) fn tool(&self) -> &'static str {
        self.0.first().map_or("", Call::tool)
    }

    /// Its arguments as JSON text.
    pub(super) fn arguments(&self) -> String {
        let mut arguments = self.0.first().map(Call::arguments).unwrap_or_default();
        let ids: Vec<_> = self.0.iter().filter_map(Call::task).map(TaskId::get).collect();
        if !ids.is_empty() {
            arguments.insert("task_ids".to_owned(), json!(ids));
        }
        Value::Object(arguments).to_string()
    }
}

fn added(draft: &Draft) -> Map<String, Value> {
    let said = &draft.modifiers;
    given([
        ("title", Some(json!(draft.title))),
        ("description", said.description.as_ref().map(|text| json!(text))),
        ("priority", said.priority.map(|priority| json!(priority.as_str()))),
        ("due", said.due.map(|due| json!(due.to_string()))),
        ("tags", (!said.tags.is_empty()).then(|| named(&said.tags))),
    ])
}

fn listed(listing: &Listing) -> Map<String, Value> {
    let status = listing.status.map_or("all", |status| status.as_str());
    given([
        ("status", Some(json!(status))),
        ("priority", listing.priority.map(|priority| json!(priority.as_str()))),
        ("tags", (!listing.tags.is_empty()).then(|| named(&listing.tags))),
        ("query", listing.query.as_ref().map(|text| json!(text))),
        ("due_before", listing.due_before.map(|day| json!(day.to_string()))),
        ("due_after", listing.due_after.map(|day| json!(day.to_string()))),
        ("overdue", listing.overdue.then(|| json!(true))),
    ])
}

fn updated(patch: &Patch) -> Map<String, Value> {
    let no_tags = matches!(&patch.tags, TagEdit::Set(tags) if tags.is_empty());
    let cleared: Vec<_> = [
        ("description", patch.description == Change::Clear),
        ("due", patch.due == Change::Clear),
        ("tags", no_tags),
    ]
    .into_iter()
    .filter_map(|(field, cleared)| cleared.then_some(field))
    .collect();
    let description =
        if let Change::Set(text) = &patch.description { Some(json!(text)) } else { None };
    let due = if let Change::Set(due) = patch.due { Some(json!(due.to_string())) } else { None };
    let tags = match &patch.tags {
        TagEdit::Keep => None,
        TagEdit::Set(_) if no_tags => None,
        TagEdit::Set(tags) => Some(("tags", named(tags))),
        TagEdit::Add(tags) => Some(("add_tags", named(tags))),
        TagEdit::Remove(tags) => Some(("remove_tags", named(tags))),
    };
    let mut arguments = given([
        ("title", patch.title.as_ref().map(|title| json!(title))),
        ("description", description),
        ("priority", patch.priority.map(|priority| json!(priority.as_str()))),
        ("due", due),
        ("move", patch.shift.map(|Shift { by, unit }| json!({ "by": by, "unit": unit.as_str() }))),
        ("clear", (!cleared.is_empty()).then(|| json!(cleared))),
    ]);
    arguments.extend(tags.map(|(name, tags)| (name.to_owned(), tags)));
    arguments
}

fn named(tags: &[Tag]) -> Value {
    tags.iter().map(Tag::as_str).collect()
}

/// The arguments that have a value: absent ones are left out.
fn given<const N: usize>(arguments: [(&str, Option<Value>); N]) -> Map<String, Value> {
    arguments.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

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
    /// All of them are too many for one message.
    TooMany,
}
