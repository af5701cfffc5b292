//! A thread of the test process that makes PostgreSQL databases and drops them again.
//!
//! A template is migrated once for each state of the migrations; databases are copies of it. The
//! keeper stays connected as long as the process lives, under a name of its own, so that other
//! processes can tell whose databases were left behind by a process that died.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process,
    sync::{LazyLock, mpsc as blocking},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use todo_adapters::{Database, DatabaseSettings, DatabaseUrl};
use tokio::{
    runtime::{Builder, Handle},
    sync::{mpsc, oneshot},
};
use tokio_postgres::{Client, Config, NoTls};

/// What a new database holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Contents {
    /// All tables.
    Migrated,
    /// Nothing.
    Nothing,
}

/// A database that is dropped when this is.
#[derive(Debug)]
pub(super) struct Lease {
    name: String,
    contents: Contents,
}

/// A new database.
pub(super) async fn lease(contents: Contents) -> Lease {
    let (reply, answer) = oneshot::channel();
    tell(Command::Create { contents, reply });
    match answer.await.expect("the keeper answers") {
        Ok(name) => Lease { name, contents },
        Err(error) => unreachable!("{error}"),
    }
}

impl Lease {
    pub(super) fn url(&self) -> String {
        let url = SERVER.url_of(&self.name);
        match &SERVER.pooler {
            Some((pooler, parameter)) => {
                let (before, host) = url.split_once("://").expect("a URL");
                let (host, rest) = host.split_once('/').expect("a database");
                let user = host.rsplit_once('@').map_or("postgres", |(user, _)| user);
                format!("{before}://{user}@{pooler}/{rest}&{parameter}")
            }
            None => url,
        }
    }

    /// As the role of the service. A pooler knows only the one that owns the tables.
    pub(super) fn service_url(&self) -> String {
        let url = self.url();
        let (scheme, server) = url.split_once("://").expect("a URL");
        let server = server.rsplit_once('@').map_or(server, |(_, server)| server);
        match (&SERVER.pooler, self.contents) {
            // Rights are given to tables: where there are none yet, the owner is the one to begin.
            (Some(_), _) | (None, Contents::Nothing) => url,
            (None, Contents::Migrated) => {
                format!("{scheme}://{SERVICE_ROLE}:{SERVICE_PASSWORD}@{server}")
            }
        }
    }

    pub(super) async fn client(&self) -> Client {
        connect(&self.name).await.expect("the database answers")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let (reply, done) = blocking::channel();
        tell(Command::Drop { name: self.name.clone(), reply });
        // Otherwise the process might end before the database does.
        let _ = done.recv();
    }
}

enum Command {
    Create { contents: Contents, reply: oneshot::Sender<Result<String, String>> },
    Drop { name: String, reply: blocking::Sender<()> },
}

fn tell(command: Command) {
    static KEEPER: LazyLock<mpsc::UnboundedSender<Command>> = LazyLock::new(|| {
        let (sender, commands) = mpsc::unbounded_channel();
        thread::spawn(|| keep(commands));
        sender
    });
    KEEPER.send(command).expect("the keeper lives");
}

fn keep(mut commands: mpsc::UnboundedReceiver<Command>) {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let keeper = Keeper::connect().await.map_err(|error| {
            format!(
                "no use of a PostgreSQL server at TEST_DATABASE_URL or 127.0.0.1:5432 ({error}); \
                 `cargo xtask test` brings one"
            )
        });
        let mut count = 0;
        while let Some(command) = commands.recv().await {
            match (&keeper, command) {
                (Ok(keeper), Command::Create { contents, reply }) => {
                    count += 1;
                    let name = keeper.create(contents, count).await;
                    let _ = reply.send(name.map_err(|error| error.to_string()));
                }
                (Err(error), Command::Create { reply, .. }) => {
                    let _ = reply.send(Err(error.clone()));
                }
                (Ok(keeper), Command::Drop { name, reply }) => {
                    // What can't be dropped now is dropped by the next process.
                    let _ = keeper.drop_database(&name).await;
                    let _ = reply.send(());
                }
                (Err(_), Command::Drop { .. }) => {}
            }
        }
    });
}

async fn connect(database: &str) -> Result<Client, tokio_postgres::Error> {
    let mut config = SERVER.config.clone();
    let (client, connection) = config.dbname(database).connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// The role of the service, which stays on the server. The tables are not its own.
const SERVICE_ROLE: &str = "todo_test_service";
/// Only for servers that ask for one.
const SERVICE_PASSWORD: &str = "only-for-tests";
const CREATE_SERVICE_ROLE: &str = "DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'todo_test_service') THEN
        CREATE ROLE todo_test_service LOGIN PASSWORD 'only-for-tests';
    END IF;
END $$";
/// What a role of a service may do, for `psql`.
const GRANTS: &str = include_str!("../../../../deploy/postgres/grants.sql");

/// [`GRANTS`] to [`SERVICE_ROLE`], for anybody.
fn grants() -> String {
    let statements = GRANTS.lines().filter(|line| !line.starts_with('\\'));
    let statements: Vec<_> = statements.collect();
    statements.join("\n").replace(":\"app_role\"", SERVICE_ROLE)
}

/// Serialises everything that touches templates, over all processes.
const LOCK: i64 = 6_205_148_871_902_411;
const TEMPLATE: &str = "todo_template_";
const TEST: &str = "todo_test_";

struct Keeper {
    client: Client,
    /// Names this process: in its connection's application name and its databases' names.
    token: String,
}

impl Keeper {
    #[expect(clippy::disallowed_methods, reason = "no two processes may have the same token")]
    async fn connect() -> Result<Self, tokio_postgres::Error> {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let token = format!("{:x}_{:x}", process::id(), since_1970.as_nanos());
        let mut config = SERVER.config.clone();
        config.dbname("postgres").application_name(format!("{TEST}{token}"));
        config.connect_timeout(Duration::from_secs(5));
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        let keeper = Self { client, token };
        keeper
            .locked(async || {
                keeper.run(CREATE_SERVICE_ROLE).await?;
                keeper.sweep().await
            })
            .await?;
        Ok(keeper)
    }

    /// Makes a database and returns its name.
    async fn create(
        &self,
        contents: Contents,
        count: u32,
    ) -> Result<String, tokio_postgres::Error> {
        let name = format!("{TEST}{}_{count}", self.token);
        match contents {
            Contents::Nothing => {
                self.run(&format!("CREATE DATABASE {name} TEMPLATE template0")).await?;
            }
            Contents::Migrated => {
                self.locked(async || {
                    let template = self.template().await?;
                    self.run(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await
                })
                .await?;
            }
        }
        Ok(name)
    }

    /// The template of these migrations. It is marked as a template once it is complete.
    async fn template(&self) -> Result<String, tokio_postgres::Error> {
        let name = format!("{TEMPLATE}{:016x}", *MIGRATIONS);
        let query = "SELECT datistemplate FROM pg_database WHERE datname = $1";
        let complete = self.client.query_opt(query, &[&name]).await?.map(|row| row.get(0));
        if complete == Some(true) {
            return Ok(name);
        }
        if complete.is_some() {
            self.drop_database(&name).await?;
        }
        self.run(&format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).await?;
        let url = DatabaseUrl::parse(&SERVER.url_of(&name)).expect("a database URL");
        let database = Database::open(&url, DatabaseSettings::default(), Handle::current()).await;
        database.expect("the template opens").migrate_up().await.expect("migrations apply");
        connect(&name).await?.batch_execute(&grants()).await?;
        // A copy needs its original to be without connections, and they close in their own time.
        self.run(&format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")).await?;
        let left =
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1";
        self.client.query(left, &[&name]).await?;
        self.run(&format!("ALTER DATABASE {name} WITH IS_TEMPLATE true")).await?;
        Ok(name)
    }

    /// Drops what processes that died left behind, and templates of other migrations unless
    /// another process may be using them.
    async fn sweep(&self) -> Result<(), tokio_postgres::Error> {
        let alive = "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE $1";
        let pattern = format!("{}%", TEST.replace('_', "\\_"));
        let alive: Vec<String> =
            self.client.query(alive, &[&pattern]).await?.iter().map(|row| row.get(0)).collect();
        let databases = self.client.query("SELECT datname FROM pg_database", &[]).await?;
        for name in databases.iter().map(|row| row.get::<_, String>(0)) {
            let left_behind = name.starts_with(TEST)
                && !alive.iter().any(|owner| name.starts_with(&format!("{owner}_")));
            let outdated = name.starts_with(TEMPLATE)
                && name != format!("{TEMPLATE}{:016x}", *MIGRATIONS)
                && alive.len() <= 1;
            if left_behind || outdated {
                self.drop_database(&name).await?;
            }
        }
        Ok(())
    }

    async fn drop_database(&self, name: &str) -> Result<(), tokio_postgres::Error> {
        if name.starts_with(TEMPLATE) {
            self.run(&format!("ALTER DATABASE {name} WITH IS_TEMPLATE false")).await?;
        }
        self.run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
    }

    async fn locked<R>(
        &self,
        work: impl AsyncFnOnce() -> Result<R, tokio_postgres::Error>,
    ) -> Result<R, tokio_postgres::Error> {
        self.client.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await?;
        let result = work().await;
        self.client.execute("SELECT pg_advisory_unlock($1)", &[&LOCK]).await?;
        result
    }

    async fn run(&self, statement: &str) -> Result<(), tokio_postgres::Error> {
        self.client.batch_execute(statement).await
    }
}

/// Where the server is.
struct Server {
    config: Config,
    url: String,
    /// A pooler before it for those who are tested, and the parameter that says so. Templates are
    /// made and databases looked at without it.
    pooler: Option<(String, String)>,
}

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let url = env::var("TEST_DATABASE_URL").ok().filter(|url| !url.is_empty());
    let url = url.unwrap_or_else(|| "postgres://postgres@127.0.0.1:5432".to_owned());
    let config = url.parse().expect("TEST_DATABASE_URL is a URL of PostgreSQL");
    // Such as `127.0.0.1:6543?pooler=transaction`.
    let pooler = env::var("TEST_DATABASE_POOLER").ok().filter(|pooler| !pooler.is_empty());
    let pooler = pooler.map(|pooler| {
        let (address, parameter) = pooler.split_once('?').expect("an address and a parameter");
        (address.to_owned(), parameter.to_owned())
    });
    Server { config, url, pooler }
});

impl Server {
    /// The URL of one of its databases, with a small pool: a server has few connections, and many
    /// tests run at once.
    fn url_of(&self, database: &str) -> String {
        let (server, query) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let (scheme, rest) = server.split_once("://").expect("a URL");
        let host = rest.split_once('/').map_or(rest, |(host, _)| host);
        format!("{scheme}://{host}/{database}?pool_size=8&{query}")
    }
}

/// A fingerprint of the migrations in the source tree, which are those compiled in, and of the
/// grants.
static MIGRATIONS: LazyLock<u64> = LazyLock::new(|| {
    let directory = super::migrations_of("postgres");
    let mut files: Vec<_> = walk(&directory);
    files.sort();
    let mut hasher = DefaultHasher::new();
    GRANTS.hash(&mut hasher);
    for file in files {
        file.strip_prefix(&directory).unwrap_or(&file).hash(&mut hasher);
        fs::read(&file).expect("a migration can be read").hash(&mut hasher);
    }
    hasher.finish()
});

fn walk(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("migrations/postgres is a directory");
    let paths = entries.map(|entry| entry.expect("an entry of it").path());
    paths.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
