//! `docs/openapi.json` is good for what people need it for: the linter has nothing to say, a client
//! generated from it compiles and works, and the running service keeps to it, on both stores,
//! whatever it is sent.

use std::{env, path::Path, process::Command};

use crate::{
    Result, npm,
    postgres::{Postgres, TestDatabase},
    process::{run, tool_directory},
    python,
    service::{self, Service, has_succeeded},
};

/// The npm package and the settings of all tools.
const TOOLS: &str = "crates/xtask/openapi";
const DOCUMENT: &str = "docs/openapi.json";

/// Requests come as fast as they are answered; so many that the limits still show in the headers.
const LIMITS: [(&str, &str); 4] = [
    ("RATE_LIMIT_PER_SECOND", "1000"),
    ("RATE_LIMIT_BURST", "10000"),
    ("CHAT_RATE_LIMIT_PER_MINUTE", "1000"),
    ("SIGNUP_RATE_LIMIT_PER_HOUR", "10000"),
];
/// Only this service knows it, and not for long.
const JWT_SECRET: &str = "the secret of a service that lives for a minute";

/// Makes all checks of the document.
pub(crate) fn openapi(private_postgres: bool) -> Result {
    service::build()?;
    npm::install(TOOLS)?;
    for script in ["lint", "types", "compile"] {
        run(&mut npm_run(script)?)?;
    }
    converse()?;

    let postgres = if private_postgres { Postgres::private() } else { Postgres::find() }?;
    let python = python::environment("schemathesis-venv", &format!("{TOOLS}/requirements.txt"))?;
    let schemathesis = python.with_file_name("schemathesis");
    println!("--- SQLite");
    fuzz(&schemathesis, &Service::start(&LIMITS)?)?;
    println!("--- PostgreSQL: {}", postgres.description);
    let database = TestDatabase::create(&postgres)?;
    let variables = [("DATABASE_URL", database.url.as_str()), ("JWT_SECRET", JWT_SECRET)];
    fuzz(&schemathesis, &Service::start(&[&LIMITS[..], &variables].concat())?)
}

/// The conversation of the README, held by the generated client.
fn converse() -> Result {
    let service = Service::start(&[])?;
    run(npm_run("converse")?.env("BASE_URL", service.url()))
}

/// A script of the npm package.
fn npm_run(script: &str) -> Result<Command> {
    let mut npm = npm::npm(TOOLS)?;
    npm.args(["run", "--silent", script])
        .envs([("REDOCLY_TELEMETRY", "off"), ("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")]);
    Ok(npm)
}

/// Sends the service whatever the document allows and forbids, for a minute unless
/// `OPENAPI_SECONDS` says otherwise, and the same each time unless `OPENAPI_SEED` does.
fn fuzz(schemathesis: &Path, service: &Service) -> Result {
    let setting = |name, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let tools = env::current_dir()?.join(TOOLS);
    let document = env::current_dir()?.join(DOCUMENT);
    run(Command::new(schemathesis)
        .arg("--config-file")
        .arg(tools.join("schemathesis.toml"))
        .arg("run")
        .arg(document)
        .args(["--url", &service.url(), "--no-color"])
        .args(["--max-time", &setting("OPENAPI_SECONDS", "60")])
        .args(["--seed", &setting("OPENAPI_SEED", "1")])
        .env("BASE_URL", service.url())
        .env("SCHEMATHESIS_HOOKS", tools.join("hooks.py"))
        // It keeps notes where it runs.
        .current_dir(tool_directory("schemathesis")?))?;
    succeeded(service)
}

/// Answers that are refusals all of them prove little: the service has to have done what it is for.
fn succeeded(service: &Service) -> Result {
    let page = service.expect(200, "GET", "/metrics", None, "")?;
    for (method, route) in [
        ("POST", "/api/{user_id}/tasks"),
        ("PATCH", "/api/{user_id}/tasks/{id}"),
        ("POST", "/api/{user_id}/chat"),
        ("GET", "/api/{user_id}/export"),
        ("POST", "/api/auth/signout"),
    ] {
        if !has_succeeded(&page, method, route) {
            return Err(format!("no request to {method} {route} has succeeded").into());
        }
    }
    Ok(())
}
