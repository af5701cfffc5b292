//! The use-cases, put together the same way for whoever serves them and for whoever talks to them.

use std::sync::Arc;

use todo_adapters::{
    Argon2Hasher, CohereModel, CohereSettings, CohereSetupError, InstrumentedModel, JsonLines,
    SharedMemory, SharedTurnLogs,
};
use todo_app::{
    Accounts, Archives, Chat, ChatSettings, Conversations, Oversight, SignInGuard, TaskReader,
    Tasks, UsageReports, chat::InProcessTurnLogs,
};
use todo_domain::ports::{ChatModel, HashError, LimitStore, ModelHealth, TurnLogs};
use todo_metrics::Metrics;
use todo_offline::OfflineAssistant;
use tokio::runtime::Handle;

use crate::{ChatEngine, Parts, ServiceSettings, Storage};

/// What the service does.
#[derive(Debug, Clone)]
pub struct UseCases {
    /// Signing up, signing in, who somebody is, and what an operator does with accounts.
    pub accounts: Accounts,
    /// Tasks without a model in between.
    pub tasks: Tasks,
    /// Reads a sentence as the tasks it would add.
    pub task_reader: TaskReader,
    /// Conversations to look at, rename and delete.
    pub conversations: Conversations,
    /// What a user took of models, and what it costs.
    pub usage: UsageReports,
    /// What operators see of all users together.
    pub oversight: Oversight,
    /// Everything of a user's, out and in.
    pub archives: Archives,
    /// Carries conversations on.
    pub chat: Chat,
}

impl UseCases {
    pub(crate) fn new(
        settings: &ServiceSettings,
        storage: &Storage,
        model: &Model,
        limits: &Arc<dyn LimitStore>,
        parts: &Parts,
        metrics: &Metrics,
    ) -> Result<Self, HashError> {
        let (stores, clock) = (storage.stores.clone(), &parts.clock);
        let database = &settings.storage.database;
        let hasher = Argon2Hasher::new(parts.hashing_cost, parts.hashing_limits)?;
        let mut accounts = Accounts::new(
            Arc::clone(&stores.accounts),
            stores.tokens,
            Arc::new(hasher),
            Arc::clone(clock),
        );
        if parts.guards_sign_in {
            let guard = SignInGuard::new(Arc::clone(limits), metrics.limits.clone());
            accounts = accounts.guarded(guard);
        }
        if !settings.sign_ups {
            accounts = accounts.without_sign_ups();
        }
        let turns = settings.chat.turns;
        let turns = ChatSettings {
            lease: ChatSettings::new(turns.timeout, database.timeout).lease,
            // Whoever is not billed for tokens need not count them.
            token_budget: turns.token_budget.filter(|_| model.is_billed),
            ..turns
        };
        let chat = Chat::builder(
            Arc::clone(&stores.turns),
            Arc::clone(&model.answers),
            Arc::clone(clock),
            Arc::clone(&parts.ids),
        )
        .settings(turns)
        .runtime(Handle::current())
        .metrics(metrics.chat.clone())
        .logs(turn_logs(storage.memory.as_ref()))
        .build();
        let archives = Archives::new(
            stores.accounts,
            stores.archives,
            Arc::new(JsonLines),
            Arc::clone(clock),
            Arc::clone(&parts.ids),
        );
        Ok(Self {
            accounts,
            tasks: Tasks::new(stores.tasks, Arc::clone(clock)),
            task_reader: TaskReader::new(Arc::new(OfflineAssistant), Arc::clone(clock)),
            conversations: Conversations::new(
                stores.conversations,
                stores.turns,
                Arc::clone(clock),
            ),
            usage: UsageReports::new(
                stores.usage,
                Arc::clone(clock),
                settings.chat.prices.clone(),
                turns.token_budget,
            ),
            oversight: Oversight::new(stores.oversight, settings.chat.prices.clone()),
            archives: archives.holding(database.user_limits),
            chat,
        })
    }
}

/// Where the events of turns are kept: where other processes find them, if they share a memory.
fn turn_logs(memory: Option<&SharedMemory>) -> Arc<dyn TurnLogs> {
    let local = Arc::new(InProcessTurnLogs::default());
    match memory {
        Some(memory) => Arc::new(SharedTurnLogs::new(local, memory.clone(), Handle::current())),
        None => local,
    }
}

/// The model that answers.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) answers: Arc<dyn ChatModel>,
    /// Says how its provider is.
    pub(crate) health: Option<Arc<dyn ModelHealth>>,
    /// Cohere's, where that is the one.
    pub(crate) cohere: Option<Arc<CohereModel>>,
    /// Whether somebody pays for its tokens.
    is_billed: bool,
}

impl Model {
    pub(crate) fn of(
        settings: &crate::ChatSettings,
        parts: &Parts,
        metrics: &Metrics,
    ) -> Result<Self, CohereSetupError> {
        let health = parts.model_health.clone();
        if let Some(double) = &parts.model {
            let answers = Arc::clone(double);
            return Ok(Self { answers, health, cohere: None, is_billed: true });
        }
        let cohere = match &settings.engine {
            ChatEngine::Offline => None,
            ChatEngine::Cohere(cohere) => Some(Arc::new(cohere_model(cohere, parts, metrics)?)),
        };
        let model: Arc<dyn ChatModel> = match &cohere {
            Some(cohere) => Arc::clone(cohere) as _,
            None => Arc::new(OfflineAssistant),
        };
        let price = settings.prices.of(&model.identity().model);
        Ok(Self {
            answers: Arc::new(InstrumentedModel::new(model, &metrics.model, price)),
            health: health.or_else(|| cohere.clone().map(|it| it as _)),
            is_billed: cohere.is_some(),
            cohere,
        })
    }
}

fn cohere_model(
    settings: &CohereSettings,
    parts: &Parts,
    metrics: &Metrics,
) -> Result<CohereModel, CohereSetupError> {
    if let Some(retired) = settings.model.replaced() {
        tracing::warn!(
            model = settings.model.as_str(),
            "COHERE_MODEL: {retired} is retired, its successor answers"
        );
    }
    CohereModel::new(settings.clone(), Arc::clone(&parts.clock), metrics)
}
