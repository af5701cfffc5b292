//! How often, and until when, a request is sent again.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep};

use super::chat_backend::ApiProblem;

/// How long a request is sent again: longer than any service lets a turn take.
pub(super) const RETRY_TIMEOUT: Duration = Duration::from_secs(330);
/// How long to wait before each further attempt, unless the service asks for more.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];
/// How long the service may ask to wait. What takes longer is an error.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How soon to ask for the answer of a turn that runs, if the service does not say it.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
/// How long to wait for the answer of a turn that runs, at most, before asking for it again: the turn
/// of another message may end long before its time is over.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The attempts at a request that may be sent twice. Only problems that pass are waited for: five
/// times in a row, and as long as a turn runs until the end of the time.
#[derive(Debug)]
pub(super) struct Attempts {
    until: Instant,
    /// Something was sent already.
    has_begun: bool,
    /// How many have failed in a row.
    failed: usize,
}

impl Attempts {
    /// Attempts at something new. What the service refuses the first time because there were too many
    /// requests is refused; so is what can't even be sent.
    pub(super) fn new() -> Self {
        Self { until: Instant::now() + RETRY_TIMEOUT, has_begun: false, failed: 0 }
    }

    /// Attempts at the next request about something that is going on.
    pub(super) fn going_on() -> Self {
        Self { has_begun: true, ..Self::new() }
    }

    /// It gets on, if slowly.
    pub(super) const fn progress(&mut self) {
        self.failed = 0;
    }

    /// How long to wait before the next attempt.
    ///
    /// # Errors
    /// The problem, if there is no use in one.
    pub(super) fn pause_after(&mut self, problem: ApiProblem) -> Result<Duration, ApiProblem> {
        let has_begun = std::mem::replace(&mut self.has_begun, true);
        let is_passing = match has_begun {
            true => problem.is_passing() || problem.is_about_their_rate(),
            false => problem.is_passing() && !problem.is_unsent(),
        };
        let pause = self.pause(&problem);
        let is_in_time =
            |pause: &Duration| *pause <= LONGEST_PAUSE && Instant::now() + *pause < self.until;
        match pause.filter(is_in_time) {
            Some(pause) if is_passing => Ok(pause),
            // An earlier attempt may have got there.
            _ if has_begun => Err(problem.sent()),
            _ => Err(problem),
        }
    }

    fn pause(&mut self, problem: &ApiProblem) -> Option<Duration> {
        let asked = problem.retry_after();
        if problem.is_in_progress() {
            return Some(asked.unwrap_or(SHORTEST_WAIT).min(LONGEST_WAIT));
        }
        let pause = *PAUSES.get(self.failed)?;
        self.failed += 1;
        Some(asked.unwrap_or_default().max(pause))
    }

    /// Makes attempts until one succeeds, or there is no use in the next.
    pub(super) async fn make<T, A: Future<Output = Result<T, ApiProblem>>>(
        mut self,
        attempt: impl Fn() -> A,
    ) -> Result<T, ApiProblem> {
        loop {
            let problem = match attempt().await {
                Ok(done) => return Ok(done),
                Err(problem) => problem,
            };
            sleep(self.pause_after(problem)?).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problem(status: u16, code: &str, retry_after: Option<u64>) -> ApiProblem {
        let problem = json!({ "status": status, "code": code, "detail": "No." });
        ApiProblem::from(problem).after(retry_after)
    }

    fn lost() -> ApiProblem {
        ApiProblem::unreachable("the connection was lost")
    }

    fn first(problem: ApiProblem) -> Option<Duration> {
        Attempts::new().pause_after(problem).ok()
    }

    fn later(problem: ApiProblem) -> Option<Duration> {
        Attempts::going_on().pause_after(problem).ok()
    }

    #[test]
    fn a_lost_connection_is_made_again_five_times_in_a_row() {
        let mut attempts = Attempts::new();
        for pause in PAUSES {
            assert_eq!(attempts.pause_after(lost()).unwrap(), pause);
        }
        assert!(attempts.pause_after(lost()).is_err());
        attempts.progress();
        assert_eq!(attempts.pause_after(lost()).unwrap(), PAUSES[0]);
    }

    #[test]
    fn a_running_turn_is_asked_for_as_often_as_it_takes_until_the_end_of_the_time() {
        let running = |seconds| problem(409, "turn_in_progress", seconds);
        let mut attempts = Attempts::new();
        for (asked, waited) in [(Some(2), 2), (Some(40), 5), (None, 1)].repeat(50) {
            let pause = attempts.pause_after(running(asked)).unwrap();
            assert_eq!(pause, Duration::from_secs(waited));
        }
        attempts.until = Instant::now();
        assert!(attempts.pause_after(running(Some(1))).is_err());
    }

    #[test]
    fn what_the_service_asks_to_wait_is_waited_unless_it_is_long() {
        for status in [503, 504] {
            let pause = first(problem(status, "other", Some(7)));
            assert_eq!(pause, Some(Duration::from_secs(7)));
            assert_eq!(first(problem(status, "other", Some(31))), None);
            assert_eq!(first(problem(status, "other", None)), None);
        }
        assert_eq!(first(problem(504, "turn_timeout", None)), Some(PAUSES[0]));
    }

    #[test]
    fn what_does_not_pass_is_told_at_once() {
        for (status, code) in
            [(401, "invalid_token"), (409, "turn_cancelled"), (502, "provider_auth")]
        {
            assert_eq!(later(problem(status, code, None)), None);
        }
    }

    #[test]
    fn what_is_refused_the_first_time_is_waited_for_once_something_is_going_on() {
        let limited = || problem(429, "chat_rate_limited", Some(3));
        assert_eq!((first(limited()), later(limited())), (None, Some(Duration::from_secs(3))));
        let unsent = || ApiProblem::unsent("nobody is there");
        assert_eq!((first(unsent()), later(unsent())), (None, Some(PAUSES[0])));
    }

    #[test]
    fn there_is_no_doubt_only_if_nothing_was_ever_sent() {
        let unsent = || ApiProblem::unsent("nobody is there");
        let mut attempts = Attempts::new();
        assert!(!attempts.pause_after(unsent()).unwrap_err().leaves_doubt());
        attempts.failed = PAUSES.len();
        assert!(attempts.pause_after(unsent()).unwrap_err().leaves_doubt());
    }
}
