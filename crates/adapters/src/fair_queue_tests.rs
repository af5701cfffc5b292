//! Who gets the next slot, and who is turned away.

use std::{pin::Pin, time::Duration};

use futures_util::poll;

use super::*;

type Queue = FairQueue<&'static str, 2>;
type Held = Slot<&'static str, 2>;
type Arriving<'a> = Pin<Box<dyn Future<Output = Option<Held>> + 'a>>;

fn queue(slots: usize, longest: usize, keeps_some_free: bool) -> Queue {
    FairQueue::new(FairQueueRules { slots, longest, keeps_some_free })
}

/// Somebody of this party, as one that waits if there is no slot.
fn comes<'a>(queue: &'a Queue, party: &'static str, member: &'static str) -> Arriving<'a> {
    Box::pin(queue.wait([party, member], Instant::now() + Duration::from_secs(30), || ()))
}

/// What somebody gets who comes now: a slot, nothing, or none of both yet.
async fn now(arriving: &mut Arriving<'_>) -> Option<Option<Held>> {
    match poll!(arriving) {
        std::task::Poll::Ready(got) => Some(got),
        std::task::Poll::Pending => None,
    }
}

async fn gets_one(queue: &Queue, party: &'static str) -> Option<Held> {
    now(&mut comes(queue, party, "x")).await.flatten()
}

#[tokio::test]
async fn whoever_comes_next_finds_a_place_however_much_the_others_want() {
    let queue = queue(128, 64, true);
    let users = ["ada", "bob", "cyd", "dan", "eve", "fay", "gus"];
    let mut held = Vec::new();
    for _ in 0..128 {
        for user in users {
            held.extend(gets_one(&queue, user).await);
        }
    }
    for user in users {
        assert!(held.iter().filter(|slot| slot.parties[0] == user).count() >= 15, "{user}");
    }
    assert!(gets_one(&queue, "hal").await.is_some());
}

#[tokio::test]
async fn nobody_fills_the_queue_alone() {
    let queue = queue(1, 8, false);
    let _busy = gets_one(&queue, "ada").await.unwrap();
    let mut crowd: Vec<_> = (0..8).map(|_| comes(&queue, "ada", "x")).collect();
    let mut waiting = 0;
    for one in &mut crowd {
        waiting += usize::from(now(one).await.is_none());
    }
    assert_eq!(waiting, 4);
    assert!(now(&mut comes(&queue, "bob", "x")).await.is_none(), "there is room to wait");
}

#[tokio::test]
async fn a_place_that_gets_free_goes_round_the_parties_and_then_round_their_members() {
    let queue = queue(1, 100, false);
    let mut busy = gets_one(&queue, "zoe").await;
    let arrivals = [
        ("ada", "a1"),
        ("ada", "a1"),
        ("ada", "a2"),
        ("ada", "a1"),
        ("bob", "b1"),
        ("bob", "b1"),
        ("cyd", "c1"),
    ];
    let mut waiting: Vec<_> = arrivals.iter().map(|(p, m)| Some(comes(&queue, p, m))).collect();
    for one in waiting.iter_mut().flatten() {
        assert!(now(one).await.is_none());
    }
    let mut order = Vec::new();
    while order.len() < arrivals.len() {
        drop(busy.take());
        for arriving in &mut waiting {
            if let Some(one) = arriving
                && let Some(slot) = now(one).await.flatten()
            {
                order.push(slot.parties);
                busy = Some(slot);
                *arriving = None;
            }
        }
    }
    let expected = [
        ["ada", "a1"],
        ["bob", "b1"],
        ["cyd", "c1"],
        ["ada", "a2"],
        ["bob", "b1"],
        ["ada", "a1"],
        ["ada", "a1"],
    ];
    assert_eq!(order, expected);
}

#[tokio::test]
async fn whoever_goes_away_leaves_no_trace() {
    let queue = queue(1, 2, false);
    let busy = gets_one(&queue, "ada").await;
    let mut gone = comes(&queue, "bob", "x");
    assert!(now(&mut gone).await.is_none());
    let mut late = comes(&queue, "cyd", "x");
    assert!(now(&mut late).await.is_none());
    drop(gone);
    drop(busy);
    // A slot that was handed over to somebody who did not take it any more is free again.
    drop(late);
    assert!(gets_one(&queue, "dan").await.is_some());
    assert!(queue.0.state().shares.is_empty() && queue.0.state().waiting.is_empty());
}
