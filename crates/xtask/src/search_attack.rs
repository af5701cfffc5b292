//! `cargo xtask search-attack`: one account searches in the most expensive ways there are, by text and
//! by tags, with default limits; another user's list, change and chat are answered all the same.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    Result,
    postgres::{Postgres, TestDatabase},
    process::{built, cargo, run},
    service::{Service, exchange, text},
};

/// As many as a list may have, as long as they may be.
const TASKS: usize = 10_000;
const CLIENTS: usize = 30;
const DURATION: Duration = Duration::from_secs(20);
/// The other user does something so often: chats are limited to 20 a minute.
const PAUSE: Duration = Duration::from_millis(250);
const CHAT_EVERY: usize = 16;
const LINES: &str = "application/x-ndjson";
/// What others may wait, half of the time and 99 of 100 times.
const MEDIAN: Duration = Duration::from_millis(250);
const BOUND: Duration = Duration::from_secs(1);

/// Attacks a service on each engine.
pub(crate) fn search_attack(arguments: &[String]) -> Result {
    let release = arguments.iter().any(|argument| argument == "--release");
    let mut build = cargo();
    build.args(["build", "--workspace", "--all-features", "--bin", "chatbot-api"]);
    if release {
        build.arg("--release");
    }
    run(&mut build)?;
    let program = match release {
        true => built("../release/chatbot-api")?,
        false => built("chatbot-api")?,
    };
    println!("--- SQLite");
    attack(&program, &[])?;
    let postgres = Postgres::find()?;
    println!("--- PostgreSQL: {}", postgres.description);
    let database = TestDatabase::create(&postgres)?;
    let secret = "the secret of a service that lives for a minute";
    attack(&program, &[("DATABASE_URL", database.url.as_str()), ("JWT_SECRET", secret)])
}

fn attack(program: &Path, variables: &[(&str, &str)]) -> Result {
    let service = Service::start_program(program, variables)?;
    let (attacker, other) = (sign_up(&service, "mallory")?, sign_up(&service, "ben")?);
    let begun = Instant::now();
    service.expect_of(200, "POST", "/api/me/import", Some(&attacker), (LINES, &tasks()?))?;
    println!("{TASKS} tasks imported in {:.1} s", begun.elapsed().as_secs_f64());
    let calm = be_other(&service, &other, &AtomicBool::new(false), Duration::from_secs(5))?;
    println!("without the attack: {}", calm.told());
    for search in searches() {
        println!("- by {}", search.by);
        search_beside(&service, &attacker, &other, &search)?;
    }
    Ok(())
}

/// A way to search that takes as long as any.
struct Search {
    by: &'static str,
    list: String,
    message: String,
}

fn searches() -> [Search; 2] {
    let text = format!("{}b", "a".repeat(199));
    // All that a task has, but for the last one.
    let tags = tags().replace('j', "z");
    [
        Search {
            by: "text",
            list: format!("/api/me/tasks?q={text}"),
            message: format!(r#"{{"message": "find {text}"}}"#),
        },
        Search {
            by: "tags",
            list: format!("/api/me/tasks?tag={tags}"),
            message: format!(r##"{{"message": "show tasks tagged #{}"}}"##, "z".repeat(29)),
        },
    ]
}

/// As many tags as a task may have, of 29 letters each.
fn tags() -> String {
    let tags = ["a", "c", "d", "e", "f", "g", "h", "i", "k", "j"].map(|letter| letter.repeat(29));
    tags.join(",")
}

/// How often each status was answered; 0 where nothing was.
type Answers = Mutex<BTreeMap<u16, usize>>;

fn search_beside(service: &Service, attacker: &str, other: &str, search: &Search) -> Result {
    let (over, answers) = (AtomicBool::new(false), Answers::default());
    let under_attack = thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (over, answers) = (&over, &answers);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let (method, path, body) = match client % 10 == 0 {
                        true => ("POST", "/api/me/chat", search.message.as_str()),
                        false => ("GET", search.list.as_str(), ""),
                    };
                    let body = ("application/json", body);
                    let asked = exchange(service.address(), method, path, Some(attacker), body);
                    let status = asked.map_or(0, |(status, _)| status);
                    let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
                    *answers.entry(status).or_default() += 1;
                    drop(answers);
                    if status == 429 {
                        thread::sleep(Duration::from_millis(50));
                    }
                }
            });
        }
        let seen = be_other(service, other, &over, DURATION).map_err(|error| error.to_string());
        over.store(true, Ordering::Relaxed);
        seen
    })?;
    let answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{CLIENTS} clients that search, by status: {answers:?}");
    println!("under the attack:   {}", under_attack.told());
    // Found, limited, or waited in vain for the searches before.
    if let Some(status) = answers.keys().find(|status| !matches!(status, 200 | 429 | 503)) {
        return Err(format!("whoever searches is answered {status}").into());
    }
    if !answers.contains_key(&200) {
        return Err("whoever searches finds nothing for all the time".into());
    }
    match (under_attack.percentile(50), under_attack.percentile(99)) {
        (median, _) if median > MEDIAN => Err(format!("the median is {median:?}").into()),
        (_, slowest) if slowest > BOUND => Err(format!("99 of 100 take up to {slowest:?}").into()),
        _ => Ok(()),
    }
}

/// What another user has waited for.
struct Waits(Vec<Duration>);

impl Waits {
    fn percentile(&self, percent: usize) -> Duration {
        self.0[(self.0.len() * percent / 100).min(self.0.len() - 1)]
    }

    fn told(&self) -> String {
        let millis = |percent| self.percentile(percent).as_millis();
        format!(
            "{} requests of another user, all well; median {} ms, 99 of 100 within {} ms",
            self.0.len(),
            millis(50),
            millis(99)
        )
    }
}

/// Lists, writes and chats for a while. Anything but success is a fault.
fn be_other(service: &Service, token: &str, over: &AtomicBool, lasts: Duration) -> Result<Waits> {
    let (begun, mut waits) = (Instant::now(), Vec::new());
    let mut count = 0;
    while begun.elapsed() < lasts && !over.load(Ordering::Relaxed) {
        let asked = Instant::now();
        let token = Some(token);
        match count % CHAT_EVERY {
            0 => service.expect(
                200,
                "POST",
                "/api/me/chat",
                token,
                r#"{"message": "show my tasks"}"#,
            )?,
            it if it % 2 == 0 => service.expect(200, "GET", "/api/me/tasks", token, "")?,
            _ => service.expect(201, "POST", "/api/me/tasks", token, r#"{"title": "buy milk"}"#)?,
        };
        waits.push(asked.elapsed());
        count += 1;
        thread::sleep(PAUSE);
    }
    waits.sort_unstable();
    Ok(Waits(waits))
}

fn sign_up(service: &Service, name: &str) -> Result<String> {
    let account = format!(
        r#"{{"name": "Ada", "email": "{name}@example.org", "password": "correct horse battery"}}"#
    );
    let answer = service.expect(201, "POST", "/api/auth/signup", None, &account)?;
    Ok(text(&answer, "access_token")?.to_owned())
}

/// An export of a full list.
fn tasks() -> Result<String> {
    const AT: &str = "2026-11-22T09:00:00Z";
    let mut lines = format!(
        r#"{{"type":"header","format":"todo-chatbot","version":1,"exported_at":"{AT}","account":{{"id":1,"email":"ada@example.org","name":"Ada","timezone":"Europe/Berlin","created_at":"{AT}"}}}}"#
    );
    let (title, description) = ("a".repeat(200), "a".repeat(2_000));
    let tags = tags();
    for id in 1..=TASKS {
        write!(
            lines,
            "\n{{\"type\":\"task\",\"id\":{id},\"title\":\"{title}\",\"description\":\"{description}\",\
             \"tags\":\"{tags}\",\"priority\":\"medium\",\"version\":1,\"created_at\":\"{AT}\",\"updated_at\":\"{AT}\"}}"
        )?;
    }
    write!(
        lines,
        "\n{{\"type\":\"trailer\",\"tasks\":{TASKS},\"conversations\":0,\"turns\":0,\"messages\":0}}\n"
    )?;
    Ok(lines)
}
