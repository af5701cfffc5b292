//! Where the HTTP server listens, what a connection may take, and how long it takes to stop.

use std::{net::IpAddr, num::NonZeroUsize, time::Duration};

use todo_adapters::DatabaseEngine;
use todo_http::HttpSettings;
use url::{Host, Url};

use super::{
    ConfigError, ConfigProblem, Variables,
    table::{
        ARCHIVE_TIMEOUT, HOST, IMPORT_MAX_BYTES, KEEP_ALIVE_TIMEOUT, MAX_CONNECTIONS,
        MAX_CONNECTIONS_PER_ADDRESS, PORT, REQUEST_TIMEOUT, SHUTDOWN_DELAY, SHUTDOWN_TIMEOUT,
        WEB_ENABLED,
    },
};

const LOCALHOST: &str = "127.0.0.1";

/// Where the HTTP server listens, what a connection may take, and how long it takes to stop.
#[derive(Debug)]
pub(crate) struct ListenConfig {
    /// An IP address or a name of this machine. A list kept in a file is for whoever sits at the
    /// machine; with PostgreSQL all addresses are listened on.
    pub(crate) host: String,
    /// With 0 the system chooses a free one.
    pub(crate) port: u16,
    /// What a connection may take, and how long requests and turns may take to end at a stop. The
    /// server's clock ticks twice a second.
    pub(crate) http: HttpSettings,
    /// How many connections one address may have, trusted proxies apart; more are closed at once.
    /// `Some(None)`: any number; `None`: a quarter of all, and at least 64.
    pub(crate) max_connections_per_address: Option<Option<NonZeroUsize>>,
    /// How long everything is still answered once the service was told to stop, while
    /// `/health/ready` sends new requests elsewhere: with PostgreSQL as long as a load balancer takes
    /// to ask once and to act on the answer.
    pub(crate) shutdown_delay: Duration,
}

impl ListenConfig {
    pub(super) fn read(variables: &mut Variables, database: DatabaseEngine) -> Self {
        let (host, delay) = match database {
            DatabaseEngine::Sqlite => (LOCALHOST, Duration::ZERO),
            DatabaseEngine::Postgres => ("0.0.0.0", Duration::from_secs(5)),
        };
        let http = http(variables);
        Self {
            host: host_of(variables, host),
            port: port_of(variables),
            max_connections_per_address: per_address(variables, http.max_connections),
            http,
            shutdown_delay: variables.seconds_or(SHUTDOWN_DELAY, delay),
        }
    }
}

fn http(variables: &mut Variables) -> HttpSettings {
    let defaults = HttpSettings::default();
    HttpSettings {
        web_page: variables.flag(WEB_ENABLED, true).then_some(&todo_web::PAGE),
        request_timeout: variables.seconds(REQUEST_TIMEOUT, defaults.request_timeout),
        import_max_bytes: variables.whole(IMPORT_MAX_BYTES, defaults.import_max_bytes),
        archive_timeout: variables.seconds(ARCHIVE_TIMEOUT, defaults.archive_timeout),
        keep_alive: variables.seconds(KEEP_ALIVE_TIMEOUT, defaults.keep_alive),
        max_connections: variables.whole(MAX_CONNECTIONS, defaults.max_connections),
        shutdown_timeout: variables.seconds(SHUTDOWN_TIMEOUT, defaults.shutdown_timeout),
        ..defaults
    }
}

/// Where a service of these variables is asked from the machine it runs on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OwnAddress {
    /// Without a path.
    pub(crate) url: Url,
}

impl OwnAddress {
    /// Reads `HOST` and `PORT` and leaves the rest unread. A service that listens on all addresses
    /// is asked at the machine's own.
    ///
    /// # Errors
    /// [`ConfigError`] when one of them is wrong, or `PORT` is 0: then nobody knows the port.
    pub(crate) fn read(mut variables: Variables) -> Result<Self, ConfigError> {
        let host = host_of(&mut variables, LOCALHOST);
        let host = match host.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) if address.is_unspecified() => LOCALHOST.to_owned(),
            Ok(IpAddr::V6(address)) if address.is_unspecified() => "[::1]".to_owned(),
            Ok(IpAddr::V6(address)) => format!("[{address}]"),
            _ => host,
        };
        let port = port_of(&mut variables);
        if port == 0 {
            variables.fault(PORT.name, "must be the port of the service; with 0 nobody knows it");
        }
        variables.finish()?;
        let not_a_url = |error: url::ParseError| {
            let problem = format!("can't be asked by HTTP: {error}");
            ConfigError(vec![ConfigProblem { variable: "HOST".into(), problem }])
        };
        Ok(Self { url: Url::parse(&format!("http://{host}:{port}/")).map_err(not_a_url)? })
    }
}

fn host_of(variables: &mut Variables, default: &str) -> String {
    let expected = "an IP address or a host name, such as 127.0.0.1 or localhost";
    variables.text_as(HOST, default.to_owned(), expected, |value| {
        let is_host = value.parse::<IpAddr>().is_ok() || Host::parse(value).is_ok();
        is_host.then(|| value.to_owned())
    })
}

fn port_of(variables: &mut Variables) -> u16 {
    variables.whole(PORT, 8000)
}

fn per_address(variables: &mut Variables, all: usize) -> Option<Option<NonZeroUsize>> {
    let bound = variables.or_off(MAX_CONNECTIONS_PER_ADDRESS)?.map(NonZeroUsize::new);
    if bound.flatten().is_some_and(|connections| connections.get() > all) {
        let problem = format!("has no effect above MAX_CONNECTIONS, which is {all}");
        variables.fault(MAX_CONNECTIONS_PER_ADDRESS.name, problem);
    }
    Some(bound.flatten())
}

#[cfg(test)]
mod tests {
    use super::super::tests::variables;
    use super::*;

    fn url(set: &[(&str, &str)]) -> String {
        OwnAddress::read(variables(set)).unwrap().url.to_string()
    }

    #[test]
    fn a_service_is_asked_on_its_own_machine_whatever_it_listens_on() {
        assert_eq!(url(&[]), "http://127.0.0.1:8000/");
        assert_eq!(url(&[("HOST", "0.0.0.0"), ("PORT", "8080")]), "http://127.0.0.1:8080/");
        assert_eq!(url(&[("HOST", "::")]), "http://[::1]:8000/");
        assert_eq!(url(&[("HOST", "fd00::7"), ("PORT", "81")]), "http://[fd00::7]:81/");
        assert_eq!(url(&[("HOST", "localhost")]), "http://localhost:8000/");
    }

    #[test]
    fn a_port_that_nobody_knows_can_not_be_asked() {
        for port in ["0", "http"] {
            let error = OwnAddress::read(variables(&[("PORT", port)])).unwrap_err();
            assert_eq!(error.0[0].variable, "PORT", "{error}");
        }
    }
}
