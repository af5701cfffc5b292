//! The process is killed at random moments under people who send each message with a key until it is
//! answered: whatever was lost on the way, each message is carried out once.
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
};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

const PEOPLE: usize = 16;
/// How often the process is killed, on each engine. `CRASH_KILLS` sets another number.
const KILLS: usize = 50;
/// How long a process may take for so many answers before it is killed all the same.
const LONGEST_LIFE: Duration = Duration::from_secs(3);

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
        loop {
            match self.send(user, world).await {
                Some(answer) if answer.status == 200 => return answer,
                // Its turn runs elsewhere, or its lease does, or it took too long.
                Some(answer) if matches!(answer.status.as_u16(), 409 | 503 | 504) => {}
                Some(answer) => panic!("{} {}", answer.status, answer.text),
                None => {}
            }
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

/// Lets the service answer some messages, and kills it at a random moment.
async fn live_and_die(service: Service, world: &World, chance: &mut StdRng) {
    let goal = world.answered.load(Ordering::Relaxed) + chance.random_range(0..=8);
    let end = Instant::now() + LONGEST_LIFE;
    while world.answered.load(Ordering::Relaxed) < goal && Instant::now() < end {
        sleep(Duration::from_millis(2)).await;
    }
    sleep(Duration::from_micros(chance.random_range(0..30_000))).await;
    service.kill();
}

async fn crash_again_and_again(database: &TestDatabase) {
    let kills = env::var("CRASH_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let model = CohereSimulator::start().await;
    let (url, model_url) = (database.url(), model.base_url());
    let variables = [
        ("DATABASE_URL", url.as_str()),
        ("JWT_SECRET", JWT_SECRET),
        ("CHAT_ENGINE", "cohere"),
        ("COHERE_API_KEY", "test-key"),
        ("COHERE_BASE_URL", &model_url),
        // The lease of a turn whose process is gone ends after the three of them.
        ("CHAT_TIMEOUT", "3"),
        ("DATABASE_TIMEOUT", "1"),
    ];
    let binary = Path::new(env!("CARGO_BIN_EXE_chatbot-api"));
    let patient =
        Service::start(binary, &[&variables[..5], &[("DATABASE_TIMEOUT", "30")]].concat());
    let mut users = Vec::new();
    for person in 0..PEOPLE {
        users.push(patient.stranger().sign_up(&format!("person{person}")).await);
    }
    drop(patient);
    let start = || Service::start(binary, &variables);
    let mut chance = StdRng::seed_from_u64(1);
    let service = start();
    let (base_url, receiver) = watch::channel(service.base_url().to_owned());
    let world = Arc::new(World {
        base_url: receiver,
        answered: AtomicUsize::new(0),
        replayed: AtomicUsize::new(0),
        over: AtomicBool::new(false),
    });
    let people: Vec<_> = (0..)
        .zip(users)
        .map(|(person, user)| tokio::spawn(talk(person, user, Arc::clone(&world))))
        .collect();
    live_and_die(service, &world, &mut chance).await;
    for _ in 1..kills {
        let service = start();
        base_url.send_replace(service.base_url().to_owned());
        live_and_die(service, &world, &mut chance).await;
    }
    let service = start();
    base_url.send_replace(service.base_url().to_owned());
    world.over.store(true, Ordering::Relaxed);
    let mut wanted = 0;
    for person in people {
        // Every conversation goes on.
        let person = timeout(Duration::from_secs(120), person).await;
        wanted += person.unwrap().unwrap().len();
    }
    check(database, world.answered.load(Ordering::Relaxed), wanted).await;
    let resumed = database.count("SELECT count(*) FROM turns WHERE attempt > 1").await;
    assert!(resumed > 0, "no kill hit a turn");
    println!(
        "{kills} kills, {PEOPLE} people: {} messages answered, {resumed} of them resumed, {} asked \
         for again, {wanted} tasks added once",
        world.answered.load(Ordering::Relaxed),
        world.replayed.load(Ordering::Relaxed),
    );
}

/// What the tables say, after this many messages that added this many tasks.
async fn check(database: &TestDatabase, messages: usize, tasks: usize) {
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
        assert_eq!(database.count(sql).await, expected, "{what}");
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
