//! A user's data as rows: written down one by one, and put together again.

use std::{collections::BTreeMap, fmt};

use super::{AnsweredRequest, ConversationLog, InMemoryUserData, conversation_log::LoggedTurn};
use crate::{
    Action, ActionId, Conversation, ConversationId, Decision, IdempotencyKey, Message,
    MessageCursor, Task, TaskId, TimeZone, Timestamp, TokensSpent, Turn, TurnFence, TurnId, UserId,
    UserLimits,
};

/// A row of a user's data. There is one of the user, and one for each thing that the user has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserDataRow {
    /// The user.
    User(UserRow),
    /// A task.
    Task(Task),
    /// A conversation, without what was said in it.
    Conversation(Conversation),
    /// A message of a conversation.
    Message(ConversationId, Message),
    /// A turn.
    Turn(Box<TurnRow>),
    /// An action that no turn waits for any more.
    Action(ActionRow),
    /// A request with a key.
    Request(IdempotencyKey, AnsweredRequest),
}

/// What a user has one of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Where the user is.
    pub time_zone: TimeZone,
    /// The number that a task got last, 0 before the first.
    pub last_task_number: i64,
    /// What was spent on the last day on which anything was.
    pub spent: Option<TokensSpent>,
}

/// A turn with its ledger, and what a store must know to let nobody else carry it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnRow {
    /// The turn.
    pub turn: Turn,
    /// Its position among the turns of its conversation, from 0.
    pub position: u32,
    /// Its latest attempt, from 1.
    pub attempt: i32,
    /// When its lease is over.
    pub lease_until: Timestamp,
}

/// An action that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionRow {
    /// The action.
    pub action: Action,
    /// How it was decided, and the turn that went on with that; `None` if it was closed.
    pub decided: Option<(Decision, TurnId)>,
}

/// What tells the rows of a user apart. Its text is a key for a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowKey {
    /// The user.
    User,
    /// A task.
    Task(TaskId),
    /// A conversation.
    Conversation(ConversationId),
    /// A message by its position.
    Message(ConversationId, MessageCursor),
    /// A turn.
    Turn(TurnId),
    /// An action.
    Action(ActionId),
    /// A request.
    Request(IdempotencyKey),
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User => f.write_str("user"),
            Self::Task(id) => write!(f, "task/{id}"),
            Self::Conversation(id) => write!(f, "conversation/{id}"),
            Self::Message(id, position) => write!(f, "message/{id}/{}", position.get()),
            Self::Turn(id) => write!(f, "turn/{id}"),
            Self::Action(id) => write!(f, "action/{id}"),
            Self::Request(key) => write!(f, "request/{}", key.as_str()),
        }
    }
}

impl UserDataRow {
    /// What tells it apart.
    #[must_use]
    pub fn key(&self) -> RowKey {
        match self {
            Self::User(_) => RowKey::User,
            Self::Task(task) => RowKey::Task(task.id),
            Self::Conversation(conversation) => RowKey::Conversation(conversation.id),
            Self::Message(id, message) => RowKey::Message(*id, message.position),
            Self::Turn(row) => RowKey::Turn(row.turn.id),
            Self::Action(row) => RowKey::Action(row.action.id),
            Self::Request(key, _) => RowKey::Request(key.clone()),
        }
    }
}

/// What some work did to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowChange {
    /// It is there now, and is this.
    Write(UserDataRow),
    /// It is gone.
    Remove(RowKey),
}

/// Rows that no [`InMemoryUserData`] was written down as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowsError {
    /// There is no row of the user.
    #[error("the row of the user is missing")]
    NoUser,
    /// A message, a turn or an action is of a conversation that is not there.
    #[error("the row {0} is of a conversation that is not there")]
    NoConversation(RowKey),
}

impl InMemoryUserData {
    /// Everything, in the order of the keys.
    #[must_use]
    pub fn rows(&self) -> BTreeMap<RowKey, UserDataRow> {
        let user = UserDataRow::User(UserRow {
            time_zone: self.time_zone.clone(),
            last_task_number: self.tasks.last_number,
            spent: self.spent,
        });
        let tasks = self.tasks.tasks().cloned().map(UserDataRow::Task);
        let logs = self.conversations.values().flat_map(ConversationLog::rows);
        let requests = self.requests.iter();
        let requests = requests.map(|(key, it)| UserDataRow::Request(key.clone(), it.clone()));
        let rows = [user].into_iter().chain(tasks).chain(logs).chain(requests);
        rows.map(|row| (row.key(), row)).collect()
    }

    /// What has to be written and removed to make the rows of `before` those of this.
    #[must_use]
    pub fn changes_since(&self, before: &Self) -> Vec<RowChange> {
        let (mut gone, now) = (before.rows(), self.rows());
        let mut changes = Vec::new();
        for (key, row) in now {
            if gone.remove(&key).as_ref() != Some(&row) {
                changes.push(RowChange::Write(row));
            }
        }
        changes.extend(gone.into_keys().map(RowChange::Remove));
        changes
    }

    /// The data that was written down as these rows, whatever their order. What the user may keep is
    /// a setting and no row.
    ///
    /// # Errors
    /// [`RowsError`] if a row is missing that others need.
    pub fn from_rows(
        user_id: UserId,
        user_limits: UserLimits,
        rows: impl IntoIterator<Item = UserDataRow>,
    ) -> Result<Self, RowsError> {
        let rows: BTreeMap<RowKey, UserDataRow> =
            rows.into_iter().map(|row| (row.key(), row)).collect();
        let Some(UserDataRow::User(user)) = rows.get(&RowKey::User) else {
            return Err(RowsError::NoUser);
        };
        let mut data = Self::new(user_limits, user.time_zone.clone());
        data.tasks.last_number = user.last_task_number;
        data.spent = user.spent;
        let mut turns = BTreeMap::new();
        // In the order of keys, so that conversations come before what is in them.
        for (key, row) in rows {
            match row {
                UserDataRow::User(_) => {}
                UserDataRow::Task(task) => {
                    data.tasks.tasks.insert(task.id, task);
                }
                UserDataRow::Conversation(conversation) => {
                    let log = ConversationLog::empty(conversation.clone());
                    data.conversations.insert(conversation.id, log);
                }
                UserDataRow::Message(id, message) => {
                    data.log_with(id, key)?.messages.push(message);
                }
                UserDataRow::Turn(row) => {
                    let TurnRow { turn, attempt, lease_until, position } = *row;
                    let conversation_id = turn.conversation_id;
                    let fence = TurnFence { user_id, conversation_id, turn_id: turn.id, attempt };
                    let logged = LoggedTurn { turn, fence, lease_until };
                    turns.insert((conversation_id, position), (key, logged));
                }
                UserDataRow::Action(row) => {
                    let log = data.log_with(row.action.conversation_id, key)?;
                    log.past_actions.insert(row.action.id, row);
                }
                UserDataRow::Request(key, request) => {
                    data.requests.insert(key, request);
                }
            }
        }
        for ((conversation, _), (key, logged)) in turns {
            data.log_with(conversation, key)?.turns.push(logged);
        }
        Ok(data)
    }

    fn log_with(
        &mut self,
        id: ConversationId,
        key: RowKey,
    ) -> Result<&mut ConversationLog, RowsError> {
        self.conversations.get_mut(&id).ok_or(RowsError::NoConversation(key))
    }
}

impl ConversationLog {
    fn rows(&self) -> impl Iterator<Item = UserDataRow> + '_ {
        let conversation = self.conversation();
        let messages = self.messages().iter();
        let messages =
            messages.map(|message| UserDataRow::Message(conversation.id, message.clone()));
        let turns = (0..).zip(&self.turns).map(|(position, logged)| {
            let LoggedTurn { turn, fence, lease_until } = logged.clone();
            let attempt = fence.attempt;
            UserDataRow::Turn(Box::new(TurnRow { turn, position, attempt, lease_until }))
        });
        let actions = self.past_actions.values().cloned().map(UserDataRow::Action);
        let conversation = UserDataRow::Conversation(conversation.clone());
        [conversation].into_iter().chain(messages).chain(turns).chain(actions)
    }
}
