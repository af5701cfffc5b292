//! How a turn begins: in one transaction, or not at all.

use std::sync::Arc;

use todo_domain::{
    ConversationId, FailureCode, MessageId, Timestamp, TokenUsage, TurnFence, TurnId,
    ports::{BeginOutcome, BeginTurn, Begun, ConversationRef, FailTurn, StoreError},
};
use tracing::Instrument;

use super::{ChatError, ChatRequest, Services, history, turn_telemetry::TurnTelemetry};

/// Stores the user's message and a running turn.
pub(super) async fn begin(
    services: &Services,
    request: &ChatRequest,
    now: Timestamp,
    record: &mut TurnTelemetry,
) -> Result<Begun, ChatError> {
    let conversation = request
        .conversation
        .unwrap_or_else(|| ConversationRef::New(ConversationId::new(services.ids.next())));
    let turn = BeginTurn {
        user_id: request.user_id,
        conversation,
        turn_id: TurnId::new(services.ids.next()),
        message_id: MessageId::new(services.ids.next()),
        answer_id: MessageId::new(services.ids.next()),
        text: request.text.clone(),
        now,
        lease: services.settings.lease,
        history: history::MAX_MESSAGES,
        budget: services.settings.token_budget,
    };
    let fence = turn.fence();
    let begun = record.of_store(services.turns.begin(turn)).await;
    match begun.inspect_err(|error| close_orphan(services, fence, error, now))? {
        BeginOutcome::Begun(begun) => {
            record.begun(&begun);
            Ok(begun)
        }
        BeginOutcome::ConversationNotFound => Err(ChatError::ConversationNotFound),
        BeginOutcome::ConversationExists => Err(ChatError::ConversationExists),
        BeginOutcome::ConversationLimitReached { max } => {
            Err(ChatError::ConversationLimitReached { max })
        }
        BeginOutcome::BudgetSpent { budget, retry_after } => {
            Err(ChatError::BudgetSpent { budget, retry_after })
        }
        BeginOutcome::UserNotFound => Err(ChatError::UserNotFound),
        BeginOutcome::TurnInProgress { turn_id, retry_after } => {
            Err(ChatError::TurnInProgress { turn_id, retry_after })
        }
    }
}

/// Closes a turn that may have begun although its runner was told otherwise: the reply to the
/// commit was late or lost. Nobody waits for this; should it fail, the lease ends the turn.
fn close_orphan(services: &Services, fence: TurnFence, error: &StoreError, now: Timestamp) {
    if !error.kind.may_succeed_again() {
        return;
    }
    let turns = Arc::clone(&services.turns);
    let end = FailTurn {
        fence,
        code: FailureCode::DatabaseUnavailable,
        identity: services.model.identity(),
        usage: TokenUsage::default(),
        now,
    };
    tokio::spawn(async move { turns.fail(end).await }.in_current_span());
}
