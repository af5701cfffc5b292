//! Which tokens are good, kept at hand for a minute.

use std::{sync::Arc, time::Duration};

use moka::future::Cache;
use todo_domain::{
    TokenClaims, TokenStanding, UserId,
    ports::{StoreError, TokenStore},
};
use tokio::sync::OnceCell;

/// For how long an instance believes what it has read of a user's tokens.
const LIFETIME: Duration = Duration::from_secs(60);
/// Of how many users it keeps that.
const USERS: u64 = 100_000;

/// What was read of a user, or a place for it that was taken before reading. Whoever was overtaken
/// by a change fills a place that is not in the cache any more, and nobody else will see it.
type Place = Arc<OnceCell<TokenStanding>>;

/// Which tokens of the users who were here lately are good.
#[derive(Clone)]
pub(super) struct Standings(Cache<UserId, Place>);

/// Why nothing is kept of a user.
enum Unkept {
    /// None of their tokens is good. Should the operator let them in again, that counts at once.
    Void,
    Failed(StoreError),
}

impl Standings {
    pub(super) fn new() -> Self {
        Self(Cache::builder().max_capacity(USERS).time_to_live(LIFETIME).build())
    }

    /// Whether this token is good, as of at most a minute ago. The store is asked once, however
    /// many requests wait for the answer.
    pub(super) async fn accept(
        &self,
        token: &TokenClaims,
        store: &dyn TokenStore,
    ) -> Result<bool, StoreError> {
        let mut place = self.place(token.user).await;
        if place.get().is_some_and(|standing| standing.epoch < token.epoch) {
            // Signed out everywhere and in again, by another instance.
            self.forget(token.user).await;
            place = self.place(token.user).await;
        }
        match place.get_or_try_init(|| read(store, token.user)).await {
            Ok(standing) => Ok(standing.accepts(token)),
            Err(Unkept::Void) => Ok(false),
            Err(Unkept::Failed(error)) => Err(error),
        }
    }

    /// Their tokens have changed.
    pub(super) async fn forget(&self, user: UserId) {
        self.0.invalidate(&user).await;
    }

    async fn place(&self, user: UserId) -> Place {
        self.0.get_with(user, async { Place::default() }).await
    }
}

async fn read(store: &dyn TokenStore, user: UserId) -> Result<TokenStanding, Unkept> {
    match store.standing(user).await.map_err(Unkept::Failed)? {
        Some(standing) if !standing.is_disabled => Ok(standing),
        Some(_) | None => Err(Unkept::Void),
    }
}
