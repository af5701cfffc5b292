//! Talking: a message comes in, a turn runs, an answer goes out.

mod begin;
mod builder;
mod cancel;
mod decide;
mod estimate;
mod follow;
mod history;
mod progress;
mod progress_report;
mod prompt;
mod replay;
mod reply;
mod report;
mod running;
mod started_turn;
mod stop;
pub mod tools;
mod trace;
mod turn;
mod turn_logs;
mod turn_telemetry;
mod undo;
mod words;

use std::{fmt, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use todo_domain::{
    ConfirmAbove, ConversationId, Decision, FailureCode, IdempotencyKey, MessageText, TimeZone,
    TokenBudget, ToolSpec, TurnId, UserId, UserLimit,
    ports::{
        ChatModel, Clock, ConversationRef, DeltaSink, DropDeltas, IdGenerator, StoreError,
        TurnLogs, TurnStore,
    },
};
use todo_metrics::ChatMetrics;
use tokio::{runtime::Handle, sync::oneshot};
use tokio_util::task::TaskTracker;
use tracing::Instrument;

pub use builder::ChatBuilder;
pub use cancel::CancelledTurn;
pub use decide::DecisionRequest;
pub use follow::{FollowedTurn, recorded_events};
pub use progress::{MAX_CALLS, MAX_STEPS, MAX_TASKS};
pub use reply::{ChatReply, ReplyStatus};
pub use report::ToolCallReport;
use running::RunningTurns;
pub use started_turn::StartedTurn;
use started_turn::{BegunTurn, End};
use turn::Opening;
pub use turn_logs::InProcessTurnLogs;
use turn_telemetry::TurnTelemetry;

/// Bounds of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChatSettings {
    /// How long a turn may take in all (S56).
    pub timeout: Duration,
    /// For how long a running turn keeps others out of its conversation. It must outlast
    /// `timeout` by the time the store may need for the last step and for the end.
    pub lease: Duration,
    /// How long a turn may take before the log warns of it and says where its time went (S80).
    pub slow_threshold: Duration,
    /// How many of the provider's tokens a user may spend in a day; `None` for any number.
    pub token_budget: Option<TokenBudget>,
    /// How many tasks a turn deletes without asking.
    pub confirm_above: ConfirmAbove,
}

impl ChatSettings {
    /// Bounds for turns of at most `timeout` over a store that takes at most `store_timeout`. A
    /// turn is slow after 5 seconds.
    #[must_use]
    pub fn new(timeout: Duration, store_timeout: Duration) -> Self {
        Self {
            timeout,
            lease: timeout + 2 * store_timeout,
            slow_threshold: Duration::from_secs(5),
            token_budget: None,
            confirm_above: ConfirmAbove::default(),
        }
    }
}

impl Default for ChatSettings {
    /// Turns of at most 30 seconds over a store that takes at most 5.
    fn default() -> Self {
        Self::new(Duration::from_secs(30), Duration::from_secs(5))
    }
}

/// A message of a user.
pub struct ChatRequest {
    /// Whose.
    pub user_id: UserId,
    /// The conversation that it belongs to; `None` for a new one under an id of ours.
    pub conversation: Option<ConversationRef>,
    /// What they say.
    pub text: MessageText,
    /// Where their days begin and end, for this turn; `None` for the user's own zone.
    pub time_zone: Option<TimeZone>,
    /// By which the message can be sent again. The same request is one of the same conversation, text
    /// and time zone.
    pub key: Option<IdempotencyKey>,
    /// Takes the answer's words, and the calls on the way to it, as they come.
    pub sink: Arc<dyn DeltaSink>,
}

impl ChatRequest {
    /// A message that begins a conversation and whose answer is wanted as a whole.
    #[must_use]
    pub fn new(user_id: UserId, text: MessageText) -> Self {
        let sink = Arc::new(DropDeltas);
        Self { user_id, conversation: None, text, time_zone: None, key: None, sink }
    }
}

impl fmt::Debug for ChatRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatRequest").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// A turn that ended without an answer. The user's message is stored, and what the calls did is
/// done.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedTurn {
    /// The conversation, which goes on with the next message.
    pub conversation_id: ConversationId,
    /// The turn, to look its ledger up.
    pub turn_id: TurnId,
    /// Why.
    pub code: FailureCode,
    /// When trying again may help, if the provider said so.
    pub retry_after: Option<Duration>,
    /// What was called before it failed, in order.
    pub tool_calls: Vec<ToolCallReport>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// The user has no such conversation. Nothing was stored.
    #[error("no such conversation")]
    ConversationNotFound,
    /// The conversation was to be new, and the user has one of this id. Nothing was stored.
    #[error("there is a conversation of this id")]
    ConversationExists,
    /// The user has as many conversations as anybody may have. Nothing was stored.
    #[error("the user has {} conversations already", max.get())]
    ConversationLimitReached {
        /// How many that is.
        max: UserLimit,
    },
    /// The user has spent the tokens of the day. Nothing was stored.
    #[error("the user has spent the {} tokens of the day", budget.get())]
    BudgetSpent {
        /// How many that are.
        budget: TokenBudget,
        /// When there will be some again.
        retry_after: Duration,
    },
    /// There is no such user. Nothing was stored.
    #[error("no such user")]
    UserNotFound,
    /// Another message of the conversation is being answered. Nothing was stored.
    #[error("another turn of the conversation is in progress")]
    TurnInProgress {
        /// The running turn.
        turn_id: TurnId,
        /// When to ask again: when it will have ended, at the latest; for the same request sooner, after
        /// one to five seconds.
        retry_after: Duration,
        /// Whether it is the turn of this same request.
        is_same_request: bool,
    },
    /// The key came with another request before. Nothing was stored.
    #[error("the key was used for another request")]
    KeyReused,
    /// The user has no such action. Nothing was stored.
    #[error("no such action")]
    ActionNotFound,
    /// The action was decided otherwise. Nothing was stored.
    #[error("the action was {} before", decision.as_str())]
    ActionDecided {
        /// How.
        decision: Decision,
    },
    /// The action can't be decided any more. None of its calls was carried out.
    #[error("the action has expired")]
    ActionExpired,
    /// The user cancelled the turn.
    #[error("the turn was cancelled")]
    Cancelled {
        /// The conversation.
        conversation_id: ConversationId,
        /// The turn.
        turn_id: TurnId,
        /// The calls that ran before.
        tool_calls: Vec<ToolCallReport>,
        /// Whether that was known before the request came.
        is_replayed: bool,
    },
    /// The conversation was deleted, or the turn closed by somebody else, while it ran.
    #[error("the turn was stopped")]
    Stopped {
        /// The conversation.
        conversation_id: ConversationId,
        /// The turn.
        turn_id: TurnId,
        /// The calls that ran before.
        tool_calls: Vec<ToolCallReport>,
    },
    /// The turn ended without an answer.
    #[error("the turn failed: {}", .0.code)]
    Failed(FailedTurn),
    /// The turn could not begin. Nothing is left running.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The turn died of a bug.
    #[error("the turn died")]
    Died,
}

/// Whether somebody follows a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Followed {
    /// Whoever began it, piece by piece.
    FromTheBeginning,
    /// Nobody needs its answer piece by piece, but its events may be followed.
    MaybeLater,
}

/// What turns need; shared by all of them.
struct Services {
    turns: Arc<dyn TurnStore>,
    logs: Arc<dyn TurnLogs>,
    model: Arc<dyn ChatModel>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    settings: ChatSettings,
    tools: Arc<[ToolSpec]>,
    metrics: ChatMetrics,
    running: Arc<RunningTurns>,
}

/// Carries conversations on.
///
/// Every turn is a task of its own on the runtime given to [`ChatBuilder::runtime`]: a caller that
/// goes away loses the answer, never the turn. [`Chat::shut_down`] waits for those that run.
#[derive(Clone)]
pub struct Chat {
    services: Arc<Services>,
    runtime: Option<Handle>,
    running: TaskTracker,
}

impl fmt::Debug for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chat").field("running", &self.running.len()).finish_non_exhaustive()
    }
}

impl Chat {
    /// Chat with this model over this store, for [`ChatBuilder::build`] to finish.
    #[must_use]
    pub fn builder(
        turns: Arc<dyn TurnStore>,
        model: Arc<dyn ChatModel>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
    ) -> ChatBuilder {
        ChatBuilder::new(turns, model, clock, ids)
    }

    /// Answers a message.
    ///
    /// # Errors
    /// See [`ChatError`]; [`ChatError::Failed`] tells what was done all the same.
    pub async fn send(&self, request: ChatRequest) -> Result<ChatReply, ChatError> {
        match self.begin(Opening::Message(request), Followed::MaybeLater).await {
            Ok(turn) => turn.end().await,
            Err(end) => end,
        }
    }

    /// Begins a turn, whose events can be followed as they happen. A request that came before with
    /// the same key gets the events of its turn from the first one, whether that runs or has ended.
    ///
    /// # Errors
    /// Those of [`ChatError`] that keep a turn from beginning.
    pub async fn start(&self, request: ChatRequest) -> Result<StartedTurn, ChatError> {
        let user = request.user_id;
        let begun = self.begin(Opening::Message(request), Followed::FromTheBeginning).await;
        let (turn_id, is_replayed) = match begun {
            Ok(turn) => return Ok(turn.into()),
            Err(Ok(reply)) => (reply.turn_id, true),
            Err(Err(ChatError::Cancelled { turn_id, .. })) => (turn_id, true),
            Err(Err(ChatError::TurnInProgress { turn_id, is_same_request: true, .. })) => {
                (turn_id, false)
            }
            Err(Err(error)) => return Err(error),
        };
        // It may have been deleted in between.
        let events = self.follow(user, turn_id).await?.ok_or(ChatError::ConversationNotFound)?;
        Ok(StartedTurn { turn_id, events, is_replayed, decided_step: None })
    }

    async fn begin(&self, opening: Opening, followed: Followed) -> Result<BegunTurn, End> {
        let services = Arc::clone(&self.services);
        let (has_begun, begun) = oneshot::channel();
        let turn = async move {
            let mut record = TurnTelemetry::start(&services);
            let turn = turn::run(&services, opening, followed, has_begun, &mut record);
            // A panic is logged where it happens; what it says may quote the user.
            let turn = AssertUnwindSafe(turn).catch_unwind().await;
            let result = turn.unwrap_or(Err(ChatError::Died));
            record.ended(&result);
            result
        };
        let turn = turn.in_current_span();
        let end = match &self.runtime {
            Some(runtime) => self.running.spawn_on(turn, runtime),
            None => self.running.spawn(turn),
        };
        BegunTurn::wait_for(begun, end).await
    }

    /// How many turns run now.
    #[must_use]
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// Waits until the last running turn has ended. Call it when no more requests come in.
    pub async fn shut_down(&self) {
        self.running.close();
        self.running.wait().await;
    }
}
