//! What the endpoints share: settings, the script, the trial key's limits, and who watches.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, Instant},
};

use super::{
    cue::Cue,
    log::RecordedRequest,
    simulated_error::SimulatedError,
    trial::{Allowance, Trial},
};
use parking_lot::{Mutex, MutexGuard};

/// How the simulator behaves throughout.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The only key it knows; without one, any key will do.
    pub api_key: Option<String>,
    /// How long it thinks before each chat answer.
    pub delay: Duration,
    /// Whether it keeps the limits of a trial key, and tells them in headers.
    pub trial: bool,
    /// Whether it sends pieces that end within events and within characters.
    pub split_chunks: bool,
    /// What it plays to every request that nothing else is said about.
    pub cue: Cue,
}

pub(super) struct Stage {
    pub(super) settings: Settings,
    script: Mutex<Script>,
    trial: Mutex<Trial>,
    observe: Box<dyn Fn(RecordedRequest) + Send + Sync>,
}

#[derive(Debug, Default)]
struct Script {
    queue: VecDeque<Cue>,
    always: Cue,
    /// How often a request has been given a cue that is good for some times only.
    played: HashMap<u64, u32>,
}

impl Stage {
    pub(super) fn new(
        settings: Settings,
        observe: impl Fn(RecordedRequest) + Send + Sync + 'static,
    ) -> Self {
        let script = Script { always: settings.cue.clone(), ..Script::default() };
        Self {
            settings,
            script: Mutex::new(script),
            trial: Mutex::default(),
            observe: Box::new(observe),
        }
    }

    /// Plays these, one to each of the next chat requests.
    pub(super) fn queue(&self, cues: impl IntoIterator<Item = Cue>) {
        lock(&self.script).queue.extend(cues.into_iter().flat_map(Cue::one_by_one));
    }

    pub(super) fn always(&self, cue: Cue) {
        let mut script = lock(&self.script);
        script.always = cue;
        script.played.clear();
    }

    /// What to play to a chat request: what it asks for itself, or what is next in the script.
    pub(super) fn chat_cue(&self, asked: Option<Cue>, body: &[u8]) -> Cue {
        let mut script = lock(&self.script);
        if asked.is_none()
            && let Some(next) = script.queue.pop_front()
        {
            return next;
        }
        script.unless_worn_out(asked, body)
    }

    /// What to play to any other request.
    pub(super) fn other_cue(&self, asked: Option<Cue>, path: &str) -> Cue {
        lock(&self.script).unless_worn_out(asked, path.as_bytes())
    }

    pub(super) fn take_trial_call(
        &self,
        endpoint: &'static str,
        per_minute: u32,
    ) -> Result<Option<Allowance>, SimulatedError> {
        if !self.settings.trial {
            return Ok(None);
        }
        lock(&self.trial).take(endpoint, per_minute, Instant::now()).map(Some)
    }

    pub(super) fn record(&self, request: RecordedRequest) {
        (self.observe)(request);
    }
}

impl Script {
    /// The cue, or nothing special if this very request has had it as often as it is good for.
    fn unless_worn_out(&mut self, asked: Option<Cue>, request: &[u8]) -> Cue {
        let cue = asked.unwrap_or_else(|| self.always.clone());
        let Some(times) = cue.times else { return cue };
        let mut hasher = DefaultHasher::new();
        request.hash(&mut hasher);
        let request = hasher.finish();
        let played = self.played.entry(request).or_default();
        if *played >= times {
            self.played.remove(&request);
            return Cue::default();
        }
        *played += 1;
        cue
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock()
}
