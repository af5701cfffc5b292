//! What a person wants, as far as one message says it.

use jiff::civil::Date;
use todo_domain::{Change, Priority, Tag, TaskId, TaskStatus, UndoDirection};

use super::{modifiers::Modifiers, names::Name, spans::Shift, when::When};

/// One thing a person wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Intent {
    /// Add a task.
    Add(Draft),
    /// See tasks.
    List(Listing),
    /// Do something with tasks.
    Act(Action, Vec<Target>),
    /// Take back, or bring back, what was done last in the conversation.
    Undo(UndoDirection),
    /// Something that lacks what must be known first.
    Incomplete(Missing),
    /// Nothing that concerns tasks.
    Talk(Talk),
}

impl Intent {
    /// The same as something to be asked about first. What ends in a title stays as it is: a
    /// question mark may belong to the title.
    pub(super) fn doubted(self) -> Self {
        match self {
            Self::Act(action, targets) if !action.is_open() => {
                Self::Incomplete(Missing::Consent(action, targets))
            }
            certain => certain,
        }
    }
}

/// A task to add.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) title: String,
    pub(super) modifiers: Modifiers,
}

/// Which tasks to see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Listing {
    /// `None`: done or not.
    pub(super) status: Option<TaskStatus>,
    pub(super) priority: Option<Priority>,
    pub(super) tags: Vec<Tag>,
    pub(super) due_after: Option<Date>,
    pub(super) due_before: Option<Date>,
    pub(super) overdue: bool,
    pub(super) query: Option<String>,
    /// Only this one of them.
    pub(super) only: Option<TaskId>,
}

/// What to do with a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    Complete,
    Reopen,
    Delete,
    Update(Patch),
}

impl Action {
    /// Whether saying it ends with words that are free to go on: a title, or a note.
    pub(super) fn is_open(&self) -> bool {
        self.open_text().is_some()
    }

    /// The words it ends with where they are free to go on.
    pub(super) fn open_text(&self) -> Option<&str> {
        match self {
            Self::Update(Patch { description: Change::Set(text), .. })
            | Self::Update(Patch { title: Some(text), .. }) => Some(text),
            _ => None,
        }
    }
}

/// What to do with the tags of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum TagEdit {
    #[default]
    Keep,
    Add(Vec<Tag>),
    Remove(Vec<Tag>),
    Set(Vec<Tag>),
}

/// What to change about a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Patch {
    pub(super) title: Option<String>,
    pub(super) description: Change<String>,
    pub(super) priority: Option<Priority>,
    pub(super) due: Change<When>,
    /// How much later it is to be due, or earlier.
    pub(super) shift: Option<Shift>,
    pub(super) tags: TagEdit,
}

impl Patch {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same said of a task that does not exist yet. There is nothing to clear about it, and
    /// its title is not among the modifiers.
    pub(super) fn into_modifiers(self) -> Modifiers {
        let set = |change| if let Change::Set(value) = change { Some(value) } else { None };
        let due = if let Change::Set(due) = self.due { Some(due) } else { None };
        let tags = match self.tags {
            TagEdit::Add(tags) | TagEdit::Set(tags) => tags,
            TagEdit::Keep | TagEdit::Remove(_) => Vec::new(),
        };
        Modifiers { priority: self.priority, due, tags, description: set(self.description) }
    }
}

impl From<Modifiers> for Patch {
    fn from(said: Modifiers) -> Self {
        Self {
            title: None,
            description: said.description.map_or(Change::Keep, Change::Set),
            priority: said.priority,
            due: said.due.map_or(Change::Keep, Change::Set),
            shift: None,
            tags: if said.tags.is_empty() { TagEdit::Keep } else { TagEdit::Add(said.tags) },
        }
    }
}

/// Which task is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Number(TaskId),
    /// A number no task can have, as it was said.
    Impossible(String),
    Named(Name),
    /// "it": the one last spoken of.
    Mentioned,
    /// "the task", "the urgent one": one of these, whichever.
    OneOf(Listing),
    /// "everything", "all completed tasks".
    All(Listing),
}

/// What must be known before something can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Missing {
    /// What the new task is.
    Title(Modifiers),
    /// What the tasks are to be called.
    NewTitle(Vec<Target>),
    /// When the tasks are due.
    Due(Vec<Target>),
    /// What to do with the tasks, or what to change about them.
    Change(Vec<Target>),
    /// Whether it is meant at all: "3 done?", "I want to finish 2".
    Consent(Action, Vec<Target>),
    /// Which of the tasks that were offered, each with its line, are meant.
    Choice(Action, Vec<Offer>),
}

/// A task that was offered to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) id: TaskId,
    /// Its line in the answer that offered it.
    pub(super) line: String,
}

/// What is said that concerns no task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Talk {
    Greeting,
    Help,
    Thanks,
    /// "yes" to nothing in particular.
    Yes,
    /// "no", "never mind", "don't delete it".
    No,
    /// More than one undo at a time.
    OneUndo,
    /// Something else beside an undo.
    BesideUndo,
    /// Not understood, but it could be a task, and this is how to add it.
    Perhaps(String),
    /// Not understood.
    Unknown,
}
