//! Parameters that several operations have.

use utoipa::IntoParams;

/// The path of something that is a user's.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "it describes what `Authorized` reads")]
pub(crate) struct UserPath {
    /// Your number, or `me`.
    #[param(pattern = "^(me|[1-9][0-9]{0,18})$", example = "me")]
    user_id: String,
}

/// The path of a user, for operators.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "it describes what `Id` reads")]
pub(crate) struct AdminUserPath {
    /// Their number.
    #[param(minimum = 1, example = 7)]
    id: i64,
}

/// The path of a conversation or a turn.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "it describes what `Authorized` and `Id` read")]
pub(crate) struct IdPath {
    /// Your number, or `me`.
    #[param(pattern = "^(me|[1-9][0-9]{0,18})$", example = "me")]
    user_id: String,
    /// Its id.
    #[param(format = Uuid, example = "01a20502-a9f0-777e-be05-d461629a903b")]
    id: String,
}

/// The path of a chat.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "it describes what `Authorized` and `Id` read")]
pub(crate) struct ChatPath {
    /// Your number, or `me`.
    #[param(pattern = "^(me|[1-9][0-9]{0,18})$", example = "me")]
    user_id: String,
    /// The id of a conversation, or the id that a client of the AI SDK gave its chat.
    #[param(pattern = "^[A-Za-z0-9_-]{1,128}$", example = "ECvKOARmGNNRAwPJ")]
    id: String,
}

/// The path of a task.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "it describes what `Authorized` and `Id` read")]
pub(crate) struct TaskPath {
    /// Your number, or `me`.
    #[param(pattern = "^(me|[1-9][0-9]{0,18})$", example = "me")]
    user_id: String,
    /// Its number in your list.
    #[param(minimum = 1, example = 3)]
    id: i64,
}

/// The header with which a change applies to one version only.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes what `IfMatch` reads")]
pub(crate) struct IfMatchHeader {
    /// Only if the task is in this version still: its `ETag`, a list of them, or `*`.
    #[param(
        rename = "If-Match",
        value_type = String,
        required = false,
        format = "entity-tags",
        example = "\"1\""
    )]
    if_match: Option<String>,
}

/// The cookie that keeps a browser signed in.
#[derive(IntoParams)]
#[into_params(parameter_in = Cookie)]
#[expect(dead_code, reason = "it describes what `session_cookie` reads")]
pub(crate) struct SessionCookie {
    /// The session of a browser.
    #[param(value_type = String, required = false, example = "eyJ0eXAi…")]
    todo_refresh: Option<String>,
}

/// The header with which a task is sent only to who does not have it yet.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes what `IfNoneMatch` reads")]
pub(crate) struct IfNoneMatchHeader {
    /// Not if the task is in this version still: the `ETag` you have, a list of them, or `*`.
    #[param(
        rename = "If-None-Match",
        value_type = String,
        required = false,
        format = "entity-tags",
        example = "\"1\""
    )]
    if_none_match: Option<String>,
}

/// The header by which a request can be sent again.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes what `Keyed` reads")]
pub(crate) struct IdempotencyKeyHeader {
    /// A name that you make for this request, to send it again without its being carried out again.
    /// It is kept for a day at least.
    #[param(
        rename = "Idempotency-Key",
        value_type = String,
        required = false,
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]+$",
        example = "8e03978e-40d5-43dd-bc93-6894a57f9324"
    )]
    idempotency_key: Option<String>,
}
