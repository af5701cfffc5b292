//! Deciding what a turn asked: by the action's id, or in the words of the next message.

use std::{fmt, sync::Arc};

use todo_domain::{
    Action, ActionCall, ActionId, Decision, MessageText, Timestamp, UserId,
    ports::{
        ActionDecision, ActionRef, ConversationRef, DecideAction, DecideOutcome, DecidedTurn,
        DeltaSink, DropDeltas, PreparedCall, SpokenDecision, StoreError,
    },
};

use super::{
    Chat, ChatError, ChatReply, ChatRequest, Followed, Services, begin::Opened, history, tools,
    turn::Opening, turn_telemetry::TurnTelemetry, words,
};

/// The decision of an action.
pub struct DecisionRequest {
    /// Whose action.
    pub user_id: UserId,
    /// Which.
    pub action_id: ActionId,
    /// What is decided.
    pub decision: Decision,
    /// Takes the answer's words, and the calls on the way to it, as they come.
    pub sink: Arc<dyn DeltaSink>,
}

impl DecisionRequest {
    /// A decision whose answer is wanted as a whole.
    #[must_use]
    pub fn new(user_id: UserId, action_id: ActionId, decision: Decision) -> Self {
        Self { user_id, action_id, decision, sink: Arc::new(DropDeltas) }
    }
}

impl fmt::Debug for DecisionRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecisionRequest")
            .field("user_id", &self.user_id)
            .field("action_id", &self.action_id)
            .field("decision", &self.decision)
            .finish_non_exhaustive()
    }
}

impl Chat {
    /// Decides an action, and answers for the turn that goes on with it. The same decision again gets
    /// the same answer, and a turn that failed on the way to it goes on.
    ///
    /// # Errors
    /// See [`ChatError`]: [`ChatError::ActionNotFound`], [`ChatError::ActionDecided`],
    /// [`ChatError::ActionExpired`], and what may become of any turn.
    pub async fn decide(&self, request: DecisionRequest) -> Result<ChatReply, ChatError> {
        match self.begin(Opening::Decision(request), Followed::MaybeLater).await {
            Ok(turn) => turn.end().await,
            Err(end) => end,
        }
    }
}

/// Decides an action, unless that was done before.
pub(super) async fn decide(
    services: &Services,
    request: DecisionRequest,
    now: Timestamp,
    record: &mut TurnTelemetry,
) -> Result<Opened, ChatError> {
    let DecisionRequest { user_id, action_id, decision, sink } = request;
    let action = services.turns.action(user_id, ActionRef::Action(action_id));
    let action = record.of_store(action).await?.ok_or(ChatError::ActionNotFound)?;
    let decide = DecideAction {
        user_id,
        action_id,
        decision: prepared(&action, decision, |call| call.call.id.clone()),
        now,
        lease: services.settings.lease,
        history: history::MAX_MESSAGES,
    };
    let outcome = record.of_store(services.turns.decide(decide)).await?;
    services.metrics.decided(label_of(&outcome, decision));
    match outcome {
        DecideOutcome::Decided(turn) => {
            let DecidedTurn { begun, text } = *turn;
            record.begun(&begun);
            // What was stored as a message is one.
            let text = MessageText::new(text).map_err(|_| ChatError::Died)?;
            let time_zone = Some(action.time_zone);
            let request = ChatRequest { time_zone, sink, ..ChatRequest::new(user_id, text) };
            Ok(Opened::Begun(begun, request))
        }
        DecideOutcome::Replayed(turn) => Ok(Opened::Replayed(*turn)),
        DecideOutcome::TurnInProgress { turn_id, retry_after, is_same_request } => {
            Err(ChatError::TurnInProgress { turn_id, retry_after, is_same_request })
        }
        DecideOutcome::DecidedOtherwise(decision) => Err(ChatError::ActionDecided { decision }),
        DecideOutcome::Expired => Err(ChatError::ActionExpired),
        DecideOutcome::NotFound => Err(ChatError::ActionNotFound),
    }
}

fn label_of(outcome: &DecideOutcome, decision: Decision) -> &'static str {
    match outcome {
        DecideOutcome::Decided(_) => decision.as_str(),
        DecideOutcome::Replayed(_) => "replayed",
        DecideOutcome::TurnInProgress { .. } => "turn_in_progress",
        DecideOutcome::DecidedOtherwise(_) => "action_decided",
        DecideOutcome::Expired => "action_expired",
        DecideOutcome::NotFound => "action_not_found",
    }
}

/// What the words of a message decide, if they are a clear yes or no and something waits for one.
pub(super) async fn spoken(
    services: &Services,
    request: &ChatRequest,
    record: &mut TurnTelemetry,
) -> Result<Option<SpokenDecision>, StoreError> {
    let conversation = match request.conversation {
        Some(ConversationRef::Existing(id) | ConversationRef::NewOrExisting(id)) => id,
        Some(ConversationRef::New(_)) | None => return Ok(None),
    };
    let Some(decision) = words::decision(request.text.as_str()) else { return Ok(None) };
    let waiting = ActionRef::WaitingIn(conversation);
    let action = record.of_store(services.turns.action(request.user_id, waiting)).await?;
    Ok(action.map(|action| {
        let new_id =
            |call: &ActionCall| format!("{}_{}", call.call.name, services.ids.next().simple());
        SpokenDecision { action_id: action.id, decision: prepared(&action, decision, new_id) }
    }))
}

/// The decision with the calls to carry out: deletions as they were listed, and the others as they
/// were meant.
fn prepared(
    action: &Action,
    decision: Decision,
    mut id: impl FnMut(&ActionCall) -> String,
) -> ActionDecision {
    if decision == Decision::Rejected {
        return ActionDecision::Reject;
    }
    let calls = action.calls.iter().map(|call| PreparedCall {
        id: id(call),
        name: call.call.name.clone(),
        arguments: call.call.arguments.clone(),
        operation: match call.approved_deletion() {
            Some(deletion) => Ok(deletion),
            None => tools::parse(&call.call.name, &call.call.arguments, &action.time_zone),
        },
    });
    ActionDecision::Approve(calls.collect())
}
