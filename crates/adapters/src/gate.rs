//! The gate before a model's provider: a circuit breaker, a bound of calls at a time, and a short
//! queue before that. Whoever gets a [`Pass`] may make one call, and says how it went. No user can
//! take all of it: each has a share.

mod breaker;

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use todo_domain::{UserId, ports};
use todo_metrics::{BreakerState, Counted, ResilienceMetrics};
use tokio::time::Instant;

use breaker::{Breaker, Change, Ticket};

use crate::fair_queue::{FairQueue, FairQueueRules, Place};

pub(crate) use breaker::Outcome;

/// How calls of a provider are held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateSettings {
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

impl Default for GateSettings {
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
pub(crate) enum HeldBack {
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

/// The gate before one provider.
pub(crate) struct Gate {
    provider: &'static str,
    breaker: Mutex<Breaker>,
    queue: FairQueue<UserId, 1>,
    longest_wait: Duration,
    metrics: ResilienceMetrics,
}

impl Gate {
    pub(crate) fn new(
        provider: &'static str,
        settings: GateSettings,
        metrics: ResilienceMetrics,
    ) -> Self {
        metrics.started(provider);
        Self {
            provider,
            breaker: Mutex::new(Breaker::new(settings.failures, settings.pause)),
            queue: FairQueue::new(FairQueueRules {
                places: settings.concurrency as usize,
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
    ) -> Result<Pass<'_>, HeldBack> {
        self.breaker().check(Instant::now()).map_err(open_for)?;
        let waiting = || self.metrics.waiting(self.provider);
        let until = deadline.min(Instant::now() + self.longest_wait);
        let place = self.queue.wait([user], until, waiting).await.ok_or(HeldBack::Busy)?;
        // It may have opened meanwhile.
        let mut breaker = self.breaker();
        let ticket = breaker.admit(Instant::now()).map_err(open_for)?;
        if ticket == Ticket::Probe {
            self.metrics.breaker_state(self.provider, BreakerState::HalfOpen);
            tracing::debug!(provider = self.provider, "One call finds out whether it is back");
        }
        drop(breaker);
        let in_flight = self.metrics.in_flight(self.provider);
        Ok(Pass {
            gate: self,
            ticket,
            outcome: Outcome::Unknown,
            _place: place,
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

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle(&self, ticket: Ticket, outcome: Outcome) {
        let mut breaker = self.breaker();
        let change = breaker.settle(ticket, outcome, Instant::now());
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

fn open_for(remaining: Duration) -> HeldBack {
    HeldBack::BreakerOpen { remaining }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// The right to make one call, held until its answer has come or has failed. A call that is given
/// up half-way, with its caller, says nothing about the provider.
pub(crate) struct Pass<'a> {
    gate: &'a Gate,
    ticket: Ticket,
    outcome: Outcome,
    _place: Place<UserId, 1>,
    _counted: Counted,
}

impl Pass<'_> {
    /// The answer has begun to come: the provider is there. If that was what this call had to find
    /// out, the others need not wait for the rest; this one goes on as one among them.
    pub(crate) fn answering(&mut self) {
        if self.ticket == Ticket::Probe {
            self.gate.settle(self.ticket, Outcome::Answered);
            self.ticket = Ticket::Ordinary;
        }
    }

    /// Ends the call, which went like this.
    pub(crate) fn leave(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.gate.settle(self.ticket, self.outcome);
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
