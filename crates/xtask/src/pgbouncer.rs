//! A real PgBouncer before PostgreSQL: with the documented configuration the service works in session
//! and in transaction mode, and with that of `deploy`; the stores keep their contract in transaction
//! mode; and a URL that does not name the pooler is refused.

mod server;

use std::{
    fs,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use self::server::{PgBouncer, Server, Settings};
use crate::{
    Result,
    postgres::{Postgres, TestDatabase},
    process::{built, cargo, run},
    service::{self, Service, text},
};

/// Who talks to the service at the same time, and how often each.
const PEOPLE: usize = 4;
const REQUESTS: usize = 45;
/// People wait for their answers; nobody counts how often they ask.
const SETTINGS: [(&str, &str); 5] = [
    ("RATE_LIMIT_PER_SECOND", "1000"),
    ("RATE_LIMIT_BURST", "10000"),
    ("CHAT_RATE_LIMIT_PER_MINUTE", "1000"),
    ("SIGNUP_RATE_LIMIT_PER_HOUR", "10000"),
    // Only this service knows it, and not for long.
    ("JWT_SECRET", "the secret of a service that lives for a minute"),
];

/// Makes all checks.
pub(crate) fn pgbouncer(private_postgres: bool) -> Result {
    println!("PgBouncer: {}", server::find_or_install()?);
    service::build()?;
    let postgres = if private_postgres { Postgres::private() } else { Postgres::find() }?;
    println!("PostgreSQL: {}", postgres.description);
    let database = TestDatabase::create(&postgres)?;
    let server = Server::of(&postgres.url)?;
    let documented = documented()?;
    let direct = be_used(&database.url)?;
    println!("directly: {PEOPLE} x {REQUESTS} requests, all 200, in {:.1} s", direct.as_secs_f64());
    for mode in ["session", "transaction"] {
        let pooler = PgBouncer::start(&Settings::Of(&documented, mode), &server)?;
        let unnamed = pooler.before(&database.url);
        refuses(&unnamed, "?pooler=transaction or ?pooler=session")?;
        if mode == "transaction" {
            refuses(&format!("{unnamed}&pooler=session"), "pool_mode = transaction")?;
        }
        let url = format!("{unnamed}&pooler={mode}");
        let named = format!("in {mode} mode");
        if !doctor(&url)?.contains(&named) {
            return Err(format!("the doctor does not say \"{named}\"").into());
        }
        let took = be_used(&url)?;
        println!(
            "pool_mode = {mode}: {PEOPLE} x {REQUESTS} requests, all 200, in {:.1} s, {:.2} times as \
             long as directly",
            took.as_secs_f64(),
            took.as_secs_f64() / direct.as_secs_f64()
        );
    }
    let pooler = PgBouncer::start(&Settings::Of(&documented, "statement"), &server)?;
    for mode in ["session", "transaction"] {
        let url = format!("{}&pooler={mode}", pooler.before(&database.url));
        refuses(&url, "pool_mode = statement, which allows no transactions")?;
    }
    drop(pooler);
    deployed(&server, &database)?;
    let pooler = PgBouncer::start(&Settings::Open, &server)?;
    run(cargo()
        .args(["test", "--workspace", "--all-features", "--test", "contract"])
        .args(["--", "postgres::"])
        .env("TEST_DATABASE_URL", &postgres.url)
        .env("TEST_DATABASE_POOLER", format!("{}?pooler=transaction", pooler.address())))
}

/// The configuration in docs/OPERATIONS.md.
fn documented() -> Result<String> {
    let page = fs::read_to_string("docs/OPERATIONS.md")?;
    let block = page.split_once("```ini\n").and_then(|(_, rest)| rest.split_once("```"));
    Ok(block.ok_or("docs/OPERATIONS.md has no configuration of PgBouncer")?.0.to_owned())
}

/// The service works behind the PgBouncer of `deploy`, with the parameters of the URL there.
fn deployed(server: &Server, database: &TestDatabase) -> Result {
    const POOLED: &str = "@pgbouncer:6432/";
    let settings = fs::read_to_string("deploy/pgbouncer/pgbouncer.ini")?;
    let pooler = PgBouncer::start(&Settings::Of(&settings, "transaction"), server)?;
    for file in ["deploy/compose/init.sh", "docs/DEPLOYMENT.md"] {
        let text = fs::read_to_string(file)?;
        let line = text.lines().find(|line| line.contains(POOLED));
        let (_, parameters) = line
            .and_then(|line| line.split_once(POOLED)?.1.split_once('?'))
            .ok_or_else(|| format!("{file} has no URL by way of PgBouncer"))?;
        let end = parameters.find(['"', '\'']).unwrap_or(parameters.len());
        let url = pooler.before(&database.url);
        let url = format!("{}?{}", url.split('?').next().unwrap_or(&url), &parameters[..end]);
        let took = be_used(&url)?.as_secs_f64();
        println!("deploy/pgbouncer with the URL of {file}: all 200, in {took:.1} s");
    }
    Ok(())
}

/// Insists that a service on this database does not start, and that the doctor says why.
fn refuses(url: &str, words: &str) -> Result {
    let variables = [("DATABASE_URL", url)];
    if Service::start(&[&SETTINGS[..], &variables].concat()).is_ok() {
        return Err(format!("the service starts where it should say \"{words}\"").into());
    }
    let said = doctor(url)?;
    if said.contains(words) { Ok(()) } else { Err(format!("not \"{words}\" but:\n{said}").into()) }
}

/// What the doctor says.
fn doctor(url: &str) -> Result<String> {
    let mut doctor = Command::new(built("chatbot-api")?);
    doctor.arg("doctor").env_clear().envs(SETTINGS).env("CHAT_ENGINE", "offline");
    let output = doctor.env("DATABASE_URL", url).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Several people sign up, chat and look at their lists at the same time, on a service of their
/// own. Whatever is not answered with 200 is a fault.
fn be_used(url: &str) -> Result<Duration> {
    // The database outlives the services on it, so each service has people of its own.
    static SERVICES: AtomicUsize = AtomicUsize::new(0);
    let number = SERVICES.fetch_add(1, Ordering::Relaxed);
    let service = Service::start(&[&SETTINGS[..], &[("DATABASE_URL", url)]].concat())?;
    let begun = Instant::now();
    thread::scope(|scope| {
        let people: Vec<_> = (0..PEOPLE)
            .map(|person| {
                let service = &service;
                let email = format!("ada{person}.{number}@example.org");
                scope.spawn(move || talk(service, &email).map_err(|error| error.to_string()))
            })
            .collect();
        people.into_iter().try_for_each(|person| person.join().map_err(|_| "a panic")?)
    })
    .map_err(|error: String| error)?;
    Ok(begun.elapsed())
}

fn talk(service: &Service, email: &str) -> Result {
    let account = format!(r#"{{"name": "Ada", "email": "{email}", "password": "correct horse"}}"#);
    let answer = service.expect(201, "POST", "/api/auth/signup", None, &account)?;
    let token = Some(text(&answer, "access_token")?);
    for request in 0..REQUESTS {
        match request % 3 {
            0 => {
                let body = format!(r#"{{"message": "add read page {request} by Friday"}}"#);
                service.expect(200, "POST", "/api/me/chat", token, &body)?;
            }
            1 => {
                service.expect(200, "GET", "/api/me/tasks?limit=50", token, "")?;
            }
            _ => {
                service.expect(200, "GET", "/api/me/conversations", token, "")?;
            }
        }
    }
    Ok(())
}
