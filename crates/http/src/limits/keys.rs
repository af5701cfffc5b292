//! By which keys callers are counted. None of them tells an address or an e-mail address to
//! whoever reads them.

use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use secrecy::{ExposeSecret, SecretString};
use todo_domain::{Email, LimitKey, UserId};

use super::client_address::ClientAddress;

/// How much of a digest is kept: 132 bits, in base64.
const LENGTH: usize = 22;

/// Makes keys of callers.
#[derive(Clone)]
pub(super) struct LimitKeys(EncodingKey);

impl LimitKeys {
    pub(super) fn new(secret: &SecretString) -> Self {
        // A key of its own: what is signed here shall never be a token.
        let key = sign(b"limits", &EncodingKey::from_secret(secret.expose_secret().as_bytes()));
        Self(EncodingKey::from_secret(key.as_bytes()))
    }

    /// A user's number tells nothing about them.
    pub(super) fn user(user: UserId) -> LimitKey {
        LimitKey::new(format!("user:{user}"))
    }

    pub(super) fn address(&self, address: ClientAddress) -> LimitKey {
        self.digest("address", &address.text())
    }

    pub(super) fn account(&self, email: &Email) -> LimitKey {
        self.digest("account", email.as_str())
    }

    pub(super) fn account_at_address(&self, email: &Email, address: ClientAddress) -> LimitKey {
        // An address has no space in it, so nobody else comes out as this text.
        self.digest("account at", &format!("{} {}", address.text(), email.as_str()))
    }

    fn digest(&self, kind: &str, text: &str) -> LimitKey {
        let digest = sign(format!("{kind}:{text}").as_bytes(), &self.0);
        LimitKey::new(digest.chars().take(LENGTH).collect::<String>())
    }
}

/// HMAC with SHA-256, which takes keys of any length and can't fail.
fn sign(text: &[u8], key: &EncodingKey) -> String {
    crypto::sign(text, key, Algorithm::HS256).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(secret: &str) -> LimitKeys {
        LimitKeys::new(&SecretString::from(secret))
    }

    #[test]
    fn instances_with_the_same_secret_make_the_same_keys_and_others_can_not() {
        let ada = Email::new("ada@example.org").unwrap();
        let key = keys("a secret").account(&ada);
        assert_eq!(key, keys("a secret").account(&ada));
        assert_ne!(key, keys("another").account(&ada));
        assert_ne!(key, keys("a secret").account(&Email::new("bob@example.org").unwrap()));
        assert_eq!(key.as_str().len(), LENGTH);
    }

    #[test]
    fn neither_addresses_nor_e_mail_addresses_can_be_read_in_a_key() {
        let (ada, address) =
            (Email::new("ada@example.org").unwrap(), ClientAddress::of_peer("192.0.2.1"));
        let keys = keys("a secret");
        for key in
            [keys.account(&ada), keys.address(address), keys.account_at_address(&ada, address)]
        {
            assert!(
                !key.as_str().contains("ada") && !key.as_str().contains("192"),
                "{}",
                key.as_str()
            );
        }
    }
}
