//! Everything of a user's as a row of records, to be kept elsewhere and taken into another account.

use std::{
    collections::{HashMap, HashSet},
    mem,
};

use crate::{
    CallResult, Conversation, ConversationId, Due, Message, MessageCursor, Task, TaskEffect,
    TaskId, TaskVersion, TimeZone, Timestamp, Turn, TurnId, TurnStatus, TurnStep, UndoLink, User,
    UserLimit, UserLimits, UserName,
};

/// A piece of an export. A header comes first and a trailer last; a conversation comes before its
/// turns and messages, and messages come in the order of saying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArchiveRecord {
    /// Whose export it is.
    Header(ArchiveHeader),
    /// A task.
    Task(Task),
    /// A conversation without what was said in it.
    Conversation(Conversation),
    /// A turn with its ledger.
    Turn(Turn),
    /// Something said in the conversation that is named.
    Message(ConversationId, Message),
    /// How many records precede it, by which a file that was cut off is recognised.
    Trailer(ArchiveCounts),
}

/// The beginning of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveHeader {
    /// When the export began.
    pub exported_at: Timestamp,
    /// Whose it is. There is no password in it, hashed or not.
    pub user: User,
}

/// How many records of each kind there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ArchiveCounts {
    /// Tasks.
    pub tasks: u64,
    /// Conversations.
    pub conversations: u64,
    /// Turns.
    pub turns: u64,
    /// Messages.
    pub messages: u64,
}

impl ArchiveCounts {
    /// Counts a record in; the header and the trailer count for nothing.
    pub const fn count(&mut self, record: &ArchiveRecord) {
        match record {
            ArchiveRecord::Header(_) | ArchiveRecord::Trailer(_) => {}
            ArchiveRecord::Task(_) => self.tasks += 1,
            ArchiveRecord::Conversation(_) => self.conversations += 1,
            ArchiveRecord::Turn(_) => self.turns += 1,
            ArchiveRecord::Message(..) => self.messages += 1,
        }
    }
}

/// Why a row of records is no export that an account could take in: a phrase about the record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveFault {
    /// Something else comes first.
    #[error("must be the header, with which every export begins")]
    NoHeader,
    /// A header in the middle.
    #[error("is a second header")]
    SecondHeader,
    /// The end is missing.
    #[error("must be the trailer: the export was cut off before its end")]
    NoTrailer,
    /// Something after the end.
    #[error("comes after the trailer, with which every export ends")]
    AfterTrailer,
    /// Something between the beginning and the end is missing, or too much.
    #[error("is a trailer that counts other records than precede it")]
    WrongCounts,
    /// Two of the same name.
    #[error("is a {0} whose id an earlier {0} has")]
    Duplicate(&'static str),
    /// It belongs to nothing.
    #[error("belongs to a conversation that no earlier line has")]
    NoConversation,
    /// A turn is in one conversation.
    #[error("names a turn of another conversation")]
    ForeignTurn,
    /// More than an account may have.
    #[error("is one {kind} more than the {max} an account may have")]
    TooMany {
        /// What there are too many of.
        kind: &'static str,
        /// How many there may be.
        max: u32,
    },
    /// A line that is no record at all: a phrase about it.
    #[error("{0}")]
    Unreadable(String),
    /// A value that is none of its kind.
    #[error("{part} {rule}")]
    Value {
        /// Which one.
        part: &'static str,
        /// A phrase to put after its name.
        rule: String,
    },
}

impl ArchiveFault {
    /// What is wrong with a value.
    pub fn value(part: &'static str, rule: impl Into<String>) -> Self {
        Self::Value { part, rule: rule.into() }
    }
}

/// Some records of an export, checked, to be written together. Conversations come before what
/// belongs to them, here or in an earlier part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArchivePart {
    /// Tasks.
    pub tasks: Vec<Task>,
    /// Conversations.
    pub conversations: Vec<Conversation>,
    /// Turns with their ledgers. None of them runs.
    pub turns: Vec<Turn>,
    /// Messages, each with its conversation, whose positions there are 1, 2, 3 …
    pub messages: Vec<(ConversationId, Message)>,
}

/// What an export that was read to its end says of the account as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveSummary {
    /// What the user is called.
    pub name: UserName,
    /// Where their days begin and end.
    pub time_zone: TimeZone,
    /// The largest number that a task has or had: new ones are numbered from there.
    pub last_task_number: i64,
    /// How much there is of everything.
    pub counts: ArchiveCounts,
}

/// Checks an export record by record, and hands out what it has read part by part. It keeps the ids
/// of what is gone, some 150 bytes for each record.
#[derive(Debug)]
pub struct ArchiveReader {
    now: Timestamp,
    user_limits: UserLimits,
    user: Option<User>,
    part: ArchivePart,
    task_ids: HashSet<TaskId>,
    last_task_number: i64,
    /// How many messages each conversation has had.
    conversations: HashMap<ConversationId, i64>,
    turn_ids: HashSet<TurnId>,
    /// The positions in chains of undos that are taken.
    undos: HashSet<(TurnId, i32)>,
    /// In which conversation each turn is that anything was heard of.
    homes: HashMap<TurnId, ConversationId>,
    message_ids: HashSet<crate::MessageId>,
    counts: ArchiveCounts,
    has_ended: bool,
}

impl ArchiveReader {
    /// The largest number of a task, and the largest version: far from where counting ends.
    pub const MAX_NUMBER: i64 = 1_000_000_000;

    /// Has read nothing yet, for a user who may keep so much. A turn that ran when it was exported
    /// ends now, as interrupted.
    #[must_use]
    pub fn new(now: Timestamp, user_limits: UserLimits) -> Self {
        Self {
            now,
            user_limits,
            user: None,
            part: ArchivePart::default(),
            task_ids: HashSet::new(),
            last_task_number: 0,
            conversations: HashMap::new(),
            turn_ids: HashSet::new(),
            undos: HashSet::new(),
            homes: HashMap::new(),
            message_ids: HashSet::new(),
            counts: ArchiveCounts::default(),
            has_ended: false,
        }
    }

    /// Takes the next record.
    ///
    /// # Errors
    /// [`ArchiveFault`] says why the row of records is no export with this record in it.
    pub fn read(&mut self, record: ArchiveRecord) -> Result<(), ArchiveFault> {
        if self.has_ended {
            return Err(ArchiveFault::AfterTrailer);
        }
        match (&self.user, &record) {
            (None, ArchiveRecord::Header(_)) | (Some(_), _) => {}
            (None, _) => return Err(ArchiveFault::NoHeader),
        }
        self.counts.count(&record);
        match record {
            ArchiveRecord::Header(_) if self.user.is_some() => Err(ArchiveFault::SecondHeader),
            ArchiveRecord::Header(header) => {
                self.user = Some(header.user);
                Ok(())
            }
            ArchiveRecord::Task(task) => self.task(task),
            ArchiveRecord::Conversation(conversation) => self.conversation(conversation),
            ArchiveRecord::Turn(turn) => self.turn(turn),
            ArchiveRecord::Message(conversation, message) => self.message(conversation, message),
            ArchiveRecord::Trailer(counts) if counts != self.counts => {
                Err(ArchiveFault::WrongCounts)
            }
            ArchiveRecord::Trailer(_) => {
                self.has_ended = true;
                Ok(())
            }
        }
    }

    /// What was read since it was asked last.
    #[must_use]
    pub fn take_part(&mut self) -> ArchivePart {
        mem::take(&mut self.part)
    }

    /// The last part, and what was read in all, if that was a whole export.
    ///
    /// # Errors
    /// [`ArchiveFault::NoHeader`] where nothing was read, [`ArchiveFault::NoTrailer`] where the end
    /// is missing.
    pub fn finish(self) -> Result<(ArchivePart, ArchiveSummary), ArchiveFault> {
        let user = self.user.ok_or(ArchiveFault::NoHeader)?;
        if !self.has_ended {
            return Err(ArchiveFault::NoTrailer);
        }
        let summary = ArchiveSummary {
            name: user.name,
            time_zone: user.time_zone,
            last_task_number: self.last_task_number,
            counts: self.counts,
        };
        Ok((self.part, summary))
    }

    fn task(&mut self, task: Task) -> Result<(), ArchiveFault> {
        check_task(&task)?;
        room("task", self.task_ids.len(), self.user_limits.tasks)?;
        if !self.task_ids.insert(task.id) {
            return Err(ArchiveFault::Duplicate("task"));
        }
        self.last_task_number = self.last_task_number.max(task.id.get());
        self.part.tasks.push(task);
        Ok(())
    }

    fn conversation(&mut self, conversation: Conversation) -> Result<(), ArchiveFault> {
        check_instant("created_at", conversation.created_at)?;
        check_instant("updated_at", conversation.updated_at)?;
        check_order(conversation.created_at, conversation.updated_at)?;
        let there_are = self.conversations.len();
        room("conversation", there_are, self.user_limits.conversations)?;
        if self.conversations.insert(conversation.id, 0).is_some() {
            return Err(ArchiveFault::Duplicate("conversation"));
        }
        self.part.conversations.push(conversation);
        Ok(())
    }

    fn turn(&mut self, mut turn: Turn) -> Result<(), ArchiveFault> {
        if turn.status == TurnStatus::Running {
            turn.status = TurnStatus::Interrupted;
            turn.finished_at = Some(self.now);
        }
        turn.give_up_waiting();
        let last_task_number = check_turn(&turn)?;
        if !self.turn_ids.insert(turn.id) {
            return Err(ArchiveFault::Duplicate("turn"));
        }
        if let Some(UndoLink { first, number }) = turn.undo
            && !self.undos.insert((first, number))
        {
            return Err(ArchiveFault::value("undo_number", "is one that an earlier turn has"));
        }
        self.last_task_number = self.last_task_number.max(last_task_number);
        self.at_home(turn.id, turn.conversation_id)?;
        self.part.turns.push(turn);
        Ok(())
    }

    fn message(&mut self, home: ConversationId, message: Message) -> Result<(), ArchiveFault> {
        check_instant("created_at", message.created_at)?;
        if !self.message_ids.insert(message.id) {
            return Err(ArchiveFault::Duplicate("message"));
        }
        let said = self.at_home(message.turn_id, home)?;
        *said += 1;
        let position = MessageCursor::new(*said);
        self.part.messages.push((home, Message { position, ..message }));
        Ok(())
    }

    /// How much was said in the conversation, which must be there, of a turn, which must be in no
    /// other.
    fn at_home(&mut self, turn: TurnId, home: ConversationId) -> Result<&mut i64, ArchiveFault> {
        let said = self.conversations.get_mut(&home).ok_or(ArchiveFault::NoConversation)?;
        if *self.homes.entry(turn).or_insert(home) != home {
            return Err(ArchiveFault::ForeignTurn);
        }
        Ok(said)
    }
}

fn room(kind: &'static str, there_are: usize, max: UserLimit) -> Result<(), ArchiveFault> {
    match max.room(there_are as u64) {
        0 => Err(ArchiveFault::TooMany { kind, max: max.get() }),
        _ => Ok(()),
    }
}

/// Both engines keep these years.
fn check_instant(part: &'static str, instant: Timestamp) -> Result<(), ArchiveFault> {
    let year = TimeZone::UTC.day_of(instant).year();
    if (1..=9999).contains(&year) {
        Ok(())
    } else {
        Err(ArchiveFault::value(part, "must be in the years 1 to 9999"))
    }
}

fn check_order(created_at: Timestamp, updated_at: Timestamp) -> Result<(), ArchiveFault> {
    if created_at <= updated_at {
        Ok(())
    } else {
        Err(ArchiveFault::value("updated_at", "must not be before created_at"))
    }
}

/// What a task's own values don't know: what the store and those who count on want of them.
fn check_task(task: &Task) -> Result<(), ArchiveFault> {
    let numbers = TaskVersion::FIRST.get()..=ArchiveReader::MAX_NUMBER;
    for (part, number) in [("a task's id", task.id.get()), ("version", task.version.get())] {
        if !numbers.contains(&number) {
            return Err(ArchiveFault::value(part, "must be from 1 to 1000000000"));
        }
    }
    check_instant("created_at", task.created_at)?;
    check_instant("updated_at", task.updated_at)?;
    task.completed_at.map_or(Ok(()), |at| check_instant("completed_at", at))?;
    match task.due {
        Some(Due::Day(day)) if day.year() < 1 => {
            return Err(ArchiveFault::value("due_day", "must be in the years 1 to 9999"));
        }
        Some(Due::At(at)) => check_instant("due_at", at)?,
        Some(Due::Day(_)) | None => {}
    }
    check_order(task.created_at, task.updated_at)
}

/// Checks a turn that has ended; returns the largest number of a task that it changed.
fn check_turn(turn: &Turn) -> Result<i64, ArchiveFault> {
    check_instant("started_at", turn.started_at)?;
    let finished_at = turn.finished_at;
    let finished_at = finished_at.ok_or_else(|| {
        ArchiveFault::value("finished_at", "is required of a turn that does not run")
    })?;
    check_instant("finished_at", finished_at)?;
    if turn.steps.len() > Turn::MAX_STEPS {
        return Err(ArchiveFault::value("steps", "must be at most 6"));
    }
    if turn.steps.iter().any(|step| step.calls.len() > TurnStep::MAX_CALLS) {
        return Err(ArchiveFault::value("calls", "must be at most 128 of a step"));
    }
    let identities = turn.identity.iter().chain(turn.steps.iter().map(|step| &step.identity));
    for identity in identities {
        check_text("engine", &identity.engine)?;
        check_text("model", &identity.model)?;
    }
    if !turn.steps.is_sorted_by(|a, b| a.number < b.number)
        || turn.steps.first().is_some_and(|step| step.number < 1)
    {
        return Err(ArchiveFault::value("the number of a step", "must rise, from 1"));
    }
    if turn.undo.is_some_and(|link| !(1..=UndoLink::MAX_NUMBER).contains(&link.number)) {
        return Err(ArchiveFault::value("undo_number", "must be from 1 to 1000000000"));
    }
    let mut last_task_number = 0;
    for step in &turn.steps {
        check_text("plan", step.plan.as_deref().unwrap_or_default())?;
        check_text("reasoning", step.reasoning.as_deref().unwrap_or_default())?;
        for call in &step.calls {
            check_text("the id of a call", &call.id)?;
            check_text("the name of a call", &call.name)?;
            check_text("the arguments of a call", &call.arguments)?;
            if let CallResult::Rejected(rejection) = &call.result {
                check_text("the message of a rejection", &rejection.message)?;
            }
            for effect in call.effects() {
                last_task_number = last_task_number.max(effect.task_id.get());
                check_effect(&effect)?;
            }
        }
    }
    Ok(last_task_number)
}

fn check_effect(effect: &TaskEffect) -> Result<(), ArchiveFault> {
    for image in effect.before.iter().chain(&effect.after) {
        check_task(image)?;
        if image.id != effect.task_id {
            return Err(ArchiveFault::value("before and after", "must be the same task"));
        }
    }
    Ok(())
}

fn check_text(part: &'static str, text: &str) -> Result<(), ArchiveFault> {
    if text.contains('\0') {
        Err(ArchiveFault::value(part, crate::TextError::Nul.to_string()))
    } else {
        Ok(())
    }
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
