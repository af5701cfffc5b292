//! Reading requests: bodies, query strings, ids in paths, and preconditions.
//!
//! Each names what is wrong with which field. None asks who is calling: handlers take them inside
//! [`crate::auth::Authorized`].

mod accept;
mod chat_body;
mod id;
mod idempotency;
mod json;
mod last_event_id;
mod lines;
mod object;
mod preconditions;
mod query;
mod serde_errors;

pub(crate) use accept::wants_event_stream;
pub(crate) use chat_body::ChatBody;
pub(crate) use id::Id;
pub(crate) use idempotency::{IDEMPOTENT_REPLAYED, Keyed};
pub(crate) use json::{BodyTimeout, Json, KeyedJson, MergePatch};
pub(crate) use last_event_id::{AfterQuery, LastEventId};
pub(crate) use lines::{JSON_LINES, Lines, MaxLines};
pub(crate) use object::{Given, Object};
pub(crate) use preconditions::{IfMatch, IfNoneMatch, etag};
pub(crate) use query::Query;
pub(crate) use serde_errors::{fault, repeated};
