//! The scripts in Redis decide as the domain does.

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use todo_domain::{
    LimitDecision, LimitKey,
    ports::{Charge, LimitChange},
};
use todo_testkit::redis::TestRedis;

use crate::{LONG, backoff, in_process, one, quota, using};

#[derive(Debug, Clone)]
enum Step {
    Take(Vec<Charge>),
    Change(Vec<LimitChange>),
}

fn charge() -> impl Strategy<Value = Charge> {
    let limit = prop_oneof![
        (1..5_u32).prop_map(quota),
        (1..5_u32).prop_map(|free| backoff(free, LONG / 2)),
    ];
    let key = prop_oneof![Just("ada"), Just("bob")];
    let exemption = prop_oneof![3 => Just(None), 1 => key.clone().prop_map(Some)];
    (limit, key, exemption).prop_map(|(limit, key, exemption)| Charge {
        exemption: exemption.map(LimitKey::new),
        ..one(limit, key)
    })
}

fn step() -> impl Strategy<Value = Step> {
    let back = (charge(), 1..5_u32);
    let change = prop_oneof![
        8 => back.prop_map(|(charge, count)| LimitChange::GiveBack { charge, count }),
        2 => charge().prop_map(LimitChange::Forget),
        1 => Just(LimitChange::Mark { mark: LimitKey::new("bob"), lifetime: LONG }),
    ];
    prop_oneof![
        5 => prop::collection::vec(charge(), 1..4).prop_map(Step::Take),
        1 => prop::collection::vec(change, 1..3).prop_map(Step::Change),
    ]
}

/// A decision without its times, which differ by how long the test takes.
fn timeless(decision: LimitDecision) -> (&'static str, u32) {
    match decision {
        LimitDecision::Allowed { remaining, .. } => ("allowed", remaining),
        LimitDecision::Refused { .. } => ("refused", 0),
        LimitDecision::Exempt => ("exempt", 0),
    }
}

#[tokio::test]
async fn whatever_is_asked_redis_decides_as_the_process_would() {
    let redis = TestRedis::start();
    let (shared, memory) = using(&redis);
    memory.available().await;
    let mut runner = TestRunner::new(Config::default());
    for _ in 0..100 {
        redis.flush();
        let alone = in_process();
        let steps = prop::collection::vec(step(), 1..30).new_tree(&mut runner).unwrap().current();
        for (number, step) in steps.iter().enumerate() {
            match step.clone() {
                Step::Take(charges) => {
                    let ours = alone.take(charges.clone()).await.into_iter().map(timeless);
                    let theirs = shared.take(charges).await.into_iter().map(timeless);
                    let (ours, theirs): (Vec<_>, Vec<_>) = (ours.collect(), theirs.collect());
                    assert_eq!(ours, theirs, "step {number} of {steps:#?}");
                }
                Step::Change(changes) => {
                    alone.change(changes.clone()).await;
                    shared.change(changes).await;
                }
            }
        }
    }
    assert_eq!(memory.losses(), 0, "Redis answered all of it");
}
