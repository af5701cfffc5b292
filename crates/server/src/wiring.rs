//! Wires the adapters to the use-cases and those to the HTTP API.

pub(crate) mod pooler;
mod storage;
mod use_cases;

use std::{error::Error, sync::Arc};

use todo_adapters::{InProcessLimits, JsonLines, SharedLimits, SharedMemory, SystemClock};
use todo_app::{Archives, Folding, Health, ProviderMonitor, Retention, SignInGuard};
use todo_domain::ports::{LimitStore, MemoryHealth};
use todo_http::{Api, Limits, Tokens};
use todo_metrics::Metrics;
use tokio::runtime::Handle;

use crate::{
    config::Config,
    reload::{Cohere, Rotation, tell_of_exposed},
    telemetry::metrics::Measurements,
};

pub(crate) use self::{storage::Storage, use_cases::UseCases};

/// The API of the service, and what changes its secrets while it runs.
///
/// # Errors
/// What is wrong with the configuration, as far as only its use shows it.
pub(crate) fn api(
    config: &Config,
    storage: Storage,
    measurements: &Measurements,
) -> Result<(Api, Rotation), Box<dyn Error>> {
    let metrics = measurements.metrics();
    let use_cases = UseCases::new(&config.chat, &config.database, &storage, metrics)?;
    let Storage { stores, memory, .. } = storage;
    let UseCases { accounts, tasks, conversations, chat, model, cohere, clock, ids } = use_cases;
    let cohere = cohere.map(|model| {
        let watch =
            ProviderMonitor::start(Arc::clone(&model) as _, Arc::clone(&clock), Handle::current());
        Cohere { model, watch }
    });
    let signing = config.tokens.secret.obtain()?;
    tell_of_exposed(config, &signing);
    let limit_store = limit_store(memory.as_ref());
    let limit_metrics = &metrics.limits;
    let (rules, counts) = (config.limits.clone(), Arc::clone(&limit_store));
    let limits = Limits::new(rules, counts, &signing.secret, limit_metrics.clone());
    let tokens = Tokens::new(
        &signing.secret,
        &config.tokens.previous,
        config.tokens.lifetime,
        Arc::clone(&clock),
        Arc::clone(&ids),
    )?;
    let watch = cohere.as_ref().map(|cohere| cohere.watch.clone());
    let rotation = Rotation::listen(config, signing, tokens.clone(), limits.clone(), cohere)?;
    let mut accounts = accounts.guarded(SignInGuard::new(limit_store, limit_metrics.clone()));
    if !config.sign_ups {
        accounts = accounts.without_sign_ups();
    }
    let api = Api {
        accounts,
        tasks,
        conversations,
        archives: Archives::new(
            stores.accounts,
            stores.archives,
            Arc::new(JsonLines),
            Arc::clone(&clock),
        )
        .holding(config.database.user_limits),
        chat,
        health: Health::new(stores.health, model, watch)
            .with_memory(memory.map(|memory| Arc::new(memory) as Arc<dyn MemoryHealth>)),
        tokens,
        limits,
        clock,
        ids,
        metrics: metrics.http.clone(),
        metrics_page: measurements.page(),
    };
    Ok((api, rotation))
}

/// What folds the texts of former versions for searching.
pub(crate) fn folding(storage: &Storage) -> Folding {
    Folding::new(Arc::clone(&storage.stores.folding))
}

/// What forgets old turns, where they are not kept for ever.
pub(crate) fn retention(
    config: &Config,
    storage: &Storage,
    metrics: &Metrics,
) -> Option<Retention> {
    let (store, clock) = (Arc::clone(&storage.stores.retention), Arc::new(SystemClock));
    let keep = config.database.retention?;
    Some(Retention::new(store, clock, keep, metrics.retention.clone()))
}

/// Where limits are counted: together with the other processes, if they share a memory.
fn limit_store(memory: Option<&SharedMemory>) -> Arc<dyn LimitStore> {
    let clock = Arc::new(SystemClock);
    match memory {
        Some(memory) => Arc::new(SharedLimits::new(memory.clone(), clock)),
        None => Arc::new(InProcessLimits::new(clock)),
    }
}
