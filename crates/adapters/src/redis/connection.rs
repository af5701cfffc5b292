//! The one connection to Redis: how it is made, watched over, and replaced.

use std::{
    fmt::Display,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ::redis::{AsyncConnectionConfig, Client, RedisResult, aio::MultiplexedConnection, cmd};
use todo_metrics::CacheMetrics;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::outage_log::OutageLog;

/// How long Redis is left alone after it did not answer, and how often it is asked whether it is
/// still there while nobody else asks it anything.
const PAUSE: Duration = Duration::from_secs(1);

/// What making a connection may take: name resolution and TLS included, nobody waits for it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// More than can be under way at once, so that a command is never kept from being sent.
const PIPELINE: usize = 4096;

/// A connection, and which one of those that there have been.
#[derive(Clone)]
pub(super) struct Connection {
    number: u64,
    pub(super) commands: MultiplexedConnection,
}

/// The connection there is at the moment, if there is one.
pub(super) struct Link {
    connection: watch::Sender<Option<Connection>>,
    losses: AtomicU64,
    pub(super) timeout: Duration,
    pub(super) log: OutageLog,
    pub(super) metrics: CacheMetrics,
}

impl Link {
    /// No connection yet.
    pub(super) fn new(timeout: Duration, metrics: CacheMetrics) -> Self {
        metrics.redis_is(false);
        Self {
            connection: watch::Sender::new(None),
            losses: AtomicU64::new(0),
            timeout,
            log: OutageLog::default(),
            metrics,
        }
    }

    /// The connection, if there is one.
    pub(super) fn connection(&self) -> Option<Connection> {
        self.connection.borrow().clone()
    }

    /// Whether there is one.
    pub(super) fn is_up(&self) -> bool {
        self.connection.borrow().is_some()
    }

    /// How many connections were lost so far.
    pub(super) fn losses(&self) -> u64 {
        self.losses.load(Ordering::Acquire)
    }

    /// Waits until there is a connection.
    pub(super) async fn up(&self) {
        // An error would say that the sender is gone, which is borrowed here.
        let _ = self.connection.subscribe().wait_for(Option::is_some).await;
    }

    /// Waits until more connections were lost than that.
    pub(super) async fn lost_since(&self, losses: u64) {
        let _ = self.connection.subscribe().wait_for(|_| self.losses() > losses).await;
    }

    /// Gives a connection up. One that failed late does not take its successor along.
    pub(super) fn lose(&self, lost: &Connection, error: impl Display) {
        let was_in_use = self.connection.send_if_modified(|current| {
            let in_use = current.as_ref().is_some_and(|current| current.number == lost.number);
            if in_use {
                // Before anybody can see a successor.
                self.losses.fetch_add(1, Ordering::Release);
                *current = None;
            }
            in_use
        });
        if was_in_use {
            self.metrics.redis_is(false);
            self.log.away(error);
        }
    }

    /// Keeps a connection for as long as it is polled.
    pub(super) async fn keep(self: Arc<Self>, client: Client) {
        for number in 0.. {
            match self.connect(&client).await {
                Ok(commands) => {
                    self.metrics.redis_is(true);
                    self.log.back();
                    let connection = Connection { number, commands };
                    self.connection.send_replace(Some(connection.clone()));
                    self.watch_over(&connection).await;
                }
                Err(error) => self.log.away(error),
            }
            sleep(PAUSE).await;
        }
    }

    /// A connection on which Redis has answered in time.
    async fn connect(&self, client: &Client) -> Result<MultiplexedConnection, String> {
        // Whoever asks watches the time.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None)
            .set_pipeline_buffer_size(PIPELINE);
        let connecting = client.get_multiplexed_async_connection_with_config(&config);
        let connected = timeout(CONNECT_TIMEOUT, connecting).await;
        let mut commands = connected.map_err(|_| "no connection in time")?.map_err(message_of)?;
        self.ping(&mut commands).await?;
        Ok(commands)
    }

    async fn ping(&self, commands: &mut MultiplexedConnection) -> Result<(), String> {
        let ping = cmd("PING");
        let answer = timeout(self.timeout, ping.query_async(commands)).await;
        let answer: RedisResult<()> = answer.map_err(|_| "no answer in time")?;
        answer.map_err(message_of)
    }

    /// Returns when the connection is lost, which an idle process would not notice by itself.
    async fn watch_over(&self, connection: &Connection) {
        let mut current = self.connection.subscribe();
        let mut commands = connection.commands.clone();
        while timeout(PAUSE, current.wait_for(Option::is_none)).await.is_err() {
            if let Err(error) = self.ping(&mut commands).await {
                self.lose(connection, error);
            }
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the signature that map_err wants")]
fn message_of(error: ::redis::RedisError) -> String {
    error.to_string()
}
