//! Conversations, whose list is cached.

use std::sync::Arc;

use async_trait::async_trait;
use todo_domain::{
    Conversation, ConversationCursor, ConversationId, ConversationTitle, MessageCursor, PageLimit,
    SearchText, Timestamp, UserId,
    ports::{ConversationPage, ConversationStore, MessagePage, StoreError},
};
use todo_metrics::{CacheMetrics, CacheOutcome};

use super::{Head, ListCache, Look, Place, writes::Writes};

/// What the cache is called in metrics.
const NAME: &str = "conversations";

/// Answers from the cache what it can.
pub(super) struct CachedConversations {
    pub(super) store: Arc<dyn ConversationStore>,
    pub(super) lists: Arc<dyn ListCache>,
    pub(super) writes: Writes,
    pub(super) metrics: CacheMetrics,
}

impl CachedConversations {
    /// Reads a first page for somebody and a head for those who come after.
    async fn read_head(
        &self,
        user: UserId,
        limit: PageLimit,
        place: Box<dyn Place>,
    ) -> Result<Option<ConversationPage>, StoreError> {
        let head = Arc::new(Head::of(self.store.list(user, Head::LENGTH, None).await?));
        place.fill(Arc::clone(&head)).await;
        Ok(head.page(limit, None))
    }
}

#[async_trait]
impl ConversationStore for CachedConversations {
    async fn list(
        &self,
        user: UserId,
        limit: PageLimit,
        after: Option<ConversationCursor>,
    ) -> Result<ConversationPage, StoreError> {
        let (page, outcome) = match self.lists.look(user).await {
            Look::Unavailable => (None, CacheOutcome::Unavailable),
            Look::Hit(head) => match head.page(limit, after) {
                Some(page) => (Some(page), CacheOutcome::Hit),
                None => (None, CacheOutcome::Miss),
            },
            Look::Miss(place) if after.is_none() => {
                (self.read_head(user, limit, place).await?, CacheOutcome::Miss)
            }
            Look::Miss(_) => (None, CacheOutcome::Miss),
        };
        self.metrics.asked(NAME, outcome);
        match page {
            Some(page) => Ok(page),
            None => self.store.list(user, limit, after).await,
        }
    }

    /// Too many different ones to be worth a place in the cache.
    async fn search(
        &self,
        user: UserId,
        text: SearchText,
        limit: PageLimit,
        after: Option<ConversationCursor>,
    ) -> Result<ConversationPage, StoreError> {
        self.store.search(user, text, limit, after).await
    }

    async fn open(
        &self,
        user: UserId,
        id: ConversationId,
        limit: PageLimit,
    ) -> Result<Option<(Conversation, MessagePage)>, StoreError> {
        self.store.open(user, id, limit).await
    }

    async fn messages(
        &self,
        user: UserId,
        id: ConversationId,
        limit: PageLimit,
        before: Option<MessageCursor>,
    ) -> Result<Option<MessagePage>, StoreError> {
        self.store.messages(user, id, limit, before).await
    }

    async fn rename(
        &self,
        user: UserId,
        id: ConversationId,
        title: ConversationTitle,
        now: Timestamp,
    ) -> Result<Option<Conversation>, StoreError> {
        let store = Arc::clone(&self.store);
        self.writes.change(user, async move { store.rename(user, id, title, now).await }).await
    }

    async fn delete(&self, user: UserId, id: ConversationId) -> Result<bool, StoreError> {
        let store = Arc::clone(&self.store);
        self.writes.change(user, async move { store.delete(user, id).await }).await
    }
}
