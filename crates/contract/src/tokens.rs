//! Access tokens.

use todo_domain::{
    RefreshClaims, Timestamp, TokenClaims, TokenEpoch, TokenFamily, TokenFamilyId, TokenId,
    TokenStatus, UserId, ports::RefreshOutcome,
};

use super::{AccountStores, Users, at, uuid};

/// A token of this user and epoch, good for ten seconds.
#[must_use]
pub fn token(user: UserId, epoch: i64) -> TokenClaims {
    TokenClaims {
        user,
        id: TokenId::new(uuid()),
        epoch: TokenEpoch::new(epoch),
        expires_at: at(10),
    }
}

async fn status(stores: &AccountStores, user: UserId) -> TokenStatus {
    stores.tokens.status(user).await.expect("works").expect("the user is there")
}

/// Only that one, and only that user's; a second time changes nothing.
pub async fn tokens_are_good_until_they_are_signed_out(stores: AccountStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let (phone, laptop) = (token(ada, 0), token(ada, 0));
    assert_eq!(status(&stores, ada).await, TokenStatus::default());
    for _ in 0..2 {
        stores.tokens.revoke(phone, at(0)).await.expect("works");
        let status = status(&stores, ada).await;
        assert!(!status.accepts(&phone) && status.accepts(&laptop));
    }
    assert!(status(&stores, ben).await.accepts(&TokenClaims { user: ben, ..phone }));
}

/// Who is enabled again is not signed in where they had signed out.
pub async fn a_sign_out_while_disabled_counts_once_enabled(stores: AccountStores) {
    let ada = stores.user("ada").await;
    let (phone, laptop) = (token(ada, 0), token(ada, 0));
    stores.accounts.set_disabled(ada, Some(at(0))).await.expect("works");
    stores.tokens.revoke(phone, at(0)).await.expect("works");
    stores.accounts.set_disabled(ada, None).await.expect("works");
    let status = status(&stores, ada).await;
    assert!(!status.accepts(&phone) && status.accepts(&laptop));
}

/// Absence is not an error.
pub async fn nobody_has_no_tokens(stores: AccountStores) {
    let nobody = UserId::new(4711).expect("a number");
    assert_eq!(stores.tokens.status(nobody).await.expect("works"), None);
    stores.tokens.revoke(token(nobody, 0), at(0)).await.expect("works");
    stores.tokens.revoke_all(nobody).await.expect("works");
}

/// Nobody knows that it was ahead, neither then nor later.
pub async fn a_clock_that_is_ahead_for_a_moment_forgets_no_sign_out(stores: AccountStores) {
    let ada = stores.user("ada").await;
    let (first, second) = (token(ada, 0), token(ada, 0));
    stores.tokens.revoke(first, at(0)).await.expect("works");
    let years = 400_000_000;
    let second = TokenClaims { expires_at: at(years + 10), ..second };
    stores.tokens.revoke(second, at(years)).await.expect("works");
    let status = status(&stores, ada).await;
    assert!(!status.accepts(&first) && !status.accepts(&second));
}

/// What nobody could use any more need not be kept where there is much of it.
pub async fn tokens_long_expired_are_forgotten_once_there_are_many(stores: AccountStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let years = 400_000_000;
    for user in [ada, ben] {
        for _ in 0..64 {
            let old = TokenClaims { expires_at: at(-years), ..token(user, 0) };
            stores.tokens.revoke(old, at(-years)).await.expect("works");
        }
    }
    let last = token(ada, 0);
    stores.tokens.revoke(last, at(0)).await.expect("works");
    assert_eq!(status(&stores, ada).await.revoked, [last.id].into());
    assert_eq!(status(&stores, ben).await.revoked.len(), 64);
}

/// Everything from before is void, and nothing of it has to be remembered.
pub async fn signing_out_everywhere_begins_another_epoch(stores: AccountStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    stores.tokens.revoke(token(ada, 0), at(0)).await.expect("works");
    stores.tokens.revoke_all(ada).await.expect("works");
    let after = status(&stores, ada).await;
    assert_eq!((after.epoch, after.revoked.len()), (TokenEpoch::new(1), 0));
    assert!(!after.accepts(&token(ada, 0)) && after.accepts(&token(ada, 1)));
    let user = stores.accounts.user(ada).await.expect("works").expect("Ada");
    assert_eq!(user.token_epoch, after.epoch);
    assert_eq!(status(&stores, ben).await, TokenStatus::default());
}

/// It is void anyway.
pub async fn a_token_of_an_earlier_epoch_is_not_remembered(stores: AccountStores) {
    let ada = stores.user("ada").await;
    stores.tokens.revoke_all(ada).await.expect("works");
    stores.tokens.revoke(token(ada, 0), at(0)).await.expect("works");
    assert_eq!(status(&stores, ada).await.revoked.len(), 0);
}

/// There is a bound to what is remembered of a user.
pub async fn one_token_too_many_signed_out_is_all_of_them(stores: AccountStores) {
    let ada = stores.user("ada").await;
    for _ in 0..todo_domain::ports::MAX_REVOKED_TOKENS {
        stores.tokens.revoke(token(ada, 0), at(0)).await.expect("works");
    }
    assert_eq!(status(&stores, ada).await.epoch, TokenEpoch::new(0));
    stores.tokens.revoke(token(ada, 0), at(0)).await.expect("works");
    let after = status(&stores, ada).await;
    assert_eq!((after.epoch, after.revoked.len()), (TokenEpoch::new(1), 0));
}

/// Seven times a day, say. What was signed out and has expired makes room, though a clock that is ahead
/// would forget it too early: what expired first goes first, and only as much as is needed.
pub async fn who_signs_out_often_stays_signed_in_elsewhere(stores: AccountStores) {
    const DAY: i64 = 24 * 60 * 60;
    let ada = stores.user("ada").await;
    let expiring = |when| TokenClaims { expires_at: at(when), ..token(ada, 0) };
    let most = todo_domain::ports::MAX_REVOKED_TOKENS as i64;
    let old: Vec<_> = (0..most).map(|n| expiring(n - 20 * DAY)).collect();
    // In no order.
    for token in old.iter().rev() {
        stores.tokens.revoke(*token, at(-21 * DAY)).await.expect("works");
    }
    let (phone, laptop) = (expiring(7 * DAY), expiring(7 * DAY));
    stores.tokens.revoke(phone, at(0)).await.expect("works");
    let after = status(&stores, ada).await;
    assert_eq!(after.epoch, TokenEpoch::new(0));
    assert!(after.accepts(&laptop) && !after.accepts(&phone));
    let kept = old.iter().map(|token| after.accepts(token)).collect::<Vec<_>>();
    assert_eq!(kept.iter().position(|is_forgotten| *is_forgotten), Some(0));
    assert_eq!(kept.iter().filter(|is_forgotten| **is_forgotten).count(), 1);
}

/// A user who signed in at this second, and their token.
async fn family(stores: &AccountStores, user: UserId, second: i64) -> RefreshClaims {
    let family = TokenFamily::begun(TokenFamilyId::new(uuid()), at(second));
    stores.tokens.begin_family(user, family).await.expect("works");
    RefreshClaims { user, family: family.id, generation: 0 }
}

async fn refresh(stores: &AccountStores, token: RefreshClaims, now: Timestamp) -> RefreshOutcome {
    stores.tokens.refresh(token, now).await.expect("works")
}

/// The token that this one is traded for.
async fn next(stores: &AccountStores, token: RefreshClaims, second: i64) -> RefreshClaims {
    match refresh(stores, token, at(second)).await {
        RefreshOutcome::Refreshed { user, token: next } => {
            assert_eq!(user.id, token.user);
            next
        }
        outcome => panic!("{outcome:?}"),
    }
}

/// The next one is good, and the one before only for a moment.
pub async fn a_refresh_token_is_traded_once(stores: AccountStores) {
    let ada = stores.user("ada").await;
    let first = family(&stores, ada, 0).await;
    let second = next(&stores, first, 60).await;
    assert_eq!(second, RefreshClaims { generation: 1, ..first });
    let third = next(&stores, second, 1_000).await;
    assert_eq!(third.generation, 2);
    assert_eq!(refresh(&stores, second, at(1_030)).await, RefreshOutcome::Reused);
}

/// They are given the same one.
pub async fn two_tabs_may_show_the_same_refresh_token(stores: AccountStores) {
    let ada = stores.user("ada").await;
    let first = family(&stores, ada, 0).await;
    let second = next(&stores, first, 60).await;
    assert_eq!(next(&stores, first, 89).await, second);
    assert_eq!(next(&stores, second, 90).await.generation, 2);
}

/// Whoever has the newer one has to sign in again, and nobody else.
pub async fn a_refresh_token_shown_again_later_ends_its_family_alone(stores: AccountStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let (phone, laptop) = (family(&stores, ada, 0).await, family(&stores, ada, 0).await);
    let of_ben = family(&stores, ben, 0).await;
    let stolen = next(&stores, phone, 60).await;
    assert_eq!(refresh(&stores, phone, at(90)).await, RefreshOutcome::Reused);
    assert_eq!(refresh(&stores, stolen, at(91)).await, RefreshOutcome::SignedOut);
    next(&stores, laptop, 91).await;
    next(&stores, of_ben, 91).await;
    // One that names another user's family is none.
    let foreign = RefreshClaims { user: ada, ..of_ben };
    assert_eq!(refresh(&stores, foreign, at(92)).await, RefreshOutcome::SignedOut);
}

/// That is 30 days from the last trade.
pub async fn a_family_ends_with_its_time(stores: AccountStores) {
    let ada = stores.user("ada").await;
    let month = 30 * 24 * 60 * 60;
    let first = family(&stores, ada, 0).await;
    let second = next(&stores, first, month - 1).await;
    assert_eq!(refresh(&stores, second, at(2 * month - 1)).await, RefreshOutcome::SignedOut);
    let ended = family(&stores, ada, 0).await;
    stores.tokens.end_family(ada, ended.family).await.expect("works");
    assert_eq!(refresh(&stores, ended, at(1)).await, RefreshOutcome::SignedOut);
}

/// And so does another password.
pub async fn signing_out_everywhere_ends_all_families(stores: AccountStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let (phone, of_ben) = (family(&stores, ada, 0).await, family(&stores, ben, 0).await);
    stores.tokens.revoke_all(ada).await.expect("works");
    assert_eq!(refresh(&stores, phone, at(1)).await, RefreshOutcome::SignedOut);
    next(&stores, of_ben, 1).await;
}

/// The family waits for them.
pub async fn who_is_disabled_refreshes_nothing_until_enabled(stores: AccountStores) {
    let ada = stores.user("ada").await;
    let phone = family(&stores, ada, 0).await;
    stores.accounts.set_disabled(ada, Some(at(0))).await.expect("works");
    assert_eq!(refresh(&stores, phone, at(1)).await, RefreshOutcome::SignedOut);
    stores.accounts.set_disabled(ada, None).await.expect("works");
    next(&stores, phone, 2).await;
}

/// What is kept of a user is bounded.
pub async fn the_family_used_longest_ago_makes_room(stores: AccountStores) {
    let ada = stores.user("ada").await;
    let (oldest, used) = (family(&stores, ada, 0).await, family(&stores, ada, 1).await);
    let used = next(&stores, used, 100).await;
    for second in 2..=i64::try_from(TokenFamily::MAX_OF_USER).expect("few") {
        family(&stores, ada, second).await;
    }
    assert_eq!(refresh(&stores, oldest, at(200)).await, RefreshOutcome::SignedOut);
    next(&stores, used, 200).await;
}

/// The other finds that it has.
pub async fn of_two_requests_with_one_refresh_token_one_comes_first(stores: AccountStores) {
    let ada = stores.user("ada").await;
    let first = family(&stores, ada, 0).await;
    let both = tokio::join!(next(&stores, first, 60), next(&stores, first, 60));
    assert_eq!((both.0.generation, both.1.generation), (1, 1));
}
