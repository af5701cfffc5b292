//! How a turn begins, goes on, and is replayed.

use std::{collections::HashSet, time::Duration};

use crate::{
    ActionId, ConversationId, KeyedRequest, Message, MessageId, MessageText, Role, TaskEffect,
    TimeZone, Timestamp, TokenBudget, TokenUsage, Turn, TurnFence, TurnId, TurnStep, UserId,
    UserLimit,
};

use super::ActionDecision;

/// The conversation a message belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversationRef {
    /// A new one, under this id. There must be none of this id.
    New(ConversationId),
    /// One there should be.
    Existing(ConversationId),
    /// The one of this id, or a new one under it.
    NewOrExisting(ConversationId),
}

impl ConversationRef {
    /// Its id.
    #[must_use]
    pub const fn id(self) -> ConversationId {
        match self {
            Self::New(id) | Self::Existing(id) | Self::NewOrExisting(id) => id,
        }
    }
}

/// A user's message, and the turn that is to answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeginTurn {
    /// Whose.
    pub user_id: UserId,
    /// Where.
    pub conversation: ConversationRef,
    /// The turn's id.
    pub turn_id: TurnId,
    /// The message's id.
    pub message_id: MessageId,
    /// The id that the answer will have.
    pub answer_id: MessageId,
    /// What the user said.
    pub text: MessageText,
    /// When.
    pub now: Timestamp,
    /// How long the turn may run before others may take it for dead, by the database's clock.
    pub lease: Duration,
    /// How many earlier messages to load.
    pub history: u16,
    /// How many tokens the user may spend in a day; `None` for any number.
    pub budget: Option<TokenBudget>,
    /// The request by which a client may send the message again; `None` where it has no key.
    pub keyed: Option<KeyedRequest>,
    /// What the message decides, if that action still waits in the conversation.
    pub decides: Option<SpokenDecision>,
}

/// A decision in the words of a message. The waiting turn is closed either way; what is approved is
/// carried out as the first step of the turn that the message begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpokenDecision {
    /// Of which action.
    pub action_id: ActionId,
    /// Which.
    pub decision: ActionDecision,
}

impl BeginTurn {
    /// The right to carry the turn on, once it has begun.
    #[must_use]
    pub const fn fence(&self) -> TurnFence {
        TurnFence {
            user_id: self.user_id,
            conversation_id: self.conversation.id(),
            turn_id: self.turn_id,
            attempt: 1,
        }
    }

    /// The turn, begun with this history.
    #[must_use]
    pub fn begun(&self, time_zone: TimeZone, history: Vec<HistoryEntry>) -> Begun {
        let (fence, answer_id) = (self.fence(), self.answer_id);
        let is_new_conversation = matches!(self.conversation, ConversationRef::New(_));
        Begun {
            fence,
            answer_id,
            is_new_conversation,
            asked_at: self.now,
            time_zone,
            history,
            steps: Vec::new(),
            usage: TokenUsage::default(),
        }
    }
}

/// What came of [`TurnStore::begin`](crate::ports::TurnStore::begin).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BeginOutcome {
    /// The message is stored and the turn runs: as its first attempt, or as the next one of a turn
    /// that the same request began and that has no answer.
    Begun(Begun),
    /// The same request was answered before, its turn was cancelled, or it waits for a decision.
    /// Nothing was stored.
    Replayed(Box<ReplayedTurn>),
    /// The key came with another request before. Nothing was stored.
    KeyReused,
    /// The user has no such conversation. Nothing was stored.
    ConversationNotFound,
    /// The conversation was to be new, and the user has one of this id. Nothing was stored.
    ConversationExists,
    /// Another turn of the conversation runs. Nothing was stored.
    TurnInProgress {
        /// Which one.
        turn_id: TurnId,
        /// When it will have ended, at the latest.
        retry_after: Duration,
        /// Whether the turn is that of the same request.
        is_same_request: bool,
    },
    /// The message would have begun a conversation, and the user has as many as anybody may have.
    /// Nothing was stored.
    ConversationLimitReached {
        /// How many that is.
        max: UserLimit,
    },
    /// The user has spent the day's budget. Nothing was stored.
    BudgetSpent {
        /// How much that is.
        budget: TokenBudget,
        /// When there will be one again.
        retry_after: Duration,
    },
    /// There is no such user. Nothing was stored.
    UserNotFound,
}

/// A turn that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The right to carry it on.
    pub fence: TurnFence,
    /// The id that the answer will have.
    pub answer_id: MessageId,
    /// Whether its conversation was made for it.
    pub is_new_conversation: bool,
    /// When the message was first sent: what "tomorrow" in it goes by.
    pub asked_at: Timestamp,
    /// The user's time zone.
    pub time_zone: TimeZone,
    /// What was said before, oldest first, without the message that began the turn.
    pub history: Vec<HistoryEntry>,
    /// What is done and recorded already: by earlier attempts, or because the message, or the decision
    /// with which the turn goes on, approved it.
    pub steps: Vec<TurnStep>,
    /// What the answers of earlier attempts cost.
    pub usage: TokenUsage,
}

/// A turn that ended before the same request came again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayedTurn {
    /// The turn with its ledger, completed, cancelled, or waiting.
    pub turn: Turn,
    /// The answer of a completed turn.
    pub answer: Option<Message>,
}

/// Something that happened earlier in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryEntry {
    /// The user said this.
    User(String),
    /// The model answered this.
    Assistant(String),
    /// A turn ended without an answer, after it had changed these tasks.
    Unanswered(Vec<TaskEffect>),
    /// What was done before this answer was undone afterwards.
    Undone,
}

impl HistoryEntry {
    /// What messages tell, which come oldest first. `unanswered` says what a turn changed that
    /// ended without an answer: that is shown after the message that began it, so that a repeated
    /// wish is not granted twice. `undone` are the turns whose effects are taken back now: that is
    /// shown after their answer, and without an answer there is nothing to tell.
    pub fn of(
        said: impl IntoIterator<Item = Message>,
        mut unanswered: impl FnMut(TurnId) -> Option<Vec<TaskEffect>>,
        undone: &HashSet<TurnId>,
    ) -> Vec<Self> {
        let mut history = Vec::new();
        for message in said {
            let is_undone = undone.contains(&message.turn_id);
            match message.role {
                Role::Assistant => {
                    history.push(Self::Assistant(message.text));
                    history.extend(is_undone.then_some(Self::Undone));
                }
                Role::User => {
                    history.push(Self::User(message.text));
                    let effects = unanswered(message.turn_id).filter(|_| !is_undone);
                    history.extend(effects.map(Self::Unanswered));
                }
            }
        }
        history
    }
}
