//! The JSON of a turn with its steps, as exports have it.

use serde::{Deserialize, Serialize};
use todo_domain::{
    AnswerText, ConversationId, FailureCode, MessageId, ModelIdentity, Timestamp, TokenUsage, Turn,
    TurnId, TurnStatus, TurnStep, UndoLink,
};

use super::{AsText, InvalidJson, at_most, call::CallJson, part};

#[derive(Serialize, Deserialize)]
pub(super) struct TurnJson {
    id: AsText<TurnId>,
    conversation_id: AsText<ConversationId>,
    status: StatusJson,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer_id: Option<AsText<MessageId>>,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<AsText<FailureCode>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    engine: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    usage: UsageJson,
    #[serde(deserialize_with = "at_most::<{ Turn::MAX_STEPS }, _, _>")]
    steps: Vec<StepJson>,
    started_at: AsText<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finished_at: Option<AsText<Timestamp>>,
    /// Of a turn that undid another: the turn with which the chain begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    undo_of: Option<AsText<TurnId>>,
    /// Its position in that chain: 1 undid the first turn, 2 undid that, and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    undo_number: Option<i32>,
    /// What had been said of an answer when the turn was stopped or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    partial_answer: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StatusJson {
    Running,
    Completed,
    Failed,
    Cancelled,
    Interrupted,
}

#[derive(Serialize, Deserialize)]
struct UsageJson {
    input_tokens: u64,
    output_tokens: u64,
}

#[derive(Serialize, Deserialize)]
struct StepJson {
    number: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reasoning: Option<String>,
    engine: String,
    model: String,
    usage: UsageJson,
    #[serde(deserialize_with = "at_most::<{ TurnStep::MAX_CALLS }, _, _>")]
    calls: Vec<CallJson>,
}

impl From<Turn> for TurnJson {
    fn from(mut turn: Turn) -> Self {
        turn.give_up_waiting();
        let identity = turn.identity.map(|identity| (identity.engine, identity.model));
        let (engine, model) = identity.unzip();
        let (status, code) = match turn.status {
            TurnStatus::Running => (StatusJson::Running, None),
            TurnStatus::Completed => (StatusJson::Completed, None),
            TurnStatus::Failed(code) => (StatusJson::Failed, Some(AsText(code))),
            TurnStatus::Cancelled => (StatusJson::Cancelled, None),
            // Whoever reads the export can't decide.
            TurnStatus::Waiting | TurnStatus::Interrupted => (StatusJson::Interrupted, None),
        };
        Self {
            id: AsText(turn.id),
            conversation_id: AsText(turn.conversation_id),
            status,
            answer_id: turn.answer_id.map(AsText),
            code,
            engine,
            model,
            usage: turn.usage.into(),
            steps: turn.steps.into_iter().map(StepJson::from).collect(),
            started_at: AsText(turn.started_at),
            finished_at: turn.finished_at.map(AsText),
            undo_of: turn.undo.map(|link| AsText(link.first)),
            undo_number: turn.undo.map(|link| link.number),
            partial_answer: turn.partial_answer.map(AnswerText::into),
        }
    }
}

impl TurnJson {
    pub(super) fn parse(self) -> Result<Turn, InvalidJson> {
        let identity = match (self.engine, self.model) {
            (Some(engine), Some(model)) => Ok(Some(ModelIdentity { engine, model })),
            (None, None) => Ok(None),
            _ => Err("must come together or not at all"),
        };
        let undo = match (self.undo_of, self.undo_number) {
            (Some(AsText(first)), Some(number)) => Ok(Some(UndoLink { first, number })),
            (None, None) => Ok(None),
            _ => Err("must come together or not at all"),
        };
        let status = match self.status {
            StatusJson::Running => TurnStatus::Running,
            StatusJson::Completed => TurnStatus::Completed,
            StatusJson::Failed => {
                let code = self.code.ok_or("is required of a turn that failed");
                TurnStatus::Failed(part("code", code)?.0)
            }
            StatusJson::Cancelled => TurnStatus::Cancelled,
            StatusJson::Interrupted => TurnStatus::Interrupted,
        };
        let partial_answer = self.partial_answer.map(AnswerText::new).transpose();
        Ok(Turn {
            id: self.id.0,
            conversation_id: self.conversation_id.0,
            status,
            answer_id: self.answer_id.map(|id| id.0),
            identity: part("engine and model", identity)?,
            usage: self.usage.into(),
            steps: self.steps.into_iter().map(StepJson::parse).collect::<Result<_, _>>()?,
            started_at: self.started_at.0,
            finished_at: self.finished_at.map(|at| at.0),
            undo: part("undo_of and undo_number", undo)?,
            undone_by: None,
            action: None,
            partial_answer: part("partial_answer", partial_answer)?,
        })
    }
}

impl From<TokenUsage> for UsageJson {
    fn from(usage: TokenUsage) -> Self {
        Self { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens }
    }
}

impl From<UsageJson> for TokenUsage {
    fn from(usage: UsageJson) -> Self {
        Self { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens }
    }
}

impl From<TurnStep> for StepJson {
    fn from(step: TurnStep) -> Self {
        Self {
            number: step.number,
            plan: step.plan,
            reasoning: step.reasoning,
            engine: step.identity.engine,
            model: step.identity.model,
            usage: step.usage.into(),
            calls: step.calls.into_iter().map(CallJson::from).collect(),
        }
    }
}

impl StepJson {
    fn parse(self) -> Result<TurnStep, InvalidJson> {
        Ok(TurnStep {
            number: self.number,
            plan: self.plan,
            reasoning: self.reasoning,
            identity: ModelIdentity { engine: self.engine, model: self.model },
            usage: self.usage.into(),
            calls: self.calls.into_iter().map(CallJson::parse).collect::<Result<_, _>>()?,
        })
    }
}
