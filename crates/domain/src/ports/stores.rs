//! All that a storage keeps.

use std::{fmt, sync::Arc};

use super::{
    AccountStore, ArchiveStore, ConversationStore, FoldingStore, OversightStore, RetentionStore,
    StoreHealth, TaskStore, TokenStore, TurnStore, UsageStore,
};

/// The ports of one storage, which share its connections and live as long as they are needed.
#[derive(Clone)]
pub struct Stores {
    /// Users.
    pub accounts: Arc<dyn AccountStore>,
    /// Which access tokens are good.
    pub tokens: Arc<dyn TokenStore>,
    /// Tasks.
    pub tasks: Arc<dyn TaskStore>,
    /// Conversations.
    pub conversations: Arc<dyn ConversationStore>,
    /// Turns and their ledger.
    pub turns: Arc<dyn TurnStore>,
    /// What users take of models.
    pub usage: Arc<dyn UsageStore>,
    /// What operators see of all users together.
    pub oversight: Arc<dyn OversightStore>,
    /// Everything of a user's, out and in.
    pub archives: Arc<dyn ArchiveStore>,
    /// What is old.
    pub retention: Arc<dyn RetentionStore>,
    /// What is to be folded for searching.
    pub folding: Arc<dyn FoldingStore>,
    /// Whether the storage answers and is up to date.
    pub health: Arc<dyn StoreHealth>,
}

impl Stores {
    /// The ports of a storage that implements all of them.
    #[must_use]
    pub fn of<S>(storage: &Arc<S>) -> Self
    where
        S: AccountStore
            + TokenStore
            + TaskStore
            + ConversationStore
            + TurnStore
            + UsageStore
            + OversightStore
            + ArchiveStore
            + RetentionStore
            + FoldingStore
            + StoreHealth
            + 'static,
    {
        Self {
            accounts: Arc::clone(storage) as _,
            tokens: Arc::clone(storage) as _,
            tasks: Arc::clone(storage) as _,
            conversations: Arc::clone(storage) as _,
            turns: Arc::clone(storage) as _,
            usage: Arc::clone(storage) as _,
            oversight: Arc::clone(storage) as _,
            archives: Arc::clone(storage) as _,
            retention: Arc::clone(storage) as _,
            folding: Arc::clone(storage) as _,
            health: Arc::clone(storage) as _,
        }
    }
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores").finish_non_exhaustive()
    }
}
