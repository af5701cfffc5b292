//! `cargo xtask footprint`: what the release takes, in bytes, milliseconds and memory.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use crate::{
    Result,
    service::{Service, build_release, text},
};

/// How often it is started.
const STARTS: usize = 9;
/// Who talks to it at the same time, how often each, and how often in one conversation.
const PEOPLE: usize = 8;
const CHATS: usize = 125;
const CHATS_OF_A_CONVERSATION: usize = 25;
/// People wait for their answers; nobody counts how often they ask.
const LIMITS: [(&str, &str); 4] = [
    ("RATE_LIMIT_PER_SECOND", "1000"),
    ("RATE_LIMIT_BURST", "10000"),
    ("CHAT_RATE_LIMIT_PER_MINUTE", "1000"),
    ("SIGNUP_RATE_LIMIT_PER_HOUR", "10000"),
];

/// Builds the release and measures it, standing alone: with its SQLite file and the offline
/// assistant.
pub(crate) fn footprint() -> Result {
    let binary = build_release()?;
    println!("binary: {:.1} MB", megabytes(fs::metadata(&binary)?.len() as f64));

    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let begun = Instant::now();
        let service = Service::start_program(&binary, &LIMITS)?;
        service.expect(200, "GET", "/health/ready", None, "")?;
        starts.push(begun.elapsed().as_millis());
    }
    starts.sort_unstable();
    println!("from start to ready, with an empty data directory: {starts:?} ms");

    let service = Service::start_program(&binary, &LIMITS)?;
    service.expect(200, "GET", "/health/ready", None, "")?;
    println!("memory when ready: {:.1} MB", memory(&service)?);
    let begun = Instant::now();
    thread::scope(|scope| {
        let people: Vec<_> = (0..PEOPLE)
            .map(|person| {
                let service = &service;
                scope.spawn(move || talk(service, person).map_err(|error| error.to_string()))
            })
            .collect();
        people.into_iter().try_for_each(|person| person.join().map_err(|_| "a panic")?)
    })
    .map_err(|error: String| error)?;
    println!(
        "{} chats by {PEOPLE} people at once: {:.1} s; memory: {:.1} MB",
        PEOPLE * CHATS,
        begun.elapsed().as_secs_f64(),
        memory(&service)?
    );
    thread::sleep(Duration::from_secs(60));
    println!("memory a minute later: {:.1} MB", memory(&service)?);
    Ok(())
}

/// Somebody signs up, adds tasks, lists and completes them.
fn talk(service: &Service, person: usize) -> Result {
    let account = format!(
        r#"{{"name": "Ada", "email": "ada{person}@example.org", "password": "correct horse"}}"#
    );
    let answer = service.expect(201, "POST", "/api/auth/signup", None, &account)?;
    let token = Some(text(&answer, "access_token")?);
    let mut conversation = String::new();
    for chat in 0..CHATS {
        if chat % CHATS_OF_A_CONVERSATION == 0 {
            conversation.clear();
        }
        let message = match chat % 5 {
            0..3 => format!("add a high priority task to read page {chat} by Friday"),
            3 => "show my pending tasks".to_owned(),
            _ => format!("mark task {} as done", chat / 5 * 3 + 1),
        };
        let body = format!(r#"{{"message": "{message}"{conversation}}}"#);
        let answer = service.expect(200, "POST", "/api/me/chat", token, &body)?;
        let id = text(&answer, "conversation_id")?;
        conversation = format!(r#", "conversation_id": "{id}""#);
    }
    Ok(())
}

/// The resident memory of the service, in MB.
fn memory(service: &Service) -> Result<f64> {
    Ok(megabytes(service.memory()?.now as f64))
}

fn megabytes(bytes: f64) -> f64 {
    bytes / 1e6
}
