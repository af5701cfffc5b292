//! What hashing a password promises.

use super::*;

/// As cheap as Argon2 gets: what is tested here is not how slow it is.
const CHEAP: Argon2Cost = Argon2Cost { memory_kib: 8, passes: 1, lanes: 1 };

fn hasher(cost: Argon2Cost) -> Argon2Hasher {
    let limits = HashingLimits { longest_wait: Duration::from_millis(5), ..Default::default() };
    Argon2Hasher::new(cost, limits).unwrap()
}

fn requester() -> HashRequester {
    HashRequester::operator()
}

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

#[tokio::test]
async fn the_right_password_is_accepted_and_a_wrong_one_is_not() {
    let hasher = hasher(CHEAP);
    let hash = hasher.hash(password("correct horse"), requester()).await.unwrap();
    assert!(
        hasher.verify(password("correct horse"), Some(hash.clone()), requester()).await.unwrap()
    );
    assert!(!hasher.verify(password("wrong horse!"), Some(hash), requester()).await.unwrap());
}

#[tokio::test]
async fn a_hash_names_its_algorithm_and_cost_and_has_a_salt_of_its_own() {
    let hasher = hasher(Argon2Cost::OWASP);
    let first = hasher.hash(password("correct horse"), requester()).await.unwrap();
    let second = hasher.hash(password("correct horse"), requester()).await.unwrap();
    assert!(first.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert!(first != second);
}

#[tokio::test]
async fn nobody_signs_in_where_there_is_no_hash_not_even_with_the_decoys_password() {
    let hasher = hasher(CHEAP);
    for text in ["correct horse", "nobody's password"] {
        assert!(!hasher.verify(password(text), None, requester()).await.unwrap());
    }
}

#[tokio::test]
async fn without_a_hash_the_same_work_is_done() {
    let hasher = hasher(CHEAP);
    let real = hasher.hash(password("correct horse"), requester()).await.unwrap();
    let real = phc::PasswordHash::new(real.expose()).unwrap();
    assert_eq!(hasher.decoy.algorithm, real.algorithm);
    assert_eq!(hasher.decoy.version, real.version);
    assert_eq!(hasher.decoy.params, real.params);
}

#[tokio::test]
async fn a_hash_of_another_cost_still_verifies() {
    let old = hasher(CHEAP).hash(password("correct horse"), requester()).await.unwrap();
    let raised = hasher(Argon2Cost { memory_kib: 16, passes: 2, lanes: 1 });
    assert!(
        raised.verify(password("correct horse"), Some(old.clone()), requester()).await.unwrap()
    );
    assert!(!raised.verify(password("wrong horse!"), Some(old), requester()).await.unwrap());
}

#[tokio::test]
async fn who_waits_too_long_for_a_turn_is_told_that_it_is_busy() {
    let hasher = hasher(CHEAP);
    let taken = take_all(&hasher, "192.0.2.1").await;
    let refused = hasher.hash(password("correct horse"), requester()).await;
    assert!(matches!(refused, Err(HashError::Busy)));
    let refused = hasher.verify(password("correct horse"), None, requester()).await;
    assert!(matches!(refused, Err(HashError::Busy)));
    drop(taken);
    assert!(hasher.hash(password("correct horse"), requester()).await.is_ok());
}

#[tokio::test]
async fn what_is_not_a_hash_is_a_failure_and_not_a_wrong_password() {
    let hasher = hasher(CHEAP);
    let garbage = PasswordHash::new("plain text".to_owned());
    let result = hasher.verify(password("correct horse"), Some(garbage), requester()).await;
    assert!(matches!(result, Err(HashError::Failed(_))));
}

#[test]
fn a_cost_that_argon2_does_not_have_is_refused() {
    let nothing = Argon2Cost { memory_kib: 0, passes: 0, lanes: 0 };
    assert!(matches!(
        Argon2Hasher::new(nothing, HashingLimits::default()),
        Err(HashError::Failed(_))
    ));
}

/// Takes every turn there is, for accounts at this address.
async fn take_all(hasher: &Argon2Hasher, address: &str) -> Vec<impl Sized> {
    let mut taken = Vec::new();
    for number in 0..HashingLimits::default().at_once.get() {
        let parties = [address.to_owned(), format!("user{number}")].map(LimitKey::new);
        taken.extend(hasher.turns.wait(parties, Instant::now(), || ()).await);
    }
    taken
}

#[tokio::test]
async fn accounts_at_one_address_do_not_use_up_the_hashing_for_those_elsewhere() {
    let hasher = hasher(CHEAP);
    let mut taken = take_all(&hasher, "192.0.2.1").await;
    let queue = Arc::clone(&hasher.turns);
    let far = Instant::now() + Duration::from_secs(30);
    let crowd = (0..100).map(|number| {
        let parties = ["192.0.2.1".to_owned(), format!("user{number}")].map(LimitKey::new);
        Box::pin(queue.wait(parties, far, || ()))
    });
    let mut crowd: Vec<_> = crowd.collect();
    for one in &mut crowd {
        assert!(futures_util::poll!(one).is_pending());
    }
    let elsewhere = ["198.51.100.1", "ada"].map(LimitKey::new);
    let mut ada = Box::pin(queue.wait(elsewhere, far, || ()));
    assert!(futures_util::poll!(&mut ada).is_pending());
    taken.pop();
    assert!(futures_util::poll!(&mut ada).is_ready(), "the next turn is theirs");
}
