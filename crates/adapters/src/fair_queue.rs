//! Slots that many want at a time, and a queue before them that nobody can fill alone.
//!
//! Whoever wants a slot names their parties, the widest first: a user, or an address and an
//! account there. A slot that gets free goes to the party that holds the fewest, and among equals
//! to the one whose last turn is the longest ago; then the same decides within it.

use std::{array, collections::HashMap, hash::Hash, sync::Arc};

use parking_lot::{Mutex, MutexGuard};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

/// How many slots there are, and for whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FairQueueRules {
    /// How many may be held at a time, at least one.
    pub(crate) slots: usize,
    /// How many more may wait.
    pub(crate) longest: usize,
    /// Whether some slots stay free for those who hold none: for slots that are held so long
    /// that waiting for the next one is no help.
    pub(crate) keeps_some_free: bool,
}

/// Slots, and those who hold and want them. `K` names a party, of which each has so many.
pub(crate) struct FairQueue<K: Party, const PARTIES: usize>(Arc<Inner<K, PARTIES>>);

/// What names a party.
pub(crate) trait Party: Eq + Hash + Clone {}

impl<K: Eq + Hash + Clone> Party for K {}

struct Inner<K: Party, const PARTIES: usize> {
    rules: FairQueueRules,
    state: Mutex<State<K, PARTIES>>,
}

struct State<K: Party, const PARTIES: usize> {
    free: usize,
    /// Numbers turns and those who wait.
    count: u64,
    shares: HashMap<K, Share>,
    /// In the order of their arrival.
    waiting: Vec<Waiter<K, PARTIES>>,
}

/// What a party has, as long as that is anything.
#[derive(Default)]
struct Share {
    held: usize,
    waiting: usize,
    last_turn: u64,
}

struct Waiter<K: Party, const PARTIES: usize> {
    number: u64,
    parties: [K; PARTIES],
    hand_over: oneshot::Sender<Slot<K, PARTIES>>,
}

/// A slot, given back when it is dropped.
pub(crate) struct Slot<K: Party, const PARTIES: usize> {
    parties: [K; PARTIES],
    queue: Arc<Inner<K, PARTIES>>,
}

impl<K: Party, const PARTIES: usize> FairQueue<K, PARTIES> {
    pub(crate) fn new(rules: FairQueueRules) -> Self {
        let free = rules.slots;
        let state = State { free, count: 0, shares: HashMap::new(), waiting: Vec::new() };
        Self(Arc::new(Inner { rules, state: Mutex::new(state) }))
    }

    /// Waits for a slot; `None` if these parties have their share of the queue, or it moves too
    /// slowly. What `on_waiting` returns is kept as long as there is a wait.
    pub(crate) async fn wait<T>(
        &self,
        parties: [K; PARTIES],
        until: Instant,
        on_waiting: impl FnOnce() -> T,
    ) -> Option<Slot<K, PARTIES>> {
        let mut waiting = match Inner::enter(&self.0, parties) {
            Entered::At(slot) => return Some(slot),
            Entered::Waiting(waiting) => waiting,
            Entered::Full => return None,
        };
        let _waiting = on_waiting();
        timeout_at(until, &mut waiting.slot).await.ok()?.ok()
    }
}

enum Entered<K: Party, const PARTIES: usize> {
    At(Slot<K, PARTIES>),
    Waiting(Waiting<K, PARTIES>),
    Full,
}

/// Somebody in the queue, who leaves it when this is dropped.
struct Waiting<K: Party, const PARTIES: usize> {
    number: u64,
    slot: oneshot::Receiver<Slot<K, PARTIES>>,
    queue: Arc<Inner<K, PARTIES>>,
}

impl<K: Party, const PARTIES: usize> Inner<K, PARTIES> {
    fn state(&self) -> MutexGuard<'_, State<K, PARTIES>> {
        self.state.lock()
    }

    fn enter(this: &Arc<Self>, parties: [K; PARTIES]) -> Entered<K, PARTIES> {
        let mut state = this.state();
        // Nobody is overtaken: whoever waits while a slot is free may not have it.
        if state.may_hold_one_more(&parties, this.rules) {
            state.hold(&parties);
            return Entered::At(Slot { parties, queue: Arc::clone(this) });
        }
        if !state.may_wait(&parties, this.rules) {
            return Entered::Full;
        }
        state.each(&parties, |share| share.waiting += 1);
        let (hand_over, slot) = oneshot::channel();
        let number = state.next_number();
        state.waiting.push(Waiter { number, parties, hand_over });
        Entered::Waiting(Waiting { number, slot, queue: Arc::clone(this) })
    }

    /// Hands slots over as long as somebody may have one.
    fn hand_over(this: &Arc<Self>, state: &mut State<K, PARTIES>) {
        while let Some(index) = state.next_in_turn(this.rules) {
            let Waiter { parties, hand_over, .. } = state.waiting.remove(index);
            state.each(&parties, |share| share.waiting -= 1);
            state.hold(&parties);
            // It is taken: who goes away leaves the queue first, for which it takes this lock.
            drop(hand_over.send(Slot { parties, queue: Arc::clone(this) }));
        }
    }
}

impl<K: Party, const PARTIES: usize> State<K, PARTIES> {
    fn share(&self, party: &K) -> Share {
        let share = self.shares.get(party);
        share.map_or_else(Share::default, |share| Share { ..*share })
    }

    /// Whether the widest party may hold one more. Where some slots stay free, it holds fewer than
    /// there are free: one alone gets half of them, two a third each, and there is one for the next.
    fn may_hold_one_more(&self, parties: &[K; PARTIES], rules: FairQueueRules) -> bool {
        let held = parties.first().map_or(0, |widest| self.share(widest).held);
        self.free > 0 && (!rules.keeps_some_free || held < self.free)
    }

    /// The same of the slots in the queue.
    fn may_wait(&self, parties: &[K; PARTIES], rules: FairQueueRules) -> bool {
        let waiting = parties.first().map_or(0, |widest| self.share(widest).waiting);
        waiting < rules.longest.saturating_sub(self.waiting.len())
    }

    fn next_in_turn(&self, rules: FairQueueRules) -> Option<usize> {
        let rank = |parties: &[K; PARTIES]| -> [(usize, u64); PARTIES] {
            array::from_fn(|level| {
                let share = parties.get(level).map(|party| self.share(party)).unwrap_or_default();
                (share.held, share.last_turn)
            })
        };
        let candidates = self.waiting.iter().enumerate();
        candidates
            .filter(|(_, waiter)| self.may_hold_one_more(&waiter.parties, rules))
            .min_by_key(|(_, waiter)| rank(&waiter.parties))
            .map(|(index, _)| index)
    }

    fn hold(&mut self, parties: &[K; PARTIES]) {
        self.free -= 1;
        let turn = self.next_number();
        self.each(parties, |share| {
            share.held += 1;
            share.last_turn = turn;
        });
    }

    fn give_back(&mut self, parties: &[K; PARTIES]) {
        self.free += 1;
        self.each(parties, |share| share.held -= 1);
    }

    fn leave(&mut self, number: u64) {
        if let Some(index) = self.waiting.iter().position(|waiter| waiter.number == number) {
            let Waiter { parties, .. } = self.waiting.remove(index);
            self.each(&parties, |share| share.waiting -= 1);
        }
    }

    /// Changes what each of the parties has, and forgets those that have nothing any more.
    fn each(&mut self, parties: &[K; PARTIES], change: impl Fn(&mut Share)) {
        for party in parties {
            let share = self.shares.entry(party.clone()).or_default();
            change(share);
            if share.held == 0 && share.waiting == 0 {
                self.shares.remove(party);
            }
        }
    }

    const fn next_number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }
}

impl<K: Party, const PARTIES: usize> Drop for Slot<K, PARTIES> {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        state.give_back(&self.parties);
        Inner::hand_over(&self.queue, &mut state);
    }
}

impl<K: Party, const PARTIES: usize> Drop for Waiting<K, PARTIES> {
    fn drop(&mut self) {
        self.queue.state().leave(self.number);
    }
}

#[cfg(test)]
#[path = "fair_queue_tests.rs"]
mod tests;
