//! The service put together: settings in, stores, use-cases and the HTTP API out.
//!
//! Whatever works with the service's data starts through [`Service::open`]: the server, the
//! terminal, the operator's commands, and every test of a running service. So all of them have the
//! same caches, the same routing of reads and the same rules.
//!
//! It may be part of another service: `examples/axum_chat.rs` streams a turn through a
//! [`DeltaSink`](todo_domain::ports::DeltaSink) from a route of axum.
#![warn(missing_docs)]

mod parts;
mod settings;
mod storage;
mod use_cases;

use std::{fmt, sync::Arc};

use todo_adapters::{
    CohereModel, CohereSetupError, InProcessLimits, OpenError, SharedLimits, SharedMemory,
};
use todo_app::{Folding, Health, ProviderMonitor, Retention};
use todo_domain::ports::{HashError, LimitStore, MemoryHealth};
use todo_http::{Api, Limits, MetricsPage, SecretTooShort, Tokens};
use todo_metrics::Metrics;
use tokio::runtime::Handle;

use self::use_cases::Model;
pub use self::{
    parts::Parts,
    settings::{AccessSettings, ChatEngine, ChatSettings, ServiceSettings, StorageSettings},
    storage::Storage,
    use_cases::UseCases,
};

/// Why the service can't be put together.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Its database can't be opened.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The client of Cohere can't be made.
    #[error(transparent)]
    Cohere(#[from] CohereSetupError),
    /// Passwords can't be hashed at this cost.
    #[error(transparent)]
    Hashing(#[from] HashError),
}

/// The service, on the runtime that it was opened on.
#[derive(Clone)]
pub struct Service {
    /// What it keeps its data in.
    pub storage: Storage,
    /// What it does.
    pub use_cases: UseCases,
    /// The model of Cohere, where it answers.
    pub cohere: Option<Arc<CohereModel>>,
    model: Model,
    limits: Arc<dyn LimitStore>,
    parts: Parts,
    settings: ServiceSettings,
    metrics: Metrics,
}

impl Service {
    /// Opens the storage and puts the use-cases together.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn open(
        settings: ServiceSettings,
        parts: Parts,
        metrics: &Metrics,
    ) -> Result<Self, ServiceError> {
        let storage = Storage::open(&settings.storage, metrics).await?;
        let limits = limit_store(storage.memory.as_ref(), &parts);
        let model = Model::of(&settings.chat, &parts, metrics)?;
        let use_cases = UseCases::new(&settings, &storage, &model, &limits, &parts, metrics)?;
        let cohere = model.cohere.clone();
        let metrics = metrics.clone();
        Ok(Self { storage, use_cases, cohere, model, limits, parts, settings, metrics })
    }

    /// The HTTP API, and who asks the model's provider how it is, if there is a provider. That
    /// begins now.
    ///
    /// # Errors
    /// [`SecretTooShort`] when a secret has fewer than [`todo_http::MIN_SECRET_BYTES`].
    pub fn api(
        &self,
        access: AccessSettings,
        metrics_page: Option<Arc<dyn MetricsPage>>,
    ) -> Result<(Api, Option<ProviderMonitor>), SecretTooShort> {
        let AccessSettings { secret, previous_secrets, token_lifetime, limits, machine_account } =
            access;
        let Parts { clock, ids, .. } = &self.parts;
        let UseCases {
            accounts,
            tasks,
            task_reader,
            conversations,
            usage,
            oversight,
            archives,
            chat,
        } = self.use_cases.clone();
        let watch =
            self.model.health.clone().map(|provider| {
                ProviderMonitor::start(provider, Arc::clone(clock), Handle::current())
            });
        let memory = self.storage.memory.clone();
        let health = Health::new(
            Arc::clone(&self.storage.stores.health),
            Arc::clone(&self.model.answers),
            watch.clone(),
        )
        .with_memory(memory.map(|memory| Arc::new(memory) as Arc<dyn MemoryHealth>));
        let api = Api {
            accounts,
            machine_account,
            tasks,
            task_reader,
            conversations,
            usage,
            oversight,
            archives,
            chat,
            health,
            tokens: Tokens::new(
                &secret,
                &previous_secrets,
                token_lifetime,
                Arc::clone(clock),
                Arc::clone(ids),
            )?,
            limits: Limits::new(
                limits,
                Arc::clone(&self.limits),
                &secret,
                self.metrics.limits.clone(),
            ),
            clock: Arc::clone(clock),
            ids: Arc::clone(ids),
            metrics: self.metrics.http.clone(),
            metrics_page,
        };
        Ok((api, watch))
    }

    /// What folds the texts of former versions for searching.
    #[must_use]
    pub fn folding(&self) -> Folding {
        Folding::new(Arc::clone(&self.storage.stores.folding))
    }

    /// What removes old keys of requests, and old turns where they are not kept for ever.
    #[must_use]
    pub fn retention(&self) -> Retention {
        let (store, clock) = (&self.storage.stores.retention, &self.parts.clock);
        let (keep, metrics) = (self.settings.retention, self.metrics.retention.clone());
        Retention::new(Arc::clone(store), Arc::clone(clock), keep, metrics)
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("storage", &self.storage).finish_non_exhaustive()
    }
}

/// Where limits are counted: together with the other processes, if they share a memory.
fn limit_store(memory: Option<&SharedMemory>, parts: &Parts) -> Arc<dyn LimitStore> {
    let clock = Arc::clone(&parts.clock);
    match memory {
        Some(memory) => Arc::new(SharedLimits::new(memory.clone(), clock)),
        None => Arc::new(InProcessLimits::new(clock)),
    }
}
