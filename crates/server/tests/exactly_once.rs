//! The process is killed, its database is killed, or their connections are cut, at random moments
//! under people who send each message with a key until it is answered: whatever was lost on the way,
//! each message is carried out once.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed"
)]

use std::{
    collections::HashSet,
    env,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::Method;
use serde_json::{Value, json};
use todo_testkit::{
    app::{Answer, JWT_SECRET, Visitor},
    cohere::CohereSimulator,
    database::TestDatabase,
    process::Service,
    proxy::Proxy,
    replication::{ReplicatedDatabase, Server},
};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep},
};

const PEOPLE: usize = 16;
/// How often the process is killed, on each engine. `CRASH_KILLS` sets another number.
const KILLS: usize = 50;
/// How often the database is killed and started again. `DATABASE_RESTARTS` sets another number.
const RESTARTS: usize = 6;
/// How often all connections to the database are cut. `CONNECTION_CUTS` sets another number.
const CUTS: usize = 12;
/// How long so many answers may take before something goes wrong all the same: longer than the lease of
/// a turn that was hit, so that on a slow machine some are answered in between, too.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How long a message may take once nothing goes wrong any more; and before that, as long as it goes
/// wrong.
const LONGEST_TALK: Duration = Duration::from_secs(240);

/// What all people know.
struct World {
    /// Where the service listens now.
    base_url: watch::Receiver<String>,
    /// How many messages were answered.
    answered: AtomicUsize,
    /// How many of them were answered again when they were sent again.
    replayed: AtomicUsize,
    /// Whether nobody is to begin anything new.
    over: AtomicBool,
}

/// A message with a key.
struct Message {
    key: String,
    body: Value,
    /// The tasks that it adds, each in a step of its own.
    titles: Vec<String>,
}

impl Message {
    fn nth(person: usize, number: usize) -> Self {
        let titles: Vec<_> = (0..1 + (person + number) % 4)
            .map(|step| format!("errand {person} of {number} in {step}"))
            .collect();
        let said: Vec<_> = titles.iter().map(|title| format!("add {title}")).collect();
        Self {
            key: format!("message-{person}-{number}"),
            body: json!({ "message": said.join(", then ") }),
            titles,
        }
    }

    async fn send(&self, user: &Visitor, world: &World) -> Option<Answer> {
        let user = user.at(&world.base_url.borrow());
        let headers = [("content-type", "application/json"), ("idempotency-key", &*self.key)];
        let body = self.body.to_string().into_bytes();
        user.try_send(Method::POST, "/api/me/chat", &headers, Some(body)).await.ok()
    }

    /// Sends it until it is answered.
    async fn insist(&self, user: &Visitor, world: &World) -> Answer {
        let begun = Instant::now();
        loop {
            let refused = match self.send(user, world).await {
                Some(answer) if answer.status == 200 => return answer,
                // Its turn runs elsewhere, or its lease does, or it took too long.
                Some(answer) if matches!(answer.status.as_u16(), 409 | 503 | 504) => answer.text,
                Some(answer) => panic!("{} {}", answer.status, answer.text),
                None => "nothing".to_owned(),
            };
            let is_over = world.over.load(Ordering::Relaxed);
            assert!(!is_over || begun.elapsed() < LONGEST_TALK, "{} got {refused}", self.key);
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Talks until it is over. The tasks that this person has asked for.
async fn talk(person: usize, user: Visitor, world: Arc<World>) -> Vec<String> {
    let mut wanted = Vec::new();
    let mut turns = HashSet::new();
    for number in 0.. {
        if world.over.load(Ordering::Relaxed) {
            break;
        }
        let message = Message::nth(person, number);
        let answer = message.insist(&user, &world).await.expect(200);
        assert!(turns.insert(answer["turn_id"].as_str().unwrap().to_owned()), "{answer}");
        world.answered.fetch_add(1, Ordering::Relaxed);
        wanted.extend(message.titles.iter().cloned());
        if number % 4 == 0 {
            let again = message.insist(&user, &world).await;
            assert_eq!(again.header("idempotent-replayed"), "true");
            assert_eq!(again.expect(200), answer);
            world.replayed.fetch_add(1, Ordering::Relaxed);
        }
    }
    wanted
}

/// People who talk to a service until they are told to stop.
struct Town {
    service: Option<Service>,
    variables: Vec<(&'static str, String)>,
    base_url: watch::Sender<String>,
    world: Arc<World>,
    people: Vec<JoinHandle<Vec<String>>>,
    chance: StdRng,
    _model: CohereSimulator,
}

/// Starts a service with nothing but these variables.
fn start(variables: &[(&'static str, String)]) -> Service {
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, &**value)).collect();
    Service::start(Path::new(env!("CARGO_BIN_EXE_chatbot-api")), &variables)
}

impl Town {
    /// The service keeps its data at this URL.
    async fn new(url: &str) -> Self {
        let model = CohereSimulator::start().await;
        let mut variables = vec![
            ("DATABASE_URL", url.to_owned()),
            ("JWT_SECRET", JWT_SECRET.to_owned()),
            ("CHAT_ENGINE", "cohere".to_owned()),
            ("COHERE_API_KEY", "test-key".to_owned()),
            ("COHERE_BASE_URL", model.base_url()),
            ("DATABASE_TIMEOUT", "30".to_owned()),
        ];
        let patient = start(&variables);
        let mut users = Vec::new();
        for person in 0..PEOPLE {
            users.push(patient.stranger().sign_up(&format!("person{person}")).await);
        }
        drop(patient);
        variables.pop();
        // The lease of a turn whose process is gone ends after the three of them.
        variables.extend([("CHAT_TIMEOUT", "3".to_owned()), ("DATABASE_TIMEOUT", "1".to_owned())]);
        let service = start(&variables);
        let (base_url, receiver) = watch::channel(service.base_url().to_owned());
        let world = Arc::new(World {
            base_url: receiver,
            answered: AtomicUsize::new(0),
            replayed: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        });
        let talk = |(person, user)| tokio::spawn(talk(person, user, Arc::clone(&world)));
        let people = (0..).zip(users).map(talk).collect();
        let chance = StdRng::seed_from_u64(1);
        let service = Some(service);
        Self { service, variables, base_url, world, people, chance, _model: model }
    }

    fn answered(&self) -> usize {
        self.world.answered.load(Ordering::Relaxed)
    }

    /// Lets the service answer some messages, and returns at a random moment.
    async fn a_random_moment(&mut self) {
        let goal = self.answered() + self.chance.random_range(0..=8);
        let end = Instant::now() + LONGEST_WAIT;
        while self.answered() < goal && Instant::now() < end {
            sleep(Duration::from_millis(2)).await;
        }
        sleep(Duration::from_micros(self.chance.random_range(0..30_000))).await;
    }

    /// Kills the service and starts it again.
    fn crash(&mut self) {
        if let Some(service) = self.service.take() {
            service.kill();
        }
        let service = start(&self.variables);
        self.base_url.send_replace(service.base_url().to_owned());
        self.service = Some(service);
    }

    /// Waits until all that was begun is answered, and checks what the tables say. `count` is the
    /// number that a query finds.
    async fn check(self, times: usize, what: &str, count: impl AsyncFn(&str) -> i64) {
        self.world.over.store(true, Ordering::Relaxed);
        let answered_amid = self.answered();
        let mut wanted = 0;
        for person in self.people {
            // Every conversation goes on.
            wanted += person.await.unwrap().len();
        }
        let answered = self.world.answered.load(Ordering::Relaxed);
        check(&count, answered, wanted).await;
        let resumed = count("SELECT count(*) FROM turns WHERE attempt > 1").await;
        println!(
            "{times} {what}, {PEOPLE} people: {answered} messages answered, {resumed} of them \
             resumed, {} asked for again, {wanted} tasks added once",
            self.world.replayed.load(Ordering::Relaxed),
        );
        assert!(answered_amid > 0, "nothing was answered amid {what}");
        assert!(resumed > 0, "no turn was hit by {what}");
    }
}

/// How often something goes wrong in this test: the variable, or else this number.
fn times(variable: &str, or_else: usize) -> usize {
    env::var(variable).map_or(or_else, |times| times.parse().unwrap())
}

async fn crash_again_and_again(database: &TestDatabase) {
    let kills = times("CRASH_KILLS", KILLS);
    let mut town = Town::new(&database.url()).await;
    for _ in 0..kills {
        town.a_random_moment().await;
        town.crash();
    }
    town.check(kills, "kills", async |query| database.count(query).await).await;
}

/// What the tables say, after this many messages that added this many tasks.
async fn check(count: &impl AsyncFn(&str) -> i64, messages: usize, tasks: usize) {
    let (messages, tasks) = (i64::try_from(messages).unwrap(), i64::try_from(tasks).unwrap());
    for (what, sql, expected) in [
        ("tasks", "SELECT count(*) FROM tasks", tasks),
        (
            "tasks by their titles",
            "SELECT count(*) FROM (SELECT DISTINCT user_id, title FROM tasks) AS titles",
            tasks,
        ),
        ("effects", "SELECT count(*) FROM effects WHERE before_image IS NULL", tasks),
        (
            "tasks without an effect",
            "SELECT count(*) FROM tasks WHERE NOT EXISTS (SELECT 1 FROM effects \
             WHERE effects.user_id = tasks.user_id AND effects.task_id = tasks.id)",
            0,
        ),
        (
            "turns that are not completed",
            "SELECT count(*) FROM turns WHERE status <> 'completed'",
            0,
        ),
        ("turns", "SELECT count(*) FROM turns", messages),
        (
            "turns without exactly one question and one answer",
            "SELECT count(*) FROM (SELECT turn_id FROM messages GROUP BY user_id, turn_id \
             HAVING count(*) <> 2 OR count(DISTINCT role) <> 2) AS odd",
            0,
        ),
        ("messages", "SELECT count(*) FROM messages", 2 * messages),
        (
            "users whose numbers were used twice, or for nothing",
            "SELECT count(*) FROM users WHERE last_task_number <> \
             (SELECT count(*) FROM tasks WHERE tasks.user_id = users.id)",
            0,
        ),
    ] {
        assert_eq!(count(sql).await, expected, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_each_message_is_carried_out_once_whatever_crashes() {
    crash_again_and_again(&TestDatabase::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_each_message_is_carried_out_once_whatever_crashes() {
    crash_again_and_again(&TestDatabase::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_message_is_carried_out_once_whenever_the_database_crashes() {
    let restarts = times("DATABASE_RESTARTS", RESTARTS);
    let mut database = ReplicatedDatabase::create().await;
    let mut town = Town::new(&database.url(Server::Primary)).await;
    for _ in 0..restarts {
        town.a_random_moment().await;
        database.restart(Server::Primary);
    }
    let client = database.client(Server::Primary).await;
    let count = async |query: &str| client.query_one(query, &[]).await.unwrap().get(0);
    town.check(restarts, "crashes of the database", count).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_message_is_carried_out_once_whenever_connections_are_cut() {
    let cuts = times("CONNECTION_CUTS", CUTS);
    let database = TestDatabase::postgres().await;
    let proxy = Proxy::before(&database.url()).await;
    let mut town = Town::new(proxy.url()).await;
    for _ in 0..cuts {
        town.a_random_moment().await;
        proxy.cut();
    }
    town.check(cuts, "cuts of all connections", async |query| database.count(query).await).await;
}
