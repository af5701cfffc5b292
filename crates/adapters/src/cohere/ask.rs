//! Asking until there is an answer: attempts, the waits between them, and the time they may take.

use std::sync::Arc;

use backon::{ExponentialBuilder, Retryable};
use bytes::Bytes;
use futures_util::{StreamExt, pin_mut, stream};
use opentelemetry::Context;
use reqwest::Response;
use todo_domain::{ModelReply, TokenUsage, UserId, ports::DeltaSink};
use tokio::time::{Duration, Instant, timeout, timeout_at};

use super::{
    CohereModel, CohereRetries, CohereTimeouts,
    answer::{AnswerBuilder, AnswerError},
    attempt_error::{Again, AttemptError},
    credentials::Credentials,
    decode,
    redact::Redactor,
    trace,
};
use crate::circuit_breaker::{Outcome, Permit};

/// How long the rest of a stream may take after its last event: it is read so that the connection
/// can be used again.
const LEAVE_TAKING: Duration = Duration::from_millis(50);

/// A question on its way.
pub(super) struct ModelCall<'a> {
    /// Whose share of the calls it takes.
    pub(super) user: UserId,
    pub(super) credentials: Arc<Credentials>,
    pub(super) body: Bytes,
    pub(super) deadline: Instant,
    pub(super) sink: &'a dyn DeltaSink,
    pub(super) redactor: Redactor<'a>,
    /// Names the question's span.
    pub(super) trace: Context,
}

impl CohereModel {
    /// Asks, and asks again where that may help, until the deadline at the latest.
    pub(super) async fn ask_repeatedly(
        &self,
        question: &ModelCall<'_>,
    ) -> Result<(ModelReply, TokenUsage), todo_domain::ModelError> {
        let retries = self.settings.retries;
        let mut out_of_time = false;
        let mut attempts = 0..;
        let asking = (|| {
            let resends = attempts.next().unwrap_or_default();
            self.attempt(question, resends)
        })
        .retry(backoff(retries))
        .when(|fault| fault.again != Again::Never)
        .adjust(|fault, wait| {
            let wait = next_wait(fault.again, wait, retries);
            out_of_time = wait.is_some_and(|wait| Instant::now() + wait >= question.deadline);
            // Nobody is kept waiting for a breaker that will still be open.
            wait.filter(|wait| {
                !out_of_time && self.circuit_breaker.shut_for().is_none_or(|it| it <= *wait)
            })
        })
        .notify(|fault, wait| {
            self.metrics.retried();
            tracing::warn!(
                code = %fault.failure.code(),
                detail = fault.detail,
                wait_ms = wait.as_millis(),
                "Cohere gave no answer and will be asked again"
            );
        });
        let answer = asking.await;
        answer.map_err(|fault| {
            fault.coming_back_after(self.circuit_breaker.shut_for()).into_error(out_of_time)
        })
    }

    /// One call, if it may be made. No slot is held between attempts.
    async fn attempt(
        &self,
        question: &ModelCall<'_>,
        resends: u32,
    ) -> Result<(ModelReply, TokenUsage), AttemptError> {
        if Instant::now() >= question.deadline {
            return Err(AttemptError::deadline_exceeded());
        }
        let mut permit = self
            .circuit_breaker
            .enter(question.user, question.deadline)
            .await
            .map_err(AttemptError::rejected)?;
        let mut passed_on = false;
        let call = self.call(question, &mut permit, &mut passed_on);
        let answer = trace::attempt(self.client.chat_url(), resends, call).await;
        permit.leave(answer.as_ref().map_or_else(AttemptError::outcome, |_| Outcome::Answered));
        answer.map_err(|fault| if passed_on { fault.for_good() } else { fault })
    }

    async fn call(
        &self,
        question: &ModelCall<'_>,
        permit: &mut Permit<'_>,
        passed_on: &mut bool,
    ) -> Result<(ModelReply, TokenUsage), AttemptError> {
        let limits = AttemptLimits::new(self.settings.timeouts, question.deadline);
        let limit = limits.until_begun();
        let request = self.client.chat(&question.credentials, question.body.clone());
        let request = trace::propagate(request);
        let response = limits
            .within(limit, request.send())
            .await?
            .map_err(|error| AttemptError::unreachable(error, &question.redactor))?;
        trace::responded(response.status());
        let response =
            self.client.accepted(response, limit, &question.redactor).await.map_err(|refused| {
                if refused.refusal.is_rate_limit() {
                    self.metrics.rate_limited();
                }
                AttemptError::refused(refused.refusal, refused.retry_after, refused.detail)
            })?;
        read_answer(response, limits, question, permit, passed_on).await
    }
}

/// Reads an answer event by event. `passed_on` tells, also of one that breaks off, whether
/// somebody has read some of it.
async fn read_answer(
    response: Response,
    limits: AttemptLimits,
    question: &ModelCall<'_>,
    permit: &mut Permit<'_>,
    passed_on: &mut bool,
) -> Result<(ModelReply, TokenUsage), AttemptError> {
    let fault = |error: AnswerError| AttemptError::of_answer(&error, &question.redactor);
    let bytes = stream::try_unfold(response, |mut response| async {
        let chunk = response.chunk().await.map_err(|_| AnswerError::Cut)?;
        Ok(chunk.map(|chunk| (chunk, response)))
    });
    let events = decode::events(bytes);
    pin_mut!(events);
    let mut answer = AnswerBuilder::default();
    let mut limit = limits.until_begun();
    while !answer.is_complete()
        && let Some(event) = limits.within(limit, events.next()).await?
    {
        let text = answer.push(event.map_err(fault)?).map_err(fault)?;
        permit.answering();
        if let Some(text) = text {
            question.sink.text(&text);
            *passed_on |= question.sink.is_read();
        }
        limit = limits.until_next(answer.has_begun());
    }
    if let Some(reason) = answer.finish_reason() {
        trace::finished(&question.trace, reason);
    }
    if answer.is_complete() {
        let rest = async { while let Some(Ok(_)) = events.next().await {} };
        // Whatever comes of it, the answer is there.
        let _ = timeout(LEAVE_TAKING, rest).await;
    }
    answer.finish().map_err(fault)
}

/// How long one attempt may wait for what.
#[derive(Clone, Copy)]
struct AttemptLimits {
    started: Instant,
    settings: CohereTimeouts,
    deadline: Instant,
}

impl AttemptLimits {
    fn new(settings: CohereTimeouts, deadline: Instant) -> Self {
        Self { started: Instant::now(), settings, deadline }
    }

    /// When the answer must have begun.
    fn until_begun(&self) -> Instant {
        (self.started + self.settings.attempt).min(self.deadline)
    }

    /// When the next event must have come. An answer that has begun and comes steadily is fine,
    /// however slow.
    fn until_next(&self, has_begun: bool) -> Instant {
        let next = Instant::now() + self.settings.event;
        next.min(if has_begun { self.deadline } else { self.until_begun() })
    }

    async fn within<T>(
        &self,
        limit: Instant,
        work: impl Future<Output = T>,
    ) -> Result<T, AttemptError> {
        timeout_at(limit, work).await.map_err(|_| {
            if limit < self.deadline {
                AttemptError::stalled()
            } else {
                AttemptError::deadline_exceeded()
            }
        })
    }
}

/// How long to wait, given what the back-off proposes: nothing, when there were attempts enough.
fn next_wait(again: Again, proposed: Option<Duration>, retries: CohereRetries) -> Option<Duration> {
    match again {
        Again::Never => None,
        // Jitter may have carried it past the bound.
        Again::AfterBackoff => proposed.map(|wait| wait.min(retries.max_wait)),
        Again::After(asked_for) => proposed.map(|_| asked_for),
    }
}

fn backoff(retries: CohereRetries) -> ExponentialBuilder {
    ExponentialBuilder::new()
        .with_factor(2.0)
        .with_min_delay(retries.min_wait)
        .with_max_delay(retries.max_wait)
        .with_max_times(retries.attempts.saturating_sub(1))
        .with_jitter()
}

#[cfg(test)]
mod tests {
    use backon::BackoffBuilder;

    use super::*;

    fn seconds(number: f64) -> Duration {
        Duration::from_secs_f64(number)
    }

    #[test]
    fn there_are_three_attempts_with_waits_from_2_to_10_seconds_between_them() {
        let retries = CohereRetries::default();
        for seed in 0..1_000 {
            let proposed = backoff(retries).with_jitter_seed(seed).build();
            let waits: Vec<_> = proposed
                .filter_map(|wait| next_wait(Again::AfterBackoff, Some(wait), retries))
                .collect();
            let [first, second] = waits.try_into().unwrap();
            assert!((seconds(2.0)..seconds(4.0)).contains(&first), "{first:?}");
            assert!((seconds(4.0)..=seconds(8.0)).contains(&second), "{second:?}");
        }
    }

    #[test]
    fn no_wait_is_longer_than_the_longest() {
        let retries = CohereRetries { attempts: 9, ..CohereRetries::default() };
        for wait in backoff(retries).build() {
            let wait = next_wait(Again::AfterBackoff, Some(wait), retries).unwrap();
            assert!((seconds(2.0)..=seconds(10.0)).contains(&wait), "{wait:?}");
        }
    }

    #[test]
    fn a_provider_that_says_when_is_believed_but_not_after_the_last_attempt() {
        let retries = CohereRetries::default();
        let asked_for = Again::After(seconds(33.0));
        assert_eq!(next_wait(asked_for, Some(seconds(2.0)), retries), Some(seconds(33.0)));
        assert_eq!(next_wait(asked_for, None, retries), None);
    }
}
