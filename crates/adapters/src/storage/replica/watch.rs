//! Looks at a replica again and again: is it one, of this database, and how far is it?

use std::{sync::Arc, time::Duration};

use diesel_async::{AnsiTransactionManager, TransactionManager};
use futures_util::future::BoxFuture;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::{
    CHECK_TIMEOUT,
    condition::{Condition, Unfit},
    lag::{Lag, Position},
};
use crate::storage::{
    engine::postgres::{
        self, Beginning, Conn,
        replication::{self, Database},
    },
    error::{Failure, Result},
    url::PostgresUrl,
};

/// Watches a replica, on connections of its own: a pool that is exhausted says nothing about lag.
pub(super) struct Watch {
    primary: Server,
    replica: Server,
    /// What the primary last said it is.
    database: Option<Database>,
    written: Position,
    lag: Lag,
    max_lag: Duration,
    condition: Arc<Condition>,
}

impl Watch {
    pub(super) fn new(
        primary: &PostgresUrl,
        replica: &PostgresUrl,
        max_lag: Duration,
        condition: Arc<Condition>,
    ) -> Self {
        Self {
            primary: Server::new(primary),
            replica: Server::new(replica),
            database: None,
            written: 0,
            lag: Lag::default(),
            max_lag,
            condition,
        }
    }

    /// Looks for as long as it is polled.
    pub(super) async fn keep(mut self, every: Duration) {
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.look().await {
                Ok(lag) => self.condition.lags(lag, self.max_lag),
                Err(reason) => self.condition.leave(&reason),
            }
        }
    }

    /// Whether the replica is fit to be read from, and how far it lags behind.
    pub(super) async fn look(&mut self) -> Result<Duration, Unfit> {
        // The primary first: what it has written by now the replica may have reached by then.
        let unproven = match self.primary.ask(|conn| replication::primary(conn)).await {
            Ok(primary) => {
                if primary.written < self.written {
                    // After a fail-over the log may go on from an earlier position.
                    self.lag.forget();
                }
                self.lag.written(Instant::now(), primary.written);
                self.written = primary.written;
                self.database = Some(primary.database);
                None
            }
            // A replica in use stays in use: there is nothing else to read from now.
            Err(failure) => Some(failure.chain()),
        };
        let replica = self.replica.ask(|conn| replication::replica(conn)).await;
        let replica = replica.map_err(|failure| Unfit::Silent(failure.chain()))?;
        let Some(progress) = replica.progress else { return Err(Unfit::NotInRecovery) };
        match &self.database {
            None => return Err(Unfit::Unproven(unproven.unwrap_or_default())),
            Some(primary) if !primary.may_be(&replica.database) => {
                return Err(Unfit::AnotherDatabase);
            }
            Some(primary) if primary.migrations != replica.database.migrations => {
                // After a migration that is only a moment, during which the lag tells what to do.
                if !self.condition.is_in_use() {
                    return Err(Unfit::OtherMigrations);
                }
            }
            Some(_) => {}
        }
        let now = Instant::now();
        self.lag.written(now, progress.received);
        Ok(self.lag.replayed(now, progress.replayed))
    }
}

/// One server, and a connection to it as long as it works.
struct Server {
    url: PostgresUrl,
    beginning: Beginning,
    conn: Option<Conn>,
}

impl Server {
    fn new(url: &PostgresUrl) -> Self {
        let beginning = Beginning::of(url, CHECK_TIMEOUT);
        Self { url: url.clone(), beginning, conn: None }
    }

    async fn ask<R>(
        &mut self,
        question: impl for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<R>>,
    ) -> Result<R> {
        let answer = timeout(CHECK_TIMEOUT, async {
            let conn = match &mut self.conn {
                Some(conn) => conn,
                none => none.insert(postgres::connect_within(&self.url, CHECK_TIMEOUT).await?),
            };
            if self.beginning.is_always_transaction() {
                self.beginning.read(conn).await?;
                let answer = question(conn).await?;
                AnsiTransactionManager::commit_transaction(conn).await?;
                return Ok(answer);
            }
            question(conn).await
        });
        let answer = answer.await.unwrap_or(Err(Failure::OutOfTime));
        if answer.is_err() {
            self.conn = None;
        }
        answer
    }
}
