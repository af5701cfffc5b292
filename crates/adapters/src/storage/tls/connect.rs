//! Opens connections, encrypted or not.

use std::{
    convert::Infallible,
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::{FutureExt, TryFutureExt, future::BoxFuture};
use tokio_postgres::{
    Client, Config, Connection, Socket,
    config::{Host, SslMode as Attempt},
    error::SqlState,
    tls::{MakeTlsConnect, TlsConnect},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{SslMode, Tls, TlsFailure, Verification};
use crate::storage::pooler::{self, UNNAMED};

type Stream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// A new connection.
pub(crate) struct Connected {
    pub(crate) client: Client,
    pub(crate) connection: Connection<Socket, Stream>,
    pub(crate) is_encrypted: bool,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error(transparent)]
    Tls(TlsFailure),
    #[error("{UNNAMED}")]
    UnnamedPooler,
    #[error("{}", reason_of(.0))]
    Server(tokio_postgres::Error),
}

impl Tls {
    /// Opens a connection in the way that the mode asks for first, and where that is not to be had
    /// in the other way, if the mode has one.
    pub(crate) async fn connect(&self, config: &Config) -> Result<Connected, ConnectError> {
        let (first, other) = match self.mode {
            _ if is_local(config) => (Attempt::Disable, None),
            SslMode::Disable => (Attempt::Disable, None),
            SslMode::Allow => (Attempt::Disable, Some(Attempt::Require)),
            SslMode::Prefer => (Attempt::Prefer, Some(Attempt::Disable)),
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => (Attempt::Require, None),
        };
        match (self.attempt(config, first).await, other) {
            (Err(error), Some(other)) if self.leaves_a_way(&error) => {
                match self.attempt(config, other).await {
                    // Neither way: the first is what was asked for.
                    Err(again) if again.is_refusal() => Err(error),
                    result => result,
                }
            }
            (result, _) => result,
        }
    }

    async fn attempt(&self, config: &Config, mode: Attempt) -> Result<Connected, ConnectError> {
        let mut config = config.clone();
        config.ssl_mode(mode);
        let connector = Connector::new(&self.connector);
        let is_encrypted = Arc::clone(&connector.is_encrypted);
        let (client, connection) = config.connect(connector).await?;
        let is_encrypted = is_encrypted.load(Ordering::Relaxed);
        Ok(Connected { client, connection, is_encrypted })
    }

    /// Whether it may be otherwise without encryption, or with it. A certificate that was to be
    /// verified and is not right is no reason to do without.
    fn leaves_a_way(&self, error: &ConnectError) -> bool {
        match error {
            ConnectError::Tls(_) => self.verification == Verification::Nothing,
            ConnectError::UnnamedPooler => false,
            ConnectError::Server(_) => error.is_refusal(),
        }
    }
}

/// Whether nothing of what is said to it leaves this machine.
pub(super) fn is_local(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| !matches!(host, Host::Tcp(_)))
}

impl ConnectError {
    /// Whether the server does not take such connections.
    fn is_refusal(&self) -> bool {
        match self {
            Self::Tls(failure) => *failure == TlsFailure::NotOffered,
            Self::UnnamedPooler => false,
            // By its rules (pg_hba.conf), or by those of a pooler before it.
            Self::Server(error) => error.code().is_some_and(|code| {
                [SqlState::INVALID_AUTHORIZATION_SPECIFICATION, SqlState::PROTOCOL_VIOLATION]
                    .contains(code)
            }),
        }
    }
}

impl From<tokio_postgres::Error> for ConnectError {
    fn from(error: tokio_postgres::Error) -> Self {
        if pooler::is_refusal(&error) {
            return Self::UnnamedPooler;
        }
        let Some(cause) = error.source() else { return Self::Server(error) };
        match cause.downcast_ref::<TlsFailure>() {
            Some(failure) => Self::Tls(failure.clone()),
            // The library has no other way to tell.
            None if cause.to_string() == "server does not support TLS" => {
                Self::Tls(TlsFailure::NotOffered)
            }
            None => Self::Server(error),
        }
    }
}

/// What the server says, or what kept it from saying anything. Details and hints, into which
/// servers put values, are left out.
fn reason_of(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(said), _) => format!("the server refuses: {}", said.message()),
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}

/// Makes connections encrypted, and remembers whether it did with the last.
struct Connector {
    rustls: MakeRustlsConnect,
    is_encrypted: Arc<AtomicBool>,
}

impl Connector {
    fn new(rustls: &MakeRustlsConnect) -> Self {
        Self { rustls: rustls.clone(), is_encrypted: Arc::default() }
    }
}

impl MakeTlsConnect<Socket> for Connector {
    type Stream = Stream;
    type TlsConnect = Handshake;
    type Error = Infallible;

    /// Called for each address that is tried, also where it will not be encrypted.
    fn make_tls_connect(&mut self, host: &str) -> Result<Handshake, Infallible> {
        self.is_encrypted.store(false, Ordering::Relaxed);
        let rustls = MakeTlsConnect::<Socket>::make_tls_connect(&mut self.rustls, host)?;
        Ok(Handshake { rustls, is_encrypted: Arc::clone(&self.is_encrypted) })
    }
}

/// What makes one connection encrypted.
struct Handshake {
    rustls: <MakeRustlsConnect as MakeTlsConnect<Socket>>::TlsConnect,
    is_encrypted: Arc<AtomicBool>,
}

impl TlsConnect<Socket> for Handshake {
    type Stream = Stream;
    type Error = TlsFailure;
    type Future = BoxFuture<'static, Result<Stream, TlsFailure>>;

    fn connect(self, socket: Socket) -> Self::Future {
        let shaken = self.rustls.connect(socket).map_err(TlsFailure::from);
        shaken.inspect_ok(move |_| self.is_encrypted.store(true, Ordering::Relaxed)).boxed()
    }
}
