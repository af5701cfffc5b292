//! Where everything of a user's comes out and goes in again.

use async_trait::async_trait;

use crate::{
    Archive, ArchiveFault, ArchiveRecord, Conversation, ConversationId, Message, MessageCursor,
    PageLimit, Task, TaskId, Timestamp, Turn, TurnId, UserId, ports::StoreError,
};

/// What came of [`ArchiveStore::import`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportOutcome {
    /// Everything is there.
    Imported,
    /// The account has tasks or conversations. Nothing was written.
    AccountNotEmpty,
    /// There is no such user. Nothing was written.
    UserNotFound,
}

/// Reads everything of a user's page by page, each the rows after a key in the order of keys, and
/// writes it all at once. A page shows one state of the database; between two pages others may
/// write.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ArchiveStore: Send + Sync {
    /// Tasks by number.
    async fn tasks(
        &self,
        user: UserId,
        after: Option<TaskId>,
        limit: PageLimit,
    ) -> Result<Vec<Task>, StoreError>;

    /// Conversations by id.
    async fn conversations(
        &self,
        user: UserId,
        after: Option<ConversationId>,
        limit: PageLimit,
    ) -> Result<Vec<Conversation>, StoreError>;

    /// The turns of a conversation by id, each with its ledger.
    async fn turns(
        &self,
        user: UserId,
        conversation: ConversationId,
        after: Option<TurnId>,
        limit: PageLimit,
    ) -> Result<Vec<Turn>, StoreError>;

    /// The messages of a conversation in the order of saying.
    async fn messages(
        &self,
        user: UserId,
        conversation: ConversationId,
        after: Option<MessageCursor>,
        limit: PageLimit,
    ) -> Result<Vec<Message>, StoreError>;

    /// Writes an archive into an account that has neither tasks nor conversations, all or nothing.
    /// Name and time zone become those of the archive; e-mail address and password stay.
    async fn import(
        &self,
        user: UserId,
        archive: Archive,
        now: Timestamp,
    ) -> Result<ImportOutcome, StoreError>;
}

/// The form in which exports are kept: each record is a line of text.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait ArchiveFormat: Send + Sync {
    /// A record as a line, without the line's end.
    fn write(&self, record: ArchiveRecord) -> Result<String, StoreError>;

    /// The record that [`Self::write`] wrote.
    fn read(&self, line: &str) -> Result<ArchiveRecord, ArchiveFault>;
}
