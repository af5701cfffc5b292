//! A pooler before a PostgreSQL server, such as PgBouncer: which kind, and whether the URL says so.

use std::{fmt, time::Duration};

use tokio::time::timeout;
use tokio_postgres::{Client, Config, SimpleQueryMessage, error::SqlState};

use super::{
    tls::ConnectError,
    url::{DatabaseUrl, PostgresUrl, Target},
};

/// For how long a pooler lends one of the server's processes (`pooler` in the URL, `pool_mode` in
/// PgBouncer's configuration).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooler {
    /// As long as a connection lasts. The session is the service's own.
    Session,
    /// As long as a transaction lasts. Nothing outlives it: neither settings nor prepared statements.
    Transaction,
}

impl Pooler {
    pub(super) const ALL: [Self; 2] = [Self::Session, Self::Transaction];

    /// Its value in the URL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Transaction => "transaction",
        }
    }
}

impl fmt::Display for Pooler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The option that reaches the server unless a pooler keeps it to itself. It means nothing there.
macro_rules! mark {
    () => {
        "todo.direct"
    };
}

/// Sets it.
const SET_MARK: &str = concat!("-c ", mark!(), "=on");
/// Asks for it.
const SHOW_MARK: &str = concat!("SHOW ", mark!());

/// What was found between the service and its server, where the URL does not contradict it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolerFound {
    /// Nothing, as the URL says, or a file.
    Nothing,
    /// The pooler that the URL names.
    Named(Pooler),
    /// Nothing, although the URL names one.
    Unneeded(Pooler),
    /// The server does not answer, so nobody knows.
    Unknown,
}

/// The URL does not say what stands before the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PoolerError {
    /// It says nothing.
    #[error("{UNNAMED}")]
    Unnamed,
    /// It says that sessions are the service's own, and they are not.
    #[error(
        "the pooler (PgBouncer) before the server has pool_mode = transaction; \
         write ?pooler=transaction into the URL"
    )]
    Transactions,
    /// Every statement is a transaction of its own, whatever the URL says.
    #[error(
        "the pooler (PgBouncer) before the server has pool_mode = statement, which allows no \
         transactions; set pool_mode = transaction there"
    )]
    Statements,
}

/// What to do about a pooler that is not named.
pub(super) const UNNAMED: &str = "a pooler (PgBouncer) stands before the server and the URL does not say \
     so; write ?pooler=transaction or ?pooler=session into it, whichever is the pool_mode of the pooler";

/// Whether a refusal is that of a pooler, which takes few of the parameters that a server takes.
pub(super) fn is_refusal(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|said| {
        *said.code() == SqlState::PROTOCOL_VIOLATION
            && said.message().starts_with("unsupported startup parameter")
    })
}

impl DatabaseUrl {
    /// Looks at what is between here and the server, and whether the URL says so. A pooler that
    /// lends transactions is found out where it lends the same process to two connections.
    ///
    /// # Errors
    /// [`PoolerError`], where the service could not work as it is.
    pub async fn find_pooler(&self, within: Duration) -> Result<PoolerFound, PoolerError> {
        let Target::Postgres(url) = &self.0 else { return Ok(PoolerFound::Nothing) };
        let found = timeout(within, find(url)).await.ok().flatten();
        match (url.pooler, found) {
            (_, None) => Ok(PoolerFound::Unknown),
            (None, Some(Found::Direct)) => Ok(PoolerFound::Nothing),
            (_, Some(Found::Statements)) => Err(PoolerError::Statements),
            (None, Some(_)) => Err(PoolerError::Unnamed),
            (Some(named), Some(Found::Direct)) => Ok(PoolerFound::Unneeded(named)),
            (Some(Pooler::Session), Some(Found::Transactions)) => Err(PoolerError::Transactions),
            (Some(named), Some(_)) => Ok(PoolerFound::Named(named)),
        }
    }
}

enum Found {
    Direct,
    Pooled,
    Transactions,
    Statements,
}

/// `None` where there is no answer.
async fn find(url: &PostgresUrl) -> Option<Found> {
    let mut marked = url.config.clone();
    let own = url.config.get_options().unwrap_or_default();
    marked.options(format!("{SET_MARK} {own}"));
    match connect(url, &marked).await {
        Ok(client) => match client.batch_execute(SHOW_MARK).await {
            Ok(()) => return Some(Found::Direct),
            Err(error) if error.code() == Some(&SqlState::UNDEFINED_OBJECT) => {}
            Err(_) => return None,
        },
        Err(ConnectError::UnnamedPooler) => {}
        Err(_) => return None,
    }
    if refuses_transactions(url).await {
        return Some(Found::Statements);
    }
    let shares = url.config.get_options().is_none() && shares_processes(url).await == Some(true);
    Some(if shares { Found::Transactions } else { Found::Pooled })
}

/// Whether a transaction can't even begin: PgBouncer ends the connection then.
async fn refuses_transactions(url: &PostgresUrl) -> bool {
    let Ok(client) = connect(url, &url.config).await else { return false };
    let begun = client.batch_execute("BEGIN").await;
    begun.is_err_and(|error| {
        error.as_db_error().is_some_and(|said| said.message().contains("statement pooling"))
    })
}

/// Whether two connections have the same process of the server: two sessions that last have two.
async fn shares_processes(url: &PostgresUrl) -> Option<bool> {
    let one = connect(url, &url.config).await.ok()?;
    let other = connect(url, &url.config).await.ok()?;
    Some(process(&one).await? == process(&other).await?)
}

async fn connect(url: &PostgresUrl, config: &Config) -> Result<Client, ConnectError> {
    let opened = url.tls.connect(config).await?;
    // It ends when the client is dropped.
    tokio::spawn(opened.connection);
    Ok(opened.client)
}

/// The server's process that a connection has at this moment.
async fn process(client: &Client) -> Option<String> {
    let said = client.simple_query("SELECT pg_backend_pid()").await.ok()?;
    said.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    })
}
