//! The `{id}` of a path.

use std::{
    future::{Ready, ready},
    str::FromStr,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use todo_domain::{ActionId, ConversationId, TaskId, TurnId, UserId};

use crate::{
    error::{ApiError, Code},
    wire::ChatId,
};

/// The id after the collection in a path. One that is malformed names nothing: it is not found.
#[derive(Debug)]
pub(crate) struct Id<T>(pub(crate) T);

/// What a path can name by an `{id}`.
pub(crate) trait PathId: FromStr {
    /// How its absence is reported.
    const NOT_FOUND: Code;
}

impl PathId for TaskId {
    const NOT_FOUND: Code = Code::TaskNotFound;
}

/// Another user, as operators name them.
impl PathId for UserId {
    const NOT_FOUND: Code = Code::UserNotFound;
}

impl PathId for ConversationId {
    const NOT_FOUND: Code = Code::ConversationNotFound;
}

impl PathId for ChatId {
    const NOT_FOUND: Code = Code::ConversationNotFound;
}

impl PathId for TurnId {
    const NOT_FOUND: Code = Code::TurnNotFound;
}

impl PathId for ActionId {
    const NOT_FOUND: Code = Code::ActionNotFound;
}

impl<T: PathId> FromRequest for Id<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(|id| id.parse().ok());
        ready(id.map(Self).ok_or_else(|| ApiError::new(T::NOT_FOUND)))
    }
}
