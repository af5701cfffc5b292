//! Commands to Redis, none of which makes anybody wait for long.

use std::{fmt, sync::Arc, time::Duration};

use ::redis::{
    Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, ScriptInvocation,
    ServerErrorKind, aio::MultiplexedConnection,
};
use todo_domain::ports::MemoryHealth;
use todo_metrics::{CacheMetrics, RedisOutcome};
use tokio::{
    runtime::Handle,
    time::{Instant, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use super::{connection::Link, url::RedisUrl};
use crate::tls::install_crypto_provider;

/// How to use Redis.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// Which one (`REDIS_URL`).
    pub url: RedisUrl,
    /// How long the answer to a command is waited for (`REDIS_TIMEOUT`).
    pub timeout: Duration,
}

impl RedisSettings {
    /// 50 milliseconds.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_millis(50);
}

/// Why a command got no answer that could be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// Redis was not asked, or did not answer in time: the command was carried out, or was not,
    /// or will be.
    #[error("Redis is away")]
    Away,
    /// Redis answered that it won't, for it is full, say: the command was not carried out.
    #[error("Redis refuses")]
    Refused,
}

/// Redis, as memory that the processes of the service share.
///
/// Commands of all requests go over one connection, which a task in the background makes, watches
/// over and replaces. Redis need not be there at the start. One command that is not answered in
/// time is enough to do without Redis, for every request, until it has answered the task again,
/// after a second at the earliest: so an outage costs a request the timeout once, however many
/// commands it has, and soon nothing.
///
/// Nothing in it may be relied on: see [`MemoryError`]. Causes are logged here, once a minute at
/// most; callers only decide how to go on.
#[derive(Clone)]
pub struct SharedMemory(Arc<Shared>);

struct Shared {
    link: Arc<Link>,
    _keeper: AbortOnDropHandle<()>,
}

impl SharedMemory {
    /// Starts to use Redis; waits for nothing.
    #[must_use]
    pub fn start(settings: &RedisSettings, metrics: CacheMetrics, runtime: &Handle) -> Self {
        install_crypto_provider();
        let link = Arc::new(Link::new(settings.timeout, metrics));
        let keeper = Arc::clone(&link).keep(settings.url.client().clone());
        let keeper = AbortOnDropHandle::new(runtime.spawn(keeper));
        Self(Arc::new(Shared { link, _keeper: keeper }))
    }

    /// Waits until Redis is being used.
    pub async fn available(&self) {
        self.0.link.up().await;
    }

    /// How many times Redis went away so far. As long as the number stays the same, no command
    /// has got lost.
    #[must_use]
    pub fn losses(&self) -> u64 {
        self.0.link.losses()
    }

    /// Waits until Redis has gone away more often than that.
    pub async fn lost_since(&self, losses: u64) {
        self.0.link.lost_since(losses).await;
    }

    /// Carries out a command.
    pub(crate) async fn call<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, MemoryError> {
        self.ask(|mut connection| async move { command.query_async(&mut connection).await }).await
    }

    /// Carries out several commands at once, whose answers nobody needs.
    pub(crate) async fn all(&self, commands: &Pipeline) -> Result<(), MemoryError> {
        self.ask(|mut connection| async move { commands.exec_async(&mut connection).await }).await
    }

    /// Carries out several commands at once, in one round trip.
    pub(crate) async fn call_all<T: FromRedisValue>(
        &self,
        commands: &Pipeline,
    ) -> Result<T, MemoryError> {
        self.ask(|mut connection| async move { commands.query_async(&mut connection).await }).await
    }

    /// Carries out a script, and brings it along if Redis does not know it. All of this has the
    /// time of one command.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, MemoryError> {
        self.ask(|mut connection| async move { script.invoke_async(&mut connection).await }).await
    }

    async fn ask<T, A>(
        &self,
        question: impl FnOnce(MultiplexedConnection) -> A,
    ) -> Result<T, MemoryError>
    where
        A: Future<Output = RedisResult<T>>,
    {
        let link = &self.0.link;
        let connection = link.connection().ok_or(MemoryError::Away)?;
        let start = Instant::now();
        let answer = timeout(link.timeout, question(connection.commands.clone())).await;
        let done = |outcome| link.metrics.redis_command(outcome, start.elapsed());
        match answer {
            Ok(Ok(answer)) => {
                done(RedisOutcome::Ok);
                Ok(answer)
            }
            Ok(Err(error)) if says_that_it_refuses(&error) => {
                done(RedisOutcome::Refused);
                link.log.refused(error);
                Err(MemoryError::Refused)
            }
            Ok(Err(error)) => {
                done(RedisOutcome::Lost);
                link.lose(&connection, error);
                Err(MemoryError::Away)
            }
            Err(_) => {
                done(RedisOutcome::Lost);
                link.lose(&connection, "no answer in time");
                Err(MemoryError::Away)
            }
        }
    }
}

impl MemoryHealth for SharedMemory {
    fn is_available(&self) -> bool {
        self.0.link.is_up()
    }
}

/// Whether Redis is there and well, but won't. A replica, or one that has yet to read its data,
/// may be distinguished by a new connection from the one that can.
fn says_that_it_refuses(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::Server(kind) => !matches!(
            kind,
            ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown | ServerErrorKind::ReadOnly
        ),
        ErrorKind::Extension | ErrorKind::UnexpectedReturnType => true,
        _ => false,
    }
}

impl fmt::Debug for SharedMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedMemory").field("available", &self.is_available()).finish()
    }
}
