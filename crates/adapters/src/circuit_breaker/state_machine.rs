//! A circuit breaker: what calls of a provider may be made, given how those before went. Purely a
//! matter of outcomes and instants.

use std::time::Duration;

use todo_domain::ports::BreakerState;
use tokio::time::Instant;

/// How a call went, as far as the provider's health is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The provider is there. What it said may be of no use all the same.
    Answered,
    /// The provider can't be reached, is broken, or says nothing.
    Failed,
    /// The call ended for a reason of our own.
    Unknown,
}

/// What an admitted call is to the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// One among others.
    Ordinary,
    /// The one that finds out whether the provider is back, until it has.
    Probe,
}

/// What an outcome has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// So many calls in a row have failed.
    Opened { failures: u32, pause: Duration },
    /// A probe did not find the provider back.
    StaysOpen,
    /// A probe did.
    Closed,
}

pub(super) struct StateMachine {
    failures_to_open: u32,
    pause: Duration,
    state: State,
}

enum State {
    Closed {
        /// How many calls in a row have failed.
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// The probe is on its way.
    HalfOpen,
}

impl StateMachine {
    pub(super) fn new(failures_to_open: u32, pause: Duration) -> Self {
        Self { failures_to_open, pause, state: State::Closed { failures: 0 } }
    }

    /// Whether a call would be admitted now; if not, how long the pause still takes.
    pub(super) fn check(&self, now: Instant) -> Result<(), Duration> {
        match self.state {
            State::Open { until } if now < until => Err(until - now),
            State::Closed { .. } | State::Open { .. } => Ok(()),
            // Nobody knows; the next who asks may be lucky.
            State::HalfOpen => Err(Duration::ZERO),
        }
    }

    /// Where it stands; after a pause the next call finds out how things are.
    pub(super) fn state(&self, now: Instant) -> BreakerState {
        match self.state {
            State::Closed { .. } => BreakerState::Closed,
            State::Open { until } if now < until => BreakerState::Open,
            State::Open { .. } | State::HalfOpen => BreakerState::HalfOpen,
        }
    }

    /// Admits a call, after a pause exactly one until that is [recorded](Self::record).
    pub(super) fn admit(&mut self, now: Instant) -> Result<Admission, Duration> {
        self.check(now)?;
        if let State::Closed { .. } = self.state {
            return Ok(Admission::Ordinary);
        }
        self.state = State::HalfOpen;
        Ok(Admission::Probe)
    }

    /// Takes note of how an admitted call went.
    pub(super) fn record(
        &mut self,
        admission: Admission,
        outcome: Outcome,
        now: Instant,
    ) -> Option<Change> {
        match (admission, outcome, &mut self.state) {
            (Admission::Probe, Outcome::Answered, _) => {
                self.state = State::Closed { failures: 0 };
                Some(Change::Closed)
            }
            (Admission::Probe, Outcome::Failed, _) => {
                self.state = State::Open { until: now + self.pause };
                Some(Change::StaysOpen)
            }
            // It did not find out: the next call does.
            (Admission::Probe, Outcome::Unknown, _) => {
                self.state = State::Open { until: now };
                Some(Change::StaysOpen)
            }
            (Admission::Ordinary, Outcome::Answered, State::Closed { failures }) => {
                *failures = 0;
                None
            }
            (Admission::Ordinary, Outcome::Failed, State::Closed { failures }) => {
                *failures += 1;
                if *failures < self.failures_to_open {
                    return None;
                }
                let failures = *failures;
                self.state = State::Open { until: now + self.pause };
                Some(Change::Opened { failures, pause: self.pause })
            }
            // What set out before the breaker opened has no say afterwards.
            (Admission::Ordinary, ..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(30);

    fn call(breaker: &mut StateMachine, outcome: Outcome, now: Instant) -> Option<Change> {
        let admission = breaker.admit(now).unwrap();
        breaker.record(admission, outcome, now)
    }

    /// Three failures in a row, and the instant of the last.
    fn open() -> (StateMachine, Instant) {
        let (mut breaker, now) = (StateMachine::new(3, PAUSE), Instant::now());
        for _ in 0..3 {
            call(&mut breaker, Outcome::Failed, now);
        }
        (breaker, now)
    }

    #[test]
    fn it_opens_when_so_many_calls_in_a_row_have_failed() {
        let (mut breaker, now) = (StateMachine::new(3, PAUSE), Instant::now());
        assert_eq!(call(&mut breaker, Outcome::Failed, now), None);
        assert_eq!(call(&mut breaker, Outcome::Failed, now), None);
        let opened = Change::Opened { failures: 3, pause: PAUSE };
        assert_eq!(call(&mut breaker, Outcome::Failed, now), Some(opened));
        assert_eq!(breaker.admit(now), Err(PAUSE));
        assert_eq!(breaker.admit(now + PAUSE / 3), Err(PAUSE * 2 / 3));
    }

    #[test]
    fn an_answer_in_between_begins_the_count_anew_and_what_is_unknown_does_not() {
        let (mut breaker, now) = (StateMachine::new(2, PAUSE), Instant::now());
        call(&mut breaker, Outcome::Failed, now);
        call(&mut breaker, Outcome::Answered, now);
        assert_eq!(call(&mut breaker, Outcome::Failed, now), None);
        assert_eq!(call(&mut breaker, Outcome::Unknown, now), None);
        assert!(matches!(
            call(&mut breaker, Outcome::Failed, now),
            Some(Change::Opened { failures: 2, .. })
        ));
    }

    #[test]
    fn after_the_pause_one_call_finds_out_and_nobody_else_is_admitted_meanwhile() {
        let (mut breaker, now) = open();
        let now = now + PAUSE;
        assert_eq!(breaker.state(now), BreakerState::HalfOpen);
        assert_eq!(breaker.admit(now), Ok(Admission::Probe));
        assert_eq!(breaker.admit(now), Err(Duration::ZERO));
        assert_eq!(breaker.state(now + PAUSE), BreakerState::HalfOpen);
        assert_eq!(breaker.record(Admission::Probe, Outcome::Answered, now), Some(Change::Closed));
        assert_eq!(breaker.state(now), BreakerState::Closed);
        assert_eq!(breaker.admit(now), Ok(Admission::Ordinary));
    }

    #[test]
    fn a_probe_that_fails_begins_another_pause() {
        let (mut breaker, now) = open();
        let now = now + PAUSE;
        assert_eq!(call(&mut breaker, Outcome::Failed, now), Some(Change::StaysOpen));
        assert_eq!(breaker.admit(now), Err(PAUSE));
        assert_eq!(breaker.admit(now + PAUSE), Ok(Admission::Probe));
    }

    #[test]
    fn a_probe_that_was_given_up_leaves_the_question_to_the_next_call() {
        let (mut breaker, now) = open();
        let now = now + PAUSE;
        assert_eq!(call(&mut breaker, Outcome::Unknown, now), Some(Change::StaysOpen));
        assert_eq!(breaker.admit(now), Ok(Admission::Probe));
    }

    #[test]
    fn calls_that_set_out_before_it_opened_have_no_say_afterwards() {
        let (mut breaker, now) = open();
        for outcome in [Outcome::Answered, Outcome::Failed, Outcome::Unknown] {
            assert_eq!(breaker.record(Admission::Ordinary, outcome, now), None);
        }
        assert_eq!(breaker.admit(now), Err(PAUSE));
        assert_eq!(breaker.admit(now + PAUSE), Ok(Admission::Probe));
        assert_eq!(breaker.record(Admission::Ordinary, Outcome::Answered, now + PAUSE), None);
        assert_eq!(breaker.admit(now + PAUSE), Err(Duration::ZERO));
    }

    #[test]
    fn after_it_has_closed_it_takes_as_many_failures_as_before() {
        let (mut breaker, now) = open();
        let now = now + PAUSE;
        call(&mut breaker, Outcome::Answered, now);
        assert_eq!(call(&mut breaker, Outcome::Failed, now), None);
        assert_eq!(call(&mut breaker, Outcome::Failed, now), None);
        assert!(call(&mut breaker, Outcome::Failed, now).is_some());
    }
}
