//! Reading requests: bodies, query strings, ids in paths, and `If-Match`.
//!
//! Each names what is wrong with which field. None asks who is calling: handlers take them inside
//! [`crate::auth::Authorized`].

mod id;
mod if_match;
mod json;
mod lines;
mod query;
mod serde_errors;

pub(crate) use id::Id;
pub(crate) use if_match::IfMatch;
pub(crate) use json::{BodyTimeout, Json, MergePatch};
pub(crate) use lines::{JSON_LINES, Lines, MaxLines};
pub(crate) use query::Query;
