//! Certificates for tests, issued by authorities that nobody else knows.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};

/// Somebody who issues certificates.
#[derive(Debug)]
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate, its key and the root of whoever issued it, in PEM format.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// What a server shows, or a client.
    pub certificate: String,
    /// Its key.
    pub key: String,
    /// What those who trust it have.
    pub authority: String,
}

impl Authority {
    /// A new one, of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut params = named(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, key()).expect("a certificate"))
    }

    /// Its certificate, in PEM format.
    #[must_use]
    pub fn root(&self) -> String {
        self.0.pem()
    }

    /// Issues a certificate to a server of these host names and addresses.
    #[must_use]
    pub fn server(&self, hosts: &[&str]) -> Identity {
        self.issue(named("server", hosts), ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// Issues one whose time was over long ago.
    #[must_use]
    pub fn expired_server(&self, hosts: &[&str]) -> Identity {
        let mut params = named("server", hosts);
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(2001, 1, 1);
        self.issue(params, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// Issues a certificate to a client of this name.
    #[must_use]
    pub fn client(&self, name: &str) -> Identity {
        self.issue(named(name, &[]), ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn issue(&self, mut params: CertificateParams, purpose: ExtendedKeyUsagePurpose) -> Identity {
        params.extended_key_usages = vec![purpose];
        let key = key();
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            authority: self.root(),
        }
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("the system has randomness")
}

fn named(name: &str, hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).expect("names of hosts");
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
