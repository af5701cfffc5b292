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
    Argon2Cost, Argon2Hasher, CohereModel, CohereSettings, CohereSetupError, Database,
    DatabaseSettings, HashingLimits, MeasuredModel, OfflineAssistant, SystemClock, UuidV7,
};
use todo_app::{Accounts, Chat, ChatSettings, Conversations, Health, ModelWatch, Tasks};
use todo_domain::ports::{ChatModel, Clock, IdGenerator};
use todo_http::{Api, HttpSettings, Tokens};
use todo_metrics::ModelMetrics;
use tokio::{
    runtime::{self, Handle},
    time::{Instant, timeout_at},
};

use crate::{
    config::{ChatConfig, ChatEngine, Config},
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
    let settings = DatabaseSettings {
        timeout: config.database.timeout,
        slow_query_threshold: config.database.slow_query_threshold,
        metrics: measurements.metrics().storage.clone(),
    };
    let database = Database::open(&config.database.url, settings, Handle::current()).await?;
    let listener = listen(&config)?;
    let address = listener.local_addr()?;
    let (api, chat) = api(&config, &database, &measurements)?;
    let settings = HttpSettings {
        cors: config.origins.clone(),
        shutdown_timeout: config.listen.shutdown_timeout,
        ..HttpSettings::default()
    };
    let server = todo_http::server(listener, api, settings)?;
    let handle = server.handle();
    let mut server = tokio::spawn(server);
    greet(&config, address)?;

    tokio::select! {
        ended = &mut server => return Err(ended.map_or_else(Into::into, |ended| {
            ended.map_or_else(Box::<dyn Error>::from, |()| "the HTTP server has ended".into())
        })),
        () = stop.received() => {}
    }
    tracing::info!(running = chat.running(), "Stopping: no new requests, running turns may end");
    let grace = Instant::now() + config.listen.shutdown_timeout;
    let ended = async {
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

fn listen(config: &Config) -> Result<TcpListener, Box<dyn Error>> {
    let place = (config.listen.host.as_str(), config.listen.port);
    TcpListener::bind(place).map_err(|error| {
        format!("HOST and PORT: cannot listen on {}:{}: {error}", place.0, place.1).into()
    })
}

fn api(
    config: &Config,
    database: &Database,
    measurements: &Measurements,
) -> Result<(Api, Chat), Box<dyn Error>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids: Arc<dyn IdGenerator> = Arc::new(UuidV7);
    let metrics = measurements.metrics();
    let (model, watch) = model(&config.chat, &clock, &metrics.model)?;
    let settings = ChatSettings {
        slow_threshold: config.chat.slow_threshold,
        ..ChatSettings::new(config.chat.timeout, config.database.timeout)
    };
    let chat = Chat::new(
        database.turns(),
        Arc::clone(&model),
        Arc::clone(&clock),
        Arc::clone(&ids),
        settings,
        Handle::current(),
        metrics.chat.clone(),
    );
    let tokens = Tokens::new(
        &config.tokens.secret.obtain()?,
        &config.tokens.previous,
        config.tokens.lifetime,
        Arc::clone(&clock),
        Arc::clone(&ids),
    )?;
    let api = Api {
        accounts: Accounts::new(
            database.accounts(),
            Arc::new(Argon2Hasher::new(Argon2Cost::default(), HashingLimits::default())?),
            Arc::clone(&clock),
        ),
        tasks: Tasks::new(database.tasks(), Arc::clone(&clock)),
        conversations: Conversations::new(
            database.conversations(),
            database.turns(),
            Arc::clone(&clock),
        ),
        chat: chat.clone(),
        health: Health::new(database.health(), model, watch),
        tokens,
        clock,
        ids,
        metrics: metrics.http.clone(),
        metrics_page: measurements.page(),
    };
    Ok((api, chat))
}

/// The model that answers, measured, and who watches its provider.
fn model(
    config: &ChatConfig,
    clock: &Arc<dyn Clock>,
    metrics: &ModelMetrics,
) -> Result<(Arc<dyn ChatModel>, Option<ModelWatch>), CohereSetupError> {
    let settings = match &config.engine {
        ChatEngine::Offline => {
            let model = MeasuredModel::new(Arc::new(OfflineAssistant), metrics, None);
            return Ok((Arc::new(model), None));
        }
        ChatEngine::Cohere(settings) => settings,
    };
    if let Some(retired) = settings.model.replaced() {
        tracing::warn!(
            model = settings.model.as_str(),
            "COHERE_MODEL: {retired} is retired, its successor answers"
        );
    }
    let price = config.prices.of(settings.model.as_str());
    let model = CohereModel::new(CohereSettings::clone(settings), Arc::clone(clock), metrics)?;
    let model = Arc::new(model);
    let watch = ModelWatch::start(Arc::clone(&model) as _, Arc::clone(clock), Handle::current());
    Ok((Arc::new(MeasuredModel::new(model, metrics, price)), Some(watch)))
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
