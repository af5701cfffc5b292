//! Every `code` that a problem can carry: its status, its title, and what is said about it unless
//! there is more to say. `docs/ERRORS.md` explains them to those who call the API.

use actix_web::http::StatusCode;
use serde::{Serialize, Serializer};
use todo_domain::FailureCode;

macro_rules! codes {
    ($($variant:ident $name:literal $status:ident $title:literal $detail:literal;)*) => {
        /// The kind of a problem, for programs to branch on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Code { $($variant),* }

        impl Code {
            /// Every code.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name on the wire.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The status it is answered with.
            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),* }
            }

            /// The same for every problem of this kind.
            pub(crate) const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),* }
            }

            /// What to tell a person when there is nothing more to say about the case at hand.
            pub(crate) const fn detail(self) -> &'static str {
                match self { $(Self::$variant => $detail),* }
            }
        }
    };
}

codes! {
    BadRequest "bad_request" BAD_REQUEST
        "Bad request" "The request can't be understood.";
    UpgradeRefused "upgrade_refused" BAD_REQUEST
        "WebSocket not supported" "WebSocket is not supported; remove the `Upgrade` header.";
    MalformedJson "malformed_json" BAD_REQUEST
        "Malformed JSON" "The body is not JSON.";

    InvalidIdempotencyKey "invalid_idempotency_key" BAD_REQUEST
        "Invalid key" "The header `Idempotency-Key` must be 1 to 255 visible ASCII characters. Nothing was done.";

    MissingToken "missing_token" UNAUTHORIZED
        "Not signed in" "Send the access token of a sign-in as `Authorization: Bearer …`.";
    InvalidToken "invalid_token" UNAUTHORIZED
        "Invalid token" "The access token is not valid, or not any more. Sign in again.";
    WrongCredentials "wrong_credentials" UNAUTHORIZED
        "Wrong credentials" "The e-mail address or the password is wrong.";

    Forbidden "forbidden" FORBIDDEN
        "Not yours" "This is another user's. Write your own number or `me` in the path.";
    WrongPassword "wrong_password" FORBIDDEN
        "Wrong password" "This is not your password. Nothing was changed.";
    AccountDisabled "account_disabled" FORBIDDEN
        "Account disabled" "The operator of this service has disabled your account.";
    ForeignPage "foreign_page" FORBIDDEN
        "Not a page of this service" "Only pages of this service itself may use its session cookie.";
    NotAnOperator "not_an_operator" FORBIDDEN
        "Not an operator" "Only operators of this service see this. Whoever runs it makes one, by command.";
    NotThisMachine "not_this_machine" FORBIDDEN
        "Not from this machine" "Without a password, only a browser on the machine itself comes in, and only to its own account.";
    SignupDisabled "signup_disabled" FORBIDDEN
        "No sign-ups" "Nobody can create an account here. Ask the operator of this service.";

    RouteNotFound "route_not_found" NOT_FOUND
        "No such path" "There is nothing at this path. See /docs.";
    UserNotFound "user_not_found" NOT_FOUND
        "No such user" "There is no user of this number.";
    TaskNotFound "task_not_found" NOT_FOUND
        "No such task" "You have no task of this number.";
    ConversationNotFound "conversation_not_found" NOT_FOUND
        "No such conversation" "You have no conversation of this id.";
    TurnNotFound "turn_not_found" NOT_FOUND
        "No such turn" "You have no turn of this id.";
    ActionNotFound "action_not_found" NOT_FOUND
        "No such action" "You have no action of this id.";

    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED
        "Method not allowed" "This path does not take this method. The header `Allow` lists those it takes.";
    RequestTimeout "request_timeout" REQUEST_TIMEOUT
        "Request too slow" "The body took too long to arrive.";

    EmailTaken "email_taken" CONFLICT
        "E-mail address taken" "There is an account with this e-mail address. Sign in instead.";
    OwnAccount "own_account" CONFLICT
        "Your own account" "You can't keep yourself out. Nothing was changed.";
    TaskLimitReached "task_limit_reached" CONFLICT
        "List full" "You have as many tasks as a list may have. Delete some to make room.";
    ConversationLimitReached "conversation_limit_reached" CONFLICT
        "Too many conversations" "You have as many conversations as anybody may have. Delete some to make room.";
    ConversationExists "conversation_exists" CONFLICT
        "Conversation exists" "You have a conversation of this id. Nothing was stored; send `conversation_id` to go on with it.";
    TurnInProgress "turn_in_progress" CONFLICT
        "Still answering" "Another message of this conversation is being answered. Nothing was stored; try again later.";
    TurnCancelled "turn_cancelled" CONFLICT
        "Turn cancelled" "You stopped the turn before there was an answer. What its calls had done stays done.";
    TurnStopped "turn_stopped" CONFLICT
        "Turn stopped" "The conversation was deleted, or the turn was closed, before there was an answer.";
    ActionDecided "action_decided" CONFLICT
        "Decided already" "The action was decided otherwise before. Nothing was changed.";
    UndoConflict "undo_conflict" CONFLICT
        "Changed since" "Tasks have changed since the turn; `tasks` names them. Nothing was changed.";

    ImportInProgress "import_in_progress" CONFLICT
        "Import in progress" "An export is being imported into this account, or removed again. Nothing was changed; wait for `Retry-After`.";
    AccountNotEmpty "account_not_empty" CONFLICT
        "Account not empty" "Only an account without tasks and conversations can take an export in. Nothing was changed.";

    ActionExpired "action_expired" GONE
        "Question expired" "The action can't be decided any more. Nothing of it was done; ask for it again.";

    VersionMismatch "version_mismatch" PRECONDITION_FAILED
        "Changed meanwhile" "The task is not in the version that `If-Match` names. Nothing was changed.";

    UriTooLong "uri_too_long" URI_TOO_LONG
        "Address too long" "Path and query are longer than 8 KiB.";
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE
        "Body too large" "The body is larger than 64 KiB.";
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE
        "Unsupported media type" "The body must be sent as `Content-Type: application/json`.";
    ValidationFailed "validation_failed" UNPROCESSABLE_ENTITY
        "Invalid values" "The request has invalid values; `errors` names each.";
    UnsupportedPart "unsupported_part" UNPROCESSABLE_ENTITY
        "Unsupported part" "A message may only have text: files can't be read. Nothing was stored.";
    NothingToAnswer "nothing_to_answer" UNPROCESSABLE_ENTITY
        "Nothing to answer" "The last message is neither the user's nor the answer to a question. Nothing was stored.";
    IdempotencyKeyReused "idempotency_key_reused" UNPROCESSABLE_ENTITY
        "Key used before" "You sent another request with this `Idempotency-Key`. Nothing was done; make a new key for each request.";
    BatchRejected "batch_rejected" UNPROCESSABLE_ENTITY
        "Batch rejected" "One of the operations can't be carried out; `errors` names it. Nothing was changed.";

    RateLimited "rate_limited" TOO_MANY_REQUESTS
        "Too many requests" "You send requests faster than allowed. Wait for `Retry-After`.";
    ChatRateLimited "chat_rate_limited" TOO_MANY_REQUESTS
        "Too many messages" "You send messages faster than allowed. Nothing was stored; wait for `Retry-After`.";
    TooManySearches "too_many_searches" TOO_MANY_REQUESTS
        "Too many searches" "Your other searches took all the time that this one had. They are carried out one after another; wait for `Retry-After`.";
    BudgetSpent "budget_spent" TOO_MANY_REQUESTS
        "Budget spent" "You have used up your tokens of the language model for today. Nothing was stored; wait for `Retry-After`.";
    SignUpRateLimited "sign_up_rate_limited" TOO_MANY_REQUESTS
        "Too many sign-ups" "Too many people sign up where you are. Wait for `Retry-After`.";
    TooManyAttempts "too_many_attempts" TOO_MANY_REQUESTS
        "Too many attempts" "There were too many wrong passwords. Nobody looked at this one; wait for `Retry-After`.";

    InternalError "internal_error" INTERNAL_SERVER_ERROR
        "Internal error" "Something is wrong on our side. Quote the request id when you report it.";

    ProviderAuth "provider_auth" BAD_GATEWAY
        "Language model refuses us" "The language model does not accept this service's credentials.";
    ProviderRejectedRequest "provider_rejected_request" BAD_GATEWAY
        "Language model rejects the request" "The language model did not understand this service.";
    ProviderModelNotFound "provider_model_not_found" BAD_GATEWAY
        "Language model gone" "The language model this service is set up for does not exist.";
    ModelTruncated "model_truncated" BAD_GATEWAY
        "Answer cut off" "The language model's answer broke off. Ask for less at once.";
    ModelAnswerInvalid "model_answer_invalid" BAD_GATEWAY
        "Senseless answer" "The language model's answer made no sense. Try again.";
    TurnStepLimit "turn_step_limit" BAD_GATEWAY
        "Too many steps" "The language model needed more steps than a message may take. Ask for less at once.";

    DatabaseUnavailable "database_unavailable" SERVICE_UNAVAILABLE
        "Database unavailable" "The database did not answer in time. Try again.";
    StorageFull "storage_full" SERVICE_UNAVAILABLE
        "Disk full" "The disk of the database is full. Nothing was written; what there is can be read.";
    MigrationsPending "migrations_pending" SERVICE_UNAVAILABLE
        "Migrations pending" "The database is not yet migrated to this version.";
    ShuttingDown "shutting_down" SERVICE_UNAVAILABLE
        "Shutting down" "This instance is about to stop; others take over.";
    TooBusy "too_busy" SERVICE_UNAVAILABLE
        "Too busy" "Too many people are signing in at once. Try again.";
    ProviderQuotaExhausted "provider_quota_exhausted" SERVICE_UNAVAILABLE
        "Quota used up" "The language model's quota is used up.";
    ProviderRateLimited "provider_rate_limited" SERVICE_UNAVAILABLE
        "Language model too busy" "The language model asks for a pause. Try again later.";
    ProviderUnavailable "provider_unavailable" SERVICE_UNAVAILABLE
        "Language model unavailable" "The language model can't be reached. Try again.";
    ProviderBusy "provider_busy" SERVICE_UNAVAILABLE
        "Too many questions" "Too many people are talking at once. Try again.";

    TurnTimeout "turn_timeout" GATEWAY_TIMEOUT
        "No answer in time" "The language model did not answer in time. Try again.";
}

impl Code {
    /// The codes with which an operation of a batch is refused.
    pub(crate) const OF_OPERATIONS: [Self; 3] =
        [Self::TaskNotFound, Self::VersionMismatch, Self::TaskLimitReached];
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl From<FailureCode> for Code {
    fn from(code: FailureCode) -> Self {
        match code {
            FailureCode::ProviderAuth => Self::ProviderAuth,
            FailureCode::ProviderQuotaExhausted => Self::ProviderQuotaExhausted,
            FailureCode::ProviderRateLimited => Self::ProviderRateLimited,
            FailureCode::ProviderRejectedRequest => Self::ProviderRejectedRequest,
            FailureCode::ProviderModelNotFound => Self::ProviderModelNotFound,
            FailureCode::ProviderUnavailable => Self::ProviderUnavailable,
            FailureCode::ProviderBusy => Self::ProviderBusy,
            FailureCode::ModelTruncated => Self::ModelTruncated,
            FailureCode::ModelAnswerInvalid => Self::ModelAnswerInvalid,
            FailureCode::TurnStepLimit => Self::TurnStepLimit,
            FailureCode::TurnTimeout => Self::TurnTimeout,
            FailureCode::DatabaseUnavailable => Self::DatabaseUnavailable,
            FailureCode::StorageFull => Self::StorageFull,
            FailureCode::TooManySearches => Self::TooManySearches,
            FailureCode::Internal => Self::InternalError,
        }
    }
}

impl From<StatusCode> for Code {
    /// For errors that arise in the framework, which knows statuses only.
    fn from(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::RouteNotFound,
            StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge,
            status if status.is_client_error() => Self::BadRequest,
            _ => Self::InternalError,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_manual_lists_every_code_with_its_status_and_no_other() {
        // A row reads: | `task_not_found` | 404 | … | … |
        let manual: BTreeSet<(String, String)> = include_str!("../../ERRORS.md")
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
            .filter(|(_, rest)| rest.starts_with(|it: char| it.is_ascii_digit()))
            .map(|(code, rest)| (code.to_owned(), rest.chars().take(3).collect()))
            .collect();
        let codes = Code::ALL
            .iter()
            .map(|code| (code.as_str().to_owned(), code.status().as_str().to_owned()))
            .collect();
        assert_eq!(manual, codes);
    }

    #[test]
    fn a_turn_fails_over_http_under_the_name_it_has_in_the_ledger() {
        for code in FailureCode::ALL {
            assert_eq!(Code::from(code).as_str(), code.as_str());
        }
    }
}
