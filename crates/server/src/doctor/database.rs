//! Whether the database is there, up to date, and well guarded.

use std::time::Duration;

use todo_adapters::{
    Database, DatabaseEngine, DatabaseUrl, OpenError, PoolerFound, Protection, ProtectionError,
    Verification, error_chain,
};
use tokio::runtime::Handle;

use crate::config::DatabaseConfig;

use super::finding::Finding;

/// A database that others can reach takes a password that nobody guesses.
const SHORTEST_PASSWORD: usize = 24;

/// Whether the password is long enough.
pub(super) fn password(url: &DatabaseUrl) -> Finding {
    const WHAT: &str = "password";
    match (url.engine(), url.password_chars()) {
        (DatabaseEngine::Sqlite, _) => Finding::ok(WHAT, "a file needs none"),
        (DatabaseEngine::Postgres, None) => Finding::warn(
            WHAT,
            "DATABASE_URL has no database password",
            "see that the server lets in nobody else without one",
        ),
        (DatabaseEngine::Postgres, Some(chars)) if chars < SHORTEST_PASSWORD => Finding::fail(
            WHAT,
            format!("the database password has fewer than {SHORTEST_PASSWORD} characters"),
            "choose another, such as the output of `openssl rand -hex 24`",
        ),
        (DatabaseEngine::Postgres, Some(_)) => {
            Finding::ok(WHAT, format!("at least {SHORTEST_PASSWORD} characters"))
        }
    }
}

/// Whether somebody on the way could listen in, or pose as the server.
pub(super) async fn encryption(
    what: &'static str,
    url: &DatabaseUrl,
    timeout: Duration,
) -> Finding {
    let Some(mode) = url.ssl_mode() else { return Finding::ok(what, "a file needs none") };
    match url.protection(timeout).await {
        Ok(Protection::Local) => Finding::ok(what, "a socket of this machine needs none"),
        Ok(Protection::Plain) => Finding::warn(
            what,
            format!("sslmode={mode} is in use: the way to the server is not encrypted"),
            "keep it inside one machine or a network of your own, or choose sslmode=verify-full",
        ),
        Ok(Protection::Encrypted(Verification::Nothing)) => Finding::warn(
            what,
            format!("encrypted, but with sslmode={mode} anybody on the way can pose as the server"),
            "choose sslmode=verify-full, with the root certificate of the server in sslrootcert",
        ),
        Ok(Protection::Encrypted(Verification::Issuer)) => Finding::ok(
            what,
            format!("encrypted; the certificate is verified, its host name is not ({mode})"),
        ),
        Ok(Protection::Encrypted(Verification::IssuerAndName)) => Finding::ok(
            what,
            format!("encrypted; the certificate and its host name are verified ({mode})"),
        ),
        Err(ProtectionError::Tls(failure)) => Finding::fail(
            what,
            failure.to_string(),
            "see \"Encrypted connections to PostgreSQL\" in docs/OPERATIONS.md",
        ),
        Err(error @ ProtectionError::Unreachable) => Finding::warn(
            what,
            format!("sslmode={mode} is in use, but {error}"),
            "see what is said about it below",
        ),
    }
}

/// What stands before the server, and whether the URL says so.
pub(super) async fn pooler(
    what: &'static str,
    url: &DatabaseUrl,
    timeout: Duration,
) -> Option<Finding> {
    let direct = "connections are the server's own";
    Some(match url.find_pooler(timeout).await {
        Ok(PoolerFound::Nothing) if url.engine() == DatabaseEngine::Sqlite => return None,
        Ok(PoolerFound::Nothing) => Finding::ok(what, format!("none: {direct}")),
        Ok(PoolerFound::Named(mode)) => {
            Finding::ok(what, format!("in {mode} mode, as the URL says (?pooler={mode})"))
        }
        Ok(PoolerFound::Unneeded(mode)) => Finding::warn(
            what,
            format!("the URL says ?pooler={mode}, but {direct}"),
            "remove ?pooler=… from the URL: it costs round trips",
        ),
        Ok(PoolerFound::Unknown) => Finding::warn(
            what,
            "not looked at: the server does not answer",
            "see what is said about it below",
        ),
        Err(error) => Finding::fail(
            what,
            error.to_string(),
            "see \"A pooler before PostgreSQL\" in docs/OPERATIONS.md",
        ),
    })
}

/// Whether the database answers, and has all its tables.
pub(super) async fn schema(config: &DatabaseConfig) -> Vec<Finding> {
    const WHAT: &str = "database";
    if config.url.file().is_some_and(|file| !file.exists()) {
        return vec![Finding::ok(WHAT, format!("{} is made at the first start", config.url))];
    }
    let (settings, runtime) = (config.settings.clone(), Handle::current());
    let database = match Database::open_as_it_is(&config.url, settings, runtime).await {
        Ok(database) => database,
        Err(OpenError::InUse { .. }) => {
            let text = format!("{} is in use, most likely by the service", config.url);
            return vec![Finding::warn(WHAT, text, "stop the service to have the file examined")];
        }
        Err(error) => {
            let hint = "the file and its directory must be the service's own";
            return vec![Finding::fail(WHAT, error_chain(&error), hint)];
        }
    };
    let findings = match database.migration_status().await {
        Err(error) => vec![Finding::fail(
            WHAT,
            format!("{} does not answer: {}", config.url, error_chain(&error)),
            "check host, port, user, password and name in DATABASE_URL, and that the server runs",
        )],
        Ok(states) => {
            let pending = states.iter().filter(|state| !state.applied).count();
            let (what, pending_of) = ("migrations", format!("{pending} of {}", states.len()));
            let migrations = match (pending, config.engine) {
                (0, _) => Finding::ok(what, format!("all {} are applied", states.len())),
                (_, DatabaseEngine::Sqlite) => {
                    Finding::ok(what, format!("{pending_of} are applied at the next start"))
                }
                (_, DatabaseEngine::Postgres) => Finding::fail(
                    what,
                    format!("{pending_of} are pending"),
                    "run `chatbot-api migrate up`",
                ),
            };
            let database = match database.damage().await {
                None => Finding::ok(WHAT, format!("{} answers", config.url)),
                Some(damage) => Finding::fail(
                    WHAT,
                    format!("{} is damaged: {damage}", config.url),
                    "restore a backup: `chatbot-api restore FILE --replace`",
                ),
            };
            vec![database, migrations]
        }
    };
    database.close();
    findings
}

/// Whether the replica, where there is one, would be read from. The primary is otherwise.
pub(super) async fn replica(config: &DatabaseConfig) -> Option<Finding> {
    const WHAT: &str = "replica";
    let replica = config.replica.as_ref()?;
    let url = &replica.url;
    Some(match replica.probe(&config.url).await {
        Ok(()) => Finding::ok(WHAT, format!("{url} is a replica of the database")),
        Err(reason) => Finding::warn(
            WHAT,
            format!("{url} would not be read from: {}", error_chain(&reason)),
            "see \"Replicas\" in docs/OPERATIONS.md; the service reads from the primary meanwhile",
        ),
    })
}
