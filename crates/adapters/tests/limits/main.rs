//! Limits counted in the process and in Redis: both decide alike, and there is always a decision.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod alike;
mod redis_trouble;
mod stores;

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use todo_adapters::{InProcessLimits, RedisSettings, SharedLimits, SharedMemory, SystemClock};
use todo_domain::{
    Backoff, Limit, LimitDecision, LimitKey, LimitRule, Quota,
    ports::{Charge, LimitStore},
};
use todo_metrics::Metrics;
use todo_testkit::redis::TestRedis;
use tokio::runtime::Handle;

/// Long enough for nothing to come back during a test.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);

fn count(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap()
}

fn quota(capacity: u32) -> Limit {
    Limit { name: "quota", rule: LimitRule::Quota(Quota::per(LONG, count(capacity))) }
}

fn backoff(free: u32, first: Duration) -> Limit {
    let rule = Backoff { free: count(free), first, longest: LONG, memory: LONG * 2 };
    Limit { name: "backoff", rule: LimitRule::Backoff(rule) }
}

fn one(limit: Limit, key: &str) -> Charge {
    Charge { limit, key: LimitKey::new(key), exemption: None }
}

async fn take(store: &dyn LimitStore, charge: Charge) -> LimitDecision {
    let decisions = store.take(vec![charge]).await;
    let [decision] = decisions[..] else { panic!("{decisions:?}") };
    decision
}

/// How many of so many at once are allowed.
async fn allowed(store: &dyn LimitStore, limit: Limit, key: &str, of: usize) -> usize {
    let mut allowed = 0;
    for _ in 0..of {
        allowed += usize::from(take(store, one(limit, key)).await.retry_after().is_none());
    }
    allowed
}

fn in_process() -> Arc<dyn LimitStore> {
    Arc::new(InProcessLimits::new(Arc::new(SystemClock)))
}

/// A process that uses this Redis. An answer is waited for as long as it takes on a busy machine.
fn using(redis: &TestRedis) -> (Arc<dyn LimitStore>, SharedMemory) {
    using_within(redis, Duration::from_secs(20))
}

fn using_within(redis: &TestRedis, timeout: Duration) -> (Arc<dyn LimitStore>, SharedMemory) {
    let settings = RedisSettings { url: redis.url().parse().unwrap(), timeout };
    let memory = SharedMemory::start(&settings, Metrics::none().cache, &Handle::current());
    (Arc::new(SharedLimits::new(memory.clone(), Arc::new(SystemClock))), memory)
}
