//! The use-cases, put together the same way for whoever serves them and for whoever talks to them.

use std::{error::Error, sync::Arc};

use todo_adapters::{
    Argon2Cost, Argon2Hasher, CohereModel, CohereSettings, CohereSetupError, HashingLimits,
    InstrumentedModel, SystemClock, UuidV7,
};
use todo_app::{Accounts, Chat, ChatSettings, Conversations, Tasks};
use todo_domain::ports::{ChatModel, Clock, IdGenerator};
use todo_metrics::Metrics;
use todo_offline::OfflineAssistant;
use tokio::runtime::Handle;

use super::Storage;
use crate::config::{ChatConfig, ChatEngine, DatabaseConfig};

/// The use-cases, and what they have in common.
pub(crate) struct UseCases {
    pub(crate) accounts: Accounts,
    pub(crate) tasks: Tasks,
    pub(crate) conversations: Conversations,
    pub(crate) chat: Chat,
    /// The model that answers, measured.
    pub(crate) model: Arc<dyn ChatModel>,
    /// Cohere's, where it is to answer.
    pub(crate) cohere: Option<Arc<CohereModel>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
}

impl UseCases {
    /// # Errors
    /// What is wrong with the configuration, as far as only its use shows it.
    pub(crate) fn new(
        config: &ChatConfig,
        database: &DatabaseConfig,
        storage: &Storage,
        metrics: &Metrics,
    ) -> Result<Self, Box<dyn Error>> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn IdGenerator> = Arc::new(UuidV7);
        let cohere = cohere(config, &clock, metrics)?;
        let model = model(config, cohere.as_ref(), metrics);
        let settings = ChatSettings {
            slow_threshold: config.slow_threshold,
            // Whoever is not billed for tokens need not count them.
            token_budget: config.tokens_per_day.filter(|_| cohere.is_some()),
            ..ChatSettings::new(config.timeout, database.timeout)
        };
        let stores = storage.stores.clone();
        let chat = Chat::builder(
            Arc::clone(&stores.turns),
            Arc::clone(&model),
            Arc::clone(&clock),
            Arc::clone(&ids),
        )
        .settings(settings)
        .runtime(Handle::current())
        .metrics(metrics.chat.clone())
        .build();
        let hasher = Argon2Hasher::new(Argon2Cost::default(), HashingLimits::default())?;
        let accounts =
            Accounts::new(stores.accounts, stores.tokens, Arc::new(hasher), Arc::clone(&clock));
        let conversations =
            Conversations::new(stores.conversations, stores.turns, Arc::clone(&clock));
        let tasks = Tasks::new(stores.tasks, Arc::clone(&clock));
        Ok(Self { accounts, tasks, conversations, chat, model, cohere, clock, ids })
    }
}

fn model(
    config: &ChatConfig,
    cohere: Option<&Arc<CohereModel>>,
    metrics: &Metrics,
) -> Arc<dyn ChatModel> {
    let model: Arc<dyn ChatModel> = match cohere {
        Some(cohere) => Arc::clone(cohere) as _,
        None => Arc::new(OfflineAssistant),
    };
    let price = config.prices.of(&model.identity().model);
    Arc::new(InstrumentedModel::new(model, &metrics.model, price))
}

fn cohere(
    config: &ChatConfig,
    clock: &Arc<dyn Clock>,
    metrics: &Metrics,
) -> Result<Option<Arc<CohereModel>>, CohereSetupError> {
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
    Ok(Some(Arc::new(model)))
}
