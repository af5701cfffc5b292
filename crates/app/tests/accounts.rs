//! Signing up and in over a mocked store and hasher.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use todo_app::{Accounts, SignInError, SignInOrigin, SignUp, SignUpError};
use todo_domain::{
    Email, LimitKey, Password, PasswordHash, TimeZone, User, UserId, UserName,
    ports::{CreateUser, HashError, MockAccountStore, MockPasswordHasher},
};
use todo_testkit::clock::FixedClock;

fn ada() -> User {
    User {
        id: UserId::new(1).unwrap(),
        email: Email::new("ada@example.org").unwrap(),
        name: UserName::new("Ada").unwrap(),
        time_zone: TimeZone::UTC,
        created_at: "2026-11-22T09:00:00Z".parse().unwrap(),
    }
}

fn accounts(store: MockAccountStore, hasher: MockPasswordHasher) -> Accounts {
    Accounts::new(Arc::new(store), Arc::new(hasher), FixedClock::at("2026-11-22T09:00:00Z"))
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
    hasher.expect_hash().returning(|_| Ok(PasswordHash::new("$hash".into())));
    store
        .expect_create()
        .withf(|user| user.password_hash.expose() == "$hash")
        .returning(|_| Ok(CreateUser::Created(ada())));
    assert_eq!(accounts(store, hasher).sign_up(sign_up()).await.unwrap(), ada());
}

#[tokio::test]
async fn an_address_that_is_taken_is_said_to_be() {
    let (mut store, mut hasher) = (MockAccountStore::new(), MockPasswordHasher::new());
    hasher.expect_hash().returning(|_| Ok(PasswordHash::new("$hash".into())));
    store.expect_create().returning(|_| Ok(CreateUser::EmailTaken));
    let error = accounts(store, hasher).sign_up(sign_up()).await.unwrap_err();
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
            .withf(move |_, hash| hash.is_some() == known)
            .times(1)
            .returning(|_, _| Ok(false));
        let error =
            accounts(store, hasher).sign_in(ada().email, password(), origin()).await.unwrap_err();
        assert!(matches!(error, SignInError::WrongCredentials));
    }
}

#[tokio::test]
async fn a_hasher_that_says_yes_to_nobody_signs_nobody_in() {
    let (mut store, mut hasher) = (MockAccountStore::new(), MockPasswordHasher::new());
    store.expect_credentials().return_once(|_| Ok(None));
    hasher.expect_verify().returning(|_, _| Ok(true));
    let error =
        accounts(store, hasher).sign_in(ada().email, password(), origin()).await.unwrap_err();
    assert!(matches!(error, SignInError::WrongCredentials));
}

#[tokio::test]
async fn a_busy_hasher_is_not_a_wrong_password() {
    let (mut store, mut hasher) = (MockAccountStore::new(), MockPasswordHasher::new());
    store.expect_credentials().return_once(|_| Ok(None));
    hasher.expect_verify().returning(|_, _| Err(HashError::Busy));
    let error =
        accounts(store, hasher).sign_in(ada().email, password(), origin()).await.unwrap_err();
    assert!(matches!(error, SignInError::Hash(HashError::Busy)));
}

#[tokio::test]
async fn a_user_who_was_seen_is_not_looked_up_again_but_a_stranger_is() {
    let mut store = MockAccountStore::new();
    let stranger = UserId::new(2).unwrap();
    store.expect_user().withf(move |id| *id == ada().id).times(1).returning(|_| Ok(Some(ada())));
    store.expect_user().withf(move |id| *id == stranger).times(2).returning(|_| Ok(None));
    let accounts = accounts(store, MockPasswordHasher::new());
    for _ in 0..2 {
        assert!(accounts.exists(ada().id).await.unwrap());
        assert!(!accounts.exists(stranger).await.unwrap());
    }
}
