//! `cargo xtask attack`: one account takes as much of a service with default limits as it can;
//! another user's list, change and chat are answered all the same.

mod bystander;
mod import;
mod search;

use std::fmt::Write as _;

pub(crate) use self::bystander::sign_up;
use crate::{
    Result,
    postgres::{Postgres, TestDatabase},
    service::{Service, build, build_release},
};

/// As many as a list may have.
const TASKS: usize = 10_000;
const LINES: &str = "application/x-ndjson";

struct Attack {
    name: &'static str,
    carry_out: fn(&Service) -> Result,
}

const ATTACKS: [Attack; 2] = [
    Attack { name: "search", carry_out: search::attack },
    Attack { name: "import", carry_out: import::attack },
];

/// Carries out the named attacks, or all, on a service on each engine.
pub(crate) fn attack(arguments: &[String]) -> Result {
    let (options, names): (Vec<_>, Vec<_>) =
        arguments.iter().map(String::as_str).partition(|argument| argument.starts_with("--"));
    if let Some(unknown) = options.iter().find(|option| **option != "--release") {
        return Err(format!("unknown option {unknown}").into());
    }
    if let Some(unknown) = names.iter().find(|name| ATTACKS.iter().all(|it| it.name != **name)) {
        return Err(format!("there is no attack {unknown}").into());
    }
    let release = !options.is_empty();
    let program = if release { build_release() } else { build() }?;
    let postgres = Postgres::find()?;
    let mut failed = Vec::new();
    for attack in ATTACKS.iter().filter(|it| names.is_empty() || names.contains(&it.name)) {
        let database = TestDatabase::create(&postgres)?;
        let secret = "the secret of a service that lives for a minute";
        let variables = [("DATABASE_URL", database.url.as_str()), ("JWT_SECRET", secret)];
        for (engine, variables) in [("SQLite", &[][..]), ("PostgreSQL", &variables)] {
            println!("--- {} on {engine}", attack.name);
            let service = Service::start_program(&program, variables)?;
            if let Err(error) = (attack.carry_out)(&service) {
                println!("failed: {error}");
                failed.push(format!("{} on {engine}", attack.name));
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join(", ").into()) }
}

/// An export of a full list, with this description and these tags on every task.
fn full_list(description: &str, tags: &str) -> Result<String> {
    const AT: &str = "2026-11-22T09:00:00Z";
    let mut lines = format!(
        r#"{{"type":"header","format":"todo-chatbot","version":1,"exported_at":"{AT}","account":{{"id":1,"email":"ada@example.org","name":"Ada","timezone":"Europe/Berlin","created_at":"{AT}"}}}}"#
    );
    let title = "a".repeat(200);
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
