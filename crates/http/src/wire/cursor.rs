//! Cursors: positions in lists, as opaque texts (base64url of compact JSON). A cursor knows which
//! list and which order it belongs to.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::json;
use todo_domain::{
    ConversationCursor, Due, MessageCursor, PageLimit, PageLimitError, Priority, SearchText,
    TaskCursor, TaskId, TaskSort, TaskSortField, TaskSortKey, TimeZone, Timestamp, UserId,
};
use utoipa::IntoParams;

use crate::error::{Cause, Fields, Refusal};

/// The text is no cursor of the list it is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be taken from the Link of a page of this list, with the same q and sort")]
pub(crate) struct CursorError;

impl Refusal for CursorError {
    fn cause(&self) -> Cause {
        Cause::InvalidFormat { format: "cursor" }
    }
}

/// The query string of a list without filters.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// How many on a page.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<String>,
    /// Where a page starts, from the `Link` of the one before.
    cursor: Option<String>,
}

impl PageQuery {
    /// `read` reads the cursor.
    pub(crate) fn parse<T>(
        self,
        read: impl FnOnce(&str) -> Result<T, CursorError>,
        fields: &mut Fields,
    ) -> Option<(PageLimit, Option<T>)> {
        let limit = fields.parse_optional("limit", self.limit.as_deref(), limit);
        let cursor = fields.parse_optional("cursor", self.cursor.as_deref(), read);
        Some((limit?.unwrap_or_default(), cursor?))
    }
}

/// How many on a page.
pub(super) fn limit(text: &str) -> Result<PageLimit, PageLimitError> {
    text.parse().map_err(|_| PageLimitError).and_then(PageLimit::new)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserCursorJson {
    user: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TaskCursorJson {
    sort: String,
    key: Key,
    task: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Key {
    Microsecond(i64),
    /// Earlier versions, whose cursors are still taken, knew days only.
    #[serde(alias = "day")]
    Due(Option<String>),
    Priority(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConversationCursorJson {
    microsecond: i64,
    conversation: String,
    /// What the conversations of the list have in common.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    q: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageCursorJson {
    message: i64,
}

/// The cursor of a position in the list of tasks.
pub(crate) fn of_tasks(cursor: TaskCursor, sort: TaskSort) -> String {
    let key = match cursor.key {
        TaskSortKey::Instant(at) => Key::Microsecond(at.as_microsecond()),
        TaskSortKey::Due(due) => Key::Due(due.map(|due| due.to_string())),
        TaskSortKey::Priority(priority) => Key::Priority(priority.to_string()),
    };
    encode(&json!(TaskCursorJson { sort: sort.to_string(), key, task: cursor.id.get() }))
}

/// The position in the list of tasks, in this order.
pub(crate) fn to_tasks(cursor: &str, order: TaskSort) -> Result<TaskCursor, CursorError> {
    let TaskCursorJson { sort, key, task } = decode(cursor)?;
    let key = match (order.field, key) {
        (TaskSortField::CreatedAt | TaskSortField::UpdatedAt, Key::Microsecond(at)) => {
            TaskSortKey::Instant(instant(at)?)
        }
        (TaskSortField::Due, Key::Due(due)) => {
            // In any zone: a day has none, and an instant is written in UTC.
            let due = due.map(|due| Due::parse(&due, &TimeZone::UTC)).transpose();
            TaskSortKey::Due(due.map_err(|_| CursorError)?)
        }
        (TaskSortField::Priority, Key::Priority(priority)) => {
            TaskSortKey::Priority(priority.parse::<Priority>().map_err(|_| CursorError)?)
        }
        _ => return Err(CursorError),
    };
    if sort != order.to_string() {
        return Err(CursorError);
    }
    Ok(TaskCursor { key, id: TaskId::new(task).map_err(|_| CursorError)? })
}

/// The cursor of a position in the list of conversations, or of those with this text.
pub(crate) fn of_conversations(cursor: ConversationCursor, text: Option<&SearchText>) -> String {
    encode(&json!(ConversationCursorJson {
        microsecond: cursor.updated_at.as_microsecond(),
        conversation: cursor.id.to_string(),
        q: text.map(|text| text.folded().into()),
    }))
}

/// The position in the list of conversations, or of those with this text.
pub(crate) fn to_conversations(
    cursor: &str,
    text: Option<&SearchText>,
) -> Result<ConversationCursor, CursorError> {
    let ConversationCursorJson { microsecond, conversation, q } = decode(cursor)?;
    if q != text.map(|text| text.folded().into()) {
        return Err(CursorError);
    }
    let id = conversation.parse().map_err(|_| CursorError)?;
    Ok(ConversationCursor { updated_at: instant(microsecond)?, id })
}

/// The cursor of the position after a user.
pub(crate) fn of_users(cursor: UserId) -> String {
    encode(&json!(UserCursorJson { user: cursor.get() }))
}

/// The position in the list of users.
pub(crate) fn to_users(cursor: &str) -> Result<UserId, CursorError> {
    let UserCursorJson { user } = decode(cursor)?;
    UserId::new(user).map_err(|_| CursorError)
}

/// The cursor of a position in a conversation.
pub(crate) fn of_messages(cursor: MessageCursor) -> String {
    encode(&json!(MessageCursorJson { message: cursor.get() }))
}

/// The position in a conversation.
pub(crate) fn to_messages(cursor: &str) -> Result<MessageCursor, CursorError> {
    decode(cursor).map(|MessageCursorJson { message }| MessageCursor::new(message))
}

fn encode(cursor: &serde_json::Value) -> String {
    URL_SAFE_NO_PAD.encode(cursor.to_string())
}

fn decode<T: for<'de> Deserialize<'de>>(cursor: &str) -> Result<T, CursorError> {
    let json = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| CursorError)?;
    serde_json::from_slice(&json).map_err(|_| CursorError)
}

/// Nothing happened before the year 1 or after 9999, and not every store knows such instants.
fn instant(microsecond: i64) -> Result<Timestamp, CursorError> {
    let at = Timestamp::from_microsecond(microsecond).map_err(|_| CursorError)?;
    if TimeZone::UTC.day_of(at).year() < 1 { Err(CursorError) } else { Ok(at) }
}

#[cfg(test)]
#[path = "cursor_tests.rs"]
mod tests;
