//! Whether the service can do its work.

use std::{fmt, sync::Arc};

use todo_domain::{
    ModelIdentity,
    ports::{ChatModel, MemoryHealth, ModelCondition, StoreError, StoreHealth},
};

use crate::ModelWatch;

/// Answers probes.
#[derive(Clone)]
pub struct Health {
    store: Arc<dyn StoreHealth>,
    model: Arc<dyn ChatModel>,
    watch: Option<ModelWatch>,
    memory: Option<Arc<dyn MemoryHealth>>,
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

/// How the provider of the model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderState {
    /// The model has none.
    None,
    /// It has not answered yet.
    Unknown,
    /// It was like this when it answered last.
    Known(ModelCondition),
}

impl Health {
    /// Health of this database and this model, whose provider, if it has one, is watched.
    #[must_use]
    pub fn new(
        store: Arc<dyn StoreHealth>,
        model: Arc<dyn ChatModel>,
        watch: Option<ModelWatch>,
    ) -> Self {
        Self { store, model, watch, memory: None }
    }

    /// With a memory that the processes of the service share.
    #[must_use]
    pub fn with_memory(self, memory: Option<Arc<dyn MemoryHealth>>) -> Self {
        Self { memory, ..self }
    }

    /// Whether the shared memory is in use, if there is one; asks nobody.
    #[must_use]
    pub fn memory_is_available(&self) -> Option<bool> {
        self.memory.as_ref().map(|memory| memory.is_available())
    }

    /// Asks the database.
    pub async fn readiness(&self) -> Readiness {
        match self.store.check().await {
            Err(error) => Readiness::DatabaseDown(error),
            Ok(report) if report.pending_migrations.is_empty() => Readiness::Ready,
            Ok(report) => Readiness::MigrationsPending(report.pending_migrations),
        }
    }

    /// What is known of the model's provider; waits for nobody.
    #[must_use]
    pub fn provider(&self) -> ProviderState {
        match &self.watch {
            None => ProviderState::None,
            Some(watch) => watch.last().map_or(ProviderState::Unknown, ProviderState::Known),
        }
    }

    /// Which model answers; asks nobody.
    #[must_use]
    pub fn model(&self) -> ModelIdentity {
        self.model.identity()
    }
}
