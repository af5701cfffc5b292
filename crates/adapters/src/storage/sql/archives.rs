//! Everything of a user's, page by page and all at once.

use async_trait::async_trait;
use futures_util::FutureExt;
use todo_domain::{
    Archive, Conversation, ConversationId, Message, MessageCursor, PageLimit, Task, TaskId,
    Timestamp, Turn, TurnId, UserId,
    ports::{ArchiveStore, ImportOutcome, StoreError},
};

use super::{Db, conversations, import::import, messages, task_list, turns};
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
            messages::after_place(conn, user, conversation, after, limit).boxed()
        })
        .await
    }

    async fn import(
        &self,
        user: UserId,
        archive: Archive,
        now: Timestamp,
    ) -> Result<ImportOutcome, StoreError> {
        self.write_bulk("archive.import", Written::ConversationsOf(user), move |conn| {
            import(conn, user, archive, now).boxed()
        })
        .await
    }
}
