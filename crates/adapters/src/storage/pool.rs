//! Pools of connections: how busy they are, and what is reported of it.

use std::{pin::pin, sync::Arc, time::Duration};

use deadpool::managed::{Manager, Object, Pool};
use diesel_async::pooled_connection::PoolError;
use parking_lot::Mutex;
use todo_domain::ports::PoolStatus;
use todo_metrics::{PoolReading, StorageMetrics};
use tokio::time::{Instant, timeout_at};

use super::error::{Failure, Result};

/// Who waits longer for a connection waits for a pool that is exhausted, rather than busy.
const TIMEOUT: Duration = Duration::from_millis(100);
/// How often the log tells of an exhausted pool, at most.
const RECORD_EVERY: Duration = Duration::from_secs(1);

/// A pool that the metrics know by name, and the log when it is exhausted.
pub(crate) struct WatchedPool<M: Manager> {
    pool: Pool<M>,
    name: &'static str,
    metrics: StorageMetrics,
    recorded_at: Mutex<Option<Instant>>,
}

impl<M: Manager<Error = PoolError> + 'static> WatchedPool<M>
where
    M::Type: Send,
{
    pub(super) fn new(pool: Pool<M>, name: &'static str, metrics: StorageMetrics) -> Self {
        // Metrics outlive a database, and are not to keep its connections open.
        let weak = Arc::new(pool.weak());
        metrics.watch_pool(name, move || {
            let status = status_of(&weak.upgrade()?);
            Some(PoolReading {
                size: status.max,
                in_use: status.in_use(),
                idle: status.available,
                waiting: status.waiting,
            })
        });
        Self { pool, name, metrics, recorded_at: Mutex::new(None) }
    }

    /// Takes a connection, for which it waits until the deadline.
    pub(crate) async fn get(&self, deadline: Instant) -> Result<Object<M>> {
        let asked = Instant::now();
        let mut conn = pin!(self.pool.get());
        let taken = match timeout_at(deadline.min(asked + TIMEOUT), &mut conn).await {
            Ok(taken) => Ok(taken),
            Err(_) => {
                self.tell_if_exhausted();
                timeout_at(deadline, conn).await
            }
        };
        self.metrics.waited(self.name, asked.elapsed());
        Ok(taken.map_err(|_| Failure::OutOfTime)??)
    }

    /// Puts a new connection instead of one that was taken, which is closed.
    pub(crate) async fn replace(&self, conn: &mut Object<M>, deadline: Instant) -> Result<()> {
        let new = timeout_at(deadline, self.pool.manager().create()).await;
        let new = new.map_err(|_| Failure::OutOfTime)?;
        **conn = new.map_err(deadpool::managed::PoolError::Backend)?;
        Ok(())
    }

    pub(crate) fn status(&self) -> PoolStatus {
        status_of(&self.pool)
    }

    /// Hands out no connection any more and closes those that are not in use.
    pub(crate) fn close(&self) {
        self.pool.close();
    }

    /// Those who wait all notice; one of them tells.
    fn tell_if_exhausted(&self) {
        let status = self.status();
        if status.in_use() < status.max {
            return;
        }
        let now = Instant::now();
        let mut recorded_at = self.recorded_at.lock();
        if recorded_at.is_some_and(|last| now < last + RECORD_EVERY) {
            return;
        }
        *recorded_at = Some(now);
        tracing::warn!(
            pool = self.name,
            waiting = status.waiting,
            "Pool checkedout: {} of {}",
            status.in_use(),
            status.max
        );
    }
}

fn status_of<M: Manager>(pool: &Pool<M>) -> PoolStatus {
    let status = pool.status();
    PoolStatus {
        max: status.max_size,
        size: status.size,
        available: status.available,
        waiting: status.waiting,
    }
}
