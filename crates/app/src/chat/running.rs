//! The turns that run in this process, so that they can be stopped from here and from elsewhere.

use std::{collections::HashMap, mem, sync::Arc, time::Duration};

use parking_lot::{Mutex, MutexGuard};
use todo_domain::{TurnFence, TurnId, UserId, ports::TurnStore};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often the store is asked which turns were stopped elsewhere.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The turns that run in this process.
#[derive(Default)]
pub(super) struct RunningTurns(Mutex<State>);

#[derive(Default)]
struct State {
    turns: HashMap<TurnFence, CancellationToken>,
    /// Whether somebody asks the store. Nobody does while no turn runs.
    is_watched: bool,
}

/// A turn while it runs here.
pub(super) struct Running {
    fence: TurnFence,
    turns: Arc<RunningTurns>,
    /// Cancelled when the turn is no longer its runner's.
    pub(super) stopping: CancellationToken,
}

impl RunningTurns {
    /// Adds a turn that has begun, until the result is dropped.
    pub(super) fn enter(self: &Arc<Self>, fence: TurnFence, store: &Arc<dyn TurnStore>) -> Running {
        let stopping = CancellationToken::new();
        let mut state = self.state();
        state.turns.insert(fence, stopping.clone());
        if !mem::replace(&mut state.is_watched, true) {
            tokio::spawn(watch(Arc::clone(self), Arc::clone(store)));
        }
        drop(state);
        Running { fence, turns: Arc::clone(self), stopping }
    }

    /// Stops a turn, if it runs here.
    pub(super) fn stop(&self, user: UserId, turn: TurnId) {
        let state = self.state();
        let attempts =
            state.turns.iter().filter(|(fence, _)| fence.user_id == user && fence.turn_id == turn);
        attempts.for_each(|(_, stopping)| stopping.cancel());
    }

    /// Those that nobody has stopped yet; with none of all left, nobody asks any more.
    fn to_watch(&self) -> Option<Vec<TurnFence>> {
        let mut state = self.state();
        if state.turns.is_empty() {
            state.is_watched = false;
            return None;
        }
        let running = state.turns.iter().filter(|(_, stopping)| !stopping.is_cancelled());
        Some(running.map(|(fence, _)| *fence).collect())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.turns.state().turns.remove(&self.fence);
    }
}

/// Asks the store for all of them at once, and stops those that are no longer their runners'.
async fn watch(running: Arc<RunningTurns>, store: Arc<dyn TurnStore>) {
    loop {
        sleep(LOOK_EVERY).await;
        let Some(fences) = running.to_watch() else { return };
        if fences.is_empty() {
            continue;
        }
        // Of an error the store has logged what there is to say; the next look is another chance.
        for fence in store.fenced_off(fences).await.unwrap_or_default() {
            if let Some(stopping) = running.state().turns.get(&fence) {
                stopping.cancel();
            }
        }
    }
}
