//! Imports, which make the conversations of an account at once.

use std::sync::Arc;

use async_trait::async_trait;
use todo_domain::{
    Archive, Conversation, ConversationId, Message, MessageCursor, PageLimit, Task, TaskId,
    Timestamp, Turn, TurnId, UserId,
    ports::{ArchiveStore, ImportOutcome, StoreError},
};

use super::writes::Writes;

/// Sees to it that the list is forgotten that an import has changed.
pub(super) struct WatchedArchives {
    pub(super) store: Arc<dyn ArchiveStore>,
    pub(super) writes: Writes,
}

#[async_trait]
impl ArchiveStore for WatchedArchives {
    async fn tasks(
        &self,
        user: UserId,
        after: Option<TaskId>,
        limit: PageLimit,
    ) -> Result<Vec<Task>, StoreError> {
        self.store.tasks(user, after, limit).await
    }

    async fn conversations(
        &self,
        user: UserId,
        after: Option<ConversationId>,
        limit: PageLimit,
    ) -> Result<Vec<Conversation>, StoreError> {
        self.store.conversations(user, after, limit).await
    }

    async fn turns(
        &self,
        user: UserId,
        conversation: ConversationId,
        after: Option<TurnId>,
        limit: PageLimit,
    ) -> Result<Vec<Turn>, StoreError> {
        self.store.turns(user, conversation, after, limit).await
    }

    async fn messages(
        &self,
        user: UserId,
        conversation: ConversationId,
        after: Option<MessageCursor>,
        limit: PageLimit,
    ) -> Result<Vec<Message>, StoreError> {
        self.store.messages(user, conversation, after, limit).await
    }

    async fn import(
        &self,
        user: UserId,
        archive: Archive,
        now: Timestamp,
    ) -> Result<ImportOutcome, StoreError> {
        let store = Arc::clone(&self.store);
        self.writes.change(user, async move { store.import(user, archive, now).await }).await
    }
}
