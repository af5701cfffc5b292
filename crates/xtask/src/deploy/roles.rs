//! The database as `deploy/postgres` makes it: two roles with passwords, of which the service's may
//! read and write rows and nothing else.

use std::process::Command;

use super::{
    check::{Check, Depth, Verdict},
    cluster::{self, Cluster, SUPERUSER_PASSWORD, ask},
    tools::Tools,
};
use crate::{
    Result,
    process::run,
    scratch::Scratch,
    service::{self, Service, text},
};

pub(super) const CHECK: Check = Check {
    name: "database-roles",
    what: "create.sh makes chatbot_db and its roles; the service works as chatbot_user, who can't \
           change the schema",
    depth: Depth::Quick,
    run: check,
};

const OWNER_PASSWORD: &str = "owner-0123456789abcdefghij";
const USER_PASSWORD: &str = "user-0123456789abcdefghijk";
pub(super) const JWT_SECRET: &str = "the secret of a service that lives for a minute";

/// Nothing of this may come true for the role of the service.
const FORBIDDEN: [&str; 11] = [
    "create table intruder (id int)",
    "create temporary table intruder (id int)",
    "create schema intruder",
    "alter table tasks add column intruder int",
    "drop table messages",
    "truncate tasks",
    "create index intruder on tasks (title)",
    "delete from __diesel_schema_migrations",
    "insert into __diesel_schema_migrations (version) values ('99999999999999')",
    "alter role chatbot_user createdb",
    "copy tasks to program 'true'",
];

/// A server with the database, its roles and its tables.
pub(super) struct Prepared {
    pub(super) cluster: Cluster,
    pub(super) scratch: Scratch,
}

impl Prepared {
    /// Makes the database as the documents say: `create.sh`, then `migrate up` as the owner.
    pub(super) fn new(name: &str, settings: &str) -> Result<Self> {
        let scratch = Scratch::new(name)?;
        let cluster = Cluster::create(&scratch, "primary", settings)?;
        create(&cluster, &scratch, OWNER_PASSWORD, USER_PASSWORD)?;
        let prepared = Self { cluster, scratch };
        run(Command::new(service::program("chatbot-api")?)
            .args(["migrate", "up"])
            .env_clear()
            .env("DATABASE_URL", prepared.owner()))?;
        Ok(prepared)
    }

    pub(super) fn owner(&self) -> String {
        self.cluster.url("chatbot_owner", OWNER_PASSWORD, "chatbot_db")
    }

    pub(super) fn user(&self) -> String {
        self.cluster.url("chatbot_user", USER_PASSWORD, "chatbot_db")
    }

    /// The service as `chatbot_user`, without limits of requests.
    pub(super) fn service(&self, variables: &[(&str, &str)]) -> Result<Service> {
        let url = self.user();
        let always = [
            ("DATABASE_URL", url.as_str()),
            ("JWT_SECRET", JWT_SECRET),
            ("SHUTDOWN_DELAY", "0"),
            ("RATE_LIMIT_PER_SECOND", "off"),
            ("CHAT_RATE_LIMIT_PER_MINUTE", "off"),
            ("SIGNUP_RATE_LIMIT_PER_HOUR", "off"),
        ];
        let program = service::program("chatbot-api")?;
        Service::start_program(&program, &[&always[..], variables].concat())
    }
}

fn create(cluster: &Cluster, scratch: &Scratch, owner: &str, user: &str) -> Result {
    create_roles(scratch, cluster.port, SUPERUSER_PASSWORD, owner, user)
}

/// Runs `create.sh` with passwords in files, as containers have them.
pub(super) fn create_roles(
    scratch: &Scratch,
    port: u16,
    superuser: &str,
    owner: &str,
    user: &str,
) -> Result {
    let owner = scratch.file("owner-password", owner)?;
    let user = scratch.file("user-password", user)?;
    run(Command::new("deploy/postgres/create.sh")
        .envs([("PGHOST", "127.0.0.1"), ("PGUSER", "postgres"), ("PGPASSWORD", superuser)])
        .env("PGPORT", port.to_string())
        .env("OWNER_PASSWORD_FILE", owner)
        .env("USER_PASSWORD_FILE", user))
}

fn check(_: &Tools) -> Result<Verdict> {
    let prepared = Prepared::new("roles", "log_statement = all")?;
    let Prepared { cluster, scratch } = &prepared;

    let service = prepared.service(&[("RETENTION_DAYS", "1")])?;
    be_used(&service)?;
    refuse(&prepared.user())?;

    // A second time it changes nothing but the passwords.
    create(cluster, scratch, OWNER_PASSWORD, "user-of-the-second-time-0123456789")?;
    if ask(&prepared.user(), "select 1").is_ok() {
        return Err("create.sh has left the former password valid".into());
    }
    let renewed = cluster.url("chatbot_user", "user-of-the-second-time-0123456789", "chatbot_db");
    refuse(&renewed)?;
    if create(cluster, scratch, OWNER_PASSWORD, "too short").is_ok() {
        return Err("create.sh takes a password of 9 characters".into());
    }
    let log = std::fs::read_to_string(scratch.path().join("primary/postgres.log"))?;
    if !log.contains("grant all on schema public") || log.contains("-0123456789") {
        return Err("the server's log has no statements, or shows a password".into());
    }
    Verdict::passed(
        cluster::version()?,
        format!("every kind of request as chatbot_user, {} statements refused", FORBIDDEN.len()),
    )
}

/// Every kind of thing that the service does with its rows.
fn be_used(service: &Service) -> Result {
    let account =
        r#"{"name": "Ada", "email": "ada@example.org", "password": "correct horse battery"}"#;
    service.expect(200, "GET", "/health/ready", None, "")?;
    let answer = service.expect(201, "POST", "/api/auth/signup", None, account)?;
    let token = Some(text(&answer, "access_token")?);
    service.expect(
        201,
        "POST",
        "/api/me/tasks",
        token,
        r#"{"title": "post", "tags": ["home"]}"#,
    )?;
    let answer =
        service.expect(200, "POST", "/api/me/chat", token, r#"{"message": "add buy milk"}"#)?;
    service.expect(200, "POST", "/api/me/tasks/1/complete", token, "")?;
    service.expect(200, "PATCH", "/api/me/tasks/1", token, r#"{"title": "letters"}"#)?;
    service.expect(200, "GET", "/api/me/tasks?q=milk", token, "")?;
    service.expect(204, "DELETE", "/api/me/tasks/1", token, "")?;
    let export = service.expect(200, "GET", "/api/me/export", token, "")?;
    let conversation = format!("/api/me/conversations/{}", text(&answer, "conversation_id")?);
    service.expect(200, "GET", &format!("{conversation}/messages"), token, "")?;
    service.expect(204, "DELETE", &conversation, token, "")?;
    let other = account.replace("ada@", "ben@");
    let answer = service.expect(201, "POST", "/api/auth/signup", None, &other)?;
    let other = Some(text(&answer, "access_token")?);
    // It comes in chunks, whose lengths stand on lines of their own.
    let lines: Vec<_> = export.lines().filter(|line| line.starts_with('{')).collect();
    let lines = lines.join("\n") + "\n";
    let lines = ("application/x-ndjson", lines.as_str());
    service.expect_of(200, "POST", "/api/me/import", other, lines)?;
    service.expect(204, "POST", "/api/auth/signout", other, "")?;
    let password = r#"{"password": "correct horse battery"}"#;
    service.expect(204, "POST", "/api/auth/delete-account", token, password)?;
    Ok(())
}

/// None of the forbidden statements may work.
fn refuse(url: &str) -> Result {
    ask(url, "select count(*) from tasks")?;
    for statement in FORBIDDEN {
        let Err(error) = ask(url, statement) else {
            return Err(format!("chatbot_user may: {statement}").into());
        };
        let error = error.to_string();
        let reasons = ["permission denied", "must be owner", "must be superuser"];
        if !reasons.iter().any(|reason| error.contains(reason)) {
            return Err(format!("{statement}: {error}").into());
        }
    }
    Ok(())
}
