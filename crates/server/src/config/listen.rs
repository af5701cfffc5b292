//! Where the HTTP server listens, what a connection may take, and how long it takes to stop.

use std::{net::IpAddr, time::Duration};

use todo_adapters::DatabaseEngine;
use url::Host;

use super::Variables;

/// Where the HTTP server listens, what a connection may take, and how long it takes to stop.
#[derive(Debug)]
pub(crate) struct ListenConfig {
    /// `HOST`: an IP address or a name of this machine. Default 127.0.0.1, with PostgreSQL
    /// 0.0.0.0: a list kept in a file is for whoever sits at the machine.
    pub(crate) host: String,
    /// `PORT`: from 0 to 65535, default 8000. With 0 the system chooses a free one.
    pub(crate) port: u16,
    /// `REQUEST_TIMEOUT`: how long a client may take to send the head of a request, and again to
    /// send its body. Seconds from 1 to 300, default 10: the server's clock ticks twice a second.
    pub(crate) request_timeout: Duration,
    /// `IMPORT_MAX_BYTES`: how large a file may be that is imported. From 65536 (64 KiB) to
    /// 1073741824 (1 GiB), default 67108864 (64 MiB); an import takes about as much memory,
    /// several times as much if somebody made the file up to be costly, and there are at most two
    /// at a time.
    pub(crate) import_max_bytes: usize,
    /// `KEEP_ALIVE_TIMEOUT`: how long a connection may idle between two requests. Seconds from 1
    /// to 3600, default 75: longer than proxies keep theirs, so that none sends a request to a
    /// connection that is just being closed.
    pub(crate) keep_alive: Duration,
    /// `MAX_CONNECTIONS`: how many there may be at a time; more are left waiting. From 16 to
    /// 100000, default 10000.
    pub(crate) max_connections: usize,
    /// `SHUTDOWN_TIMEOUT`: how long running requests and turns may take to end once the service
    /// was told to stop. Seconds from 0.1 to 600, default 45: more than a turn takes with the
    /// defaults of `CHAT_TIMEOUT` and twice `DATABASE_TIMEOUT`.
    pub(crate) shutdown_timeout: Duration,
    /// `SHUTDOWN_DELAY`: how long everything is still answered once the service was told to stop,
    /// while `/health/ready` sends new requests elsewhere. Seconds from 0 to 120. Default 0, with
    /// PostgreSQL 5: as long as a load balancer takes to ask once and to act on the answer.
    pub(crate) shutdown_delay: Duration,
}

impl ListenConfig {
    pub(super) fn read(variables: &mut Variables, database: DatabaseEngine) -> Self {
        let (host, delay) = match database {
            DatabaseEngine::Sqlite => ("127.0.0.1", Duration::ZERO),
            DatabaseEngine::Postgres => ("0.0.0.0", Duration::from_secs(5)),
        };
        let expected = "an IP address or a host name, such as 127.0.0.1 or localhost";
        Self {
            host: variables.parsed("HOST", host.to_owned(), expected, |value| {
                let is_host = value.parse::<IpAddr>().is_ok() || Host::parse(value).is_ok();
                is_host.then(|| value.to_owned())
            }),
            port: variables
                .parsed("PORT", 8000, "a port from 0 to 65535", |value| value.parse().ok()),
            request_timeout: variables.seconds(
                "REQUEST_TIMEOUT",
                Duration::from_secs(10),
                1.0..=300.0,
            ),
            import_max_bytes: variables.whole("IMPORT_MAX_BYTES", 64 << 20, 64 << 10..=1 << 30),
            keep_alive: variables.seconds(
                "KEEP_ALIVE_TIMEOUT",
                Duration::from_secs(75),
                1.0..=3600.0,
            ),
            max_connections: variables.whole("MAX_CONNECTIONS", 10_000, 16..=100_000),
            shutdown_timeout: variables.seconds(
                "SHUTDOWN_TIMEOUT",
                Duration::from_secs(45),
                0.1..=600.0,
            ),
            shutdown_delay: variables.seconds("SHUTDOWN_DELAY", delay, 0.0..=120.0),
        }
    }
}
