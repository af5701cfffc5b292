//! A PostgreSQL with a streaming replica, to be paused, killed and started again.
//!
//! Starting the two takes seconds, so the tests of a process share one pair, one test at a time.

use std::{sync::LazyLock, time::Duration};

use todo_adapters::Database;
use tokio::{
    sync::{Mutex, MutexGuard},
    task::block_in_place,
};
use tokio_postgres::{Client, NoTls, types::PgLsn};

use crate::{ports::free_port, server_keeper::ServerKeeper, unique, until};

const KEEPER: &str = include_str!("replication.sh");

/// A server of the pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// The one that is written to.
    Primary,
    /// The one that follows.
    Replica,
}

impl Server {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Replica => "replica",
        }
    }
}

/// A migrated database on both servers, which nobody else uses meanwhile.
#[derive(Debug)]
pub struct ReplicatedDatabase {
    name: String,
    pair: MutexGuard<'static, Pair>,
}

impl ReplicatedDatabase {
    /// A new one; the replica has it and follows.
    ///
    /// # Panics
    /// Where the programs of PostgreSQL are not installed. `cargo xtask test` brings them.
    pub async fn create() -> Self {
        static PAIR: LazyLock<Mutex<Pair>> = LazyLock::new(|| Mutex::new(Pair::start()));
        let pair = block_in_place(|| LazyLock::force(&PAIR)).lock().await;
        let replicated = Self { name: format!("todo_{}", unique()), pair };
        let postgres = connect(&replicated.pair.url(Server::Primary, "postgres")).await;
        let create = format!("CREATE DATABASE {}", replicated.name);
        postgres.batch_execute(&create).await.expect("a database");
        let database = replicated.open_primary().await;
        database.migrate_up().await.expect("migrations apply");
        database.close();
        replicated.revive().await;
        replicated
    }

    /// Its URL on one of the servers.
    #[must_use]
    pub fn url(&self, server: Server) -> String {
        self.pair.url(server, &self.name)
    }

    /// The URL of another database on the same server.
    #[must_use]
    pub fn other_url(&self, server: Server) -> String {
        self.pair.url(server, "postgres")
    }

    /// Opens it without the replica, as somebody else would.
    pub async fn open_primary(&self) -> Database {
        crate::database::open(&self.url(Server::Primary), Duration::from_secs(30)).await
    }

    /// A connection that knows nothing of ports.
    pub async fn client(&self, server: Server) -> Client {
        connect(&self.url(server)).await
    }

    /// The replica shows nothing new from now on.
    pub async fn pause_replay(&self) {
        let replica = self.client(Server::Replica).await;
        replica.batch_execute("SELECT pg_wal_replay_pause()").await.expect("it pauses");
        let state = "SELECT pg_get_wal_replay_pause_state()";
        until("the replay is paused", async || {
            replica.query_one(state, &[]).await.expect("a state").get::<_, &str>(0) == "paused"
        })
        .await;
    }

    /// The replica catches up again.
    pub async fn resume_replay(&self) {
        let replica = self.client(Server::Replica).await;
        replica.batch_execute("SELECT pg_wal_replay_resume()").await.expect("it resumes");
    }

    /// Waits until the replica shows what has been written so far.
    pub async fn caught_up(&self) {
        let primary = self.client(Server::Primary).await;
        let written = primary.query_one("SELECT pg_current_wal_flush_lsn()", &[]).await;
        let written: PgLsn = written.expect("a position").get(0);
        let replayed = "SELECT pg_last_wal_replay_lsn() >= $1";
        let replica = connect(&self.other_url(Server::Replica)).await;
        until("the replica has caught up", async || {
            replica.query_one(replayed, &[&written]).await.expect("an answer").get(0)
        })
        .await;
    }

    /// Kills a server.
    pub fn stop(&mut self, server: Server) {
        self.pair.tell("stop", server);
    }

    /// Starts a server that was killed.
    pub fn start(&mut self, server: Server) {
        self.pair.tell("start", server);
    }

    /// Kills a server and starts it again.
    pub fn restart(&mut self, server: Server) {
        self.pair.tell("restart", server);
    }

    /// Undoes what an earlier test did to the replica.
    async fn revive(&self) {
        let replica = connect(&self.other_url(Server::Replica)).await;
        replica.batch_execute("SELECT pg_wal_replay_resume()").await.expect("it resumes");
        self.caught_up().await;
    }
}

/// Both servers, which run as long as this process does.
#[derive(Debug)]
struct Pair {
    ports: [u16; 2],
    keeper: ServerKeeper,
}

impl Pair {
    fn start() -> Self {
        let ports = [free_port(), free_port()];
        Self { ports, keeper: ServerKeeper::start(KEEPER, &ports, &[]) }
    }

    fn url(&self, server: Server, database: &str) -> String {
        let port = self.ports[server as usize];
        format!("postgres://postgres@127.0.0.1:{port}/{database}?pool_size=8")
    }

    fn tell(&mut self, action: &str, server: Server) {
        block_in_place(|| self.keeper.tell(&format!("{action} {}", server.as_str())));
    }
}

async fn connect(url: &str) -> Client {
    let url = url.split('?').next().unwrap_or(url);
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.expect("the server answers");
    tokio::spawn(connection);
    client
}
