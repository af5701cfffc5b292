//! What every store of limits must do.

use std::{sync::Arc, time::Duration};

use todo_domain::{
    LimitDecision, LimitKey,
    ports::{Charge, LimitChange, LimitStore},
};
use todo_testkit::redis::TestRedis;

use crate::{LONG, allowed, backoff, in_process, one, quota, take, using};

type Store = Arc<dyn LimitStore>;

/// Runs each case on both stores.
macro_rules! on_both {
    ($(async fn $name:ident($store:ident) $body:block)*) => {
        $(async fn $name($store: Store) $body)*

        mod in_process {
            $(#[tokio::test]
            async fn $name() { super::$name(super::in_process()).await; })*
        }

        mod in_redis {
            $(#[tokio::test]
            async fn $name() {
                let redis = super::TestRedis::start();
                let (store, memory) = super::using(&redis);
                memory.available().await;
                super::$name(store).await;
                assert_eq!(memory.losses(), 0, "Redis answered all of it");
            })*
        }
    };
}

on_both! {
    async fn so_many_are_allowed_and_no_more(store) {
        assert_eq!(allowed(&*store, quota(21), "ada", 31).await, 21);
    }

    async fn each_key_and_each_limit_counts_on_its_own(store) {
        assert_eq!(allowed(&*store, quota(3), "ada", 5).await, 3);
        assert_eq!(allowed(&*store, quota(3), "bob", 5).await, 3);
        assert_eq!(allowed(&*store, backoff(4, LONG), "ada", 5).await, 4);
    }

    async fn many_at_once_are_no_way_around(store) {
        let asking = (0..100).map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { take(&*store, one(quota(10), "ada")).await.retry_after().is_none() })
        });
        let mut allowed = 0;
        for answer in asking.collect::<Vec<_>>() {
            allowed += usize::from(answer.await.unwrap());
        }
        assert_eq!(allowed, 10);
    }

    async fn a_decision_tells_what_is_left(store) {
        let LimitDecision::Allowed { remaining, reset, .. } = take(&*store, one(quota(24), "ada")).await
        else { panic!("it is the first") };
        assert_eq!((remaining, reset), (23, LONG / 24));

        allowed(&*store, quota(24), "ada", 23).await;
        let LimitDecision::Refused { retry_after } = take(&*store, one(quota(24), "ada")).await
        else { panic!("there is none left") };
        assert!(retry_after <= LONG / 24 && retry_after > LONG / 25, "{retry_after:?}");
    }

    async fn a_refusal_ends_a_request_and_what_was_allowed_before_stays_counted(store) {
        let (first, second) = (one(quota(10), "ada"), one(backoff(1, LONG), "ada"));
        let request = vec![first, second, one(quota(10), "bob")];
        assert_eq!(store.take(request.clone()).await.len(), 3);

        let decisions = store.take(request).await;
        assert!(
            matches!(decisions[..], [LimitDecision::Allowed { .. }, LimitDecision::Refused { .. }]),
            "{decisions:?}"
        );
        assert_eq!(allowed(&*store, quota(10), "ada", 10).await, 8);
        assert_eq!(allowed(&*store, quota(10), "bob", 10).await, 9);
    }

    async fn what_is_given_back_can_be_taken_again(store) {
        for limit in [quota(3), backoff(3, LONG)] {
            assert_eq!(allowed(&*store, limit, "ada", 5).await, 3);
            let charge = one(limit, "ada");
            store.change(vec![LimitChange::GiveBack { charge, count: 3 }]).await;
            assert_eq!(allowed(&*store, limit, "ada", 5).await, 1);
        }
    }

    async fn more_can_not_be_given_back_than_was_taken(store) {
        for limit in [quota(3), backoff(3, LONG)] {
            take(&*store, one(limit, "ada")).await;
            let back = LimitChange::GiveBack { charge: one(limit, "ada"), count: 1 };
            store.change(vec![back.clone(), back.clone(), back]).await;
            assert_eq!(allowed(&*store, limit, "ada", 5).await, 3);
        }
    }

    async fn one_that_is_given_back_late_leaves_the_wait_of_a_later_one(store) {
        let limit = backoff(2, LONG / 2);
        assert_eq!(allowed(&*store, limit, "ada", 3).await, 2);
        let first = LimitChange::GiveBack { charge: one(limit, "ada"), count: 1 };
        store.change(vec![first.clone()]).await;
        assert_eq!(allowed(&*store, limit, "ada", 1).await, 0);
        store.change(vec![first]).await;
        assert_eq!(allowed(&*store, limit, "ada", 3).await, 2);
    }

    async fn what_is_forgotten_counts_anew(store) {
        assert_eq!(allowed(&*store, backoff(3, LONG), "ada", 5).await, 3);
        store.change(vec![LimitChange::Forget(one(backoff(3, LONG), "ada"))]).await;
        assert_eq!(allowed(&*store, backoff(3, LONG), "ada", 5).await, 3);
    }

    async fn a_mark_exempts_those_who_name_it(store) {
        let mark = LimitKey::new("known");
        let named = Charge { exemption: Some(mark.clone()), ..one(quota(1), "ada") };
        assert!(take(&*store, named.clone()).await.retry_after().is_none());
        assert!(take(&*store, named.clone()).await.retry_after().is_some());

        store.change(vec![LimitChange::Mark { mark, lifetime: LONG }]).await;
        for _ in 0..3 {
            assert_eq!(take(&*store, named.clone()).await, LimitDecision::Exempt);
        }
        assert!(take(&*store, one(quota(1), "ada")).await.retry_after().is_some());
    }

    async fn waits_double_until_they_are_long(store) {
        let limit = backoff(1, Duration::from_micros(1));
        let mut attempts = 0;
        loop {
            match take(&*store, one(limit, "ada")).await {
                LimitDecision::Refused { retry_after } => {
                    assert!(retry_after <= Duration::from_micros(1 << (attempts - 1)));
                    if retry_after > Duration::from_millis(200) {
                        break;
                    }
                    tokio::time::sleep(retry_after).await;
                }
                _ => attempts += 1,
            }
        }
        assert!(attempts >= 18, "2^17 microseconds are the first wait beyond 100 ms: {attempts}");
    }
}
