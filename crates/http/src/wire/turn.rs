//! Turns and their record.

use serde::Serialize;
use todo_app::chat::ToolCallReport;
use todo_domain::{
    FailureCode, RecordedCall, TurnId, TurnStatus, UndoDirection, ports::UndoOutcome,
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, Type},
    },
};

use super::{
    action::Action,
    chat::TokenUsage,
    instant::instant,
    tool_call::{TaskEffect, ToolCall},
};
use crate::error::{ApiError, Code, still_running};

/// What was done to answer a message.
#[derive(Serialize, ToSchema)]
pub(crate) struct Turn {
    #[schema(format = Uuid, example = "01a20502-a9f0-777e-be05-d462bea2ba2d")]
    id: String,
    #[schema(format = Uuid, example = "01a20502-a9f0-777e-be05-d461629a903b")]
    conversation_id: String,
    status: Status,
    /// With `failed`: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TurnFailure>, nullable = false)]
    code: Option<&'static str>,
    /// What answered last; `null` before the first answer.
    #[schema(required, example = "cohere")]
    engine: Option<String>,
    /// The model behind it.
    #[schema(required, example = "command-a-03-2025")]
    model: Option<String>,
    usage: TokenUsage,
    steps: Vec<TurnStep>,
    #[schema(format = DateTime, example = "2026-11-22T09:00:00.123456Z")]
    started_at: String,
    /// When it ended, or asked what it waits for; `null` while it runs.
    #[schema(required, format = DateTime, example = "2026-11-22T09:00:02.123456Z")]
    finished_at: Option<String>,
    /// Of a turn that undid another: the one whose changes it took back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Uuid, example = "01a20502-a9f0-777e-be05-d462bea2ba2d")]
    undoes: Option<String>,
    /// Of a turn that undid an undo: the turn whose changes it brought back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Uuid, example = "01a20502-a9f0-777e-be05-d462bea2ba2d")]
    redoes: Option<String>,
    /// While it is undone: the turn that undid it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Uuid, example = "01a20502-b3d1-7a4c-9c1e-0a6d5a2b7f10")]
    undone_by: Option<String>,
    /// With `waiting`: what it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    action: Option<Action>,
}

/// Why a turn failed.
struct TurnFailure;

impl PartialSchema for TurnFailure {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Why a turn failed."))
            .enum_values(Some(FailureCode::ALL.map(FailureCode::as_str)))
            .examples([FailureCode::ProviderUnavailable.as_str()])
            .into()
    }
}

impl ToSchema for TurnFailure {}

/// Where a turn stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = TurnStatus, example = "completed")]
enum Status {
    Running,
    Waiting,
    Completed,
    Failed,
    Cancelled,
    Interrupted,
}

fn status_of(status: TurnStatus) -> (Status, Option<&'static str>) {
    match status {
        TurnStatus::Running => (Status::Running, None),
        TurnStatus::Waiting => (Status::Waiting, None),
        TurnStatus::Completed => (Status::Completed, None),
        TurnStatus::Failed(code) => (Status::Failed, Some(code.as_str())),
        TurnStatus::Cancelled => (Status::Cancelled, None),
        TurnStatus::Interrupted => (Status::Interrupted, None),
    }
}

impl From<todo_domain::Turn> for Turn {
    fn from(turn: todo_domain::Turn) -> Self {
        let (status, code) = status_of(turn.status);
        let link = |direction| {
            let link = turn.undo.filter(|link| link.direction() == direction);
            link.map(|link| link.first.to_string())
        };
        let (undoes, redoes) = (link(UndoDirection::Undo), link(UndoDirection::Redo));
        let (engine, model) =
            turn.identity.map(|identity| (identity.engine, identity.model)).unzip();
        Self {
            id: turn.id.to_string(),
            conversation_id: turn.conversation_id.to_string(),
            status,
            code,
            engine,
            model,
            usage: turn.usage.into(),
            steps: turn.steps.into_iter().map(TurnStep::from).collect(),
            started_at: instant(turn.started_at),
            finished_at: turn.finished_at.map(instant),
            undoes,
            redoes,
            undone_by: turn.undone_by.map(|id| id.to_string()),
            action: turn.action.map(Action::from),
        }
    }
}

/// A turn that was stopped.
#[derive(Serialize, ToSchema)]
pub(crate) struct StoppedTurn {
    #[schema(format = Uuid, example = "01a20502-a9f0-777e-be05-d462bea2ba2d")]
    turn_id: String,
    #[schema(example = "cancelled")]
    status: Status,
}

impl From<todo_domain::Turn> for StoppedTurn {
    fn from(turn: todo_domain::Turn) -> Self {
        let (status, _) = status_of(turn.status);
        Self { turn_id: turn.id.to_string(), status }
    }
}

/// Calls that the model made at once. What they changed was stored together.
#[derive(Serialize, ToSchema)]
struct TurnStep {
    /// 1, 2, 3 … within the turn.
    #[schema(minimum = 1, example = 1)]
    number: i32,
    /// What the model said it would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "I will add the task.")]
    plan: Option<String>,
    #[schema(value_type = Vec<ToolCall>)]
    tool_calls: Vec<TurnToolCall>,
}

impl From<todo_domain::TurnStep> for TurnStep {
    fn from(step: todo_domain::TurnStep) -> Self {
        Self {
            number: step.number,
            plan: step.plan,
            tool_calls: step.calls.iter().map(TurnToolCall::from).collect(),
        }
    }
}

/// A call and how long it took inside the store; the schema of [`ToolCall`] has both.
#[derive(Serialize)]
struct TurnToolCall {
    #[serde(flatten)]
    call: ToolCall,
    duration_ms: u64,
}

impl From<&RecordedCall> for TurnToolCall {
    fn from(call: &RecordedCall) -> Self {
        Self {
            call: ToolCallReport::of(call).into(),
            duration_ms: u64::try_from(call.duration.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// A turn that is undone.
#[derive(Serialize, ToSchema)]
pub(crate) struct UndoneTurn {
    /// The turn that undid it. Undo this one to redo the other.
    #[schema(format = Uuid, example = "01a20502-b3d1-7a4c-9c1e-0a6d5a2b7f10")]
    turn_id: String,
    /// The turn that was to be undone.
    #[schema(format = Uuid, example = "01a20502-a9f0-777e-be05-d462bea2ba2d")]
    undone_turn_id: String,
    /// What the undo changed, the task that the turn changed last first.
    effects: Vec<TaskEffect>,
}

impl UndoneTurn {
    /// What came of undoing a turn.
    pub(crate) fn of(undone: TurnId, outcome: UndoOutcome) -> Result<Self, ApiError> {
        match outcome {
            UndoOutcome::Undone(turn) => Ok(Self {
                turn_id: turn.undone_by.to_string(),
                undone_turn_id: undone.to_string(),
                effects: turn.effects.into_iter().map(TaskEffect::from).collect(),
            }),
            UndoOutcome::Refused(refusal) => Err(refusal.into()),
            UndoOutcome::Running { turn_id, retry_after } => {
                Err(still_running(turn_id, retry_after))
            }
            UndoOutcome::NotFound => Err(ApiError::new(Code::TurnNotFound)),
        }
    }
}
