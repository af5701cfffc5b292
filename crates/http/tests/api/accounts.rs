//! Signing up, signing in, one's own account.

use serde_json::json;
use todo_domain::{
    PasswordHash,
    ports::{CreateUser, HashError, MockAccountStore, StoreError, StoreErrorKind},
};

use crate::client::{Answer, Mocks, user};

fn signing_up(created: Result<CreateUser, StoreError>) -> Mocks {
    let mut mocks = Mocks::default();
    mocks.hasher.expect_hash().returning(|_, _| Ok(PasswordHash::new("$hash".into())));
    mocks.accounts.expect_create().return_once(|_| created);
    mocks
}

fn signing_in(known: bool, right: bool) -> Mocks {
    let mut mocks = Mocks::default();
    mocks
        .accounts
        .expect_credentials()
        .returning(move |_| Ok(known.then(|| (user(1), PasswordHash::new("$hash".into())))));
    mocks.hasher.expect_verify().returning(move |_, hash, _| Ok(right && hash.is_some()));
    mocks
}

#[tokio::test]
async fn who_signs_up_is_signed_in() {
    let mut client = signing_up(Ok(CreateUser::Created(user(1)))).serve();
    let body = json!({
        "name": "Ada", "email": "ada@example.org", "password": "12345678", "timezone": "Asia/Tokyo",
    });
    let answer = client.post("/api/auth/signup", body).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.body["token_type"], "bearer");
    assert_eq!(answer.body["expires_in"], 604_800);
    assert_eq!(
        answer.body["user"],
        json!({
            "id": 1, "email": "ada@example.org", "name": "Ada", "timezone": "Asia/Tokyo",
            "role": "user", "created_at": "2026-11-22T09:00:00.000000Z",
        })
    );
    client.token = answer.body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.get("/api/auth/me").await.body, answer.body["user"]);
}

#[tokio::test]
async fn an_address_signs_up_once() {
    let client = signing_up(Ok(CreateUser::EmailTaken)).serve();
    let body = json!({ "name": "Ada", "email": "ada@example.org", "password": "12345678" });
    let answer = client.post("/api/auth/signup", body).await;
    assert_eq!(answer.problem(), (409, "email_taken"));
}

#[tokio::test]
async fn signing_in_does_not_tell_an_unknown_address_from_a_wrong_password() {
    let body = json!({ "email": "ada@example.org", "password": "12345678" });
    let right = signing_in(true, true).serve().post("/api/auth/signin", body.clone()).await;
    assert_eq!((right.status, &right.body["user"]["id"]), (200, &json!(1)));
    let mut refusals = Vec::new();
    for (known, right) in [(true, false), (false, false), (false, true)] {
        let client = signing_in(known, right).serve();
        let mut answer = client.post("/api/auth/signin", body.clone()).await;
        assert_eq!(answer.problem(), (401, "wrong_credentials"));
        answer.body["request_id"] = json!(null);
        refusals.push(answer.body);
    }
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]));
}

#[tokio::test]
async fn a_busy_hasher_asks_for_patience() {
    let mut mocks = Mocks::default();
    mocks.hasher.expect_hash().returning(|_, _| Err(HashError::Busy));
    let body = json!({ "name": "Ada", "email": "ada@example.org", "password": "12345678" });
    let answer = mocks.serve().post("/api/auth/signup", body).await;
    assert_eq!(answer.problem(), (503, "too_busy"));
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn what_fails_inside_is_not_told() {
    for (kind, problem, retry_after) in [
        (StoreErrorKind::Unavailable, (503, "database_unavailable"), Some("1")),
        (StoreErrorKind::Contention, (503, "database_unavailable"), Some("1")),
        (StoreErrorKind::Constraint, (500, "internal_error"), None),
        (StoreErrorKind::Corrupt, (500, "internal_error"), None),
        (StoreErrorKind::Internal, (500, "internal_error"), None),
    ] {
        let mut mocks = Mocks::default();
        mocks
            .accounts
            .expect_credentials()
            .return_once(move |_| Err(StoreError::new(kind, "column \"secret\" of table users")));
        let body = json!({ "email": "ada@example.org", "password": "12345678" });
        let answer = mocks.serve().post("/api/auth/signin", body).await;
        assert_eq!(answer.problem(), problem);
        assert_eq!(answer.header("retry-after"), retry_after);
        assert!(!answer.body.to_string().contains("secret"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_name_and_a_zone_change_apart_or_together() {
    for (patch, name, zone) in [
        (json!({}), None, None),
        (json!({ "name": " Ada L. " }), Some("Ada L."), None),
        (json!({ "timezone": "Europe/Berlin" }), None, Some("Europe/Berlin")),
        (json!({ "name": "A", "timezone": "UTC" }), Some("A"), Some("UTC")),
    ] {
        let mut mocks = Mocks::default();
        mocks
            .accounts
            .expect_update()
            .withf(move |id, change| {
                let changed = change.time_zone.as_ref().map(|zone| zone.name().to_owned());
                id.get() == 1
                    && change.name.as_ref().map(AsRef::as_ref) == name
                    && changed.as_deref() == zone
            })
            .returning(|id, _| Ok(Some(user(id.get()))));
        assert_eq!(mocks.serve().patch("/api/auth/me", patch).await.status, 200);
    }
}

#[tokio::test]
async fn who_was_deleted_a_moment_ago_is_signed_out() {
    let mut accounts = MockAccountStore::new();
    accounts.expect_user().returning(|_| Ok(None));
    let client = Mocks { accounts, ..Mocks::default() }.serve();
    let answer: Answer = client.get("/api/auth/me").await;
    assert_eq!(answer.problem(), (401, "invalid_token"));
}
