//! Signing up and in over a mocked store and hasher.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{sync::Arc, time::Duration};

use todo_app::{
    Accounts, CheckError, ConfirmError, SignInError, SignInGuard, SignInOrigin, SignUp, SignUpError,
};
use todo_domain::{
    LimitDecision, LimitKey, Password, PasswordHash, TimeZone, User, UserId,
    ports::{
        CreateUser, HashError, LimitChange, MockAccountStore, MockLimitStore, MockPasswordHasher,
        MockTokenStore,
    },
};
use todo_metrics::Metrics;
use todo_testkit::{clock::FixedClock, user};

fn ada() -> User {
    user(1)
}

fn accounts(store: MockAccountStore, hasher: MockPasswordHasher) -> Accounts {
    let clock = FixedClock::at("2026-11-22T09:00:00Z");
    Accounts::new(Arc::new(store), Arc::new(MockTokenStore::new()), Arc::new(hasher), clock)
}

fn password() -> Password {
    Password::new("correct horse").unwrap()
}

fn origin() -> SignInOrigin {
    let [account, address, account_at_address] =
        ["account", "address", "account at address"].map(LimitKey::new);
    SignInOrigin { account, address, account_at_address }
}

fn sign_up() -> SignUp {
    SignUp { name: ada().name, email: ada().email, password: password(), time_zone: TimeZone::UTC }
}

#[tokio::test]
async fn only_the_hash_of_a_password_is_stored() {
    let (mut store, mut hasher) = (MockAccountStore::new(), MockPasswordHasher::new());
    hasher.expect_hash().returning(|_, _| Ok(PasswordHash::new("$hash".into())));
    store
        .expect_create()
        .withf(|user| user.password_hash.expose() == "$hash")
        .returning(|_| Ok(CreateUser::Created(ada())));
    assert_eq!(accounts(store, hasher).sign_up(sign_up(), None).await.unwrap(), ada());
}

#[tokio::test]
async fn an_address_that_is_taken_is_said_to_be() {
    let (mut store, mut hasher) = (MockAccountStore::new(), MockPasswordHasher::new());
    hasher.expect_hash().returning(|_, _| Ok(PasswordHash::new("$hash".into())));
    store.expect_create().returning(|_| Ok(CreateUser::EmailTaken));
    let error = accounts(store, hasher).sign_up(sign_up(), None).await.unwrap_err();
    assert!(matches!(error, SignUpError::EmailTaken));
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_are_answered_alike_and_both_verified() {
    for found in [None, Some((ada(), PasswordHash::new("$hash".into())))] {
        let (mut store, mut hasher) = (MockAccountStore::new(), MockPasswordHasher::new());
        let known = found.is_some();
        store.expect_credentials().return_once(move |_| Ok(found));
        hasher
            .expect_verify()
            .withf(move |_, hash, _| hash.is_some() == known)
            .times(1)
            .returning(|_, _, _| Ok(false));
        let error =
            accounts(store, hasher).sign_in(ada().email, password(), origin()).await.unwrap_err();
        assert!(matches!(error, SignInError::WrongCredentials));
    }
}

#[tokio::test]
async fn a_hasher_that_says_yes_to_nobody_signs_nobody_in() {
    let (mut store, mut hasher) = (MockAccountStore::new(), MockPasswordHasher::new());
    store.expect_credentials().return_once(|_| Ok(None));
    hasher.expect_verify().returning(|_, _, _| Ok(true));
    let error =
        accounts(store, hasher).sign_in(ada().email, password(), origin()).await.unwrap_err();
    assert!(matches!(error, SignInError::WrongCredentials));
}

#[tokio::test]
async fn a_busy_hasher_is_not_a_wrong_password() {
    let (mut store, mut hasher) = (MockAccountStore::new(), MockPasswordHasher::new());
    store.expect_credentials().return_once(|_| Ok(None));
    hasher.expect_verify().returning(|_, _, _| Err(HashError::Busy));
    let error =
        accounts(store, hasher).sign_in(ada().email, password(), origin()).await.unwrap_err();
    assert!(matches!(error, SignInError::Check(CheckError::Hash(HashError::Busy))));
}

const ALLOWED: LimitDecision =
    LimitDecision::Allowed { remaining: 1, reset: Duration::ZERO, count: 4 };

/// Accounts guarded by limits that decide like this, where nothing changes but what is expected.
fn guarded(
    verified: Result<bool, HashError>,
    decisions: Vec<LimitDecision>,
    expect: impl FnOnce(&mut MockLimitStore),
) -> Accounts {
    let (mut store, mut hasher) = (MockAccountStore::new(), MockPasswordHasher::new());
    store.expect_credentials().return_once(|_| Ok(Some((ada(), PasswordHash::new("$".into())))));
    hasher.expect_verify().return_once(|_, _, _| verified);
    let mut limits = MockLimitStore::new();
    limits.expect_take().return_once(|_| decisions);
    expect(&mut limits);
    let guard = SignInGuard::new(Arc::new(limits), Metrics::none().limits);
    accounts(store, hasher).guarded(guard)
}

/// Expects that one is given back for each of so many limits.
fn gives_back(limits: &mut MockLimitStore, count: usize) {
    let all_back = move |changes: &Vec<LimitChange>| {
        changes.len() == count
            && changes.iter().all(|change| matches!(change, LimitChange::GiveBack { count: 4, .. }))
    };
    limits.expect_change().withf(all_back).times(1).return_const(());
}

#[tokio::test]
async fn an_attempt_that_fails_for_our_own_reasons_is_given_back() {
    let accounts = guarded(Err(HashError::Busy), vec![ALLOWED; 3], |limits| gives_back(limits, 3));
    let error = accounts.sign_in(ada().email, password(), origin()).await.unwrap_err();
    assert!(matches!(error, SignInError::Check(CheckError::Hash(HashError::Busy))));
}

#[tokio::test]
async fn what_counted_before_a_refusal_is_given_back_and_no_password_looked_at() {
    let retry_after = Duration::from_secs(60);
    let decisions = vec![ALLOWED, LimitDecision::Refused { retry_after }];
    let accounts = guarded(Err(HashError::Busy), decisions, |limits| gives_back(limits, 1));
    let error = accounts.sign_in(ada().email, password(), origin()).await.unwrap_err();
    assert!(
        matches!(error, SignInError::Check(CheckError::TooManyAttempts { retry_after: told }) if told == retry_after)
    );
}

#[tokio::test]
async fn a_wrong_password_stays_counted() {
    let accounts = guarded(Ok(false), vec![ALLOWED; 3], |_| {});
    let error = accounts.sign_in(ada().email, password(), origin()).await.unwrap_err();
    assert!(matches!(error, SignInError::WrongCredentials));
}

#[tokio::test]
async fn a_success_makes_the_address_known_and_gives_back_only_what_it_took() {
    let exempt = vec![ALLOWED, LimitDecision::Exempt, LimitDecision::Exempt];
    let accounts = guarded(Ok(true), exempt, |limits| {
        let known = |changes: &Vec<LimitChange>| {
            matches!(changes[..], [LimitChange::Mark { .. }, LimitChange::Forget(_)])
        };
        limits.expect_change().withf(known).times(1).return_const(());
    });
    assert_eq!(accounts.sign_in(ada().email, password(), origin()).await.unwrap(), ada());
}

#[tokio::test]
async fn where_nobody_may_sign_up_nothing_is_hashed() {
    let accounts = accounts(MockAccountStore::new(), MockPasswordHasher::new());
    let error = accounts.without_sign_ups().sign_up(sign_up(), None).await.unwrap_err();
    assert!(matches!(error, SignUpError::Disabled));
}

#[tokio::test]
async fn only_who_knows_the_password_learns_that_the_account_is_disabled() {
    for is_right in [true, false] {
        let (mut store, mut hasher) = (MockAccountStore::new(), MockPasswordHasher::new());
        let disabled = User { disabled_at: Some(ada().created_at), ..ada() };
        let found = Some((disabled, PasswordHash::new("$hash".into())));
        store.expect_credentials().return_once(|_| Ok(found));
        hasher.expect_verify().returning(move |_, _, _| Ok(is_right));
        let error =
            accounts(store, hasher).sign_in(ada().email, password(), origin()).await.unwrap_err();
        assert_eq!(matches!(error, SignInError::Disabled), is_right);
    }
}

#[tokio::test]
async fn a_password_that_was_changed_meanwhile_is_a_wrong_one() {
    let (mut store, mut hasher) = (MockAccountStore::new(), MockPasswordHasher::new());
    let hash = || PasswordHash::new("$hash".into());
    store.expect_credentials().return_once(move |_| Ok(Some((ada(), hash()))));
    store
        .expect_set_password()
        .withf(move |_, _, instead_of| *instead_of == Some(hash()))
        .returning(|_, _, _| Ok(None));
    hasher.expect_verify().returning(|_, _, _| Ok(true));
    hasher.expect_hash().returning(|_, _| Ok(PasswordHash::new("$new".into())));
    let accounts = accounts(store, hasher);
    let error = accounts.change_password(ada(), password(), password(), origin()).await;
    assert!(matches!(error, Err(ConfirmError::WrongPassword)));
}

#[tokio::test]
async fn an_address_that_is_somebody_elses_by_now_opens_nothing() {
    let (mut store, mut hasher) = (MockAccountStore::new(), MockPasswordHasher::new());
    let other = User { id: UserId::new(2).unwrap(), ..ada() };
    store.expect_credentials().return_once(|_| Ok(Some((other, PasswordHash::new("$".into())))));
    hasher.expect_verify().returning(|_, _, _| Ok(true));
    let error = accounts(store, hasher).delete_own(ada(), password(), origin()).await;
    assert!(matches!(error, Err(ConfirmError::WrongPassword)));
}

#[tokio::test]
async fn a_wrong_password_of_who_is_signed_in_stays_counted() {
    let accounts = guarded(Ok(false), vec![ALLOWED; 3], |_| {});
    let error = accounts.delete_own(ada(), password(), origin()).await;
    assert!(matches!(error, Err(ConfirmError::WrongPassword)));
}
