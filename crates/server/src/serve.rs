//! `chatbot-api serve`: starts the service, runs it and stops it when told to.

use std::{
    error::Error,
    io::{self, Write},
    net::{SocketAddr, TcpListener},
    num::NonZeroUsize,
    process::ExitCode,
    time::Duration,
};

use todo_adapters::DatabaseEngine;
use todo_http::{HttpSettings, OperatorPages};
use todo_service::{AccessSettings, Parts, Service};
use tokio::{
    runtime,
    time::{Instant, sleep, timeout_at},
};

use crate::{
    banner::banner,
    config::Config,
    descriptors,
    machine_account::machine_account,
    migrate, pooler,
    reload::{Cohere, Rotation, tell_of_exposed},
    stop_signal::StopSignal,
    telemetry::{metrics::Measurements, resource::resource, traces::Traces},
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
    let max_connections = max_connections(&config);
    let measurements = Measurements::start(&config.telemetry, resource(&config.telemetry))?;
    pooler::insist(&config.database).await?;
    let service = Service::open(config.service(), Parts::default(), measurements.metrics()).await?;
    let database = service.storage.database.clone();
    let listener = listen(&config)?;
    let address = listener.local_addr()?;
    let operator_listener =
        config.telemetry.operator_address.map(listen_for_operators).transpose()?;
    let (folding, retention) = (service.folding(), service.retention());
    let signing = config.tokens.secret.obtain()?;
    tell_of_exposed(&config, &signing);
    let access = AccessSettings {
        previous_secrets: config.tokens.previous.clone(),
        token_lifetime: config.tokens.lifetime,
        limits: config.limits.clone(),
        machine_account: match stands_alone(&config, address) {
            true => Some(machine_account().map_err(|error| -> Box<dyn Error> { error })?),
            false => None,
        },
        ..AccessSettings::new(signing.secret.clone())
    };
    let (api, watch) = service.api(access, measurements.page())?;
    let cohere = service.cohere.clone().zip(watch).map(|(model, watch)| Cohere { model, watch });
    let rotation = Rotation::listen(&config, signing, &api, cohere)?;
    let (health, chat, sweep) = (api.health.clone(), api.chat.clone(), api.archives.sweep());
    let settings = HttpSettings {
        cors: config.origins.clone(),
        operator_pages: match operator_listener {
            Some(_) => OperatorPages::Elsewhere,
            None => OperatorPages::Here,
        },
        max_connections,
        max_connections_per_address: config
            .listen
            .max_connections_per_address
            .unwrap_or_else(|| NonZeroUsize::new((max_connections / 4).max(64))),
        ..config.listen.http.clone()
    };
    let operator_address = match operator_listener {
        None => None,
        Some(listener) => {
            let address = listener.local_addr()?;
            // Operators watch until the process ends.
            tokio::spawn(todo_http::operator_server(listener, api.clone(), &settings)?);
            Some(address)
        }
    };
    let server = todo_http::server(listener, api, settings)?;
    let handle = server.handle();
    let mut server = tokio::spawn(server);
    let closed_terminal = tokio::spawn(rotation.run());
    let folding = tokio::spawn(folding.run()).abort_handle();
    let sweeping = tokio::spawn(sweep.run()).abort_handle();
    let forgetting = tokio::spawn(retention.run()).abort_handle();
    greet(&config, address);
    if let Some(address) = operator_address {
        tracing::info!("Showing metrics and the details of the health at http://{address}");
    }
    tokio::spawn(migrate::tell_pending(database.clone()));

    tokio::select! {
        ended = &mut server => return Err(ended.map_or_else(Into::into, |ended| {
            ended.map_or_else(Box::<dyn Error>::from, |()| "the HTTP server has ended".into())
        })),
        () = stop.received() => {}
        Ok(()) = closed_terminal => {}
    }
    // A transaction of theirs that has begun comes to its end.
    folding.abort();
    sweeping.abort();
    forgetting.abort();
    // A load balancer has to see this before the first connection is refused.
    health.begin_shutdown();
    let delay = config.listen.shutdown_delay;
    tracing::info!(delay = delay.as_secs_f64(), "Not ready any more, still answering");
    let grace = Instant::now() + delay + config.listen.http.shutdown_timeout;
    let ended = async {
        sleep(delay).await;
        tracing::info!(
            running = chat.running(),
            "Stopping: no new requests, running turns may end"
        );
        // The connections first: they bring turns. A turn whose client went away has none.
        handle.stop(true).await;
        chat.shut_down().await;
    };
    tokio::select! {
        ended = timeout_at(grace, ended) => {
            if ended.is_err() {
                tracing::warn!(running = chat.running(), "Stopped before everything had ended");
            }
            // What was measured and traced until now is sent to where it belongs: most wanted after
            // a stop that took all of its time, so it has a time of its own.
            tokio::join!(measurements.stop(), traces.stop());
        }
        () = stop.received() => tracing::warn!(running = chat.running(), "Stopped at once"),
    }
    database.close();
    tracing::info!("Stopped");
    Ok(ExitCode::SUCCESS)
}

/// How many connections there may be: as many as are wanted, or as there is room for.
fn max_connections(config: &Config) -> usize {
    let (wanted, room) = (config.listen.http.max_connections, descriptors::raise_limit());
    if room < wanted {
        tracing::warn!(
            wanted,
            room,
            "MAX_CONNECTIONS: the limit of open files leaves room for fewer connections"
        );
    }
    wanted.min(room)
}

/// Whether nobody but those at this machine reaches the service: then its page lets them in without a
/// password.
fn stands_alone(config: &Config, address: SocketAddr) -> bool {
    config.database.engine == DatabaseEngine::Sqlite
        && config.listen.http.web_page.is_some()
        && address.ip().to_canonical().is_loopback()
        && config.limits.trusted_proxies.is_empty()
}

fn listen(config: &Config) -> Result<TcpListener, Box<dyn Error>> {
    let address = (config.listen.host.as_str(), config.listen.port);
    TcpListener::bind(address).map_err(|error| {
        format!("HOST and PORT: cannot listen on {}:{}: {error}", address.0, address.1).into()
    })
}

fn listen_for_operators(address: SocketAddr) -> Result<TcpListener, Box<dyn Error>> {
    TcpListener::bind(address)
        .map_err(|error| format!("METRICS_ADDRESS: cannot listen on {address}: {error}").into())
}

fn greet(config: &Config, address: SocketAddr) {
    if let Some(text) = banner(config, address) {
        // A service serves without anybody who reads what it prints.
        let _ = writeln!(io::stdout(), "{text}");
    }
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        storage = %config.database.url,
        assistant = config.chat.engine.name(),
        "Listening on http://{address}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{production_and, read};

    fn is_alone(config: &Config, address: &str) -> bool {
        stands_alone(config, address.parse().unwrap())
    }

    #[test]
    fn only_a_service_that_nobody_else_reaches_has_an_account_of_its_machine() {
        let alone = read(&[]).unwrap();
        for address in ["127.0.0.1:8000", "127.8.9.1:8000", "[::1]:8000", "[::ffff:127.0.0.1]:1"] {
            assert!(is_alone(&alone, address), "{address}");
        }
        for address in ["0.0.0.0:8000", "[::]:8000", "192.168.1.7:8000", "[fe80::1]:8000"] {
            assert!(!is_alone(&alone, address), "{address}");
        }
        for variable in [("TRUSTED_PROXIES", "127.0.0.1"), ("WEB_ENABLED", "false")] {
            assert!(!is_alone(&read(&[variable]).unwrap(), "127.0.0.1:8000"), "{variable:?}");
        }
        assert!(!is_alone(&production_and(&[]), "127.0.0.1:8000"));
    }
}
