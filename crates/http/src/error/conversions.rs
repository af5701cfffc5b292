//! Which problem each error of the use-cases is.

use std::time::Duration;

use todo_app::{
    Busy, ChatError, CheckError, ConfirmError, ExportError, FailedTurn, ImportError, SignInError,
    SignUpError,
};
use todo_domain::{
    Decision, FailureCode, TaskRefusal, TokenBudget, TooManyTags, TurnId, UndoRefusal, UserLimit,
    ports::{HashError, StoreError, StoreErrorKind},
};

use super::{ApiError, Code, FieldError};
use crate::{
    auth::SigningError,
    wire::{ChangedTask, ToolCall},
};

/// When to try again where nobody knows better.
const SHORTLY: Duration = Duration::from_secs(1);
/// The same for an import, which may take some seconds or a minute.
const AFTER_A_PART: Duration = Duration::from_secs(5);
/// The same for a provider that asks for a pause without saying how long.
const AFTER_A_PAUSE: Duration = Duration::from_secs(10);

/// The same for a disk that somebody has to make room on.
const AFTER_ROOM: Duration = Duration::from_secs(60);

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error.kind {
            // Deleted since the token was checked.
            StoreErrorKind::NoUser => Self::new(Code::InvalidToken),
            StoreErrorKind::Importing => import_in_progress(),
            kind => {
                let code = FailureCode::from(kind);
                Self::new(code.into()).after(usual_wait(code))
            }
        }
    }
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::new(Code::TooBusy).with_retry_after(SHORTLY),
            HashError::Failed(_) => Self::internal(error),
        }
    }
}

impl From<SignUpError> for ApiError {
    fn from(error: SignUpError) -> Self {
        match error {
            SignUpError::Disabled => Self::new(Code::SignupDisabled),
            SignUpError::EmailTaken => Self::new(Code::EmailTaken),
            SignUpError::Hash(error) => error.into(),
            SignUpError::Store(error) => error.into(),
        }
    }
}

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::WrongCredentials => Self::new(Code::WrongCredentials),
            SignInError::Disabled => Self::new(Code::AccountDisabled),
            SignInError::Check(error) => error.into(),
        }
    }
}

impl From<ConfirmError> for ApiError {
    fn from(error: ConfirmError) -> Self {
        match error {
            ConfirmError::WrongPassword => Self::new(Code::WrongPassword),
            ConfirmError::Check(error) => error.into(),
        }
    }
}

impl From<CheckError> for ApiError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::TooManyAttempts { retry_after } => {
                Self::new(Code::TooManyAttempts).with_retry_after(retry_after)
            }
            CheckError::Hash(error) => error.into(),
            CheckError::Store(error) => error.into(),
        }
    }
}

impl From<ExportError> for ApiError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Busy(busy) => not_now("export", busy),
            ExportError::ImportInProgress => import_in_progress(),
            ExportError::UserNotFound => Self::new(Code::InvalidToken),
            ExportError::Store(error) => error.into(),
        }
    }
}

fn not_now(what: &str, busy: Busy) -> ApiError {
    let why = match busy {
        Busy::All => format!("Too many {what}s are going on at once."),
        Busy::Account => format!("An {what} of this account is going on."),
        Busy::Address => format!("An {what} from this address is going on."),
        Busy::Unfinished { .. } => format!("The last {what} of this account was not finished."),
    };
    let detail = format!("{why} Try again after `Retry-After`.");
    ApiError::new(Code::TooBusy).with_detail(detail).with_retry_after(busy.retry_after())
}

impl From<ImportError> for ApiError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Busy(busy) => not_now("import", busy),
            ImportError::Invalid { line, fault } => FieldError::of_line(line, &fault).into(),
            ImportError::InProgress => import_in_progress(),
            ImportError::KeyReused => Self::new(Code::IdempotencyKeyReused),
            ImportError::AccountNotEmpty => Self::new(Code::AccountNotEmpty),
            ImportError::UserNotFound => Self::new(Code::InvalidToken),
            ImportError::Store(error) => error.into(),
        }
    }
}

fn import_in_progress() -> ApiError {
    ApiError::new(Code::ImportInProgress).with_retry_after(AFTER_A_PART)
}

impl From<SigningError> for ApiError {
    fn from(error: SigningError) -> Self {
        Self::internal(error)
    }
}

impl From<ChatError> for ApiError {
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::ConversationNotFound => Self::new(Code::ConversationNotFound),
            ChatError::ConversationExists => Self::new(Code::ConversationExists),
            ChatError::ConversationLimitReached { max } => conversation_limit(max),
            ChatError::BudgetSpent { budget, retry_after } => {
                budget_spent(budget).with_retry_after(retry_after)
            }
            ChatError::UserNotFound => Self::new(Code::InvalidToken),
            ChatError::TurnInProgress { turn_id, retry_after, is_same_request } => {
                let error = Self::new(Code::TurnInProgress).with_turn(None, turn_id);
                if is_same_request {
                    error.with_detail(
                        "This request is being answered. Send it again to get the answer.",
                    )
                } else {
                    error
                }
                .with_retry_after(retry_after)
            }
            ChatError::ActionNotFound => Self::new(Code::ActionNotFound),
            ChatError::ActionDecided { decision } => {
                Self::new(Code::ActionDecided).with_detail(match decision {
                    Decision::Approved => "You approved the action before. Nothing was changed.",
                    Decision::Rejected => "You rejected the action before. Nothing was changed.",
                })
            }
            ChatError::ActionExpired => Self::new(Code::ActionExpired),
            ChatError::KeyReused => Self::new(Code::IdempotencyKeyReused),
            ChatError::Cancelled { conversation_id, turn_id, tool_calls, is_replayed } => {
                let error = Self::new(Code::TurnCancelled)
                    .with_turn(Some(conversation_id), turn_id)
                    .with_tool_calls(tool_calls.into_iter().map(ToolCall::from).collect());
                if is_replayed { error.with_replayed() } else { error }
            }
            ChatError::Stopped { conversation_id, turn_id, tool_calls } => {
                Self::new(Code::TurnStopped)
                    .with_turn(Some(conversation_id), turn_id)
                    .with_tool_calls(tool_calls.into_iter().map(ToolCall::from).collect())
            }
            ChatError::Failed(turn) => turn.into(),
            ChatError::Store(error) => error.into(),
            // The chat has logged the panic already.
            ChatError::Died => Self::new(Code::InternalError),
        }
    }
}

fn conversation_limit(max: UserLimit) -> ApiError {
    ApiError::new(Code::ConversationLimitReached).with_detail(format!(
        "You have all the conversations you may have: {}. Nothing was stored. Go on with one of \
         them, or delete some to make room.",
        max.get()
    ))
}

fn budget_spent(budget: TokenBudget) -> ApiError {
    ApiError::new(Code::BudgetSpent).with_detail(format!(
        "You have used up your {} tokens of the language model for today. Nothing was stored; there \
         are as many again at midnight, UTC. Your tasks are there all the same.",
        budget.get()
    ))
}

impl From<TaskRefusal> for ApiError {
    fn from(refusal: TaskRefusal) -> Self {
        match refusal {
            TaskRefusal::NotFound(_) => Self::new(Code::TaskNotFound),
            TaskRefusal::VersionMismatch(current) => {
                Self::new(Code::VersionMismatch).with_detail(format!(
                    "Task {} is in version {} now. Nothing was changed.",
                    current.id, current.version
                ))
            }
            TaskRefusal::LimitReached { max } => {
                Self::new(Code::TaskLimitReached).with_detail(format!(
                    "You have all the tasks you may have, completed ones included: {}. Delete some to \
                     make room, such as completed ones.",
                    max.get()
                ))
            }
            TaskRefusal::TooManyTags(_) => FieldError::new("tags", TooManyTags).into(),
        }
    }
}

impl From<UndoRefusal> for ApiError {
    fn from(refusal: UndoRefusal) -> Self {
        match refusal {
            UndoRefusal::Conflict(conflicts) => {
                let numbers: Vec<_> = conflicts.iter().map(|it| it.task_id.to_string()).collect();
                let (tasks, have) = match numbers.len() {
                    1 => ("Task", "has"),
                    _ => ("Tasks", "have"),
                };
                let detail = format!(
                    "{tasks} {} {have} changed since the turn. Nothing was changed.",
                    numbers.join(", ")
                );
                Self::new(Code::UndoConflict)
                    .with_detail(detail)
                    .with_tasks(conflicts.into_iter().map(ChangedTask::from).collect())
            }
            UndoRefusal::LimitReached { max } => {
                Self::new(Code::TaskLimitReached).with_detail(format!(
                    "The deleted tasks would be more than the {} a list may have. Nothing was \
                     changed. Delete some to make room.",
                    max.get()
                ))
            }
        }
    }
}

/// A turn that has to end before it is undone.
pub(crate) fn still_running(turn: TurnId, retry_after: Duration) -> ApiError {
    ApiError::new(Code::TurnInProgress)
        .with_detail("The turn runs. Nothing was changed; undo it when it has ended.")
        .with_turn(None, turn)
        .with_retry_after(retry_after)
}

impl From<FailedTurn> for ApiError {
    fn from(turn: FailedTurn) -> Self {
        Self::new(turn.code.into())
            .with_turn(Some(turn.conversation_id), turn.turn_id)
            .with_tool_calls(turn.tool_calls.into_iter().map(ToolCall::from).collect())
            .after(turn.retry_after.or(usual_wait(turn.code)))
    }
}

/// When to try again what failed so, where nobody knows better and waiting helps.
fn usual_wait(code: FailureCode) -> Option<Duration> {
    match code {
        FailureCode::ProviderRateLimited => Some(AFTER_A_PAUSE),
        FailureCode::StorageFull => Some(AFTER_ROOM),
        FailureCode::DatabaseUnavailable
        | FailureCode::TooManySearches
        | FailureCode::ProviderBusy => Some(SHORTLY),
        _ => None,
    }
}
