//! The breaker before a model's provider: a circuit breaker, a bound of calls at a time, and a short
//! queue before that. Whoever gets a [`Permit`] may make one call, and says how it went. No user can
//! take all of it: each has a share.

mod state_machine;

use std::{fmt, time::Duration};

use parking_lot::{Mutex, MutexGuard};
use todo_domain::{UserId, ports};
use todo_metrics::{BreakerState, Counted, ResilienceMetrics};
use tokio::time::Instant;

use state_machine::{Admission, Change, StateMachine};

use crate::fair_queue::{FairQueue, FairQueueRules, Slot};

pub(crate) use state_machine::Outcome;

/// How calls of a provider are held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitBreakerSettings {
    /// After how many failed calls in a row none is made for a while, at least one. 5 by default.
    pub failures: u32,
    /// For how long. 30 s by default.
    pub pause: Duration,
    /// How many calls there may be at a time, at least one, streaming answers included. 128
    /// by default. No user has all of them: one alone gets half, two get a third each, and so on.
    pub concurrency: u32,
    /// How many more may wait for one of those to end, shared in the same way. 64 by default.
    pub queue: u32,
    /// How long each may wait; a request's deadline bounds it further. 5 s by default.
    pub longest_wait: Duration,
}

impl Default for CircuitBreakerSettings {
    fn default() -> Self {
        Self {
            failures: 5,
            pause: Duration::from_secs(30),
            concurrency: 128,
            queue: 64,
            longest_wait: Duration::from_secs(5),
        }
    }
}

/// Why a call may not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Rejected {
    /// The provider has failed again and again, and is left alone.
    #[error("the circuit breaker is open for another {} s", remaining.as_secs_f64().ceil())]
    BreakerOpen {
        /// For so long; zero when it may close any moment.
        remaining: Duration,
    },
    /// There are too many calls already, and too many are waiting or have waited too long.
    #[error("too many calls are on their way or waiting")]
    Busy,
}

/// The breaker before one provider.
pub(crate) struct CircuitBreaker {
    provider: &'static str,
    breaker: Mutex<StateMachine>,
    queue: FairQueue<UserId, 1>,
    longest_wait: Duration,
    metrics: ResilienceMetrics,
}

impl CircuitBreaker {
    pub(crate) fn new(
        provider: &'static str,
        settings: CircuitBreakerSettings,
        metrics: ResilienceMetrics,
    ) -> Self {
        metrics.started(provider);
        Self {
            provider,
            breaker: Mutex::new(StateMachine::new(settings.failures, settings.pause)),
            queue: FairQueue::new(FairQueueRules {
                slots: settings.concurrency as usize,
                longest: settings.queue as usize,
                keeps_some_free: true,
            }),
            longest_wait: settings.longest_wait,
            metrics,
        }
    }

    /// Waits for a pass for this user, not beyond `deadline`. It is refused at once while the breaker
    /// is open, and when the user has their share of the queue.
    pub(crate) async fn enter(
        &self,
        user: UserId,
        deadline: Instant,
    ) -> Result<Permit<'_>, Rejected> {
        self.breaker().check(Instant::now()).map_err(open_for)?;
        let waiting = || self.metrics.waiting(self.provider);
        let until = deadline.min(Instant::now() + self.longest_wait);
        let slot = self.queue.wait([user], until, waiting).await.ok_or(Rejected::Busy)?;
        // It may have opened meanwhile.
        let mut breaker = self.breaker();
        let admission = breaker.admit(Instant::now()).map_err(open_for)?;
        if admission == Admission::Probe {
            self.metrics.breaker_state(self.provider, BreakerState::HalfOpen);
            tracing::debug!(provider = self.provider, "One call finds out whether it is back");
        }
        drop(breaker);
        let in_flight = self.metrics.in_flight(self.provider);
        Ok(Permit {
            breaker: self,
            admission,
            outcome: Outcome::Unknown,
            _slot: slot,
            _counted: in_flight,
        })
    }

    /// For how long the breaker will let no call through; `None` if it would let one through now.
    pub(crate) fn shut_for(&self) -> Option<Duration> {
        self.breaker().check(Instant::now()).err()
    }

    /// Where the breaker stands.
    pub(crate) fn state(&self) -> ports::BreakerState {
        self.breaker().state(Instant::now())
    }

    fn breaker(&self) -> MutexGuard<'_, StateMachine> {
        self.breaker.lock()
    }

    fn record(&self, admission: Admission, outcome: Outcome) {
        let mut breaker = self.breaker();
        let change = breaker.record(admission, outcome, Instant::now());
        let provider = self.provider;
        // Under the lock, so that the last state to be recorded is the present one.
        match change {
            None => {}
            Some(Change::Opened { failures, pause }) => {
                self.metrics.breaker_state(provider, BreakerState::Open);
                self.metrics.breaker_opened(provider);
                tracing::warn!(
                    provider,
                    failures,
                    pause_s = pause.as_secs_f64(),
                    "The model's provider fails again and again and is left alone for a while"
                );
            }
            Some(Change::StaysOpen) => {
                self.metrics.breaker_state(provider, BreakerState::Open);
                tracing::debug!(provider, "The model's provider is not back yet");
            }
            Some(Change::Closed) => {
                self.metrics.breaker_state(provider, BreakerState::Closed);
                tracing::info!(provider, "The model's provider is back");
            }
        }
    }
}

fn open_for(remaining: Duration) -> Rejected {
    Rejected::BreakerOpen { remaining }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// The right to make one call, held until its answer has come or has failed. A call that is given
/// up half-way, with its caller, says nothing about the provider.
pub(crate) struct Permit<'a> {
    breaker: &'a CircuitBreaker,
    admission: Admission,
    outcome: Outcome,
    _slot: Slot<UserId, 1>,
    _counted: Counted,
}

impl Permit<'_> {
    /// The answer has begun to come: the provider is there. If that was what this call had to find
    /// out, the others need not wait for the rest; this one goes on as one among them.
    pub(crate) fn answering(&mut self) {
        if self.admission == Admission::Probe {
            self.breaker.record(self.admission, Outcome::Answered);
            self.admission = Admission::Ordinary;
        }
    }

    /// Ends the call, which went like this.
    pub(crate) fn leave(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.breaker.record(self.admission, self.outcome);
    }
}

#[cfg(test)]
#[path = "circuit_breaker_tests.rs"]
mod tests;
