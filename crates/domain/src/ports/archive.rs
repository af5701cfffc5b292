//! Where everything of a user's comes out and goes in again.

use std::time::Duration;

use async_trait::async_trait;

use crate::{
    ArchiveCounts, ArchiveFault, ArchivePart, ArchiveRecord, ArchiveSummary, Conversation,
    ConversationId, IdempotencyKey, ImportId, KeyedRequest, Message, MessageCursor, PageLimit,
    RequestDigest, Task, TaskId, Timestamp, Turn, TurnId, UserId, ports::StoreError,
};

/// The right to write into an account that an import has begun with. A store refuses to write for
/// an import that is not the account's any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportFence {
    /// Whose account.
    pub user: UserId,
    /// Which import.
    pub id: ImportId,
}

/// What came of [`ArchiveStore::begin_import`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeginImport {
    /// The account is the import's alone.
    Begun,
    /// The account has tasks or conversations.
    AccountNotEmpty,
    /// Another import of this account goes on.
    InProgress,
    /// The lease of another one is over, and what it has left is still there: see
    /// [`ArchiveStore::take_over_import`].
    LeftBehind,
    /// There is no such user.
    UserNotFound,
}

/// What came of a part of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportStep {
    /// It is done.
    Done,
    /// The account is not this import's any more: its lease was over, or it has ended. Nothing was
    /// written.
    FencedOff,
    /// The user was deleted meanwhile, with all that was written.
    UserNotFound,
}

/// What is left of an import that is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoneImport {
    /// Some rows.
    Partly,
    /// Nothing: the account is empty and its user's again, or is not this import's any more.
    Wholly,
}

/// What the key of an import was used for before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyedImport {
    /// For an import that came to its end.
    Ended {
        /// The digest of its file.
        digest: RequestDigest,
        /// How much it was.
        counts: ArchiveCounts,
    },
    /// For a request of another kind.
    OtherRequest,
}

/// Reads everything of a user's page by page, each the rows after a key in the order of keys, and
/// writes it part by part. A page shows one state of the database; between two pages others may
/// write.
///
/// Between its beginning and its end an import has the account for itself: any other write of what
/// is imported is refused with [`StoreErrorKind::Importing`](super::StoreErrorKind::Importing).
/// Reads show what has been written. Each part renews the lease, by the database's clock; an import
/// whose lease is over is undone by whoever comes by.
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

    /// Whether an import into the account of a user has begun and not ended.
    async fn is_importing(&self, user: UserId) -> Result<bool, StoreError>;

    /// Begins an import into an account that has neither tasks nor conversations.
    async fn begin_import(
        &self,
        import: ImportFence,
        lease: Duration,
    ) -> Result<BeginImport, StoreError>;

    /// Writes a part.
    async fn write_part(
        &self,
        import: ImportFence,
        part: ArchivePart,
        lease: Duration,
    ) -> Result<ImportStep, StoreError>;

    /// Ends an import of which all parts are written: the account is its user's again. Name and
    /// time zone become those of the export; e-mail address and password stay. A key is stored with it, for
    /// [`Self::keyed_import`]; of an import that did not end nothing is known by its key.
    async fn finish_import(
        &self,
        import: ImportFence,
        summary: ArchiveSummary,
        keyed: Option<KeyedRequest>,
        now: Timestamp,
    ) -> Result<ImportStep, StoreError>;

    /// What a user's key was used for before, if it was.
    async fn keyed_import(
        &self,
        user: UserId,
        key: IdempotencyKey,
    ) -> Result<Option<KeyedImport>, StoreError>;

    /// Removes some rows that an import has written; ends it when none are left.
    async fn undo_import(
        &self,
        import: ImportFence,
        lease: Duration,
    ) -> Result<UndoneImport, StoreError>;

    /// Takes over an import whose lease is over, if there is one, to undo it under this id.
    async fn take_over_import(
        &self,
        id: ImportId,
        lease: Duration,
    ) -> Result<Option<ImportFence>, StoreError>;
}

/// The form in which exports are kept: each record is a line of text.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait ArchiveFormat: Send + Sync {
    /// A record as a line, without the line's end.
    fn write(&self, record: ArchiveRecord) -> Result<String, StoreError>;

    /// The record that [`Self::write`] wrote.
    fn read(&self, line: &str) -> Result<ArchiveRecord, ArchiveFault>;
}
