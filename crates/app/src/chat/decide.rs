//! Deciding what a turn asked: by the action's id, or in the words of the next message.

use std::{fmt, sync::Arc};

use todo_domain::{
    Action, ActionCall, ActionId, ConversationId, Decision, MessageText, Timestamp, UserId,
    ports::{
        ActionDecision, ActionRef, ConversationRef, DecideAction, DecideOutcome, DecidedTurn,
        DeltaSink, DropDeltas, PreparedCall, SpokenDecision, StoreError,
    },
};

use super::{
    Chat, ChatError, ChatReply, ChatRequest, Followed, Services, StartedTurn,
    begin::{Opened, wait_for_answer},
    history, tools,
    turn::Opening,
    turn_telemetry::TurnTelemetry,
    words,
};

/// The decision of an action.
pub struct DecisionRequest {
    /// Whose action.
    pub user_id: UserId,
    /// Which.
    pub action_id: ActionId,
    /// The conversation that it is to be of; `None` where only the action is named.
    pub conversation: Option<ConversationId>,
    /// What is decided.
    pub decision: Decision,
    /// Takes the answer's words, and the calls on the way to it, as they come.
    pub sink: Arc<dyn DeltaSink>,
}

impl DecisionRequest {
    /// A decision whose answer is wanted as a whole.
    #[must_use]
    pub fn new(user_id: UserId, action_id: ActionId, decision: Decision) -> Self {
        Self { user_id, action_id, conversation: None, decision, sink: Arc::new(DropDeltas) }
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
        let action = self.action_of(&request).await?;
        match self.begin(Opening::Decision(action, request), Followed::MaybeLater).await {
            Ok(turn) => turn.end().await,
            Err(end) => end,
        }
    }

    /// Decides an action, and follows the turn that asked: its events from the first one, of which
    /// those from [`StartedTurn::decided_step`] on tell what became of the question. That is also reported
    /// where the action was decided in words before, or can't be decided any more.
    ///
    /// # Errors
    /// Those of [`Self::decide`] where nothing became of the question by this decision or by an equal
    /// one.
    pub async fn start_decision(&self, request: DecisionRequest) -> Result<StartedTurn, ChatError> {
        let user = request.user_id;
        let action = self.action_of(&request).await?;
        let (turn_id, decided_step) = (action.turn_id, Some(action.step));
        let opening = Opening::Decision(action, request);
        let is_replayed = match self.begin(opening, Followed::FromTheBeginning).await {
            Ok(turn) => match StartedTurn::from(turn) {
                turn if turn.turn_id == turn_id => return Ok(StartedTurn { decided_step, ..turn }),
                // It goes on for the message that had decided.
                _ => false,
            },
            Err(Ok(_) | Err(ChatError::Cancelled { .. })) => true,
            Err(Err(
                ChatError::ActionExpired | ChatError::TurnInProgress { is_same_request: true, .. },
            )) => false,
            Err(Err(error)) => return Err(error),
        };
        // It may have been deleted in between.
        let events = self.follow(user, turn_id).await?.ok_or(ChatError::ActionNotFound)?;
        Ok(StartedTurn { turn_id, events, is_replayed, decided_step })
    }

    /// What is to be decided.
    async fn action_of(&self, request: &DecisionRequest) -> Result<Box<Action>, ChatError> {
        let id = ActionRef::Action(request.action_id);
        let action = self.services.turns.action(request.user_id, id).await?;
        let is_meant = |action: &Action| {
            request.conversation.is_none_or(|conversation| conversation == action.conversation_id)
        };
        action.filter(is_meant).map(Box::new).ok_or_else(|| {
            self.services.metrics.decided(label_of(&DecideOutcome::NotFound, request.decision));
            ChatError::ActionNotFound
        })
    }
}

/// Decides an action, unless that was done before.
pub(super) async fn decide(
    services: &Services,
    action: Action,
    request: DecisionRequest,
    now: Timestamp,
    record: &mut TurnTelemetry,
) -> Result<Opened, ChatError> {
    let DecisionRequest { user_id, action_id, decision, sink, .. } = request;
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
            let retry_after = wait_for_answer(services.settings.lease, retry_after);
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

/// What the words of a message decide, if they are a clear yes or no and something waits for one that
/// has not expired.
pub(super) async fn spoken(
    services: &Services,
    request: &ChatRequest,
    now: Timestamp,
    record: &mut TurnTelemetry,
) -> Result<Option<SpokenDecision>, StoreError> {
    let conversation = match request.conversation {
        Some(ConversationRef::Existing(id) | ConversationRef::NewOrExisting(id)) => id,
        Some(ConversationRef::New(_)) | None => return Ok(None),
    };
    let Some(decision) = words::decision(request.text.as_str()) else { return Ok(None) };
    let waiting = ActionRef::WaitingIn(conversation);
    let action = record.of_store(services.turns.action(request.user_id, waiting)).await?;
    Ok(action.filter(|action| !action.has_expired(now)).map(|action| {
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
