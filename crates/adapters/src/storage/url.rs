//! `DATABASE_URL`: which database, and how many connections to it.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use percent_encoding::percent_decode_str;
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};

/// Why a text is not the URL of a database. It never tells the text itself, which may hold a
/// password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// Neither PostgreSQL nor SQLite.
    #[error("must begin with postgres://, postgresql://, postgresql+asyncpg:// or sqlite://")]
    Scheme,
    /// Something between scheme and parameters is wrong.
    #[error(
        "must look like postgres://user:password@host:5432/database; \
         special characters of the password must be percent-encoded"
    )]
    Malformed,
    /// No server is named.
    #[error("names no host")]
    NoHost,
    /// A parameter that nobody knows.
    #[error("has an unknown parameter, {0}")]
    UnknownParameter(String),
    /// A parameter whose value can't be.
    #[error("has a parameter with an invalid value, {0}")]
    InvalidParameter(&'static str),
    /// Encryption was asked for.
    #[error("asks for TLS through {0}, which is not supported yet by this build")]
    TlsNotSupported(&'static str),
    /// A database in memory would be another one for every connection, and gone at the end.
    #[error("names no file; a database in memory is not supported, write sqlite://path/to/file")]
    NoFile,
    /// A path that is not Unicode.
    #[error("names a file whose path is not valid UTF-8")]
    PathEncoding,
}

/// The engines there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseEngine {
    /// A server, the store of record in production.
    Postgres,
    /// A file, for a service that stands alone.
    Sqlite,
}

/// Where the data is.
///
/// - `postgres://user:password@host:5432/database`, also `postgresql://` and
///   `postgresql+asyncpg://`. `pool_size` (1 to 1000, default 20) and `max_overflow` (0 to 1000,
///   default 0) together bound the number of connections. `sslmode` may be `disable` or `prefer`.
///   The other parameters are those of libpq that tokio-postgres knows.
/// - `sqlite://relative/path` or `sqlite:///absolute/path`, percent-encoded.
///
/// Neither `{}` nor `{:?}` shows user or password.
///
/// ```
/// use todo_adapters::{DatabaseEngine, DatabaseUrl};
///
/// let url: DatabaseUrl = "postgresql+asyncpg://u:s3cret@db/todo?pool_size=20&max_overflow=10".parse()?;
/// assert_eq!(url.engine(), DatabaseEngine::Postgres);
/// assert_eq!(url.to_string(), "postgres://db:5432/todo");
/// # Ok::<(), todo_adapters::DatabaseUrlError>(())
/// ```
#[derive(Clone)]
pub struct DatabaseUrl(pub(super) Target);

#[derive(Clone)]
pub(super) enum Target {
    Postgres(PostgresUrl),
    Sqlite(PathBuf),
}

/// A server and how to reach it.
#[derive(Clone)]
pub(crate) struct PostgresUrl {
    pub(crate) config: Config,
    pub(crate) pool_max: usize,
}

impl DatabaseUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`DatabaseUrlError`] with what is wrong about it.
    pub fn parse(text: &str) -> Result<Self, DatabaseUrlError> {
        let (scheme, rest) = text.trim().split_once(':').ok_or(DatabaseUrlError::Scheme)?;
        match scheme.to_ascii_lowercase().as_str() {
            "postgres" | "postgresql" | "postgresql+asyncpg" => {
                let rest = rest.strip_prefix("//").ok_or(DatabaseUrlError::Malformed)?;
                PostgresUrl::parse(rest).map(Target::Postgres).map(Self)
            }
            "sqlite" => parse_file(rest).map(Target::Sqlite).map(Self),
            _ => Err(DatabaseUrlError::Scheme),
        }
    }

    /// An SQLite database in this file.
    #[must_use]
    pub fn sqlite(file: impl Into<PathBuf>) -> Self {
        Self(Target::Sqlite(file.into()))
    }

    /// Which engine it needs.
    #[must_use]
    pub const fn engine(&self) -> DatabaseEngine {
        match self.0 {
            Target::Postgres(_) => DatabaseEngine::Postgres,
            Target::Sqlite(_) => DatabaseEngine::Sqlite,
        }
    }

    /// The file of an SQLite database.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.0 {
            Target::Postgres(_) => None,
            Target::Sqlite(file) => Some(file),
        }
    }

    /// How many characters the password of a PostgreSQL user has, if there is one.
    #[must_use]
    pub fn password_chars(&self) -> Option<usize> {
        let Target::Postgres(url) = &self.0 else { return None };
        url.config.get_password().map(|word| String::from_utf8_lossy(word).chars().count())
    }
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        Self::parse(text)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Target::Postgres(url) => url.fmt(f),
            Target::Sqlite(file) => write!(f, "sqlite://{}", file.display()),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
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

/// What tokio-postgres takes beside `sslmode`, and what needs TLS.
const PASSED_ON: [&str; 17] = [
    "user",
    "password",
    "dbname",
    "options",
    "application_name",
    "host",
    "hostaddr",
    "port",
    "connect_timeout",
    "tcp_user_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "target_session_attrs",
    "channel_binding",
    "load_balance_hosts",
];
const TLS_ONLY: [&str; 6] =
    ["sslnegotiation", "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslpassword"];

impl PostgresUrl {
    /// Reads what follows `postgres://`.
    fn parse(text: &str) -> Result<Self, DatabaseUrlError> {
        let (server, query) = text.split_once('?').unwrap_or((text, ""));
        // A question mark or a second @ within the password would make it part of something else.
        if server.matches('@').count() > 1 || (query.contains('@') && !server.contains('@')) {
            return Err(DatabaseUrlError::Malformed);
        }
        let mut passed_on = String::from(DEFAULTS);
        let (mut pool_size, mut max_overflow) = (20, 0);
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name {
                "pool_size" => pool_size = count(value, 1, "pool_size")?,
                "max_overflow" => max_overflow = count(value, 0, "max_overflow")?,
                "sslmode" => plain_tcp(value)?,
                _ => {
                    known(name, parameter)?;
                    passed_on.push('&');
                    passed_on.push_str(parameter);
                }
            }
        }
        let url = format!("postgres://{server}?{passed_on}");
        let mut config: Config = url.parse().map_err(|_| DatabaseUrlError::Malformed)?;
        config.ssl_mode(SslMode::Disable);
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(DatabaseUrlError::NoHost);
        }
        Ok(Self { config, pool_max: pool_size + max_overflow })
    }
}

fn count(value: &str, min: usize, name: &'static str) -> Result<usize, DatabaseUrlError> {
    let count = value.parse().ok().filter(|count| (min..=1000).contains(count));
    count.ok_or(DatabaseUrlError::InvalidParameter(name))
}

fn plain_tcp(mode: &str) -> Result<(), DatabaseUrlError> {
    match mode {
        "disable" | "prefer" => Ok(()),
        "require" => Err(DatabaseUrlError::TlsNotSupported("sslmode=require")),
        "verify-ca" => Err(DatabaseUrlError::TlsNotSupported("sslmode=verify-ca")),
        "verify-full" => Err(DatabaseUrlError::TlsNotSupported("sslmode=verify-full")),
        _ => Err(DatabaseUrlError::InvalidParameter("sslmode")),
    }
}

/// Checks a parameter that tokio-postgres is to take, alone, so that the error can name it.
fn known(name: &str, parameter: &str) -> Result<(), DatabaseUrlError> {
    if let Some(name) = TLS_ONLY.into_iter().find(|known| *known == name) {
        return Err(DatabaseUrlError::TlsNotSupported(name));
    }
    match PASSED_ON.into_iter().find(|known| *known == name) {
        Some(name) => {
            let alone: Result<Config, _> = format!("postgres://?{parameter}").parse();
            alone.map(drop).map_err(|_| DatabaseUrlError::InvalidParameter(name))
        }
        None => Err(unknown(name)),
    }
}

/// What does not look like a name may be part of something that is secret, and is not told.
fn unknown(name: &str) -> DatabaseUrlError {
    let is_name = |byte| byte == b'_' || u8::is_ascii_lowercase(&byte);
    if name.len() <= 32 && name.bytes().all(is_name) {
        DatabaseUrlError::UnknownParameter(name.to_owned())
    } else {
        DatabaseUrlError::Malformed
    }
}

/// Reads what follows `sqlite:`.
fn parse_file(text: &str) -> Result<PathBuf, DatabaseUrlError> {
    let path = text.strip_prefix("//").ok_or(DatabaseUrlError::NoFile)?;
    if let Some((_, parameters)) = path.split_once('?') {
        let name = parameters.split(['=', '&']).next().unwrap_or_default();
        return Err(unknown(name));
    }
    let path = percent_decode_str(path).decode_utf8();
    let path = path.map_err(|_| DatabaseUrlError::PathEncoding)?;
    if path.is_empty() || path.starts_with(":memory:") || path.contains('\0') || path.ends_with('/')
    {
        return Err(DatabaseUrlError::NoFile);
    }
    Ok(PathBuf::from(path.into_owned()))
}

#[cfg(test)]
#[path = "url_tests.rs"]
mod tests;
