//! Following a turn: the events of one that runs, as they come, or those of one that has ended, from
//! its record.

use std::{collections::VecDeque, fmt, sync::Arc, time::Duration};

use futures_util::FutureExt;
use todo_domain::{
    ConversationId, Message, ModelToolCall, Timestamp, Turn, TurnBegun, TurnEnd, TurnEvent,
    TurnFence, TurnId, TurnStatus, TurnStep, UserId,
    ports::{RecordedTurn, StoreError, TurnLogReader, TurnRef, TurnStore},
};
use tokio::time::{Instant, sleep_until};

use super::Chat;

/// How often the record of a turn is read that runs where its events can't be had.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// For how long after its end the latest turn of a conversation is found by
/// [`Chat::follow_latest`].
const RECENT: Duration = Duration::from_secs(60);

/// A turn and a position in its events.
pub struct FollowedTurn(Source);

enum Source {
    /// It runs, and these are its events.
    Live(Box<dyn TurnLogReader>),
    /// What is recorded of it.
    Recorded { events: VecDeque<TurnEvent>, rest: Option<Poll> },
}

impl FollowedTurn {
    pub(super) fn live(reader: Box<dyn TurnLogReader>) -> Self {
        Self(Source::Live(reader))
    }

    /// The next event, once there is one. `None` when nothing follows: after
    /// [`TurnEvent::Ended`], and where the turn has stopped without an end or can't be followed any
    /// longer. A caller may stop waiting and call again.
    pub async fn next(&mut self) -> Option<TurnEvent> {
        match &mut self.0 {
            Source::Live(reader) => reader.next().await,
            Source::Recorded { events, rest } => loop {
                if let Some(event) = events.pop_front() {
                    return Some(event);
                }
                match rest.as_mut()?.next().await {
                    Some(more) => events.extend(more),
                    None => *rest = None,
                }
            },
        }
    }

    /// The next event if it need not be waited for.
    pub fn next_ready(&mut self) -> Option<TurnEvent> {
        match &mut self.0 {
            Source::Live(reader) => reader.next().now_or_never().flatten(),
            Source::Recorded { events, .. } => events.pop_front(),
        }
    }

    /// Whether the events are those that a running turn reports, and not those of its record.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.0, Source::Live(_))
    }

    /// Whether the turn had ended when it was looked up: [`Self::next`] waits for nothing then.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.0, Source::Recorded { rest: None, .. })
    }
}

impl fmt::Debug for FollowedTurn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FollowedTurn").field("has_ended", &self.has_ended()).finish()
    }
}

impl Chat {
    /// A turn from its first event, whether it runs or has ended; `None` where the user has none of
    /// this id.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn follow(
        &self,
        user: UserId,
        turn: TurnId,
    ) -> Result<Option<FollowedTurn>, StoreError> {
        if let Some(reader) = self.services.logs.read(user, turn).await {
            return Ok(Some(FollowedTurn::live(reader)));
        }
        let recorded = self.services.turns.recorded(user, TurnRef::Turn(turn)).await?;
        Ok(recorded.map(|recorded| self.followed(user, &recorded)))
    }

    /// The latest turn of a conversation from its first event, if it runs or has ended within the
    /// last minute.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn follow_latest(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<FollowedTurn>, StoreError> {
        let latest = TurnRef::LatestOf(conversation);
        let Some(recorded) = self.services.turns.recorded(user, latest).await? else {
            return Ok(None);
        };
        if recorded.is_running()
            && let Some(reader) = self.services.logs.read(user, recorded.turn.id).await
        {
            return Ok(Some(FollowedTurn::live(reader)));
        }
        let now = self.services.clock.now();
        let ended = recorded.turn.finished_at;
        let is_recent = ended.is_some_and(|ended| now.since(ended) <= RECENT);
        let is_followed = recorded.is_running() || is_recent;
        Ok(is_followed.then(|| self.followed(user, &recorded)))
    }

    fn followed(&self, user: UserId, recorded: &RecordedTurn) -> FollowedTurn {
        let mut events = VecDeque::from(events(user, recorded));
        if recorded.is_running()
            && let Some(TurnEvent::Begun(begun)) = events.front_mut()
        {
            // The record does not say before the first step who answers.
            begun.identity.get_or_insert_with(|| self.services.model.identity());
        }
        let rest = recorded.is_running().then(|| Poll {
            turns: Arc::clone(&self.services.turns),
            user,
            attempt: recorded.attempt,
            turn: recorded.turn.id,
            steps: recorded.turn.steps.len(),
            next: Instant::now(),
        });
        FollowedTurn(Source::Recorded { events, rest })
    }
}

/// Reads the record of a turn again and again that another process runs.
struct Poll {
    turns: Arc<dyn TurnStore>,
    user: UserId,
    turn: TurnId,
    attempt: i32,
    /// How many steps have been read.
    steps: usize,
    /// When to read.
    next: Instant,
}

impl Poll {
    /// What has been recorded since; `None` when nothing more will be.
    async fn next(&mut self) -> Option<Vec<TurnEvent>> {
        loop {
            sleep_until(self.next).await;
            let recorded = self.turns.recorded(self.user, TurnRef::Turn(self.turn)).await;
            self.next = Instant::now() + POLL_INTERVAL;
            let recorded = recorded.ok().flatten()?;
            if recorded.attempt != self.attempt {
                return None;
            }
            let new = recorded.turn.steps.get(self.steps..).unwrap_or_default();
            let mut events: Vec<_> = new.iter().flat_map(step).collect();
            events.extend(end(&recorded));
            self.steps = recorded.turn.steps.len();
            if !events.is_empty() {
                return Some(events);
            }
        }
    }
}

/// The events of a turn that has ended, from its record and its answer.
#[must_use]
pub fn recorded_events(user: UserId, turn: Turn, answer: Option<Message>) -> Vec<TurnEvent> {
    let lease_left = Duration::ZERO;
    events(user, &RecordedTurn { turn, attempt: 1, lease_left, answer })
}

/// What is recorded of a turn, as events.
fn events(user: UserId, recorded: &RecordedTurn) -> Vec<TurnEvent> {
    let RecordedTurn { turn, attempt, .. } = recorded;
    let begun = TurnBegun {
        fence: TurnFence {
            user_id: user,
            conversation_id: turn.conversation_id,
            turn_id: turn.id,
            attempt: *attempt,
        },
        answer_id: recorded.answer_id(),
        identity: turn.identity.clone(),
    };
    let mut events = vec![TurnEvent::Begun(begun)];
    events.extend(turn.steps.iter().flat_map(step));
    events.extend(end(recorded));
    events
}

pub(super) fn step(step: &TurnStep) -> [TurnEvent; 2] {
    let calls = step.calls.iter().map(|call| ModelToolCall {
        id: call.id.clone(),
        name: call.name.clone(),
        arguments: call.arguments.clone(),
    });
    let (number, plan, calls) = (step.number, step.plan.clone(), calls.collect());
    [TurnEvent::StepBegun { number, plan, calls }, TurnEvent::StepDone(step.calls.clone())]
}

/// The answer and the end; nothing of a turn that runs.
fn end(recorded: &RecordedTurn) -> Vec<TurnEvent> {
    let end = match (recorded.turn.status, &recorded.answer) {
        (TurnStatus::Running, _) if recorded.is_running() => return Vec::new(),
        (TurnStatus::Completed, Some(answer)) => {
            let (usage, created_at) = (recorded.turn.usage, answer.created_at);
            let text = TurnEvent::Text(answer.text.clone());
            return vec![text, TurnEvent::Ended(TurnEnd::Completed { usage, created_at })];
        }
        (TurnStatus::Waiting, _) => match &recorded.turn.action {
            Some(action) => TurnEnd::Waiting {
                action: action.id,
                usage: recorded.turn.usage,
                created_at: ended_at(&recorded.turn),
            },
            None => TurnEnd::Interrupted,
        },
        (TurnStatus::Failed(code), _) => TurnEnd::Failed(code),
        (TurnStatus::Cancelled, _) => TurnEnd::Cancelled,
        (TurnStatus::Completed, None) if recorded.turn.is_undo_without_message() => {
            TurnEnd::Completed { usage: recorded.turn.usage, created_at: ended_at(&recorded.turn) }
        }
        (TurnStatus::Completed | TurnStatus::Interrupted | TurnStatus::Running, _) => {
            TurnEnd::Interrupted
        }
    };
    let partial = recorded.turn.partial_answer.clone();
    let partial = partial.map(|text| TurnEvent::Text(text.into()));
    partial.into_iter().chain([TurnEvent::Ended(end)]).collect()
}

fn ended_at(turn: &Turn) -> Timestamp {
    turn.finished_at.unwrap_or(turn.started_at)
}
