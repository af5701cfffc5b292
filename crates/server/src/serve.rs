//! `chatbot-api serve`: wires the adapters to the use-cases and those to the HTTP server.

use std::{
    error::Error,
    io::{self, Write},
    net::{SocketAddr, TcpListener},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use todo_adapters::{
    Argon2Cost, Argon2Hasher, CohereModel, CohereSettings, CohereSetupError, ConversationCache,
    Database, DatabaseEngine, DatabaseSettings, HashingLimits, InProcessLimits, MeasuredModel,
    OfflineAssistant, OpenError, ReplicaSettings, SharedLimits, SharedMemory, SystemClock, UuidV7,
};
use todo_app::{
    Accounts, Chat, ChatSettings, Conversations, Health, ModelWatch, SignInGuard, Tasks,
};
use todo_domain::ports::{
    ChatModel, Clock, ConversationStore, IdGenerator, LimitStore, MemoryHealth, TurnStore,
};
use todo_http::{Api, HttpSettings, Limits, Tokens};
use todo_metrics::{CacheMetrics, Metrics};
use tokio::{
    runtime::{self, Handle},
    time::{Instant, sleep, timeout_at},
};

use crate::{
    config::{ChatConfig, ChatEngine, Config, DatabaseConfig, ReplicaConfig},
    rotation::{Cohere, Rotation},
    stop_signal::StopSignal,
    telemetry::{metrics::Measurements, resource::resource, traces::Traces},
    welcome::welcome,
};

/// Runs the service until it is told to stop.
///
/// # Errors
/// Whatever keeps it from starting.
pub(crate) fn serve(config: Config, traces: Traces) -> Result<ExitCode, Box<dyn Error>> {
    // Storage and turns run here; actix brings the single-threaded runtimes of its workers.
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    let code = runtime.block_on(run(config, traces));
    // Transactions that outlive the grace period are the database's to end.
    runtime.shutdown_timeout(Duration::from_millis(100));
    code
}

async fn run(config: Config, traces: Traces) -> Result<ExitCode, Box<dyn Error>> {
    let mut stop = StopSignal::listen()?;
    let measurements = Measurements::start(&config.telemetry, resource(&config.telemetry))?;
    let metrics = measurements.metrics();
    let settings = DatabaseSettings {
        timeout: config.database.timeout,
        slow_query_threshold: config.database.slow_query_threshold,
        metrics: metrics.storage.clone(),
    };
    let memory = config
        .redis
        .as_ref()
        .map(|redis| SharedMemory::start(redis, metrics.cache.clone(), &Handle::current()));
    let database = open(&config.database, settings.clone(), memory.as_ref(), metrics).await?;
    let stores = Stores::of(&database, cache(&config, settings, memory.as_ref(), &metrics.cache));
    let listener = listen(&config)?;
    let address = listener.local_addr()?;
    let (api, chat, rotation) = api(&config, &database, stores, memory, &measurements)?;
    let health = api.health.clone();
    let settings = HttpSettings {
        cors: config.origins.clone(),
        request_timeout: config.listen.request_timeout,
        keep_alive: config.listen.keep_alive,
        max_connections: config.listen.max_connections,
        shutdown_timeout: config.listen.shutdown_timeout,
        ..HttpSettings::default()
    };
    let server = todo_http::server(listener, api, settings)?;
    let handle = server.handle();
    let mut server = tokio::spawn(server);
    tokio::spawn(rotation.run());
    greet(&config, address)?;

    tokio::select! {
        ended = &mut server => return Err(ended.map_or_else(Into::into, |ended| {
            ended.map_or_else(Box::<dyn Error>::from, |()| "the HTTP server has ended".into())
        })),
        () = stop.received() => {}
    }
    // A load balancer has to see this before the first connection is refused.
    health.begin_shutdown();
    let delay = config.listen.shutdown_delay;
    tracing::info!(delay = delay.as_secs_f64(), "Not ready any more, still answering");
    let grace = Instant::now() + delay + config.listen.shutdown_timeout;
    let ended = async {
        sleep(delay).await;
        tracing::info!(
            running = chat.running(),
            "Stopping: no new requests, running turns may end"
        );
        // The connections first: they bring turns. A turn whose client went away has none.
        handle.stop(true).await;
        chat.shut_down().await;
        // What was measured and traced until now is sent to where it belongs.
        tokio::join!(measurements.stop(), traces.stop());
    };
    tokio::select! {
        ended = timeout_at(grace, ended) => {
            if ended.is_err() {
                tracing::warn!(running = chat.running(), "Stopped before everything had ended");
            }
        }
        () = stop.received() => tracing::warn!(running = chat.running(), "Stopped at once"),
    }
    database.close();
    tracing::info!("Stopped");
    Ok(ExitCode::SUCCESS)
}

async fn open(
    config: &DatabaseConfig,
    settings: DatabaseSettings,
    memory: Option<&SharedMemory>,
    metrics: &Metrics,
) -> Result<Database, OpenError> {
    let runtime = Handle::current();
    match &config.replica {
        Some(ReplicaConfig { url, max_lag }) => {
            let replica = ReplicaSettings {
                url: url.clone(),
                max_lag: *max_lag,
                memory: memory.cloned(),
                metrics: metrics.replica.clone(),
            };
            Database::open_with_replica(&config.url, &replica, settings, runtime).await
        }
        None => Database::open(&config.url, settings, runtime).await,
    }
}

fn listen(config: &Config) -> Result<TcpListener, Box<dyn Error>> {
    let place = (config.listen.host.as_str(), config.listen.port);
    TcpListener::bind(place).map_err(|error| {
        format!("HOST and PORT: cannot listen on {}:{}: {error}", place.0, place.1).into()
    })
}

/// The stores whose answers may come from a cache.
struct Stores {
    conversations: Arc<dyn ConversationStore>,
    turns: Arc<dyn TurnStore>,
}

impl Stores {
    fn of(database: &Database, cache: Option<ConversationCache>) -> Self {
        let (conversations, turns) = (database.conversations(), database.turns());
        match cache {
            Some(cache) => Self {
                conversations: cache.conversations(conversations),
                turns: cache.turns(turns),
            },
            None => Self { conversations, turns },
        }
    }
}

/// Where conversation lists are cached. Several processes may use a PostgreSQL: what one of them
/// kept to itself the others could not make it forget.
fn cache(
    config: &Config,
    settings: DatabaseSettings,
    memory: Option<&SharedMemory>,
    metrics: &CacheMetrics,
) -> Option<ConversationCache> {
    let (metrics, runtime) = (metrics.clone(), Handle::current());
    match (memory, config.database.engine) {
        (Some(memory), _) => {
            Some(ConversationCache::in_redis(memory.clone(), settings, metrics, &runtime))
        }
        (None, DatabaseEngine::Sqlite) => {
            Some(ConversationCache::in_process(settings, metrics, &runtime))
        }
        (None, DatabaseEngine::Postgres) => None,
    }
}

/// Where limits are counted: together with the other processes, if they share a memory.
fn limit_store(memory: Option<&SharedMemory>) -> Arc<dyn LimitStore> {
    let clock = Arc::new(SystemClock);
    match memory {
        Some(memory) => Arc::new(SharedLimits::new(memory.clone(), clock)),
        None => Arc::new(InProcessLimits::new(clock)),
    }
}

fn api(
    config: &Config,
    database: &Database,
    stores: Stores,
    memory: Option<SharedMemory>,
    measurements: &Measurements,
) -> Result<(Api, Chat, Rotation), Box<dyn Error>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids: Arc<dyn IdGenerator> = Arc::new(UuidV7);
    let metrics = measurements.metrics();
    let cohere = cohere(&config.chat, &clock, metrics)?;
    let model = model(&config.chat, cohere.as_ref(), metrics);
    let settings = ChatSettings {
        slow_threshold: config.chat.slow_threshold,
        ..ChatSettings::new(config.chat.timeout, config.database.timeout)
    };
    let chat = Chat::new(
        Arc::clone(&stores.turns),
        Arc::clone(&model),
        Arc::clone(&clock),
        Arc::clone(&ids),
        settings,
        Handle::current(),
        metrics.chat.clone(),
    );
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
    let rotation = Rotation::listen(config, signing, tokens.clone(), cohere)?;
    let api = Api {
        accounts: Accounts::new(
            database.accounts(),
            Arc::new(Argon2Hasher::new(Argon2Cost::default(), HashingLimits::default())?),
            Arc::clone(&clock),
        )
        .guarded(SignInGuard::new(limit_store, limit_metrics.clone())),
        tasks: Tasks::new(database.tasks(), Arc::clone(&clock)),
        conversations: Conversations::new(stores.conversations, stores.turns, Arc::clone(&clock)),
        chat: chat.clone(),
        health: Health::new(database.health(), model, watch)
            .with_memory(memory.map(|memory| Arc::new(memory) as Arc<dyn MemoryHealth>)),
        tokens,
        limits,
        clock,
        ids,
        metrics: metrics.http.clone(),
        metrics_page: measurements.page(),
    };
    Ok((api, chat, rotation))
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

fn greet(config: &Config, address: SocketAddr) -> io::Result<()> {
    if let Some(text) = welcome(config, address) {
        writeln!(io::stdout(), "{text}")?;
    }
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        storage = %config.database.url,
        assistant = config.chat.engine.name(),
        "Listening on http://{address}"
    );
    Ok(())
}
