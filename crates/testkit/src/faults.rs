//! Things that go wrong with a PostgreSQL database while somebody uses it.

use std::time::{Duration, Instant};

use tokio_postgres::Client;

use crate::database::TestDatabase;

/// A database that takes no connections and has cut those it had.
#[derive(Debug)]
pub struct Outage(Client);

impl Outage {
    /// Cuts everybody off.
    pub async fn of(database: &TestDatabase) -> Self {
        let client = database.client().await;
        let cut = client
            .batch_execute(
                "UPDATE pg_database SET datallowconn = false WHERE datname = current_database();
                 SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid();",
            )
            .await;
        cut.expect("tests run as a superuser");
        Self(client)
    }

    /// Lets everybody in again.
    pub async fn end(self) {
        let allow = "UPDATE pg_database SET datallowconn = true WHERE datname = current_database()";
        self.0.batch_execute(allow).await.expect("tests run as a superuser");
    }
}

/// A user's row, locked by somebody else, so that nothing of theirs can be written.
#[derive(Debug)]
pub struct LockedUser(Client);

impl LockedUser {
    /// Locks the row.
    pub async fn hold(database: &TestDatabase, user: i64) -> Self {
        let client = database.client().await;
        client.batch_execute("BEGIN").await.expect("a transaction begins");
        let lock = "SELECT id FROM users WHERE id = $1 FOR UPDATE";
        client.query_one(lock, &[&user]).await.expect("the user is there");
        Self(client)
    }

    /// Waits until so many others wait for it.
    ///
    /// # Panics
    /// If they don't within ten seconds.
    pub async fn until_waited_for(&self, others: i64) {
        let waiting = "SELECT count(*) FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let started = Instant::now();
        loop {
            // Within a transaction the view stays as it was when it was first read.
            let forget = self.0.batch_execute("SELECT pg_stat_clear_snapshot()").await;
            forget.expect("statistics can be read anew");
            let row = self.0.query_one(waiting, &[]).await.expect("statistics can be read");
            if row.get::<_, i64>(0) >= others {
                return;
            }
            assert!(started.elapsed() < Duration::from_secs(10), "nobody waits for the row");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Lets it go.
    pub async fn release(self) {
        self.0.batch_execute("ROLLBACK").await.expect("the transaction is open");
    }
}
