//! The release before works on the schema of this one: a rollback takes back the program and leaves the
//! database where it is.

use std::{collections::BTreeSet, env, path::Path, time::Duration};

use serde_json::{Value, json};

use super::{
    check::{Check, Depth, Verdict},
    cluster,
    daemon::until,
    monitoring::start_simulator,
    roles::{JWT_SECRET, Prepared},
    tools::Tools,
};
use crate::{
    Result,
    service::{self, Service},
};

pub(super) const CHECK: Check = Check {
    name: "rollback",
    what: "the release before works on the schema of this one, and this one goes on afterwards",
    depth: Depth::Full,
    run: check,
};

/// Names the binary of the release before.
const PREVIOUS: &str = "PREVIOUS_CHATBOT_API";

const PASSWORD: &str = "correct horse battery";

fn check(_: &Tools) -> Result<Verdict> {
    let Some(previous) = env::var_os(PREVIOUS) else {
        return Verdict::not_checked(format!("{PREVIOUS} names no binary of the release before"));
    };
    let today = service::program("chatbot-api")?;
    let prepared = Prepared::new("rollback", "")?;
    let simulator = start_simulator()?;
    let data = prepared.scratch.directory("sqlite")?;
    let databases =
        [("DATABASE_URL", prepared.user()), ("DATA_DIR", data.to_string_lossy().into_owned())];
    for (variable, database) in &databases {
        let variables = [
            (*variable, database.as_str()),
            ("JWT_SECRET", JWT_SECRET),
            ("SHUTDOWN_DELAY", "0"),
            ("CHAT_ENGINE", "cohere"),
            ("COHERE_API_KEY", "any"),
            ("COHERE_BASE_URL", &simulator.url),
        ];
        there_and_back(&today, previous.as_ref(), &variables)
            .map_err(|error| format!("with {variable}: {error}"))?;
    }
    Verdict::passed(
        cluster::version()?,
        "and SQLite: sign-in, lists, search, messages, chat, changes and export by the release before, \
         then by this one",
    )
}

/// This release, the one before, and this one again, on one database.
fn there_and_back(today: &Path, previous: &Path, variables: &[(&str, &str)]) -> Result {
    let service = Service::start_program(today, variables)?;
    let account = json!({ "name": "Ada", "email": "ada@example.org", "password": PASSWORD });
    let session =
        parsed(&service.expect(201, "POST", "/api/auth/signup", None, &account.to_string())?)?;
    let mut person = Person { token: text_of(&session, "access_token")?, conversation: None };
    person.work(&service, "first", &[])?;
    drop(service);

    let service = Service::start_program(previous, variables)?;
    person.work(&service, "second", &["first"])?;
    person.sign_in(&service)?;
    drop(service);

    let service = Service::start_program(today, variables)?;
    person.work(&service, "third", &["first", "second"])
}

struct Person {
    token: String,
    conversation: Option<String>,
}

impl Person {
    fn ask(
        &self,
        service: &Service,
        expected: u16,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        parsed(&service.expect(expected, method, path, Some(&self.token), &body)?)
    }

    fn sign_in(&mut self, service: &Service) -> Result {
        let body = json!({ "email": "ada@example.org", "password": PASSWORD }).to_string();
        let session = parsed(&service.expect(200, "POST", "/api/auth/signin", None, &body)?)?;
        self.token = text_of(&session, "access_token")?;
        Ok(())
    }

    /// Adds tasks of this phase by all ways, and finds them and those of the phases before.
    fn work(&mut self, service: &Service, phase: &str, before: &[&str]) -> Result {
        self.sign_in(service)?;
        for (what, due) in [
            ("day", json!("2030-01-02")),
            ("time", json!("2030-01-02T15:00:00Z")),
            ("never", Value::Null),
        ] {
            let task =
                json!({ "title": format!("{what} ÄRGER {phase}"), "due": due, "tags": [phase] });
            self.ask(service, 201, "POST", "/api/me/tasks", &task)?;
        }
        self.chat(service, &format!("add chat ÄRGER {phase}"))?;
        self.chat(service, "list my tasks")?;
        let all: BTreeSet<_> = before
            .iter()
            .chain(&[phase])
            .flat_map(|phase| {
                ["day", "time", "never", "chat"].map(|what| format!("{what} ÄRGER {phase}"))
            })
            .collect();
        for path in ["/api/me/tasks", "/api/me/tasks?sort=due", "/api/me/tasks?sort=-due"] {
            self.finds(service, path, &all)?;
        }
        // What another release wrote is folded for searching soon after the start.
        let searched = until("the search finds every task", Duration::from_secs(30), || {
            self.finds(service, "/api/me/tasks?q=%C3%A4rger", &all).is_ok()
        });
        if searched.is_err() {
            self.finds(service, "/api/me/tasks?q=%C3%A4rger", &all)?;
        }
        let conversation = self.conversation.as_deref().ok_or("there is no conversation")?;
        let messages = self.ask(
            service,
            200,
            "GET",
            &format!("/api/me/conversations/{conversation}/messages"),
            &Value::Null,
        )?;
        let said = 4 * (before.len() + 1);
        if messages.as_array().map(Vec::len) != Some(said) {
            return Err(format!("{phase}: not {said} messages: {messages}").into());
        }
        let tasks = self.ask(service, 200, "GET", "/api/me/tasks?sort=created_at", &Value::Null)?;
        let first = tasks.pointer("/0/id").ok_or("there is no task")?;
        self.ask(
            service,
            200,
            "PATCH",
            &format!("/api/me/tasks/{first}"),
            &json!({ "description": phase }),
        )?;
        service.expect(200, "GET", "/api/me/export", Some(&self.token), "")?;
        Ok(())
    }

    fn chat(&mut self, service: &Service, message: &str) -> Result {
        let body = json!({ "message": message, "conversation_id": self.conversation });
        let reply = self.ask(service, 200, "POST", "/api/me/chat", &body)?;
        self.conversation = Some(text_of(&reply, "conversation_id")?);
        Ok(())
    }

    /// An error unless the list has these titles.
    fn finds(&self, service: &Service, path: &str, expected: &BTreeSet<String>) -> Result {
        let tasks = self.ask(service, 200, "GET", path, &Value::Null)?;
        let titles =
            tasks.as_array().into_iter().flatten().filter_map(|task| task.get("title")?.as_str());
        let titles: BTreeSet<_> = titles.map(str::to_owned).collect();
        if titles == *expected {
            return Ok(());
        }
        let missing: Vec<_> = expected.difference(&titles).collect();
        Err(format!("{path}: {missing:?} are missing among {titles:?}").into())
    }
}

/// A document; nothing is none.
fn parsed(body: &str) -> Result<Value> {
    if body.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_str(body)?) }
}

fn text_of(document: &Value, field: &str) -> Result<String> {
    let text = document.get(field).and_then(Value::as_str);
    Ok(text.ok_or_else(|| format!("no {field} in {document}"))?.to_owned())
}
