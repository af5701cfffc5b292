//! Conversations to look at, rename and delete. [`crate::Chat`] carries them on.

use std::{fmt, sync::Arc};

use todo_domain::{
    Conversation, ConversationCursor, ConversationId, ConversationTitle, MessageCursor, PageLimit,
    SearchText, Turn, TurnId, UserId,
    ports::{
        Clock, ConversationPage, ConversationStore, MessagePage, StoreError, Transcript, TurnStore,
    },
};

/// A user's conversations and the turns in them.
#[derive(Clone)]
pub struct Conversations {
    store: Arc<dyn ConversationStore>,
    turns: Arc<dyn TurnStore>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Conversations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversations").finish_non_exhaustive()
    }
}

impl Conversations {
    /// Conversations kept in these stores.
    #[must_use]
    pub fn new(
        store: Arc<dyn ConversationStore>,
        turns: Arc<dyn TurnStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, turns, clock }
    }

    /// A page of conversations, the last touched first, without messages: of all, or of those that
    /// have the text in their title or in a message.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(
        &self,
        user: UserId,
        text: Option<SearchText>,
        limit: PageLimit,
        after: Option<ConversationCursor>,
    ) -> Result<ConversationPage, StoreError> {
        match text {
            Some(text) => self.store.search(user, text, limit, after).await,
            None => self.store.list(user, limit, after).await,
        }
    }

    /// A conversation and its latest 50 messages.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<Option<(Conversation, MessagePage)>, StoreError> {
        self.store.open(user, id, PageLimit::default()).await
    }

    /// A page of messages, the latest first; `None` without such a conversation.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn messages(
        &self,
        user: UserId,
        id: ConversationId,
        limit: PageLimit,
        before: Option<MessageCursor>,
    ) -> Result<Option<MessagePage>, StoreError> {
        self.store.messages(user, id, limit, before).await
    }

    /// A conversation, its latest messages or those before `before`, and what was done to answer them;
    /// `None` without such a conversation.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn transcript(
        &self,
        user: UserId,
        id: ConversationId,
        limit: PageLimit,
        before: Option<MessageCursor>,
    ) -> Result<Option<Transcript>, StoreError> {
        self.store.transcript(user, id, limit, before).await
    }

    /// Gives a conversation another title; `None` without such a conversation.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rename(
        &self,
        user: UserId,
        id: ConversationId,
        title: ConversationTitle,
    ) -> Result<Option<Conversation>, StoreError> {
        self.store.rename(user, id, title, self.clock.now()).await
    }

    /// Deletes a conversation with everything said and recorded in it; `false` without one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete(&self, user: UserId, id: ConversationId) -> Result<bool, StoreError> {
        self.store.delete(user, id).await
    }

    /// A turn with its ledger.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn turn(&self, user: UserId, id: TurnId) -> Result<Option<Turn>, StoreError> {
        self.turns.turn(user, id).await
    }
}
