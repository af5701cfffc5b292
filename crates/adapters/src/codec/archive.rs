//! The format of exports: a JSON object on each line, distinguished by `type`. docs/EXPORT.md explains
//! it to those who read such files. Tasks and what calls brought have the form of the ledger.

use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use todo_domain::{
    AnswerText, ArchiveCounts, ArchiveFault, ArchiveHeader, ArchiveRecord, Conversation,
    ConversationId, ConversationTitle, Email, Message, MessageCursor, MessageId, MessageText, Role,
    Tags, Task, TaskDescription, TaskTitle, TimeZone, Timestamp, TokenEpoch, TurnId, User, UserId,
    UserName,
    ports::{ArchiveFormat, StoreError, StoreErrorKind},
};

use super::{AsText, InvalidJson, part, task::TaskJson, turn::TurnJson};

/// What a file calls its format.
const FORMAT: &str = "todo-chatbot";
/// What it calls its version. It rises when an older service must not read a file any more.
const VERSION: u32 = 1;
/// How long a line may be that is no turn: the longest answer, were each of its characters escaped.
const MAX_SHORT_LINE: usize = 512 * 1024;

/// Exports as JSON lines.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonLines;

/// A line as it is written. It is read by its [`Kind`]: serde would hold it as a tree first, with
/// all that nobody asked for, which takes many times its text.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line {
    Header(HeaderJson),
    Task(TaskJson),
    Conversation(ConversationJson),
    Turn(TurnJson),
    Message(MessageJson),
    Trailer(TrailerJson),
}

#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "type")]
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Header,
    Task,
    Conversation,
    Turn,
    Message,
    Trailer,
}

#[derive(Serialize, Deserialize)]
struct HeaderJson {
    format: String,
    version: u32,
    exported_at: AsText<Timestamp>,
    account: AccountJson,
}

#[derive(Serialize, Deserialize)]
struct AccountJson {
    id: i64,
    email: String,
    name: String,
    timezone: String,
    created_at: AsText<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct ConversationJson {
    id: AsText<ConversationId>,
    title: String,
    created_at: AsText<Timestamp>,
    updated_at: AsText<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RoleJson {
    User,
    Assistant,
}

#[derive(Serialize, Deserialize)]
struct MessageJson {
    id: AsText<MessageId>,
    conversation_id: AsText<ConversationId>,
    turn_id: AsText<TurnId>,
    role: RoleJson,
    content: String,
    created_at: AsText<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct TrailerJson {
    tasks: u64,
    conversations: u64,
    turns: u64,
    messages: u64,
}

impl ArchiveFormat for JsonLines {
    fn write(&self, record: ArchiveRecord) -> Result<String, StoreError> {
        serde_json::to_string(&Line::from(record))
            .map_err(|error| StoreError::new(StoreErrorKind::Internal, error))
    }

    fn read(&self, line: &str) -> Result<ArchiveRecord, ArchiveFault> {
        let Typed { kind } = record(line)?;
        if kind != Kind::Turn && line.len() > MAX_SHORT_LINE {
            let problem = "is longer than 512 KiB, which only the line of a turn may be";
            return Err(ArchiveFault::Unreadable(problem.to_owned()));
        }
        let line = match kind {
            Kind::Header => Line::Header(record(line)?),
            Kind::Task => Line::Task(record(line)?),
            Kind::Conversation => Line::Conversation(record(line)?),
            Kind::Turn => Line::Turn(record(line)?),
            Kind::Message => Line::Message(record(line)?),
            Kind::Trailer => Line::Trailer(record(line)?),
        };
        line.parse().map_err(|InvalidJson { part, rule }| ArchiveFault::Value { part, rule })
    }
}

/// The fields of a record; those it does not have are skipped.
fn record<'line, T: Deserialize<'line>>(line: &'line str) -> Result<T, ArchiveFault> {
    serde_json::from_str(line).map_err(|error| fault_of(&error))
}

/// What serde says is wrong, without the value that came.
fn fault_of(error: &serde_json::Error) -> ArchiveFault {
    let text = error.to_string();
    let (message, _) = text.rsplit_once(" at line ").unwrap_or((&text, ""));
    let missing = message.strip_prefix("missing field ");
    let rule = match (error.classify(), missing, message.rsplit_once("expected ")) {
        (Category::Data, Some(field), _) => format!("{field} is required"),
        (Category::Data, None, Some((_, kind))) if kind.starts_with("struct ") => {
            "must be an object".to_owned()
        }
        (Category::Data, None, Some((_, kind))) => format!("must be {kind}"),
        (Category::Data, None, None) => "has no value of its kind".to_owned(),
        _ => {
            let column = error.column();
            return ArchiveFault::Unreadable(format!("is not JSON: see column {column}"));
        }
    };
    ArchiveFault::Unreadable(format!("is no record of this format: a field {rule}"))
}

impl From<ArchiveRecord> for Line {
    fn from(record: ArchiveRecord) -> Self {
        match record {
            ArchiveRecord::Header(ArchiveHeader { exported_at, user }) => {
                Self::Header(HeaderJson {
                    format: FORMAT.to_owned(),
                    version: VERSION,
                    exported_at: AsText(exported_at),
                    account: AccountJson {
                        id: user.id.get(),
                        email: user.email.as_str().to_owned(),
                        name: user.name.into(),
                        timezone: user.time_zone.name().to_owned(),
                        created_at: AsText(user.created_at),
                    },
                })
            }
            ArchiveRecord::Task(task) => Self::Task(TaskJson::from(&task)),
            ArchiveRecord::Conversation(conversation) => Self::Conversation(ConversationJson {
                id: AsText(conversation.id),
                title: conversation.title.as_str().to_owned(),
                created_at: AsText(conversation.created_at),
                updated_at: AsText(conversation.updated_at),
            }),
            ArchiveRecord::Turn(turn) => Self::Turn(turn.into()),
            ArchiveRecord::Message(conversation, message) => Self::Message(MessageJson {
                id: AsText(message.id),
                conversation_id: AsText(conversation),
                turn_id: AsText(message.turn_id),
                role: match message.role {
                    Role::User => RoleJson::User,
                    Role::Assistant => RoleJson::Assistant,
                },
                content: message.text,
                created_at: AsText(message.created_at),
            }),
            ArchiveRecord::Trailer(ArchiveCounts { tasks, conversations, turns, messages }) => {
                Self::Trailer(TrailerJson { tasks, conversations, turns, messages })
            }
        }
    }
}

impl Line {
    fn parse(self) -> Result<ArchiveRecord, InvalidJson> {
        Ok(match self {
            Self::Header(header) => ArchiveRecord::Header(header.parse()?),
            Self::Task(task) => ArchiveRecord::Task(checked(task.try_into()?)?),
            Self::Conversation(conversation) => ArchiveRecord::Conversation(Conversation {
                id: conversation.id.0,
                title: part("title", ConversationTitle::new(&conversation.title))?,
                created_at: conversation.created_at.0,
                updated_at: conversation.updated_at.0,
            }),
            Self::Turn(turn) => ArchiveRecord::Turn(turn.parse()?),
            Self::Message(message) => {
                ArchiveRecord::Message(message.conversation_id.0, message.parse()?)
            }
            Self::Trailer(TrailerJson { tasks, conversations, turns, messages }) => {
                let counts = ArchiveCounts { tasks, conversations, turns, messages };
                ArchiveRecord::Trailer(counts)
            }
        })
    }
}

/// A task of a file is checked by the rules of today, unlike one that a store kept.
fn checked(task: Task) -> Result<Task, InvalidJson> {
    let description = task.description.map(|text| TaskDescription::new(text.as_str())).transpose();
    Ok(Task {
        title: part("a task's title", TaskTitle::new(task.title.as_str()))?,
        description: part("a task's description", description)?,
        tags: part("a task's tags", task.tags.to_string().parse::<Tags>())?,
        ..task
    })
}

impl HeaderJson {
    fn parse(self) -> Result<ArchiveHeader, InvalidJson> {
        let is_ours = self.format == FORMAT;
        part("format", is_ours.then_some(()).ok_or("must be todo-chatbot"))?;
        let is_known = self.version == VERSION;
        part("version", is_known.then_some(()).ok_or("must be 1; this service reads no other"))?;
        let account = self.account;
        let user = User {
            id: part("the account's id", UserId::new(account.id))?,
            email: part("the account's email", Email::new(&account.email))?,
            name: part("the account's name", UserName::new(account.name))?,
            time_zone: part("the account's timezone", account.timezone.parse::<TimeZone>())?,
            created_at: account.created_at.0,
            // Of the account it was, and no part of an export.
            token_epoch: TokenEpoch::default(),
            disabled_at: None,
            operator_since: None,
        };
        Ok(ArchiveHeader { exported_at: self.exported_at.0, user })
    }
}

impl MessageJson {
    fn parse(self) -> Result<Message, InvalidJson> {
        let (role, text) = match self.role {
            RoleJson::User => (Role::User, part("content", MessageText::new(self.content))?.into()),
            RoleJson::Assistant => {
                (Role::Assistant, part("content", AnswerText::new(self.content))?.into())
            }
        };
        Ok(Message {
            id: self.id.0,
            // The order of the lines counts.
            position: MessageCursor::new(1),
            role,
            text,
            turn_id: self.turn_id.0,
            created_at: self.created_at.0,
        })
    }
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
