//! Limits counted in this process.

use std::{cmp::Reverse, collections::HashMap, fmt, hash::Hash, sync::Arc};

use async_trait::async_trait;
use parking_lot::{Mutex, MutexGuard};
use todo_domain::{
    LimitDecision, LimitKey, LimitState, Timestamp,
    ports::{Charge, Clock, LimitChange, LimitStore},
};

/// How many states are kept, and how many marks. So many callers at a time are more than one
/// process serves.
const CAPACITY: usize = 100_000;

/// Counts limits in this process. It forgets what has expired, and, before it takes more room than
/// is meant for it, what would expire next.
pub struct InProcessLimits {
    clock: Arc<dyn Clock>,
    capacity: usize,
    states: Mutex<States>,
}

#[derive(Default)]
struct States {
    /// By the name of the limit, and whom it counts.
    limits: Kept<(&'static str, LimitKey)>,
    /// Apart from the limits: marks live long, and must not crowd out those who have to wait.
    marks: Kept<LimitKey>,
}

/// States, until they expire.
struct Kept<K> {
    by_key: HashMap<K, LimitState>,
    /// The next look for what has expired is due when there are so many.
    sweep_at: usize,
}

impl<K> Default for Kept<K> {
    fn default() -> Self {
        Self { by_key: HashMap::new(), sweep_at: 0 }
    }
}

impl fmt::Debug for InProcessLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcessLimits").finish_non_exhaustive()
    }
}

impl InProcessLimits {
    /// Nothing was counted yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_capacity(clock, CAPACITY)
    }

    fn with_capacity(clock: Arc<dyn Clock>, capacity: usize) -> Self {
        Self { clock, capacity, states: Mutex::default() }
    }

    fn states(&self) -> MutexGuard<'_, States> {
        // No state is half-written by code that panics.
        self.states.lock()
    }
}

#[async_trait]
impl LimitStore for InProcessLimits {
    async fn take(&self, charges: Vec<Charge>) -> Vec<LimitDecision> {
        let now = self.clock.now();
        let mut states = self.states();
        let mut decisions = Vec::with_capacity(charges.len());
        for charge in charges {
            let decision = states.take(charge, now);
            decisions.push(decision);
            if matches!(decision, LimitDecision::Refused { .. }) {
                break;
            }
        }
        states.make_room(self.capacity, now);
        decisions
    }

    async fn change(&self, changes: Vec<LimitChange>) {
        let now = self.clock.now();
        let mut states = self.states();
        for change in changes {
            states.change(change, now);
        }
        states.make_room(self.capacity, now);
    }
}

impl States {
    fn take(&mut self, charge: Charge, now: Timestamp) -> LimitDecision {
        if charge.exemption.as_ref().is_some_and(|mark| self.is_marked(mark, now)) {
            return LimitDecision::Exempt;
        }
        let key = (charge.limit.name, charge.key);
        let (decision, state) = charge.limit.rule.take(self.limits.get(&key), now);
        self.limits.put(key, state);
        decision
    }

    fn is_marked(&self, mark: &LimitKey, now: Timestamp) -> bool {
        let state = self.marks.get(mark);
        state.is_some_and(|state| state.expires > now.as_microsecond())
    }

    fn change(&mut self, change: LimitChange, now: Timestamp) {
        match change {
            LimitChange::GiveBack { charge: Charge { limit, key, .. }, count } => {
                let key = (limit.name, key);
                let state = self.limits.get(&key);
                let state = state.and_then(|state| limit.rule.give_back(state, count, now));
                self.limits.put(key, state);
            }
            LimitChange::Forget(Charge { limit, key, .. }) => {
                self.limits.put((limit.name, key), None);
            }
            LimitChange::Mark { mark, lifetime } => {
                let expires = now.saturating_add(lifetime).as_microsecond();
                let since = now.as_microsecond();
                let state = LimitState { count: 0, until: expires, expires, since };
                self.marks.put(mark, Some(state));
            }
        }
    }

    fn make_room(&mut self, capacity: usize, now: Timestamp) {
        self.limits.make_room(capacity, now);
        self.marks.make_room(capacity, now);
    }
}

impl<K: Eq + Hash> Kept<K> {
    fn get(&self, key: &K) -> Option<LimitState> {
        self.by_key.get(key).copied()
    }

    fn put(&mut self, key: K, state: Option<LimitState>) {
        match state {
            Some(state) => drop(self.by_key.insert(key, state)),
            None => drop(self.by_key.remove(&key)),
        }
    }

    /// Looks at everything, but only after the number of states has doubled: so each state pays for
    /// being looked at twice on the average.
    fn make_room(&mut self, capacity: usize, now: Timestamp) {
        if self.by_key.len() < self.sweep_at.clamp(capacity.min(1024), capacity) {
            return;
        }
        let now = now.as_microsecond();
        self.by_key.retain(|_, state| state.expires > now);
        if self.by_key.len() >= capacity {
            // What expires soon holds the least: a quota that is nearly whole again.
            let mut ends: Vec<i64> = self.by_key.values().map(|state| state.expires).collect();
            let stay = (capacity / 2).max(1);
            let (later, last, _) = ends.select_nth_unstable_by_key(stay - 1, |end| Reverse(*end));
            let last = *last;
            // Several may end at the same instant, and only some of those have to go.
            let mut room = stay - later.iter().filter(|end| **end > last).count();
            self.by_key.retain(|_, state| {
                let at_last = state.expires == last && room > 0;
                room -= usize::from(at_last);
                at_last || state.expires > last
            });
        }
        self.sweep_at = self.by_key.len().saturating_mul(2);
    }
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroU32, time::Duration};

    use todo_domain::{Limit, LimitRule, Quota};

    use super::*;
    use crate::SystemClock;

    const ONE: NonZeroU32 = NonZeroU32::MIN;

    fn once_in(window: Duration, key: &str) -> Charge {
        let limit = Limit { name: "test", rule: LimitRule::Quota(Quota::per(window, ONE)) };
        Charge { limit, key: LimitKey::new(key), exemption: None }
    }

    #[tokio::test]
    async fn however_many_come_the_room_they_take_is_bounded() {
        let limits = InProcessLimits::with_capacity(Arc::new(SystemClock), 100);
        let day = Duration::from_secs(86_400);
        for guest in 0..10_000 {
            limits.take(vec![once_in(day, &guest.to_string())]).await;
            assert!(limits.states().limits.by_key.len() < 100);
        }
    }

    #[tokio::test]
    async fn those_who_have_to_wait_long_are_not_forgotten_for_those_who_have_not() {
        let limits = InProcessLimits::with_capacity(Arc::new(SystemClock), 100);
        let (day, hour) = (Duration::from_secs(86_400), Duration::from_secs(3600));
        limits.take(vec![once_in(day, "guesses")]).await;
        for guest in 0..1_000 {
            limits.take(vec![once_in(hour, &guest.to_string())]).await;
        }
        let again = limits.take(vec![once_in(day, "guesses")]).await;
        assert!(matches!(again[..], [LimitDecision::Refused { .. }]), "{again:?}");
    }

    #[tokio::test]
    async fn those_who_have_to_wait_are_not_forgotten_for_known_addresses() {
        let limits = InProcessLimits::with_capacity(Arc::new(SystemClock), 100);
        let day = Duration::from_secs(86_400);
        limits.take(vec![once_in(day, "guesses")]).await;
        for address in 0..1_000 {
            let mark = LimitKey::new(address.to_string());
            limits.change(vec![LimitChange::Mark { mark, lifetime: 30 * day }]).await;
            assert!(limits.states().marks.by_key.len() < 100);
        }
        let again = limits.take(vec![once_in(day, "guesses")]).await;
        assert!(matches!(again[..], [LimitDecision::Refused { .. }]), "{again:?}");
    }

    #[tokio::test]
    async fn of_those_who_came_at_the_same_instant_half_are_kept() {
        struct Noon;

        impl Clock for Noon {
            fn now(&self) -> Timestamp {
                "2026-11-22T12:00:00Z".parse().unwrap()
            }
        }

        let limits = InProcessLimits::with_capacity(Arc::new(Noon), 100);
        for guest in 0..100 {
            limits.take(vec![once_in(Duration::from_secs(60), &guest.to_string())]).await;
        }
        assert_eq!(limits.states().limits.by_key.len(), 50);
    }
}
