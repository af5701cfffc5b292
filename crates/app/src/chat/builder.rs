//! How a [`Chat`] is put together: what it can't do without, then what it may have.

use std::{fmt, sync::Arc};

use todo_domain::ports::{ChatModel, Clock, IdGenerator, TurnLogs, TurnStore};
use todo_metrics::{ChatMetrics, Metrics};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use super::{Chat, ChatSettings, InProcessTurnLogs, Services, tools};

/// A [`Chat`] in the making, from [`Chat::builder`].
pub struct ChatBuilder {
    turns: Arc<dyn TurnStore>,
    logs: Option<Arc<dyn TurnLogs>>,
    model: Arc<dyn ChatModel>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    settings: ChatSettings,
    metrics: Option<ChatMetrics>,
    runtime: Option<Handle>,
}

impl fmt::Debug for ChatBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl ChatBuilder {
    pub(super) fn new(
        turns: Arc<dyn TurnStore>,
        model: Arc<dyn ChatModel>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        let settings = ChatSettings::default();
        Self { turns, logs: None, model, clock, ids, settings, metrics: None, runtime: None }
    }

    /// Other bounds than those of [`ChatSettings::default`].
    #[must_use]
    pub fn settings(self, settings: ChatSettings) -> Self {
        Self { settings, ..self }
    }

    /// Where the events of running turns are kept; in the memory of this process unless this is said.
    #[must_use]
    pub fn logs(self, logs: Arc<dyn TurnLogs>) -> Self {
        Self { logs: Some(logs), ..self }
    }

    /// Where turns are counted and timed; nowhere unless this is said.
    #[must_use]
    pub fn metrics(self, metrics: ChatMetrics) -> Self {
        Self { metrics: Some(metrics), ..self }
    }

    /// Where turns run; unless this is said, on the runtime of whoever sends a message. A server
    /// whose handlers run on runtimes that stop before its turns have ended should say it.
    #[must_use]
    pub fn runtime(self, runtime: Handle) -> Self {
        Self { runtime: Some(runtime), ..self }
    }

    /// The chat.
    #[must_use]
    pub fn build(self) -> Chat {
        let Self { turns, logs, model, clock, ids, settings, metrics, runtime } = self;
        let logs = logs.unwrap_or_else(|| Arc::new(InProcessTurnLogs::default()));
        let metrics = metrics.unwrap_or_else(|| Metrics::none().chat);
        let running = TaskTracker::new();
        let tracked = running.clone();
        metrics.watch_running(move || tracked.len());
        let tools = tools::specs();
        let here = Arc::default();
        let services =
            Services { turns, logs, model, clock, ids, settings, tools, metrics, running: here };
        Chat { services: Arc::new(services), runtime, running }
    }
}
