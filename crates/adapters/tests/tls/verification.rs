//! Which certificates of servers are good enough.

use todo_adapters::{Protection, ProtectionError, TlsFailure, Verification};
use todo_testkit::private_postgres::{PrivatePostgres, Role};

use super::{AUTHORITY, Files, SERVER, STRANGER, protection};

/// How an encrypted connection to a server fares.
async fn connect(
    server: &PrivatePostgres,
    host: &str,
    parameters: &str,
) -> Result<Verification, TlsFailure> {
    match protection(&server.url(Role::Encrypted, host, parameters)).await {
        Ok(Protection::Encrypted(verification)) => Ok(verification),
        Err(ProtectionError::Tls(failure)) => Err(failure),
        other => unreachable!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_full_wants_the_issuer_and_the_host_name() {
    let (_files, roots) = Files::roots(&[&AUTHORITY]);
    let mode = format!("sslmode=verify-full&{roots}");
    let right = connect(&SERVER, "localhost", &mode).await;
    assert_eq!(right, Ok(Verification::IssuerAndName));
    let wrong = connect(&SERVER, "127.0.0.1", &mode).await.unwrap_err().to_string();
    let told = "the certificate is not for this host name, 127.0.0.1, but for localhost; connect";
    assert!(wrong.starts_with(told), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_a_host_name_that_a_certificate_may_have() {
    let server = PrivatePostgres::with_tls(&AUTHORITY.server(&["127.0.0.1"]));
    let (_files, roots) = Files::roots(&[&AUTHORITY]);
    let mode = format!("sslmode=verify-full&{roots}");
    let right = connect(&server, "127.0.0.1", &mode).await;
    assert_eq!(right, Ok(Verification::IssuerAndName));
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_ca_wants_the_issuer_alone() {
    let (_files, roots) = Files::roots(&[&AUTHORITY]);
    let mode = format!("sslmode=verify-ca&{roots}");
    for host in ["localhost", "127.0.0.1"] {
        assert_eq!(connect(&SERVER, host, &mode).await, Ok(Verification::Issuer));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_roots_a_certificate_of_a_stranger_is_refused_in_every_mode() {
    let (_files, roots) = Files::roots(&[&STRANGER]);
    for mode in ["allow", "prefer", "require", "verify-ca", "verify-full"] {
        let strange = connect(&SERVER, "localhost", &format!("sslmode={mode}&{roots}")).await;
        assert_eq!(strange, Err(TlsFailure::UnknownIssuer), "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_may_have_several_roots() {
    let (_files, roots) = Files::roots(&[&STRANGER, &AUTHORITY]);
    for (mode, verification) in [
        ("require", Verification::Issuer),
        ("verify-ca", Verification::Issuer),
        ("verify-full", Verification::IssuerAndName),
    ] {
        let known = connect(&SERVER, "localhost", &format!("sslmode={mode}&{roots}")).await;
        assert_eq!(known, Ok(verification), "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_is_only_good_for_those_who_do_not_look() {
    let server = PrivatePostgres::with_tls(&AUTHORITY.expired_server(&["localhost"]));
    let (_files, roots) = Files::roots(&[&AUTHORITY]);
    for mode in ["verify-ca", "verify-full"] {
        let expired = connect(&server, "localhost", &format!("sslmode={mode}&{roots}")).await;
        assert_eq!(expired, Err(TlsFailure::Expired), "{mode}");
    }
    let unseen = connect(&server, "localhost", "sslmode=require").await;
    assert_eq!(unseen, Ok(Verification::Nothing));
}
