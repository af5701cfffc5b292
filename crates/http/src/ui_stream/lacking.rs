//! What a client lacks of a turn: all of it, or what follows its decision.

use todo_domain::{RecordedCall, TurnEnd, TurnEvent};

use super::chunk::Chunk;

/// What is still lacking, while the events of a turn come from the first one on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lacking {
    /// Everything from here on.
    Everything,
    /// What became of the calls that this step asked about, and all that follows.
    AfterQuestion {
        /// The step that asked.
        asked: i32,
        /// The step whose events come.
        step: i32,
    },
}

/// What a client lacks of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    All,
    /// What became of the calls. That they were made, and were asked about, it knows.
    Outputs,
    Nothing,
}

/// The events end with the question: they are those of an attempt before the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Undecided;

impl Lacking {
    /// For a client that has decided what this step asked, if it is one.
    pub(super) fn after(decided_step: Option<i32>) -> Self {
        decided_step.map_or(Self::Everything, |asked| Self::AfterQuestion { asked, step: 0 })
    }

    /// What is lacking of the next event.
    pub(super) fn of(&mut self, event: &TurnEvent) -> Result<Part, Undecided> {
        let Self::AfterQuestion { asked, step } = self else { return Ok(Part::All) };
        match event {
            TurnEvent::StepBegun { number, .. } => *step = *number,
            TurnEvent::StepDone(calls) => {
                if step == asked && !calls.iter().any(RecordedCall::is_waiting) {
                    *self = Self::Everything;
                    return Ok(Part::Outputs);
                }
            }
            TurnEvent::Text(_) => {}
            TurnEvent::Ended(TurnEnd::Waiting { .. }) => return Err(Undecided),
            TurnEvent::Begun(_) | TurnEvent::Ended(_) => return Ok(Part::All),
        }
        Ok(Part::Nothing)
    }
}

impl Part {
    /// Whether this chunk of the event belongs to it.
    pub(super) fn has(self, chunk: &Chunk) -> bool {
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::Outputs => matches!(
                chunk,
                Chunk::ToolOutputAvailable { .. }
                    | Chunk::ToolOutputError { .. }
                    | Chunk::ToolOutputDenied { .. }
            ),
        }
    }
}
