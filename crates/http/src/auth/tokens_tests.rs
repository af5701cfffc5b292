//! Every way in which a token can be bad, and the few in which it is good.

use serde_json::{Value, json};
use todo_domain::{
    Timestamp,
    ports::{MockClock, MockIdGenerator},
};

use super::*;

const SECRET: &str = "a secret of at least thirty-two bytes";
const FORMER: &str = "the secret that was there before, once";
const NOW: i64 = 1_795_000_000;
const EPOCH: TokenEpoch = TokenEpoch::new(3);
const WEEK: Duration = Duration::from_secs(604_800);

fn tokens_at(second: i64, secret: &str, previous: &[&str]) -> Tokens {
    let mut clock = MockClock::new();
    let now = Timestamp::from_microsecond(second * 1_000_000).unwrap();
    clock.expect_now().return_const(now);
    let mut ids = MockIdGenerator::new();
    let mut next = 0;
    ids.expect_next().returning_st(move || {
        next += 1;
        format!("{next:032x}").parse().unwrap()
    });
    let previous: Vec<_> = previous.iter().copied().map(SecretString::from).collect();
    Tokens::new(&SecretString::from(secret), &previous, WEEK, Arc::new(clock), Arc::new(ids))
        .unwrap()
}

fn tokens() -> Tokens {
    tokens_at(NOW, SECRET, &[])
}

fn user(number: i64) -> UserId {
    UserId::new(number).unwrap()
}

/// Whose token it is, if it is one.
fn owner(tokens: &Tokens, token: &str) -> Result<UserId, InvalidToken> {
    tokens.verify(token).map(|claims| claims.user)
}

fn signed(algorithm: Algorithm, claims: &Value, secret: &str) -> String {
    encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn part(token: &str, index: usize) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A token without a signature that claims not to need one, or to have another's.
fn unsigned(header: &Value, claims: &Value, signature: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(claims))
}

#[test]
fn a_token_is_good_for_a_week_and_not_a_second_longer() {
    let token = tokens().issue(user(7), EPOCH).unwrap().token;
    let (header, claims) = (part(&token, 0), part(&token, 1));
    assert_eq!(header["alg"], "HS256");
    assert_eq!(claims["sub"], "7");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 604_800);
    assert!(claims["jti"].is_string() && header["kid"].is_string());
    assert_eq!(owner(&tokens(), &token), Ok(user(7)));
    assert_eq!(owner(&tokens_at(NOW + 604_799, SECRET, &[]), &token), Ok(user(7)));
    assert_eq!(owner(&tokens_at(NOW + 604_800, SECRET, &[]), &token), Err(InvalidToken));
    assert_eq!(owner(&tokens_at(NOW - 60, SECRET, &[]), &token), Ok(user(7)));
    assert_eq!(owner(&tokens_at(NOW - 61, SECRET, &[]), &token), Err(InvalidToken));
}

#[test]
fn two_tokens_of_one_moment_differ() {
    let tokens = tokens();
    assert_ne!(
        tokens.issue(user(7), EPOCH).unwrap().token,
        tokens.issue(user(7), EPOCH).unwrap().token
    );
}

#[test]
fn a_token_tells_its_name_its_epoch_and_when_it_ends() {
    let claims = tokens().verify(&tokens().issue(user(7), EPOCH).unwrap().token).unwrap();
    assert_eq!(claims.id.to_string(), "00000000-0000-0000-0000-000000000001");
    assert_eq!(claims.epoch, EPOCH);
    assert_eq!(claims.expires_at.as_microsecond(), (NOW + 604_800) * 1_000_000);
}

#[test]
fn a_token_from_before_there_were_epochs_is_of_the_first() {
    let claims = json!({ "sub": "7", "exp": NOW + 60, "jti": "x" });
    let token = signed(Algorithm::HS256, &claims, SECRET);
    assert_eq!(tokens().verify(&token).unwrap().epoch, TokenEpoch::default());
}

#[test]
fn tokens_without_a_name_have_one_by_which_they_differ() {
    let token = |exp| signed(Algorithm::HS256, &json!({ "sub": "7", "exp": exp }), SECRET);
    let id = |exp| tokens().verify(&token(exp)).unwrap().id;
    assert_eq!(id(NOW + 60), id(NOW + 60));
    assert_ne!(id(NOW + 60), id(NOW + 61));
}

#[test]
fn a_former_secret_verifies_as_long_as_it_is_named_but_signs_nothing() {
    let old = tokens_at(NOW, FORMER, &[]).issue(user(7), EPOCH).unwrap().token;
    let rotating = tokens_at(NOW, SECRET, &[FORMER]);
    assert_eq!(owner(&rotating, &old), Ok(user(7)));
    assert_eq!(owner(&tokens(), &old), Err(InvalidToken));
    let new = rotating.issue(user(7), EPOCH).unwrap().token;
    assert_eq!(owner(&tokens(), &new), Ok(user(7)));
    assert_eq!(owner(&tokens_at(NOW, FORMER, &[]), &new), Err(InvalidToken));
}

#[test]
fn a_token_that_names_no_key_is_tried_with_each() {
    let claims = json!({ "sub": "7", "exp": NOW + 60 });
    for secret in [SECRET, FORMER] {
        let token = signed(Algorithm::HS256, &claims, secret);
        assert_eq!(owner(&tokens_at(NOW, SECRET, &[FORMER]), &token), Ok(user(7)));
    }
}

#[test]
fn claims_that_are_not_right_are_refused() {
    for claims in [
        json!({}),
        json!({ "sub": "7" }),
        json!({ "exp": NOW + 60 }),
        json!({ "sub": "7", "exp": null }),
        json!({ "sub": "7", "exp": "tomorrow" }),
        json!({ "sub": "7", "exp": NOW }),
        json!({ "sub": "7", "exp": NOW - 1 }),
        json!({ "sub": "7", "exp": -1 }),
        json!({ "sub": "7", "exp": NOW + 60, "nbf": NOW + 61 }),
        json!({ "sub": "7", "exp": NOW + 60, "iat": NOW + 61 }),
        json!({ "sub": "7", "exp": NOW + 60, "nbf": i64::MAX }),
        json!({ "sub": "7", "exp": NOW + 60, "nbf": "soon" }),
        json!({ "sub": "7", "exp": NOW + 60, "epoch": "3" }),
        json!({ "sub": "7", "exp": NOW + 60, "epoch": 3.5 }),
        json!({ "sub": "7", "exp": i64::MAX }),
        json!({ "sub": "7", "exp": NOW + 60, "aud": "another service" }),
        json!({ "sub": 7, "exp": NOW + 60 }),
        json!({ "sub": "", "exp": NOW + 60 }),
        json!({ "sub": "0", "exp": NOW + 60 }),
        json!({ "sub": "-7", "exp": NOW + 60 }),
        json!({ "sub": "7.0", "exp": NOW + 60 }),
        json!({ "sub": " 7", "exp": NOW + 60 }),
        json!({ "sub": "ada", "exp": NOW + 60 }),
        json!({ "sub": "9223372036854775808", "exp": NOW + 60 }),
    ] {
        let token = signed(Algorithm::HS256, &claims, SECRET);
        assert_eq!(owner(&tokens(), &token), Err(InvalidToken), "{claims}");
    }
    let good = json!({ "sub": "7", "exp": NOW + 1, "nbf": NOW, "iat": NOW });
    assert_eq!(owner(&tokens(), &signed(Algorithm::HS256, &good, SECRET)), Ok(user(7)));
}

#[test]
fn any_other_algorithm_is_refused() {
    let claims = json!({ "sub": "7", "exp": NOW + 60 });
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = signed(algorithm, &claims, SECRET);
        assert_eq!(owner(&tokens(), &token), Err(InvalidToken), "{algorithm:?}");
    }
    // Signed with HS256 and our secret, but under the name of another algorithm.
    let genuine = signed(Algorithm::HS256, &claims, SECRET);
    let signature = genuine.rsplit('.').next().unwrap();
    for alg in ["none", "None", "nOnE", "RS256", "ES256", "PS256", "HS512", "hs256", ""] {
        for signature in ["", signature] {
            let token = unsigned(&json!({ "alg": alg, "typ": "JWT" }), &claims, signature);
            assert_eq!(owner(&tokens(), &token), Err(InvalidToken), "{alg}");
        }
    }
    let token = unsigned(&json!({ "typ": "JWT" }), &claims, signature);
    assert_eq!(owner(&tokens(), &token), Err(InvalidToken));
}

#[test]
fn what_is_broken_or_of_another_secret_is_refused() {
    let token = tokens().issue(user(7), EPOCH).unwrap().token;
    let (rest, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = rest.split_once('.').unwrap();
    let other = tokens().issue(user(8), EPOCH).unwrap().token;
    let stolen = other.split('.').nth(1).unwrap();
    for broken in [
        String::new(),
        "x".to_owned(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        rest.to_owned(),
        format!("{rest}."),
        format!("{token}."),
        format!("{token}.x"),
        format!("{header}.{stolen}.{signature}"),
        format!(" {token}"),
        token.to_uppercase(),
        tokens_at(NOW, "another secret, and long enough as well", &[])
            .issue(user(7), EPOCH)
            .unwrap()
            .token,
    ] {
        assert_eq!(owner(&tokens(), &broken), Err(InvalidToken), "{broken}");
    }
}

#[test]
fn a_secret_has_thirty_two_bytes() {
    let new = |secret: &str, previous: &[SecretString]| {
        let (clock, ids) = (Arc::new(MockClock::new()), Arc::new(MockIdGenerator::new()));
        Tokens::new(&SecretString::from(secret), previous, WEEK, clock, ids).map(|_| ())
    };
    assert_eq!(new(&"x".repeat(31), &[]), Err(SecretTooShort));
    assert_eq!(new(&"x".repeat(32), &[]), Ok(()));
    assert_eq!(new(SECRET, &[SecretString::from("short")]), Err(SecretTooShort));
}

#[test]
fn nothing_prints_a_secret() {
    assert_eq!(format!("{:?}", tokens()), "Tokens { .. }");
}

#[test]
fn a_secret_that_is_replaced_verifies_as_long_as_it_is_named() {
    let (tokens, secrets) = (tokens(), [SecretString::from(FORMER), SecretString::from(SECRET)]);
    let same = tokens.clone();
    let token = tokens.issue(user(7), EPOCH).unwrap().token;
    tokens.replace_secrets(&secrets[0], &secrets[1..]).unwrap();
    assert_eq!(owner(&same, &token), Ok(user(7)));
    let newer = same.issue(user(7), EPOCH).unwrap().token;
    tokens.replace_secrets(&secrets[0], &[]).unwrap();
    assert_eq!(owner(&same, &token), Err(InvalidToken));
    assert_eq!(owner(&same, &newer), Ok(user(7)));
}

#[test]
fn a_secret_that_is_too_short_replaces_none() {
    let tokens = tokens();
    let token = tokens.issue(user(7), EPOCH).unwrap().token;
    let (short, long) = (SecretString::from("short"), SecretString::from(FORMER));
    assert_eq!(tokens.replace_secrets(&short, &[]), Err(SecretTooShort));
    assert_eq!(tokens.replace_secrets(&long, &[short]), Err(SecretTooShort));
    assert_eq!(owner(&tokens, &token), Ok(user(7)));
}

fn refresh_claims() -> RefreshClaims {
    let family = "00000000-0000-7000-8000-000000000009".parse().unwrap();
    RefreshClaims { user: user(7), family, generation: 2 }
}

#[test]
fn a_refresh_token_is_good_for_its_time_under_current_and_former_secrets() {
    let token = tokens_at(NOW, FORMER, &[]).issue_refresh(refresh_claims(), WEEK).unwrap();
    assert_eq!(tokens_at(NOW, SECRET, &[FORMER]).verify_refresh(&token), Ok(refresh_claims()));
    assert_eq!(tokens().verify_refresh(&token), Err(InvalidToken));
    let last = NOW + 604_799;
    assert!(tokens_at(last, FORMER, &[]).verify_refresh(&token).is_ok());
    assert_eq!(tokens_at(last + 1, FORMER, &[]).verify_refresh(&token), Err(InvalidToken));
}

#[test]
fn access_and_refresh_tokens_are_not_taken_for_each_other() {
    let access = tokens().issue(user(7), EPOCH).unwrap().token;
    let refresh = tokens().issue_refresh(refresh_claims(), WEEK).unwrap();
    assert_eq!(owner(&tokens(), &refresh), Err(InvalidToken));
    assert_eq!(tokens().verify_refresh(&access), Err(InvalidToken));
}
