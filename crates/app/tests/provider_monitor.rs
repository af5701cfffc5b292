//! What is known of the model's provider, and when it is asked.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use todo_app::ProviderMonitor;
use todo_domain::ports::{BreakerState, Clock, ModelCondition, ModelHealth, ModelReport};
use todo_testkit::clock::FixedClock;
use tokio::{runtime::Handle, sync::Semaphore};

/// Answers when it is let, and is worse off the second time.
struct Provider {
    asked: AtomicUsize,
    lets: Semaphore,
}

#[async_trait]
impl ModelHealth for Provider {
    async fn check(&self) -> ModelReport {
        let condition = match self.asked.fetch_add(1, Ordering::SeqCst) {
            0 => ModelCondition::Ready,
            _ => ModelCondition::QuotaExhausted,
        };
        if let Ok(permit) = self.lets.acquire().await {
            permit.forget();
        }
        ModelReport { condition, detail: "asked".into() }
    }

    fn breaker(&self) -> BreakerState {
        BreakerState::Closed
    }
}

fn watch() -> (ProviderMonitor, Arc<Provider>, Arc<FixedClock>) {
    let provider = Arc::new(Provider { asked: AtomicUsize::new(0), lets: Semaphore::new(0) });
    let clock = FixedClock::at("2026-11-22T10:00:00Z");
    let watch = ProviderMonitor::start(
        Arc::clone(&provider) as _,
        Arc::clone(&clock) as _,
        Handle::current(),
    );
    (watch, provider, clock)
}

fn condition(watch: &ProviderMonitor) -> Option<ModelCondition> {
    watch.last().map(|answer| answer.condition)
}

/// Lets everything go on that can: all tasks share one thread.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn nothing_is_known_before_the_first_answer_and_nobody_waits_for_it() {
    let (watch, provider, _clock) = watch();
    settle().await;
    assert_eq!((0..20).find_map(|_| watch.last()), None);
    settle().await;
    assert_eq!(provider.asked.load(Ordering::SeqCst), 1, "one question for all who want to know");
    provider.lets.add_permits(1);
    settle().await;
    assert_eq!(condition(&watch), Some(ModelCondition::Ready));
}

#[tokio::test]
async fn what_is_known_is_told_at_once_and_renewed_after_five_minutes() {
    let (watch, provider, clock) = watch();
    provider.lets.add_permits(1);
    settle().await;
    let learnt = watch.last().map(|answer| answer.checked_at);
    assert_eq!(learnt, Some(clock.now()));
    clock.advance(Duration::from_secs(299));
    assert_eq!(condition(&watch), Some(ModelCondition::Ready));
    settle().await;
    assert_eq!(provider.asked.load(Ordering::SeqCst), 1);
    clock.advance(Duration::from_secs(1));
    assert_eq!(condition(&watch), Some(ModelCondition::Ready), "the old answer, while it asks");
    assert_eq!(watch.last().map(|answer| answer.checked_at), learnt);
    provider.lets.add_permits(1);
    settle().await;
    assert_eq!(condition(&watch), Some(ModelCondition::QuotaExhausted));
    assert_eq!(watch.last().map(|answer| answer.checked_at), Some(clock.now()));
}

#[tokio::test]
async fn whoever_has_reason_to_asks_anew_and_a_question_on_its_way_counts_no_more() {
    let (watch, provider, _clock) = watch();
    settle().await;
    watch.ask_anew();
    settle().await;
    assert_eq!(provider.asked.load(Ordering::SeqCst), 2);
    provider.lets.add_permits(2);
    settle().await;
    assert_eq!(condition(&watch), Some(ModelCondition::QuotaExhausted), "the second answer");
}
