//! Where conversations are kept. Another user's conversation does not exist.

use async_trait::async_trait;

use crate::{
    Conversation, ConversationCursor, ConversationId, ConversationTitle, Message, MessageCursor,
    PageLimit, SearchText, Timestamp, Turn, TurnId, UserId, ports::StoreError,
};

/// A page of conversations, latest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConversationPage {
    /// The conversations, without their messages (S51).
    pub conversations: Vec<Conversation>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<ConversationCursor>,
}

/// A page of messages, latest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessagePage {
    /// The messages.
    pub messages: Vec<Message>,
    /// Where the next page, of earlier ones, starts; `None` on the last one.
    pub next: Option<MessageCursor>,
}

/// A conversation with some of its messages and what was done to answer them, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// The conversation.
    pub conversation: Conversation,
    /// Messages, latest first.
    pub page: MessagePage,
    /// The turns of those messages with their ledgers, in the order in which they began. Turns that
    /// are not kept any more are missing.
    pub turns: Vec<Turn>,
    /// The turn of the conversation that runs, by the database's clock: a turn whose lease is over
    /// does not, whatever its status.
    pub running: Option<TurnId>,
    /// Whether a turn of the conversation waits for a decision.
    pub is_waiting: bool,
}

/// Keeps conversations and their messages.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ConversationStore: Send + Sync {
    /// The user's conversations, the last touched first.
    async fn list(
        &self,
        user: UserId,
        limit: PageLimit,
        after: Option<ConversationCursor>,
    ) -> Result<ConversationPage, StoreError>;

    /// The same of those only that have the text in their title or in a message of anybody's.
    async fn search(
        &self,
        user: UserId,
        text: SearchText,
        limit: PageLimit,
        after: Option<ConversationCursor>,
    ) -> Result<ConversationPage, StoreError>;

    /// A conversation and its latest messages.
    async fn open(
        &self,
        user: UserId,
        id: ConversationId,
        limit: PageLimit,
    ) -> Result<Option<(Conversation, MessagePage)>, StoreError>;

    /// Messages of a conversation before `before`; `None` when there is no such conversation.
    async fn messages(
        &self,
        user: UserId,
        id: ConversationId,
        limit: PageLimit,
        before: Option<MessageCursor>,
    ) -> Result<Option<MessagePage>, StoreError>;

    /// A conversation, its messages before `before`, or its latest, and their turns; `None` when
    /// there is no such conversation.
    async fn transcript(
        &self,
        user: UserId,
        id: ConversationId,
        limit: PageLimit,
        before: Option<MessageCursor>,
    ) -> Result<Option<Transcript>, StoreError>;

    /// Gives a conversation another title.
    async fn rename(
        &self,
        user: UserId,
        id: ConversationId,
        title: ConversationTitle,
        now: Timestamp,
    ) -> Result<Option<Conversation>, StoreError>;

    /// Deletes a conversation with its messages, turns and ledger. The tasks that came of it
    /// stay. `false` when there was none.
    async fn delete(&self, user: UserId, id: ConversationId) -> Result<bool, StoreError>;
}
