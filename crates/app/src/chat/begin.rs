//! How a turn begins: in one transaction, or not at all.

use std::{sync::Arc, time::Duration};

use todo_domain::{
    ConversationId, Decision, FailureCode, KeyedRequest, MessageId, TimeZone, Timestamp,
    TokenUsage, TurnFence, TurnId,
    ports::{BeginOutcome, BeginTurn, Begun, ConversationRef, FailTurn, ReplayedTurn, StoreError},
};
use tracing::Instrument;

use super::{
    ChatError, ChatRequest, Services, decide::spoken, history, turn_telemetry::TurnTelemetry,
};
use crate::request_digest;

/// How long to wait for the answer of a turn that has just begun.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
/// How long to wait for the answer of one that has run for a while.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How a request begins.
pub(super) enum Opened {
    /// With a turn that runs, and what it answers.
    Begun(Begun, ChatRequest),
    /// With the end of the turn that the same request began before.
    Replayed(ReplayedTurn),
}

/// Stores the user's message and a running turn, unless the same request did so before.
pub(super) async fn begin(
    services: &Services,
    request: ChatRequest,
    now: Timestamp,
    record: &mut TurnTelemetry,
) -> Result<Opened, ChatError> {
    let decides = spoken(services, &request, now, record).await?;
    let spoken = decides.as_ref().map(|spoken| spoken.decision.kind());
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
        keyed: keyed(&request),
        decides,
    };
    let fence = turn.fence();
    let begun = record.of_store(services.turns.begin(turn)).await;
    match begun.inspect_err(|error| close_orphan(services, fence, error, now))? {
        BeginOutcome::Begun(begun) => {
            record.begun(&begun);
            if let Some(decision) = spoken.filter(|decision| has_decided(&begun, *decision)) {
                services.metrics.decided(decision.as_str());
            }
            Ok(Opened::Begun(begun, request))
        }
        BeginOutcome::Replayed(turn) => Ok(Opened::Replayed(*turn)),
        BeginOutcome::KeyReused => Err(ChatError::KeyReused),
        BeginOutcome::ConversationNotFound => Err(ChatError::ConversationNotFound),
        BeginOutcome::ConversationExists => Err(ChatError::ConversationExists),
        BeginOutcome::ConversationLimitReached { max } => {
            Err(ChatError::ConversationLimitReached { max })
        }
        BeginOutcome::BudgetSpent { budget, retry_after } => {
            Err(ChatError::BudgetSpent { budget, retry_after })
        }
        BeginOutcome::UserNotFound => Err(ChatError::UserNotFound),
        BeginOutcome::TurnInProgress { turn_id, retry_after, is_same_request } => {
            let retry_after = wait_for_answer(services.settings.lease, retry_after);
            Err(ChatError::TurnInProgress { turn_id, retry_after, is_same_request })
        }
    }
}

/// Whether the message with which this turn has begun decided what waited: nobody else had.
fn has_decided(begun: &Begun, decision: Decision) -> bool {
    let is_first = begun.fence.attempt == 1;
    is_first && (decision == Decision::Rejected || !begun.steps.is_empty())
}

/// When to ask for the answer of a turn that runs: it may be there long before its lease is over. The
/// longer the turn has run, the longer is the wait, so that a client that keeps to it does not use up
/// its messages of the minute.
pub(super) fn wait_for_answer(lease: Duration, lease_left: Duration) -> Duration {
    let age = lease.saturating_sub(lease_left);
    (age / 3).clamp(SHORTEST_WAIT, LONGEST_WAIT).min(lease_left)
}

/// The request by its key. Only what the user asks for makes it another one.
fn keyed(request: &ChatRequest) -> Option<KeyedRequest> {
    let key = request.key.clone()?;
    let conversation = request.conversation.map(|it| it.id().to_string()).unwrap_or_default();
    let zone = request.time_zone.as_ref().map_or("", TimeZone::name);
    let parts = ["chat", &conversation, request.text.as_str(), zone];
    let digest = request_digest(parts.map(str::as_bytes));
    Some(KeyedRequest { key, digest })
}

/// Closes a turn that may have begun although its runner got an error: the reply to the
/// commit was late or lost. Nobody waits for this; should it fail, or the turn have been resumed, the
/// lease ends it.
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
        partial_answer: None,
        now,
    };
    tokio::spawn(async move { turns.fail(end).await }.in_current_span());
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(40);

    #[test]
    fn who_waits_for_an_answer_as_told_sends_fewer_than_twenty_messages_a_minute() {
        let (mut sent, mut age) = (0, Duration::ZERO);
        while age < LEASE {
            sent += 1;
            age += wait_for_answer(LEASE, LEASE - age);
        }
        assert!(sent < 20, "{sent}");
        assert_eq!(age, LEASE);
    }

    #[test]
    fn the_wait_grows_from_one_second_to_five_and_ends_with_the_lease() {
        let waits = [40, 31, 20, 2].map(|left| wait_for_answer(LEASE, Duration::from_secs(left)));
        assert_eq!(waits.map(|wait| wait.as_secs()), [1, 3, 5, 2]);
    }
}
