//! Slows down whoever guesses passwords, without keeping out those who know theirs.

use std::{fmt, num::NonZeroU32, sync::Arc, time::Duration};

use todo_domain::{
    Backoff, Limit, LimitDecision, LimitKey, LimitRule, Quota,
    ports::{Charge, HashRequester, LimitChange, LimitStore},
};
use todo_metrics::LimitMetrics;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// One account from one address: five guesses, each further one after a wait that doubles from a
/// second to a quarter of an hour.
const ACCOUNT_AT_ADDRESS: Limit = Limit {
    name: "sign_in",
    rule: LimitRule::Backoff(Backoff {
        free: at_least_one(5),
        first: Duration::from_secs(1),
        longest: Duration::from_secs(15 * 60),
        memory: DAY,
    }),
};
/// All accounts from one address: many people may share it, and mistype.
const ADDRESS: Limit = Limit {
    name: "sign_in_address",
    rule: LimitRule::Quota(Quota::per(MINUTE.saturating_mul(10), at_least_one(60))),
};
/// One account from all addresses: NIST SP 800-63B allows 100 failures in a row.
const ACCOUNT: Limit = Limit {
    name: "sign_in_account",
    rule: LimitRule::Quota(Quota::per(MINUTE.saturating_mul(100), at_least_one(100))),
};
/// How long an address stays known to an account that signed in there.
const KNOWN_FOR: Duration = DAY.saturating_mul(30);

const fn at_least_one(count: u32) -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(count - 1)
}

/// From where somebody tries to sign in, as keys that name nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInOrigin {
    /// The account, whether or not there is one of this e-mail address.
    pub account: LimitKey,
    /// The address.
    pub address: LimitKey,
    /// Both together.
    pub account_at_address: LimitKey,
}

impl SignInOrigin {
    /// Whose turn it takes to work on a password.
    pub(super) fn requester(&self) -> HashRequester {
        let (address, account) = (self.address.clone(), self.account_at_address.clone());
        HashRequester { address, account }
    }
}

/// Counts failures to sign in, by account and address together and by each alone.
///
/// An attempt counts before the password is looked at, so that many at once are no way around, and
/// is given back once it has succeeded. The bounds of an account and of an address alone do not
/// apply where the account has signed in from that address in the last 30 days: strangers can use
/// them up, and would lock out the owner otherwise.
#[derive(Clone)]
pub struct SignInGuard {
    store: Arc<dyn LimitStore>,
    metrics: LimitMetrics,
}

impl fmt::Debug for SignInGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInGuard").finish_non_exhaustive()
    }
}

/// An attempt that may be made. Dropped, it counts as a failure.
pub(super) struct Attempt<'a> {
    store: &'a dyn LimitStore,
    /// What it was counted by, and with which count; first the account at the address.
    counted: Vec<(Charge, u32)>,
    known: LimitKey,
}

/// When the next attempt may be made.
pub(super) struct TooManyAttempts(pub(super) Duration);

impl SignInGuard {
    /// A guard that counts there.
    #[must_use]
    pub fn new(store: Arc<dyn LimitStore>, metrics: LimitMetrics) -> Self {
        Self { store, metrics }
    }

    /// This account is at home there.
    pub(super) async fn know(&self, origin: SignInOrigin) {
        let home = LimitChange::Mark { mark: origin.account_at_address, lifetime: KNOWN_FOR };
        self.store.change(vec![home]).await;
    }

    pub(super) async fn admit(&self, origin: SignInOrigin) -> Result<Attempt<'_>, TooManyAttempts> {
        let SignInOrigin { account, address, account_at_address: pair } = origin;
        let known = Some(pair.clone());
        let charges = vec![
            Charge { limit: ACCOUNT_AT_ADDRESS, key: pair.clone(), exemption: None },
            Charge { limit: ADDRESS, key: address, exemption: known.clone() },
            Charge { limit: ACCOUNT, key: account, exemption: known },
        ];
        let decisions = self.store.take(charges.clone()).await;
        let refusal = charges
            .iter()
            .zip(&decisions)
            .find_map(|(charge, decision)| Some((charge.limit.name, decision.retry_after()?)));
        let counted = charges.into_iter().zip(decisions).filter_map(|(charge, decision)| {
            let LimitDecision::Allowed { count, .. } = decision else { return None };
            Some((charge, count))
        });
        let attempt = Attempt { store: &*self.store, counted: counted.collect(), known: pair };
        let Some((limit, retry_after)) = refusal else { return Ok(attempt) };
        self.metrics.refused(limit);
        attempt.not_made().await;
        Err(TooManyAttempts(retry_after))
    }
}

impl Attempt<'_> {
    /// The password was right.
    pub(super) async fn succeeded(self) {
        let mut changes = vec![LimitChange::Mark { mark: self.known, lifetime: KNOWN_FOR }];
        changes.extend(self.counted.into_iter().map(|(charge, count)| {
            if charge.limit == ACCOUNT_AT_ADDRESS {
                LimitChange::Forget(charge)
            } else {
                LimitChange::GiveBack { charge, count }
            }
        }));
        self.store.change(changes).await;
    }

    /// Nobody looked at the password.
    pub(super) async fn not_made(self) {
        if !self.counted.is_empty() {
            let back = |(charge, count)| LimitChange::GiveBack { charge, count };
            self.store.change(self.counted.into_iter().map(back).collect()).await;
        }
    }
}
