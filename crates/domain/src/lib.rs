//! The heart of a todo list that is kept by talking: what a task, a conversation and a chat turn
//! are, what may be done to a task, and which services the outside world must provide.
//!
//! Nothing here performs I/O, knows a serialisation format or needs an async runtime. Everything
//! that changes tasks is a [`TaskChange`], a plain value; [`TaskAction::decide`] and
//! [`NewTask::decide`] say what it means. A store loads, asks, and writes:
//!
//! ```
//! use todo_domain::{NewTask, TaskAction, TaskDone, TaskId, TaskTitle, TaskWrite, Timestamp};
//!
//! let now = Timestamp::from_microsecond(1_795_000_000_000_000)?;
//! let new = NewTask::titled(TaskTitle::new("buy milk")?).decide(TaskId::new(1)?, now)?;
//! let Some(TaskWrite::Insert(task)) = new.write() else { unreachable!() };
//!
//! let done = TaskAction::Complete.decide(&task.id.into(), Some(task), now)?;
//! assert!(matches!(done, TaskDone::Completed { .. }));
//! assert!(matches!(done.write(), Some(TaskWrite::Update(task)) if task.completed_at == Some(now)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The services are the traits of [`ports`]. With the feature `mock` each has a `mockall` mock.
#![warn(missing_docs)]

mod account;
mod action;
mod archive;
mod batch;
mod budget;
mod call;
mod conversation;
mod done;
mod due;
mod due_change;
mod due_span;
mod email;
mod idempotency;
mod ids;
mod limit;
mod listing;
pub mod memory;
mod model;
mod operation;
mod password;
pub mod ports;
mod price;
mod refresh;
mod tag;
mod task;
mod task_ids;
mod text;
mod time;
mod token;
mod turn;
mod turn_event;
mod undo;
mod usage;
mod user_limit;

pub use account::{NewUser, User, UserChange};
pub use action::{
    Action, ActionCall, ActionTask, Closing, ConfirmAbove, ConfirmAboveError, Decision,
};
pub use archive::{
    ArchiveCounts, ArchiveFault, ArchiveHeader, ArchivePart, ArchiveReader, ArchiveRecord,
    ArchiveSummary,
};
pub use batch::{Batch, BatchError, BatchOutcome, BatchRefusal};
pub use budget::{TokenBudget, TokenBudgetError, TokensSpent};
pub use call::{CallOperation, CallResult, Deletion, TaskOutcome};
pub use conversation::{Conversation, ConversationTitle, Message, Role};
pub use done::{TaskDone, TaskEffect, TaskWrite};
pub use due::{Due, DueError};
pub use due_change::{DueChange, DueShift, DueShiftError, DueUnit};
pub use due_span::DueSpan;
pub use email::{Email, EmailError};
pub use idempotency::{IdempotencyKey, IdempotencyKeyError, KeyedRequest, RequestDigest};
pub use ids::{
    ActionId, ConversationId, IdError, ImportId, MessageId, TaskId, TokenFamilyId, TokenId, TurnId,
    UserId,
};
pub use limit::{Backoff, Limit, LimitDecision, LimitKey, LimitRule, LimitState, Quota};
pub use listing::{
    ConversationCursor, Direction, MAX_LISTED_DESCRIPTION, MAX_LISTING_BYTES, MessageCursor,
    PageLimit, PageLimitError, TaskCursor, TaskFilter, TaskPage, TaskQuery, TaskSort,
    TaskSortField, TaskSortKey, Total, UnknownTaskSort,
};
pub use model::{
    ModelAnswer, ModelError, ModelFailure, ModelIdentity, ModelMessage, ModelReply, ModelRequest,
    ModelToolCall, TokenUsage, ToolSpec,
};
pub use operation::{
    Change, IfVersion, NewTask, TaskAction, TaskChange, TaskPatch, TaskRefusal, TaskSlot,
    TaskTarget,
};
pub use password::{Password, PasswordError, PasswordHash};
pub use price::{Cost, ModelPrices, TokenPrice, TokenPriceError};
pub use refresh::{RefreshClaims, RefreshDecision, TokenFamily};
pub use tag::{
    ContradictoryTags, Tag, TagAdjustment, TagChange, TagCount, TagError, Tags, TagsError,
    TooManyTags,
};
pub use task::{Priority, Task, TaskStatus, TaskVersion, UnknownPriority, UnknownTaskStatus};
pub use task_ids::{TaskIds, TaskIdsError};
pub use text::{
    AnswerText, FoldedText, MessageText, SearchText, TaskDescription, TaskTitle, TextError,
    UserName, beginning, is_blank, is_part_of_word, normalised, thousands,
};
pub use time::{TimeError, TimeZone, Timestamp};
pub use token::{TokenClaims, TokenEpoch, TokenStatus};
pub use turn::{
    FailureCode, RecordedCall, Rejection, RejectionCode, Turn, TurnFence, TurnStatus, TurnStep,
    UnknownCode,
};
pub use turn_event::{TurnBegun, TurnEnd, TurnEvent};
pub use undo::{
    UndoChain, UndoChains, UndoConflict, UndoDirection, UndoLink, UndoRefusal,
    UnknownUndoDirection, undo,
};
pub use usage::{DailyUsage, ModelUsage, UsageSpan, UsageSpanError};
pub use user_limit::{UserLimit, UserLimitError, UserLimits};

/// Calendar days, as people name them: no time, no zone.
pub use jiff::civil::Date;

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
