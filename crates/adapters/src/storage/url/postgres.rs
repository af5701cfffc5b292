//! The URL of a PostgreSQL server.

use std::fmt;

use tokio_postgres::{Config, config::Host};

use super::{DatabaseUrlError, unknown};
use crate::storage::{
    pooler::Pooler,
    tls::{Tls, TlsParameters},
};

/// A server and how to reach it.
#[derive(Clone)]
pub(crate) struct PostgresUrl {
    pub(crate) config: Config,
    pub(crate) pool_max: usize,
    pub(crate) tls: Tls,
    /// What hands out the server's connections, unless it does so itself.
    pub(crate) pooler: Option<Pooler>,
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            let ports = self.config.get_ports();
            let port = ports.get(index).or(ports.first()).unwrap_or(&5432);
            let comma = if index == 0 { "" } else { "," };
            match host {
                Host::Tcp(name) => write!(f, "{comma}{name}:{port}")?,
                #[cfg(unix)]
                Host::Unix(path) => write!(f, "{comma}{}:{port}", path.display())?,
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

/// Defaults that parameters of the URL override: a peer that vanished is noticed within a minute.
const DEFAULTS: &str =
    "application_name=chatbot-api&keepalives_idle=30&keepalives_interval=10&keepalives_retries=3";

/// What tokio-postgres takes.
const PASSED_ON: [&str; 17] = [
    "user", "password", "dbname", "options", "application_name", "host", "hostaddr", "port",
    "connect_timeout", "tcp_user_timeout", "keepalives", "keepalives_idle", "keepalives_interval",
    "keepalives_retries", "target_session_attrs", "channel_binding", "load_balance_hosts",
];
/// What may be there more than once: a server with several names.
const REPEATABLE: [&str; 3] = ["host", "hostaddr", "port"];
/// What libpq takes, and we don't.
const UNSUPPORTED: [&str; 4] = ["sslnegotiation", "sslcrl", "sslcrldir", "sslpassword"];

impl PostgresUrl {
    /// Reads what follows `postgres://`.
    pub(super) fn parse(text: &str) -> Result<Self, DatabaseUrlError> {
        let (server, query) = text.split_once('?').unwrap_or((text, ""));
        // A question mark or a second @ within the password would make it part of something else.
        if server.matches('@').count() > 1 || (query.contains('@') && !server.contains('@')) {
            return Err(DatabaseUrlError::Malformed);
        }
        let mut passed_on = String::from(DEFAULTS);
        let (mut pool_size, mut max_overflow) = (20, 0);
        let mut tls = TlsParameters::default();
        let mut pooler = None;
        let mut seen = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let is_repeated = !REPEATABLE.contains(&name) && seen.contains(&name);
            seen.push(name);
            match name {
                "pool_size" => pool_size = count(value, 1, "pool_size")?,
                "max_overflow" => max_overflow = count(value, 0, "max_overflow")?,
                "pooler" => {
                    let mode = Pooler::ALL.into_iter().find(|mode| mode.as_str() == value);
                    pooler = Some(mode.ok_or(DatabaseUrlError::InvalidParameter("pooler"))?);
                }
                _ if tls.take(name, value)? => {}
                _ => {
                    known(name, parameter)?;
                    passed_on.push('&');
                    passed_on.push_str(parameter);
                }
            }
            // The name is known here, so it shows no secret.
            if is_repeated {
                return Err(DatabaseUrlError::RepeatedParameter(name.to_owned()));
            }
        }
        let url = format!("postgres://{server}?{passed_on}");
        let mut config: Config = url.parse().map_err(|_| DatabaseUrlError::Malformed)?;
        if config.get_hosts().is_empty() {
            // An address is as good a name, which the server's certificate may be for.
            let addresses = config.get_hostaddrs().to_vec();
            if addresses.is_empty() {
                return Err(DatabaseUrlError::NoHost);
            }
            for address in addresses {
                config.host(address.to_string());
            }
        }
        if pooler.is_some() && config.get_options().is_some() {
            return Err(DatabaseUrlError::OptionsBehindPooler);
        }
        Ok(Self { config, pool_max: pool_size + max_overflow, tls: tls.into_tls()?, pooler })
    }
}

fn count(value: &str, min: usize, name: &'static str) -> Result<usize, DatabaseUrlError> {
    let count = value.parse().ok().filter(|count| (min..=1000).contains(count));
    count.ok_or(DatabaseUrlError::InvalidParameter(name))
}

/// Checks a parameter that tokio-postgres is to take, alone, so that the error can name it.
fn known(name: &str, parameter: &str) -> Result<(), DatabaseUrlError> {
    if let Some(name) = UNSUPPORTED.into_iter().find(|known| *known == name) {
        return Err(DatabaseUrlError::UnsupportedParameter(name));
    }
    match PASSED_ON.into_iter().find(|known| *known == name) {
        Some(name) => {
            let alone: Result<Config, _> = format!("postgres://?{parameter}").parse();
            alone.map(drop).map_err(|_| DatabaseUrlError::InvalidParameter(name))
        }
        None => Err(unknown(name)),
    }
}
