//! Which tokens are good, kept at hand for a minute.

use std::{sync::Arc, time::Duration};

use moka::future::Cache;
use todo_domain::{
    TokenClaims, TokenStatus, UserId,
    ports::{StoreError, TokenStore},
};
use tokio::sync::OnceCell;

/// For how long an instance believes what it has read of a user's tokens.
const LIFETIME: Duration = Duration::from_secs(60);
/// Of how many users it keeps that.
const USERS: u64 = 100_000;

/// What was read of a user, or a entry for it that was taken before reading. Whoever was overtaken
/// by a change fills a entry that is not in the cache any more, and nobody else will see it.
type Entry = Arc<OnceCell<TokenStatus>>;

/// Which tokens of the users who were here lately are good.
#[derive(Clone)]
pub(super) struct TokenStatusCache {
    read: Cache<UserId, Entry>,
    /// Users none of whose tokens was good when that was last looked up. Whether to let somebody in
    /// is never decided by it.
    void: Cache<UserId, ()>,
}

/// Why nothing is kept of a user.
enum Unkept {
    /// None of their tokens is good. Should the operator let them in again, that counts at once.
    Void,
    Failed(StoreError),
}

impl TokenStatusCache {
    pub(super) fn new() -> Self {
        let void = Cache::builder().max_capacity(USERS).time_to_live(LIFETIME).build();
        Self { read: Cache::builder().max_capacity(USERS).time_to_live(LIFETIME).build(), void }
    }

    /// Whether this token is good, as of at most a minute ago. The store is asked once, however
    /// many requests wait for the answer.
    pub(super) async fn accept(
        &self,
        token: &TokenClaims,
        store: &dyn TokenStore,
    ) -> Result<bool, StoreError> {
        let mut entry = self.entry(token.user).await;
        if entry.get().is_some_and(|status| status.epoch < token.epoch) {
            // Signed out everywhere and in again, by another instance.
            self.forget(token.user).await;
            entry = self.entry(token.user).await;
        }
        match entry.get_or_try_init(|| read(store, token.user)).await {
            Ok(status) => {
                if self.was_void(token.user) {
                    self.void.invalidate(&token.user).await;
                }
                Ok(status.accepts(token))
            }
            Err(Unkept::Void) => {
                self.void.insert(token.user, ()).await;
                Ok(false)
            }
            Err(Unkept::Failed(error)) => Err(error),
        }
    }

    /// Whether none of this user's tokens was good, as of at most a minute ago.
    pub(super) fn was_void(&self, user: UserId) -> bool {
        self.void.contains_key(&user)
    }

    /// Their tokens have changed.
    pub(super) async fn forget(&self, user: UserId) {
        self.read.invalidate(&user).await;
        self.void.invalidate(&user).await;
    }

    async fn entry(&self, user: UserId) -> Entry {
        self.read.get_with(user, async { Entry::default() }).await
    }
}

async fn read(store: &dyn TokenStore, user: UserId) -> Result<TokenStatus, Unkept> {
    match store.status(user).await.map_err(Unkept::Failed)? {
        Some(status) if !status.is_disabled => Ok(status),
        Some(_) | None => Err(Unkept::Void),
    }
}
