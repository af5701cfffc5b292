//! What was last learnt about the model's provider, reported without anybody having to wait for it.

use std::{fmt, sync::Arc, time::Duration};

use parking_lot::{Mutex, MutexGuard};
use todo_domain::{
    Timestamp,
    ports::{BreakerState, Clock, ModelCondition, ModelHealth},
};
use tokio::{runtime::Handle, task::JoinHandle};

/// Asks a provider how it is, at start and then when somebody wants to know and what is known has
/// grown old: in the background, and never twice at the same time.
#[derive(Clone)]
pub struct ProviderMonitor(Arc<Watch>);

/// What a provider answered when it was asked last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderAnswer {
    /// How it stands to us.
    pub condition: ModelCondition,
    /// When it answered.
    pub checked_at: Timestamp,
}

struct Watch {
    provider: Arc<dyn ModelHealth>,
    clock: Arc<dyn Clock>,
    runtime: Handle,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: Option<ProviderAnswer>,
    asking: Option<JoinHandle<()>>,
}

impl ProviderMonitor {
    /// How old knowledge may become. Asking costs a call of the key's quota.
    const KEEP: Duration = Duration::from_secs(5 * 60);

    /// Asks for the first time, on this runtime.
    #[must_use]
    pub fn start(provider: Arc<dyn ModelHealth>, clock: Arc<dyn Clock>, runtime: Handle) -> Self {
        let state = Mutex::default();
        let watch = Self(Arc::new(Watch { provider, clock, runtime, state }));
        let _unknown_yet = watch.last();
        watch
    }

    /// What was learnt last; `None` before the first answer.
    #[must_use]
    pub fn last(&self) -> Option<ProviderAnswer> {
        let mut state = self.0.state();
        let now = self.0.clock.now();
        let is_fresh = state.known.is_some_and(|known| now.since(known.checked_at) < Self::KEEP);
        let is_asking = state.asking.as_ref().is_some_and(|task| !task.is_finished());
        if !is_fresh && !is_asking {
            state.asking = Some(self.0.runtime.spawn(Arc::clone(&self.0).ask()));
        }
        state.known
    }

    /// Whether calls of the provider go through at the moment.
    #[must_use]
    pub fn breaker(&self) -> BreakerState {
        self.0.provider.breaker()
    }

    /// Asks anew although what is known is not old: the provider may think otherwise of us now.
    pub fn ask_anew(&self) {
        let asking = self.0.runtime.spawn(Arc::clone(&self.0).ask());
        if let Some(outdated) = self.0.state().asking.replace(asking) {
            outdated.abort();
        }
    }
}

impl Watch {
    async fn ask(self: Arc<Self>) {
        let report = self.provider.check().await;
        if report.condition == ModelCondition::Ready {
            tracing::debug!(detail = report.detail, "The model's provider is well");
        } else {
            let condition = report.condition.as_str();
            tracing::warn!(condition, detail = report.detail, "The model's provider is not well");
        }
        self.state().known =
            Some(ProviderAnswer { condition: report.condition, checked_at: self.clock.now() });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl fmt::Debug for ProviderMonitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderMonitor").finish_non_exhaustive()
    }
}
