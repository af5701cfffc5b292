//! Everything of a user's, page by page and part by part.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use todo_domain::{
    ArchivePart, ArchiveSummary, Conversation, ConversationId, IdempotencyKey, ImportId,
    KeyedRequest, Message, MessageCursor, PageLimit, Task, TaskId, Timestamp, Turn, TurnId, UserId,
    ports::{
        ArchiveStore, BeginImport, ImportFence, ImportStep, KeyedImport, StoreError, UndoneImport,
    },
};

use super::{Db, conversations, idempotency, import, messages, task_list, turns};
use crate::storage::{error::Result, observers::Written, replica::Freshness};

#[async_trait]
impl ArchiveStore for Db {
    async fn tasks(
        &self,
        user: UserId,
        after: Option<TaskId>,
        limit: PageLimit,
    ) -> Result<Vec<Task>, StoreError> {
        self.select("archive.tasks", Freshness::OwnWrites(user), move |conn| {
            task_list::after(conn, user, after, limit).boxed()
        })
        .await
    }

    async fn conversations(
        &self,
        user: UserId,
        after: Option<ConversationId>,
        limit: PageLimit,
    ) -> Result<Vec<Conversation>, StoreError> {
        self.select("archive.conversations", Freshness::OwnWrites(user), move |conn| {
            conversations::after(conn, user, after, limit).boxed()
        })
        .await
    }

    async fn turns(
        &self,
        user: UserId,
        conversation: ConversationId,
        after: Option<TurnId>,
        limit: PageLimit,
    ) -> Result<Vec<Turn>, StoreError> {
        self.read("archive.turns", Freshness::OwnWrites(user), move |conn| {
            turns::after(conn, user, conversation, after, limit).boxed()
        })
        .await
    }

    async fn messages(
        &self,
        user: UserId,
        conversation: ConversationId,
        after: Option<MessageCursor>,
        limit: PageLimit,
    ) -> Result<Vec<Message>, StoreError> {
        self.select("archive.messages", Freshness::OwnWrites(user), move |conn| {
            messages::after_position(conn, user, conversation, after, limit).boxed()
        })
        .await
    }

    async fn is_importing(&self, user: UserId) -> Result<bool, StoreError> {
        self.select("archive.is_importing", Freshness::Latest, move |conn| {
            import::is_importing(conn, user).boxed()
        })
        .await
    }

    async fn begin_import(
        &self,
        import: ImportFence,
        lease: Duration,
    ) -> Result<BeginImport, StoreError> {
        self.write("import.begin", Written::RowsOf(import.user), move |conn| {
            import::begin(conn, import, lease).boxed()
        })
        .await
    }

    async fn write_part(
        &self,
        import: ImportFence,
        part: ArchivePart,
        lease: Duration,
    ) -> Result<ImportStep, StoreError> {
        self.write("import.part", Written::ConversationsOf(import.user), move |conn| {
            import::write(conn, import, part, lease).boxed()
        })
        .await
    }

    async fn finish_import(
        &self,
        import: ImportFence,
        summary: ArchiveSummary,
        keyed: Option<KeyedRequest>,
        now: Timestamp,
    ) -> Result<ImportStep, StoreError> {
        self.write("import.finish", Written::RowsOf(import.user), move |conn| {
            import::finish(conn, import, summary, keyed, now).boxed()
        })
        .await
    }

    async fn keyed_import(
        &self,
        user: UserId,
        key: IdempotencyKey,
    ) -> Result<Option<KeyedImport>, StoreError> {
        self.select("import.keyed", Freshness::Latest, move |conn| {
            async move { idempotency::import_of(conn, user, &key).await }.boxed()
        })
        .await
    }

    async fn undo_import(
        &self,
        import: ImportFence,
        lease: Duration,
    ) -> Result<UndoneImport, StoreError> {
        self.write("import.undo", Written::ConversationsOf(import.user), move |conn| {
            import::undo(conn, import, lease).boxed()
        })
        .await
    }

    async fn take_over_import(
        &self,
        id: ImportId,
        lease: Duration,
    ) -> Result<Option<ImportFence>, StoreError> {
        self.write("import.take_over", Written::InNoName, move |conn| {
            import::take_over(conn, id, lease).boxed()
        })
        .await
    }
}
