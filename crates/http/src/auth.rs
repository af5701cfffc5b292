//! Who is calling: access tokens, and the extractor that hands out the caller's id.

mod authorized;
pub(crate) mod machine;
mod operator;
pub(crate) mod session_cookie;
mod tokens;

pub(crate) use authorized::{Authorized, ThisToken, accepted_user};
pub(crate) use operator::Operator;
pub(crate) use tokens::AccessToken;
pub use tokens::{MIN_SECRET_BYTES, SecretTooShort, SigningError, Tokens};
