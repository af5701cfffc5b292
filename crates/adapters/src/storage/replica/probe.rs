//! Whether a replica would be read from.

use std::sync::Arc;

use super::{
    ReplicaSettings,
    condition::{Condition, Unfit},
    watch::Watch,
};
use tokio::time::Instant;

use crate::storage::url::{DatabaseUrl, Target};

/// Why a replica would not be read from.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ReplicaProbeError(Reason);

#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error(transparent)]
    Unfit(Unfit),
    #[error("only a PostgreSQL database has a replica, which is one, too")]
    Engine,
}

impl ReplicaSettings {
    /// Looks once whether this is a replica of that database. How far it lags behind takes longer
    /// to see.
    ///
    /// # Errors
    /// [`ReplicaProbeError`], in the words that the service logs.
    pub async fn probe(&self, primary: &DatabaseUrl) -> Result<(), ReplicaProbeError> {
        let (Target::Postgres(primary), Target::Postgres(replica)) = (&primary.0, &self.url.0)
        else {
            return Err(ReplicaProbeError(Reason::Engine));
        };
        let condition = Arc::new(Condition::new(self.metrics.clone(), Instant::now()));
        let looked = Watch::new(primary, replica, self.max_lag, condition).look().await;
        looked.map(drop).map_err(|reason| ReplicaProbeError(Reason::Unfit(reason)))
    }
}
