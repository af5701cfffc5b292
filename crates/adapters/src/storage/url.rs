//! `DATABASE_URL`: which database, how many connections to it, and how they are encrypted.

mod postgres;

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use percent_encoding::percent_decode_str;

use super::{pooler::Pooler, tls::SslMode};

pub(crate) use self::postgres::PostgresUrl;

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
    /// A parameter that is there twice, of which only one can count.
    #[error("has a parameter more than once, {0}")]
    RepeatedParameter(String),
    /// A parameter of libpq that there is no support for.
    #[error("has a parameter that is not supported, {0}")]
    UnsupportedParameter(&'static str),
    /// One of two parameters that only mean something together.
    #[error("has a parameter, {0}, that needs another, {1}")]
    Unpaired(&'static str, &'static str),
    /// A parameter names a file that is not what it should be.
    #[error("has a parameter, {parameter}, with a file that can't be used, {}: {problem}", file.display())]
    File {
        /// Which parameter.
        parameter: &'static str,
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The server's certificate is to be verified, and nothing says whom to trust.
    #[error(
        "asks to verify the certificate of the server, but no root certificates are installed here; \
         install them (ca-certificates), or name a file with sslrootcert"
    )]
    NoSystemRoots,
    /// Without a name to compare, a certificate of an authority that everybody trusts proves nothing.
    #[error(
        "has sslmode=verify-ca without sslrootcert; name a file with the root certificate of the \
         authority of the server, or choose sslmode=verify-full"
    )]
    NoRoots,
    /// The roots of everybody are only good for what they issue to a host name.
    #[error(
        "has sslrootcert=system with sslmode={0}, which asks for less; choose sslmode=verify-full"
    )]
    WeakMode(SslMode),
    /// A pooler takes no options for the server's processes, which it hands from one to the other.
    #[error(
        "has options and pooler, which exclude each other: a pooler does not pass options on; give \
         them to the role on the server (ALTER ROLE … SET …)"
    )]
    OptionsBehindPooler,
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
///   default 0) together bound the number of connections. `pooler` says what stands before the
///   server, if anything does: see [`Pooler`]. `sslmode`, `sslrootcert`, `sslcert` and
///   `sslkey` mean what they mean to libpq: see [`SslMode`]. The other parameters are those of
///   libpq that tokio-postgres knows.
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

impl DatabaseEngine {
    /// The engine that a URL names, whatever else is wrong with it.
    #[must_use]
    pub fn named_by(url: &str) -> Option<Self> {
        let (scheme, _) = url.trim().split_once(':')?;
        match scheme.to_ascii_lowercase().as_str() {
            "postgres" | "postgresql" | "postgresql+asyncpg" => Some(Self::Postgres),
            "sqlite" => Some(Self::Sqlite),
            _ => None,
        }
    }
}

impl DatabaseUrl {
    /// Reads a URL, and the certificates that it names.
    ///
    /// # Errors
    /// [`DatabaseUrlError`] with what is wrong about it.
    pub fn parse(text: &str) -> Result<Self, DatabaseUrlError> {
        let (_, rest) = text.trim().split_once(':').ok_or(DatabaseUrlError::Scheme)?;
        match DatabaseEngine::named_by(text).ok_or(DatabaseUrlError::Scheme)? {
            DatabaseEngine::Postgres => {
                let rest = rest.strip_prefix("//").ok_or(DatabaseUrlError::Malformed)?;
                PostgresUrl::parse(rest).map(Target::Postgres).map(Self)
            }
            DatabaseEngine::Sqlite => parse_file(rest).map(Target::Sqlite).map(Self),
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

    /// What stands before a PostgreSQL server, as the URL says.
    #[must_use]
    pub const fn pooler(&self) -> Option<Pooler> {
        match &self.0 {
            Target::Postgres(url) => url.pooler,
            Target::Sqlite(_) => None,
        }
    }

    /// How a PostgreSQL server is to be reached.
    #[must_use]
    pub const fn ssl_mode(&self) -> Option<SslMode> {
        match &self.0 {
            Target::Postgres(url) => Some(url.tls.mode()),
            Target::Sqlite(_) => None,
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

/// What does not look like a name may be part of something that is secret, and is left out.
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
