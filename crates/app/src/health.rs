//! Whether the service can do its work.

use std::{fmt, sync::Arc};

use todo_domain::{
    ModelIdentity,
    ports::{ChatModel, StoreError, StoreHealth},
};

/// Answers probes.
#[derive(Clone)]
pub struct Health {
    store: Arc<dyn StoreHealth>,
    model: Arc<dyn ChatModel>,
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").finish_non_exhaustive()
    }
}

/// Whether requests should be sent here.
#[derive(Debug)]
pub enum Readiness {
    /// Yes.
    Ready,
    /// Not before these migrations are applied.
    MigrationsPending(Vec<String>),
    /// Not before the database answers.
    DatabaseDown(StoreError),
}

impl Health {
    /// Health of this database and this model.
    #[must_use]
    pub fn new(store: Arc<dyn StoreHealth>, model: Arc<dyn ChatModel>) -> Self {
        Self { store, model }
    }

    /// Asks the database.
    pub async fn readiness(&self) -> Readiness {
        match self.store.check().await {
            Err(error) => Readiness::DatabaseDown(error),
            Ok(report) if report.pending_migrations.is_empty() => Readiness::Ready,
            Ok(report) => Readiness::MigrationsPending(report.pending_migrations),
        }
    }

    /// Which model answers; asks nobody.
    #[must_use]
    pub fn model(&self) -> ModelIdentity {
        self.model.identity()
    }
}
