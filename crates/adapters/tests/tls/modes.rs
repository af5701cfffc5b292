//! What each `sslmode` does with each kind of server.

use todo_adapters::{Protection, ProtectionError, TlsFailure, Verification};
use todo_testkit::private_postgres::Role;

use super::{AUTHORITY, Files, SERVER, WITHOUT, protection};

const ENCRYPTED: Protection = Protection::Encrypted(Verification::Nothing);

#[tokio::test(flavor = "multi_thread")]
async fn disable_never_encrypts_and_a_server_that_insists_refuses_it() {
    let mode = "sslmode=disable";
    for url in
        [SERVER.url(Role::Plain, "localhost", mode), WITHOUT.url(Role::Plain, "localhost", mode)]
    {
        assert_eq!(protection(&url).await.unwrap(), Protection::Plain);
    }
    let insists = protection(&SERVER.url(Role::Encrypted, "localhost", mode)).await;
    assert!(matches!(insists, Err(ProtectionError::Unreachable)), "{insists:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn allow_encrypts_only_if_the_server_insists() {
    let mode = "sslmode=allow";
    for (url, expected) in [
        (WITHOUT.url(Role::Plain, "localhost", mode), Protection::Plain),
        (SERVER.url(Role::Plain, "localhost", mode), Protection::Plain),
        (SERVER.url(Role::Encrypted, "localhost", mode), ENCRYPTED),
    ] {
        assert_eq!(protection(&url).await.unwrap(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prefer_encrypts_if_the_server_takes_it_and_is_the_default() {
    for mode in ["sslmode=prefer", ""] {
        for (url, expected) in [
            (WITHOUT.url(Role::Encrypted, "localhost", mode), Protection::Plain),
            (SERVER.url(Role::Plain, "localhost", mode), Protection::Plain),
            (SERVER.url(Role::Encrypted, "localhost", mode), ENCRYPTED),
        ] {
            assert_eq!(protection(&url).await.unwrap(), expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn require_encrypts_with_whoever_answers() {
    for host in ["localhost", "127.0.0.1"] {
        let url = SERVER.url(Role::Encrypted, host, "sslmode=require");
        assert_eq!(protection(&url).await.unwrap(), ENCRYPTED);
    }
    let never = protection(&SERVER.url(Role::Plain, "localhost", "sslmode=require")).await;
    assert!(matches!(never, Err(ProtectionError::Unreachable)), "{never:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_insists_learns_that_a_server_offers_no_tls() {
    let (_files, roots) = Files::roots(&[&AUTHORITY]);
    for mode in ["require", "verify-ca", "verify-full"] {
        let url = WITHOUT.url(Role::Plain, "localhost", &format!("sslmode={mode}&{roots}"));
        let failed = protection(&url).await.unwrap_err();
        assert!(matches!(failed, ProtectionError::Tls(TlsFailure::NotOffered)), "{failed:?}");
        assert!(failed.to_string().starts_with("the server does not offer TLS"), "{failed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_bound_to_the_connection_it_is_sent_over() {
    let binding = "sslmode=require&channel_binding=require";
    let url = SERVER.url(Role::Password, "localhost", binding);
    assert_eq!(protection(&url).await.unwrap(), ENCRYPTED);
    let unbound = SERVER.url(Role::Encrypted, "localhost", binding);
    assert!(protection(&unbound).await.is_err(), "it asks for no password");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_shows_a_certificate_where_the_server_wants_one() {
    let own = AUTHORITY.client("certified");
    let files = Files::new(&[("own.crt", &own.certificate), ("own.key", &own.key)]);
    let (certificate, key) =
        (files.parameter("sslcert", "own.crt"), files.parameter("sslkey", "own.key"));
    let shown = format!("sslmode=require&{certificate}&{key}");
    let url = SERVER.url(Role::Certified, "localhost", &shown);
    assert_eq!(protection(&url).await.unwrap(), ENCRYPTED);
    let without = SERVER.url(Role::Certified, "localhost", "sslmode=require");
    assert!(protection(&without).await.is_err());
}
