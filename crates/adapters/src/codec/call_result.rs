//! The JSON of what a call brought, as the ledger and exports have it.

mod outcome;

use serde::{Deserialize, Serialize};
use todo_domain::{
    ActionId, CallResult, Rejection, RejectionCode, Task, TaskCursor, TaskEffect, TaskOutcome,
    TaskPage, UndoConflict,
};

use self::outcome::{ConflictJson, EachFields, OutcomeJson, ResultFields};
use super::{AsText, InvalidJson, from_json, task_list::ShownJson, to_json};

/// What versions that know no actions tell of a call that waits.
const WAITS: &str = "Not executed: it waits for the user's decision.";
/// What they tell of one that was denied.
const DENIED: &str = "Not executed: the user said no.";

/// What a result is called where it can't be written or read.
const PART: &str = "the outcome of a call";

/// What a call brought as JSON, without the images that are in its effects. Of a list it is what a
/// model is shown: see [`recordable`](super::recordable).
///
/// # Errors
/// None that a result could cause.
pub fn call_result_to_json(result: &CallResult) -> Result<String, InvalidJson> {
    match result {
        CallResult::Listed(page) => to_json(PART, &ShownJson::from(page)),
        other => to_json(PART, &ResultJson::from(other)),
    }
}

/// What [`call_result_to_json`] wrote, in this version or an earlier one, with the call's effects in
/// order.
///
/// # Errors
/// When the text is something else, or the effects are not those of such a result.
pub fn call_result_from_json(
    json: &str,
    effects: Vec<TaskEffect>,
) -> Result<CallResult, InvalidJson> {
    if ShownJson::is_in(json) {
        let list = from_json::<ShownJson>(PART, json)?;
        return Ok(CallResult::Listed(list.try_into()?));
    }
    from_json::<ResultJson>(PART, json)?.with(effects)
}

/// What a call brought, without what it changed.
#[derive(Serialize, Deserialize)]
#[serde(try_from = "ResultFields<EachFields>")]
pub(super) struct ResultJson {
    /// Of several outcomes it is the last one that changed a task, or else the last one: versions
    /// that know calls of one outcome only read this one, and ignore the others.
    #[serde(flatten)]
    outcome: OutcomeJson,
    /// All outcomes of a call that has one for each task it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    each: Option<Vec<OutcomeJson>>,
}

impl From<&CallResult> for ResultJson {
    fn from(result: &CallResult) -> Self {
        match result {
            CallResult::Listed(page) => Self { outcome: page.into(), each: None },
            CallResult::Outcome(outcome) => Self { outcome: outcome.into(), each: None },
            CallResult::Each(outcomes) => {
                let changed = |outcome: &&TaskOutcome| outcome.effect().is_some();
                let shown = outcomes.iter().rfind(changed).or_else(|| outcomes.last());
                Self {
                    outcome: shown.map_or(OutcomeJson::NOTHING, OutcomeJson::from),
                    each: Some(outcomes.iter().map(OutcomeJson::from).collect()),
                }
            }
            CallResult::NothingToUndo => Self { outcome: OutcomeJson::NothingToUndo, each: None },
            CallResult::UndoConflict(conflicts) => {
                let conflicts = conflicts.iter().map(ConflictJson::from).collect();
                Self { outcome: OutcomeJson::UndoConflict { conflicts }, each: None }
            }
            CallResult::Rejected(Rejection { code, message }) => {
                Self::rejected(*code, message, None, None)
            }
            CallResult::Waiting(action) => {
                Self::rejected(RejectionCode::NotExecuted, WAITS, Some(*action), None)
            }
            CallResult::Denied(action) => {
                Self::rejected(RejectionCode::NotExecuted, DENIED, None, Some(*action))
            }
        }
    }
}

impl ResultJson {
    fn rejected(
        code: RejectionCode,
        message: &str,
        waits_for: Option<ActionId>,
        denied: Option<ActionId>,
    ) -> Self {
        let outcome = OutcomeJson::Rejected {
            code: AsText(code),
            message: message.to_owned(),
            waits_for: waits_for.map(AsText),
            denied: denied.map(AsText),
        };
        Self { outcome, each: None }
    }

    /// The result with what the call changed, in order.
    pub(super) fn with(self, effects: Vec<TaskEffect>) -> Result<CallResult, InvalidJson> {
        let mut effects = effects.into_iter();
        match (self.each, self.outcome) {
            (Some(each), _) => {
                let outcomes = each.into_iter().map(|outcome| outcome.with(&mut effects));
                Ok(CallResult::Each(outcomes.collect::<Result<_, _>>()?))
            }
            (None, OutcomeJson::Rejected { code: AsText(code), message, waits_for, denied }) => {
                Ok(match (waits_for, denied) {
                    (Some(AsText(action)), _) => CallResult::Waiting(action),
                    (None, Some(AsText(action))) => CallResult::Denied(action),
                    (None, None) => CallResult::Rejected(Rejection { code, message }),
                })
            }
            (None, OutcomeJson::Listed { tasks, total, next }) => {
                Ok(CallResult::Listed(TaskPage {
                    tasks: tasks.into_iter().map(Task::try_from).collect::<Result<_, _>>()?,
                    total,
                    next: next.map(TaskCursor::try_from).transpose()?,
                }))
            }
            (None, OutcomeJson::NothingToUndo) => Ok(CallResult::NothingToUndo),
            (None, OutcomeJson::UndoConflict { conflicts }) => {
                let conflicts = conflicts.into_iter().map(UndoConflict::try_from);
                Ok(CallResult::UndoConflict(conflicts.collect::<Result<_, _>>()?))
            }
            (None, outcome) => outcome.with(&mut effects).map(CallResult::Outcome),
        }
    }
}

impl TryFrom<ResultFields<EachFields>> for ResultJson {
    type Error = String;

    fn try_from(mut fields: ResultFields<EachFields>) -> Result<Self, String> {
        let each = fields.take_each();
        let each = each.map(|each| each.into_iter().map(OutcomeJson::try_from).collect());
        Ok(Self { outcome: fields.try_into()?, each: each.transpose()? })
    }
}
