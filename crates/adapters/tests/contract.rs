//! Both engines do what every storage must do, and so does a storage behind a cache.

use std::sync::Arc;

use todo_adapters::{ConversationCache, DatabaseSettings};
use todo_metrics::Metrics;
use todo_testkit::{
    contract::{Stores, user_limits},
    database::TestDatabase,
    for_each_contract_case,
};
use tokio::runtime::Handle;

macro_rules! cases {
    ($($group:ident { $($case:ident)* })*) => {
        mod sqlite {
            $(mod $group {
                $(#[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    let place = crate::TestDatabase::sqlite();
                    let stores = crate::stores(&place).await;
                    todo_testkit::contract::$group::$case(stores).await;
                })*
            })*
        }

        mod cached {
            $(mod $group {
                $(#[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    let place = crate::TestDatabase::sqlite();
                    let stores = crate::cached(crate::stores(&place).await);
                    todo_testkit::contract::$group::$case(stores).await;
                })*
            })*
        }

        mod postgres {
            $(mod $group {
                $(#[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    let place = crate::TestDatabase::postgres().await;
                    let stores = crate::stores(&place).await;
                    todo_testkit::contract::$group::$case(stores).await;
                })*
            })*
        }
    };
}

async fn stores(place: &TestDatabase) -> Stores {
    Stores::of(&place.open_holding(user_limits()).await)
}

/// These stores behind a cache in memory.
fn cached(stores: Stores) -> Stores {
    let (settings, metrics) = (DatabaseSettings::default(), Metrics::none().cache);
    let cache = ConversationCache::in_process(&settings, metrics, &Handle::current());
    Stores {
        conversations: cache.conversations(Arc::clone(&stores.conversations)),
        turns: cache.turns(Arc::clone(&stores.turns)),
        archives: cache.archives(Arc::clone(&stores.archives)),
        ..stores
    }
}

for_each_contract_case!(cases);
