//! Which migrations have been applied.

use std::collections::HashSet;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use todo_domain::ports::{PoolStatus, ReplicaStatus, StoreError, StoreHealth, StoreReport};

use super::{Backend, Conn, Db, has_migration_table};
use crate::storage::{
    error::{Failure, Result},
    migrations::Embedded,
    replica::Freshness,
};

diesel::table! {
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

/// The versions in diesel's table. Diesel's own function for this would create the table, which
/// the service has no right to.
pub(crate) async fn applied(conn: &mut Conn) -> Result<HashSet<String>> {
    if !has_migration_table(conn).await? {
        return Ok(HashSet::new());
    }
    let versions = __diesel_schema_migrations::table
        .select(__diesel_schema_migrations::version)
        .load(conn)
        .await?;
    Ok(versions.into_iter().collect())
}

#[async_trait]
impl StoreHealth for Db {
    async fn check(&self) -> Result<StoreReport, StoreError> {
        self.beginning.check()?;
        if self.space.is_full() {
            return Err(Failure::StorageFull.into());
        }
        let applied =
            self.read("health.check", Freshness::Latest, |conn| applied(conn).boxed()).await?;
        let embedded = Backend::embedded();
        let pending =
            embedded.into_iter().filter(|migration| !applied.contains(&migration.version));
        Ok(StoreReport { pending_migrations: pending.map(|migration| migration.name).collect() })
    }

    fn pool(&self) -> PoolStatus {
        self.status()
    }

    fn replica(&self) -> Option<ReplicaStatus> {
        self.replica.as_ref().map(|replica| replica.routing.status())
    }
}
