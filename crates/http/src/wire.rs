//! What goes over the wire: the JSON of requests and answers, apart from the domain's own types.
//!
//! Requests hold texts and are parsed into domain types in one go, so that everything wrong with
//! them is reported at once; answers are made from domain types.

mod account;
mod action;
mod admin;
mod archive;
pub(crate) mod batch;
mod chat;
mod chat_id;
mod conversation;
pub(crate) mod cursor;
mod day;
pub(crate) mod field;
mod health;
mod instant;
mod link;
mod problem;
mod sort;
mod tag;
mod task;
mod task_list;
mod tool_call;
mod turn;
mod ui_chat;
mod usage;

pub(crate) use account::{
    AccountDeletion, PasswordChange, Session, SessionKind, SignIn, SignInOptions, SignUp, User,
    UserPatch,
};
pub(crate) use admin::{AdminTurn, AdminUsage, AdminUser, UserListQuery, UserSearch};
pub(crate) use archive::Imported;
pub(crate) use batch::{BatchResults, TaskBatch};
pub(crate) use chat::{ChatMessage, ChatReply, TokenUsage};
pub(crate) use chat_id::ChatId;
pub(crate) use conversation::{
    Conversation, ConversationListQuery, ConversationPatch, Include, Message, MessageList,
    MessageListQuery, OpenConversation,
};
pub(crate) use cursor::PageQuery;
pub(crate) use health::{Health, Liveness, Readiness};
pub(crate) use instant::instant;
pub(crate) use link::next_page;
pub(crate) use problem::{ChangedTask, Problem};
pub(crate) use tag::TagCount;
pub(crate) use task::{NewTask, ReadTasks, SentenceToRead, Task, TaskActions, TaskPatch};
pub(crate) use task_list::TaskListQuery;
pub(crate) use tool_call::ToolCall;
pub(crate) use turn::{StoppedTurn, Turn, UndoneTurn};
pub(crate) use ui_chat::{ChatBodySchema, UiChatBody, UiChatFields, UiRequest};
pub(crate) use usage::{Usage, UsageQuery};
