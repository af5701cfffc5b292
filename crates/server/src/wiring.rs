//! Wires the adapters to the use-cases and those to the HTTP API.

mod storage;

use std::{error::Error, sync::Arc};

use todo_adapters::{
    Argon2Cost, Argon2Hasher, CohereModel, CohereSettings, CohereSetupError, HashingLimits,
    InProcessLimits, MeasuredModel, OfflineAssistant, SharedLimits, SharedMemory, SystemClock,
    UuidV7,
};
use todo_app::{
    Accounts, Chat, ChatSettings, Conversations, Health, ModelWatch, SignInGuard, Tasks,
};
use todo_domain::ports::{ChatModel, Clock, IdGenerator, LimitStore, MemoryHealth};
use todo_http::{Api, Limits, Tokens};
use todo_metrics::Metrics;
use tokio::runtime::Handle;

use crate::{
    config::{ChatConfig, ChatEngine, Config},
    rotation::{Cohere, Rotation},
    telemetry::metrics::Measurements,
};

pub(crate) use self::storage::Storage;

/// The API of the service, and what changes its secrets while it runs.
///
/// # Errors
/// What is wrong with the configuration, as far as only its use shows it.
pub(crate) fn api(
    config: &Config,
    storage: Storage,
    measurements: &Measurements,
) -> Result<(Api, Rotation), Box<dyn Error>> {
    let Storage { database, memory, conversations, turns } = storage;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids: Arc<dyn IdGenerator> = Arc::new(UuidV7);
    let metrics = measurements.metrics();
    let cohere = cohere(&config.chat, &clock, metrics)?;
    let model = model(&config.chat, cohere.as_ref(), metrics);
    let settings = ChatSettings {
        slow_threshold: config.chat.slow_threshold,
        ..ChatSettings::new(config.chat.timeout, config.database.timeout)
    };
    let chat =
        Chat::builder(Arc::clone(&turns), Arc::clone(&model), Arc::clone(&clock), Arc::clone(&ids));
    let chat =
        chat.settings(settings).runtime(Handle::current()).metrics(metrics.chat.clone()).build();
    let signing = config.tokens.secret.obtain()?;
    let limit_store = limit_store(memory.as_ref());
    let limit_metrics = &metrics.limits;
    let (rules, counts) = (config.limits.clone(), Arc::clone(&limit_store));
    let limits = Limits::new(rules, counts, &signing, limit_metrics.clone());
    let tokens = Tokens::new(
        &signing,
        &config.tokens.previous,
        config.tokens.lifetime,
        Arc::clone(&clock),
        Arc::clone(&ids),
    )?;
    let watch = cohere.as_ref().map(|cohere| cohere.watch.clone());
    let rotation = Rotation::listen(config, signing, tokens.clone(), limits.clone(), cohere)?;
    let api = Api {
        accounts: Accounts::new(
            database.accounts(),
            Arc::new(Argon2Hasher::new(Argon2Cost::default(), HashingLimits::default())?),
            Arc::clone(&clock),
        )
        .guarded(SignInGuard::new(limit_store, limit_metrics.clone())),
        tasks: Tasks::new(database.tasks(), Arc::clone(&clock)),
        conversations: Conversations::new(conversations, turns, Arc::clone(&clock)),
        chat,
        health: Health::new(database.health(), model, watch)
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

/// Where limits are counted: together with the other processes, if they share a memory.
fn limit_store(memory: Option<&SharedMemory>) -> Arc<dyn LimitStore> {
    let clock = Arc::new(SystemClock);
    match memory {
        Some(memory) => Arc::new(SharedLimits::new(memory.clone(), clock)),
        None => Arc::new(InProcessLimits::new(clock)),
    }
}

/// The model that answers, measured.
fn model(config: &ChatConfig, cohere: Option<&Cohere>, metrics: &Metrics) -> Arc<dyn ChatModel> {
    let model: Arc<dyn ChatModel> = match cohere {
        Some(cohere) => Arc::clone(&cohere.model) as _,
        None => Arc::new(OfflineAssistant),
    };
    let price = config.prices.of(&model.identity().model);
    Arc::new(MeasuredModel::new(model, &metrics.model, price))
}

/// Cohere, where it is to answer.
fn cohere(
    config: &ChatConfig,
    clock: &Arc<dyn Clock>,
    metrics: &Metrics,
) -> Result<Option<Cohere>, CohereSetupError> {
    let settings = match &config.engine {
        ChatEngine::Offline => return Ok(None),
        ChatEngine::Cohere(settings) => settings,
    };
    if let Some(retired) = settings.model.replaced() {
        tracing::warn!(
            model = settings.model.as_str(),
            "COHERE_MODEL: {retired} is retired, its successor answers"
        );
    }
    let model = CohereModel::new(CohereSettings::clone(settings), Arc::clone(clock), metrics)?;
    let model = Arc::new(model);
    let watch = ModelWatch::start(Arc::clone(&model) as _, Arc::clone(clock), Handle::current());
    Ok(Some(Cohere { model, watch }))
}
