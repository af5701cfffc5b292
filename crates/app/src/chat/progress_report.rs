//! What a turn tells while it runs: its events to those who follow it, text and calls to the sink of
//! the request.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use parking_lot::{Mutex, MutexGuard};
use todo_domain::{
    AnswerText, RecordedCall, TurnBegun, TurnEnd, TurnEvent,
    ports::{Begun, DeltaSink, FinishTurn, RunStep, TurnLog},
};

use super::{Followed, FollowedTurn, Services, follow::step};

/// Reports the events of an attempt at a turn.
pub(super) struct ProgressReport {
    log: Arc<dyn TurnLog>,
    sink: Arc<dyn DeltaSink>,
    /// Whether text is reported piece by piece. Otherwise the answer is reported as a whole.
    is_live: bool,
    /// What has been reported of the present answer.
    reported: Mutex<String>,
    /// How many bytes of the present answer the model has sent.
    received: AtomicUsize,
}

impl ProgressReport {
    /// Begins the log of a turn that has begun, with what its earlier attempts recorded. Text is
    /// reported piece by piece where somebody follows the turn, or reads it from the sink.
    pub(super) fn begin(
        services: &Services,
        begun: &Begun,
        sink: Arc<dyn DeltaSink>,
        followed: Followed,
    ) -> Self {
        let log = services.logs.open(begun.fence);
        sink.begun(begun.fence.turn_id);
        let is_live = followed == Followed::FromTheBeginning || sink.is_read();
        let event = TurnBegun {
            fence: begun.fence,
            answer_id: begun.answer_id,
            identity: Some(services.model.identity()),
        };
        log.append(TurnEvent::Begun(event));
        for event in begun.steps.iter().flat_map(step) {
            log.append(event);
        }
        Self { log, sink, is_live, reported: Mutex::default(), received: AtomicUsize::new(0) }
    }

    /// The events from the first one.
    pub(super) fn events(&self) -> FollowedTurn {
        FollowedTurn::live(self.log.reader())
    }

    /// What has been reported of an answer since the last step, as far as an answer may be that long.
    pub(super) fn partial_answer(&self) -> Option<AnswerText> {
        let text: String = self.reported().chars().take(AnswerText::MAX_CHARS).collect();
        AnswerText::new(text).ok()
    }

    /// How many bytes of text the model has sent since its last step.
    pub(super) fn received(&self) -> usize {
        self.received.load(Ordering::Relaxed)
    }

    /// The step is about to be carried out.
    pub(super) fn step_begins(&self, step: &RunStep) {
        self.reported().clear();
        self.received.store(0, Ordering::Relaxed);
        let (number, calls) = (step.number, step.calls_as_recorded());
        let plan = step.plan_as_recorded();
        self.log.append(TurnEvent::StepBegun { number, plan, calls });
    }

    /// The step is carried out and recorded.
    pub(super) fn step_done(&self, calls: &[RecordedCall]) {
        for call in calls {
            self.sink.called(call);
        }
        self.log.append(TurnEvent::StepDone(calls.to_vec()));
    }

    /// The answer is stored, and the turn completed.
    pub(super) fn completed(&self, end: &FinishTurn) {
        let rest = end.text.as_str().get(self.reported().len()..).unwrap_or_default();
        if !rest.is_empty() {
            self.log.append(TurnEvent::Text(rest.to_owned()));
        }
        self.ended(TurnEnd::Completed { usage: end.usage, created_at: end.now });
    }

    /// The turn has ended in this way, and that is stored.
    pub(super) fn ended(&self, end: TurnEnd) {
        self.log.append(TurnEvent::Ended(end));
    }

    fn reported(&self) -> MutexGuard<'_, String> {
        self.reported.lock()
    }
}

impl DeltaSink for ProgressReport {
    fn text(&self, delta: &str) {
        self.received.fetch_add(delta.len(), Ordering::Relaxed);
        self.sink.text(delta);
        if !self.is_live {
            return;
        }
        // As an answer is stored: `AnswerText` has none.
        let text = delta.replace('\0', "");
        if !text.is_empty() {
            self.reported().push_str(&text);
            self.log.append(TurnEvent::Text(text));
        }
    }

    fn is_read(&self) -> bool {
        self.is_live
    }
}
