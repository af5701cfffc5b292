//! Which tokens are good, over a mocked store: what is asked of it, and when.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use todo_app::Accounts;
use todo_domain::{
    TokenClaims, TokenEpoch, TokenId, TokenStatus, UserId,
    ports::{MockAccountStore, MockPasswordHasher, MockTokenStore, StoreError, StoreErrorKind},
};
use todo_testkit::clock::FixedClock;

fn token(id: &str, epoch: i64) -> TokenClaims {
    TokenClaims {
        user: UserId::new(1).unwrap(),
        id: id.parse::<TokenId>().unwrap(),
        epoch: TokenEpoch::new(epoch),
        expires_at: "2026-11-29T09:00:00Z".parse().unwrap(),
    }
}

fn phone() -> TokenClaims {
    token("00000000-0000-7000-8000-000000000001", 0)
}

fn laptop() -> TokenClaims {
    token("00000000-0000-7000-8000-000000000002", 0)
}

fn accounts(tokens: MockTokenStore) -> Accounts {
    let clock = FixedClock::at("2026-11-22T09:00:00Z");
    let (store, hasher) = (MockAccountStore::new(), MockPasswordHasher::new());
    Accounts::new(Arc::new(store), Arc::new(tokens), Arc::new(hasher), clock)
}

/// A store that answers these one after the other, and no more often.
fn store(answers: impl IntoIterator<Item = Option<TokenStatus>>) -> MockTokenStore {
    let mut tokens = MockTokenStore::new();
    let answers: Vec<_> = answers.into_iter().collect();
    let times = answers.len();
    let mut answers = answers.into_iter();
    tokens.expect_status().times(times).returning(move |_| Ok(answers.next().unwrap()));
    tokens
}

fn epoch(number: i64) -> Option<TokenStatus> {
    Some(TokenStatus { epoch: TokenEpoch::new(number), ..TokenStatus::default() })
}

fn without(token: TokenClaims) -> Option<TokenStatus> {
    Some(TokenStatus { revoked: [token.id].into(), ..TokenStatus::default() })
}

#[tokio::test]
async fn whoever_was_here_lately_is_not_looked_up_again() {
    let accounts = accounts(store([without(phone())]));
    for _ in 0..3 {
        assert!(accounts.accepts(&laptop()).await.unwrap());
        assert!(!accounts.accepts(&phone()).await.unwrap());
    }
}

#[tokio::test]
async fn many_requests_at_once_look_up_once() {
    let accounts = accounts(store([epoch(0)]));
    let (phone, laptop) = (phone(), laptop());
    let (one, two, three) = tokio::join!(
        accounts.accepts(&phone),
        accounts.accepts(&laptop),
        accounts.accepts(&phone),
    );
    assert!(one.unwrap() && two.unwrap() && three.unwrap());
}

#[tokio::test]
async fn nobody_and_the_disabled_are_looked_up_every_time() {
    let disabled = TokenStatus { is_disabled: true, ..TokenStatus::default() };
    let accounts = accounts(store([None, Some(disabled), epoch(0)]));
    assert!(!accounts.accepts(&phone()).await.unwrap());
    assert!(!accounts.accepts(&phone()).await.unwrap());
    assert!(accounts.accepts(&phone()).await.unwrap());
}

#[tokio::test]
async fn a_token_of_a_later_epoch_shows_that_what_is_known_is_old() {
    let accounts = accounts(store([epoch(0), epoch(1)]));
    let later = TokenClaims { epoch: TokenEpoch::new(1), ..phone() };
    assert!(accounts.accepts(&phone()).await.unwrap());
    assert!(accounts.accepts(&later).await.unwrap());
    assert!(!accounts.accepts(&phone()).await.unwrap());
}

#[tokio::test]
async fn signing_out_counts_at_once() {
    let mut tokens = store([epoch(0), without(phone()), epoch(1)]);
    tokens.expect_revoke().withf(|token, _| *token == phone()).times(1).returning(|_, _| Ok(()));
    tokens.expect_revoke_all().times(1).returning(|_| Ok(()));
    let accounts = accounts(tokens);
    assert!(accounts.accepts(&phone()).await.unwrap());
    accounts.sign_out(phone()).await.unwrap();
    assert!(!accounts.accepts(&phone()).await.unwrap());
    assert!(accounts.accepts(&laptop()).await.unwrap());
    accounts.sign_out_everywhere(phone().user).await.unwrap();
    assert!(!accounts.accepts(&laptop()).await.unwrap());
}

#[tokio::test]
async fn a_sign_out_that_may_have_failed_is_looked_up_again() {
    let mut tokens = store([epoch(0), without(phone())]);
    let lost = || StoreError::new(StoreErrorKind::Unavailable, "no answer in time");
    tokens.expect_revoke().returning(move |_, _| Err(lost()));
    let accounts = accounts(tokens);
    assert!(accounts.accepts(&phone()).await.unwrap());
    accounts.sign_out(phone()).await.unwrap_err();
    assert!(!accounts.accepts(&phone()).await.unwrap());
}

#[tokio::test]
async fn a_failed_look_is_not_remembered() {
    let (mut tokens, looks) = (MockTokenStore::new(), AtomicI64::new(0));
    tokens.expect_status().times(2).returning(move |_| {
        match looks.fetch_add(1, Ordering::Relaxed) {
            0 => Err(StoreError::new(StoreErrorKind::Unavailable, "no answer in time")),
            _ => Ok(epoch(0)),
        }
    });
    let accounts = accounts(tokens);
    accounts.accepts(&phone()).await.unwrap_err();
    assert!(accounts.accepts(&phone()).await.unwrap());
}

#[tokio::test]
async fn a_user_who_was_found_without_a_good_token_is_known_until_they_have_one() {
    let accounts = accounts(store([None, epoch(0)]));
    let user = phone().user;
    assert!(!accounts.had_no_good_token(user), "nobody has asked yet");
    assert!(!accounts.accepts(&phone()).await.unwrap());
    assert!(accounts.had_no_good_token(user));
    assert!(accounts.accepts(&phone()).await.unwrap(), "who decides asks again");
    assert!(!accounts.had_no_good_token(user));
}
