//! Both engines do what every storage must do, and so does a storage behind a cache.

use todo_adapters::{ConversationCache, DatabaseSettings};
use todo_metrics::Metrics;
use todo_testkit::{
    contract::{Stores, user_limits},
    database::TestDatabase,
    for_each_contract_case,
};

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
                    let stores = crate::cached(&place).await;
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

/// The same with lists of conversations cached in memory.
async fn cached(place: &TestDatabase) -> Stores {
    let cache = ConversationCache::in_process(Metrics::none().cache);
    let settings = DatabaseSettings {
        user_limits: user_limits(),
        conversation_cache: Some(cache),
        ..DatabaseSettings::default()
    };
    Stores::of(&place.open_with(settings).await)
}

for_each_contract_case!(cases);
