//! Both engines do what every storage must do.

use todo_testkit::{contract::Stores, database::TestDatabase, for_each_contract_case};

macro_rules! cases {
    ($($group:ident { $($case:ident)* })*) => {
        mod sqlite {
            $(mod $group {
                $(#[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    let place = crate::TestDatabase::sqlite();
                    let stores = crate::Stores::of(&place.open().await);
                    todo_testkit::contract::$group::$case(stores).await;
                })*
            })*
        }

        mod postgres {
            $(mod $group {
                $(#[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    let place = crate::TestDatabase::postgres().await;
                    let stores = crate::Stores::of(&place.open().await);
                    todo_testkit::contract::$group::$case(stores).await;
                })*
            })*
        }
    };
}

for_each_contract_case!(cases);
