//! Access tokens: JSON Web Tokens (RFC 7519) signed with HS256 and nothing else.

use std::{fmt, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, crypto, decode, decode_header, encode,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use todo_domain::{
    RefreshClaims, Timestamp, TokenClaims, TokenEpoch, TokenFamilyId, TokenId, UserId,
    ports::{Clock, IdGenerator},
};

/// How many bytes a secret has at least: the size of the hash, as RFC 7518, section 3.2 demands.
pub const MIN_SECRET_BYTES: usize = 32;

/// A secret that could be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be at least {MIN_SECRET_BYTES} bytes long")]
pub struct SecretTooShort;

/// A token could not be signed: a bug.
#[derive(Debug, thiserror::Error)]
#[error("an access token could not be signed")]
pub struct SigningError(#[from] jsonwebtoken::errors::Error);

/// The token is none of ours, or not valid now. Nobody learns in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidToken;

/// A token and for how long it is valid.
pub(crate) struct AccessToken {
    pub(crate) token: String,
    pub(crate) expires_in: Duration,
}

/// Issues and verifies access tokens.
#[derive(Clone)]
pub struct Tokens {
    inner: Arc<Inner>,
}

struct Inner {
    keys: ArcSwap<Keys>,
    validation: Validation,
    refresh_validation: Validation,
    lifetime: Duration,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
}

/// The keys of one configuration.
struct Keys {
    signing: EncodingKey,
    /// The signing key first, then those it replaced.
    verifying: Vec<Key>,
}

struct Key {
    id: String,
    verifying: DecodingKey,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    /// Seconds since 1970, like the other two.
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    /// Absent in tokens from before there were epochs.
    #[serde(default)]
    epoch: i64,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

/// What a refresh token says. An audience of its own keeps it from being taken for an access token,
/// which has none.
#[derive(Serialize, Deserialize)]
struct RefreshJson {
    sub: String,
    aud: String,
    exp: i64,
    family: String,
    generation: i64,
}

/// The audience of refresh tokens.
const REFRESH: &str = "refresh";

/// How far the clocks of two instances may be apart, in seconds: one must not refuse what the other
/// has just issued.
const CLOCK_SKEW: i64 = 60;

impl Tokens {
    /// Tokens signed with `secret`, valid for `lifetime`. Those signed with one of the `previous`
    /// secrets stay valid as long as it is named here, so that a secret can be replaced without
    /// signing everybody out.
    ///
    /// # Errors
    /// [`SecretTooShort`] when a secret has fewer than 32 bytes.
    pub fn new(
        secret: &SecretString,
        previous: &[SecretString],
        lifetime: Duration,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
    ) -> Result<Self, SecretTooShort> {
        let mut validation = Validation::new(Algorithm::HS256);
        // Times are compared with our own clock, below.
        validation.validate_exp = false;
        validation.set_required_spec_claims(&["exp", "sub"]);
        let mut refresh_validation = validation.clone();
        refresh_validation.set_required_spec_claims(&["exp", "sub", "aud"]);
        refresh_validation.set_audience(&[REFRESH]);
        let keys = ArcSwap::from_pointee(Keys::new(secret, previous)?);
        let inner = Inner { keys, validation, refresh_validation, lifetime, clock, ids };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// From now on tokens are signed with `secret`, and verified with it and the `previous` ones,
    /// in all clones (S26). Requests that are being answered are not disturbed.
    ///
    /// # Errors
    /// [`SecretTooShort`] when a secret has fewer than 32 bytes; then nothing has changed.
    pub fn replace_secrets(
        &self,
        secret: &SecretString,
        previous: &[SecretString],
    ) -> Result<(), SecretTooShort> {
        self.inner.keys.store(Arc::new(Keys::new(secret, previous)?));
        Ok(())
    }

    /// A new token of this user's, good until the end of this epoch.
    pub(crate) fn issue(
        &self,
        user: UserId,
        epoch: TokenEpoch,
    ) -> Result<AccessToken, SigningError> {
        self.issue_for(self.inner.lifetime, user, epoch)
    }

    /// The same, valid for this long.
    pub(crate) fn issue_for(
        &self,
        expires_in: Duration,
        user: UserId,
        epoch: TokenEpoch,
    ) -> Result<AccessToken, SigningError> {
        let inner = &*self.inner;
        let now = inner.seconds();
        let claims = Claims {
            sub: user.to_string(),
            exp: now.saturating_add_unsigned(expires_in.as_secs()),
            iat: Some(now),
            nbf: None,
            jti: Some(inner.ids.next().to_string()),
            epoch: epoch.get(),
        };
        Ok(AccessToken { token: inner.sign(&claims)?, expires_in })
    }

    /// A refresh token that says this, valid for this long.
    pub(crate) fn issue_refresh(
        &self,
        token: RefreshClaims,
        lifetime: Duration,
    ) -> Result<String, SigningError> {
        self.inner.sign(&RefreshJson {
            sub: token.user.to_string(),
            aud: REFRESH.to_owned(),
            exp: self.inner.seconds().saturating_add_unsigned(lifetime.as_secs()),
            family: token.family.to_string(),
            generation: token.generation,
        })
    }

    /// What a refresh token says, if it is genuine and valid now. Whether it is its family's latest
    /// is for others to know.
    pub(crate) fn verify_refresh(&self, token: &str) -> Result<RefreshClaims, InvalidToken> {
        let inner = &*self.inner;
        let claims: RefreshJson =
            inner.signed_claims(token, &inner.refresh_validation).ok_or(InvalidToken)?;
        if inner.seconds() >= claims.exp {
            return Err(InvalidToken);
        }
        Ok(RefreshClaims {
            user: claims.sub.parse().map_err(|_| InvalidToken)?,
            family: claims.family.parse::<TokenFamilyId>().map_err(|_| InvalidToken)?,
            generation: claims.generation,
        })
    }

    /// What a token says, if it is genuine and valid now. Whether its user has signed out of it is
    /// for others to know.
    pub(crate) fn verify(&self, token: &str) -> Result<TokenClaims, InvalidToken> {
        let inner = &*self.inner;
        let claims: Claims = inner.signed_claims(token, &inner.validation).ok_or(InvalidToken)?;
        let now = inner.seconds();
        let soon = now.saturating_add(CLOCK_SKEW);
        let too_early = [claims.nbf, claims.iat].into_iter().flatten().any(|from| soon < from);
        if too_early || now >= claims.exp {
            return Err(InvalidToken);
        }
        let id = claims.jti.as_deref().and_then(|id| id.parse().ok());
        let expires_at = claims.exp.saturating_mul(1_000_000);
        Ok(TokenClaims {
            user: claims.sub.parse().map_err(|_| InvalidToken)?,
            id: id.or_else(|| id_by_signature(token)).ok_or(InvalidToken)?,
            epoch: TokenEpoch::new(claims.epoch),
            expires_at: Timestamp::from_microsecond(expires_at).map_err(|_| InvalidToken)?,
        })
    }
}

/// The name of a token that has none of our kind, as whoever else has the secret may issue it: its
/// signature is the same for no other.
fn id_by_signature(token: &str) -> Option<TokenId> {
    let signature = URL_SAFE_NO_PAD.decode(token.rsplit('.').next()?).ok()?;
    let head = signature.first_chunk().copied().map(u128::from_be_bytes)?;
    format!("{head:032x}").parse().ok()
}

impl Inner {
    fn seconds(&self) -> i64 {
        self.clock.now().as_microsecond().div_euclid(1_000_000)
    }

    /// The claims, if one of our keys signed them: the one the token names, or any if it names none.
    fn signed_claims<C: DeserializeOwned>(
        &self,
        token: &str,
        validation: &Validation,
    ) -> Option<C> {
        let kid = decode_header(token).ok()?.kid;
        let keys = self.keys.load();
        keys.verifying
            .iter()
            .filter(|key| kid.as_ref().is_none_or(|kid| *kid == key.id))
            .find_map(|key| decode::<C>(token, &key.verifying, validation).ok())
            .map(|token| token.claims)
    }

    fn sign(&self, claims: &impl Serialize) -> Result<String, SigningError> {
        let mut header = Header::new(Algorithm::HS256);
        let keys = self.keys.load();
        header.kid = keys.verifying.first().map(|key| key.id.clone());
        Ok(encode(&header, claims, &keys.signing)?)
    }
}

impl Keys {
    fn new(secret: &SecretString, previous: &[SecretString]) -> Result<Self, SecretTooShort> {
        let verifying = std::iter::once(secret)
            .chain(previous)
            .map(|secret| Key::new(secret.expose_secret().as_bytes()))
            .collect::<Result<_, _>>()?;
        Ok(Self { signing: EncodingKey::from_secret(secret.expose_secret().as_bytes()), verifying })
    }
}

impl Key {
    fn new(secret: &[u8]) -> Result<Self, SecretTooShort> {
        if secret.len() < MIN_SECRET_BYTES {
            return Err(SecretTooShort);
        }
        // A name that every instance derives alike and that tells no more about the secret than a
        // signature does.
        let name = crypto::sign(b"kid", &EncodingKey::from_secret(secret), Algorithm::HS256)
            .unwrap_or_default();
        Ok(Self { id: name.chars().take(8).collect(), verifying: DecodingKey::from_secret(secret) })
    }
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
