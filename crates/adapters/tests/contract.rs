//! Both engines do what every storage must do, and so does a storage behind a cache.

use todo_adapters::{ConversationCache, DatabaseSettings};
use todo_contract::{Stores, user_limits};
use todo_metrics::Metrics;
use todo_testkit::database::TestDatabase;

async fn with_sqlite(case: impl AsyncFnOnce(Stores)) {
    let file = TestDatabase::sqlite();
    case(stores(&file).await).await;
}

async fn with_postgres(case: impl AsyncFnOnce(Stores)) {
    let database = TestDatabase::postgres().await;
    case(stores(&database).await).await;
}

/// SQLite with lists of conversations cached in memory.
async fn with_cache(case: impl AsyncFnOnce(Stores)) {
    let file = TestDatabase::sqlite();
    let cache = ConversationCache::in_process(Metrics::none().cache);
    let settings = DatabaseSettings {
        user_limits: user_limits(),
        conversation_cache: Some(cache),
        ..DatabaseSettings::default()
    };
    case(Stores::of(file.open_with(settings).await.stores())).await;
}

async fn stores(database: &TestDatabase) -> Stores {
    Stores::of(database.open_holding(user_limits()).await.stores())
}

mod sqlite {
    todo_contract::contract_tests!(crate::with_sqlite);
}

mod cached {
    todo_contract::contract_tests!(crate::with_cache);
}

mod postgres {
    todo_contract::contract_tests!(crate::with_postgres);
}
