//! The HTTP API of a todo list that is kept by talking: JSON over actix-web.
//!
//! [`server`] serves an [`Api`], which is the use-cases of `todo-app` and what HTTP needs besides:
//! access tokens, a clock, request ids. The module `routes` is the list of everything there is; the same
//! list yields the OpenAPI document ([`openapi`]) and the table of routes ([`route_table`]). Who
//! talks to the use-cases without HTTP finds the same bodies in [`json`].

mod auth;
mod connection;
mod cors;
mod error;
mod extract;
pub mod json;
mod limits;
mod openapi;
mod pace;
mod request;
mod routes;
mod server;
mod target;
mod trace;
mod transport_security;
mod ui_stream;
mod wire;

use std::{fmt, sync::Arc};

use todo_app::{
    Accounts, Archives, Chat, Conversations, Health, Oversight, SignUp, TaskReader, Tasks,
    UsageReports,
};
use todo_domain::ports::{Clock, IdGenerator};
use todo_metrics::HttpMetrics;

pub use auth::{MIN_SECRET_BYTES, SecretTooShort, SigningError, Tokens};
pub use cors::{CorsOrigins, Origin, OriginError};
pub use limits::{LimitSettings, Limits, TrustedProxy, TrustedProxyError};
pub use openapi::{Access, Route, openapi, route_table};
pub use routes::{MetricsPage, WebFile, WebPage};
pub use server::{HttpSettings, OperatorPages, operator_server, server};

/// Everything that the routes need.
#[derive(Clone)]
pub struct Api {
    /// Signing up, signing in, who somebody is.
    pub accounts: Accounts,
    /// What the account of this machine is made of, where somebody at the machine may come in without
    /// a password; `None` where nobody may.
    pub machine_account: Option<SignUp>,
    /// Tasks without a model in between.
    pub tasks: Tasks,
    /// Reads a sentence as the tasks it would add.
    pub task_reader: TaskReader,
    /// Conversations to look at, rename and delete.
    pub conversations: Conversations,
    /// Takes everything of a user's out and in.
    pub archives: Archives,
    /// Tells what was taken of models.
    pub usage: UsageReports,
    /// What operators see of all users together.
    pub oversight: Oversight,
    /// Carries conversations on.
    pub chat: Chat,
    /// Whether the service can do its work.
    pub health: Health,
    /// Issues and verifies access tokens.
    pub tokens: Tokens,
    /// How many requests somebody may make.
    pub limits: Limits,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Names requests.
    pub ids: Arc<dyn IdGenerator>,
    /// Records requests.
    pub metrics: HttpMetrics,
    /// Shows what was recorded; `None` where nothing is.
    pub metrics_page: Option<Arc<dyn MetricsPage>>,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
