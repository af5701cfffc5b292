//! What is reported of certificates that no server should have.

use rustls::{
    client::danger::ServerCertVerifier,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
};

use super::*;
use crate::storage::tls::{Verification, verifier::Verifier};

fn failure_of(error: Error) -> TlsFailure {
    io::Error::new(io::ErrorKind::InvalidData, error).into()
}

#[test]
fn an_authority_is_no_server() {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = authority.self_signed(&key).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let verifier = Verifier::new(Verification::Issuer, Some(roots));
    let name = ServerName::try_from("localhost").unwrap();
    let refused = verifier.verify_server_cert(authority.der(), &[], &name, &[], UnixTime::now());
    assert_eq!(failure_of(refused.unwrap_err()), TlsFailure::Authority);
}

#[test]
fn version_1_is_outdated() {
    const VERSION_1: &str = "\
-----BEGIN CERTIFICATE-----
MIIBJDCBywIUauwIE22pxsYg3/4X5I0BBiA1Ax8wCgYIKoZIzj0EAwIwFDESMBAG
A1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzAxNTgzMVoYDzIxMjYxMDMwMDE1ODMx
WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AARYr+hK9qCVKNysyHuaabacx/W3rM8HMkXqsDo7XGMwKbuph1u555mz8RepQQL/
clDCdGWE54vZrJE/1Jjv0SDOMAoGCCqGSM49BAMCA0gAMEUCICRsPeLahJaqszJW
zHmHasw55q9YpLwpLsQdexVMAVjLAiEAiyp501OzRXPcgBFvDF8Dq3TcRFM9qVc/
H7LuD3JgU/Q=
-----END CERTIFICATE-----
";
    let certificate = CertificateDer::from_pem_slice(VERSION_1.as_bytes()).unwrap();
    let refused = ParsedCertificate::try_from(&certificate).err().unwrap();
    assert_eq!(failure_of(refused), TlsFailure::Outdated);
}

#[test]
fn what_is_no_matter_of_certificates_is_told_as_it_is() {
    let cut = io::Error::new(io::ErrorKind::UnexpectedEof, "tls handshake eof");
    assert_eq!(TlsFailure::from(cut), TlsFailure::Handshake("tls handshake eof".to_owned()));
}
