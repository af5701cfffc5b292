//! What each variable accepts and what it means.

use std::{path::Path, time::Duration};

use secrecy::ExposeSecret;
use tracing::Level;

use todo_adapters::{CohereSettings, DatabaseEngine};
use todo_http::CorsOrigins;
use todo_service::ChatEngine;

use super::{Config, ConfigError, LogFormat, MigrateConfig, SigningSecret, Variables};

pub(super) const SECRET: &str = "0123456789abcdef0123456789abcdef";
const POSTGRES: (&str, &str) = ("DATABASE_URL", "postgres://app:hunter2@db/chatbot");
/// With these and nothing else the service starts on PostgreSQL.
pub(super) const PRODUCTION: [(&str, &str); 3] =
    [POSTGRES, ("JWT_SECRET", SECRET), ("CHAT_ENGINE", "offline")];

pub(super) fn variables(pairs: &[(&str, &str)]) -> Variables {
    Variables::new(pairs.iter().map(|(name, value)| (name.into(), value.into()))).unwrap()
}

pub(crate) fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::read(variables(pairs))
}

pub(crate) fn production_and(pairs: &[(&str, &str)]) -> Config {
    read(&[&PRODUCTION, pairs].concat()).unwrap()
}

/// The names of the faulty variables, in the order of the report.
pub(super) fn faulty(pairs: &[(&str, &str)]) -> Vec<String> {
    let Err(error) = read(pairs) else { return Vec::new() };
    let report = error.to_string();
    report.lines().skip(1).map(|line| line.trim().split(':').next().unwrap().to_owned()).collect()
}

fn origins(pairs: &[(&str, &str)]) -> Vec<String> {
    match read(pairs).unwrap().origins {
        CorsOrigins::Listed(origins) => {
            origins.iter().map(|origin| origin.as_str().to_owned()).collect()
        }
        CorsOrigins::Any => vec!["*".to_owned()],
    }
}

#[test]
fn without_any_variable_the_service_stands_alone() {
    let config = read(&[]).unwrap();

    assert_eq!(config.database.engine, DatabaseEngine::Sqlite);
    assert_eq!(config.database.url.to_string(), "sqlite://./data/todo.sqlite");
    assert_eq!(config.database.settings.timeout, Duration::from_secs(5));
    assert!(
        matches!(config.tokens.secret, SigningSecret::KeptIn(path) if path == Path::new("./data/jwt_secret"))
    );
    assert!(config.tokens.previous.is_empty());
    assert_eq!(config.tokens.lifetime, Duration::from_secs(604_800));
    assert!(matches!(config.chat.engine, ChatEngine::Offline));
    assert_eq!(config.chat.turns.timeout, Duration::from_secs(30));
    assert_eq!(config.chat.turns.slow_threshold, Duration::from_secs(5));
    assert_eq!(config.database.settings.slow_query_threshold, Duration::from_secs(1));
    assert_eq!((config.listen.host.as_str(), config.listen.port), ("127.0.0.1", 8000));
    assert_eq!(config.listen.http.request_timeout, Duration::from_secs(10));
    assert_eq!(config.listen.http.archive_timeout, Duration::from_secs(300));
    assert_eq!(config.listen.http.keep_alive, Duration::from_secs(75));
    assert_eq!(config.listen.http.max_connections, 10_000);
    assert_eq!(config.listen.http.shutdown_timeout, Duration::from_secs(45));
    assert_eq!(config.listen.shutdown_delay, Duration::ZERO);
    assert_eq!(config.origins, CorsOrigins::Listed(Vec::new()));
    assert_eq!((config.logs.level, config.logs.format), (Level::INFO, LogFormat::Text));
}

#[test]
fn limits_are_on_unless_they_are_switched_off() {
    let limits = read(&[]).unwrap().limits;
    let requests = limits.requests.unwrap();
    assert_eq!((requests.capacity().get(), requests.interval()), (21, Duration::from_millis(100)));
    let chat = limits.chat.unwrap();
    assert_eq!((chat.capacity().get(), chat.window()), (20, Duration::from_secs(60)));
    let sign_up = limits.sign_up.unwrap();
    assert_eq!((sign_up.capacity().get(), sign_up.window()), (20, Duration::from_secs(3600)));
    assert_eq!(limits.trusted_proxies, []);

    for off in ["0", "off", "OFF"] {
        let limits = production_and(&[
            ("RATE_LIMIT_PER_SECOND", off),
            ("CHAT_RATE_LIMIT_PER_MINUTE", off),
            ("SIGNUP_RATE_LIMIT_PER_HOUR", off),
        ])
        .limits;
        assert_eq!((limits.requests, limits.chat, limits.sign_up), (None, None, None), "{off}");
    }
}

#[test]
fn limits_and_proxies_are_what_they_are_set_to() {
    let limits = production_and(&[
        ("RATE_LIMIT_PER_SECOND", "100"),
        ("RATE_LIMIT_BURST", "0"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, ::1,"),
    ])
    .limits;
    let requests = limits.requests.unwrap();
    assert_eq!((requests.capacity().get(), requests.interval()), (1, Duration::from_millis(10)));
    let proxies = ["10.0.0.0/8", "::1"].map(|proxy| proxy.parse().unwrap());
    assert_eq!(limits.trusted_proxies, proxies);
}

#[test]
fn a_sqlite_url_stands_alone_too() {
    let config = read(&[("DATABASE_URL", "sqlite://list.db"), ("DATA_DIR", "/srv/todo")]).unwrap();

    assert_eq!(config.database.url.to_string(), "sqlite://list.db");
    assert_eq!(config.listen.host, "127.0.0.1");
    assert!(
        matches!(config.tokens.secret, SigningSecret::KeptIn(path) if path == Path::new("/srv/todo/jwt_secret"))
    );
}

#[test]
fn a_replica_has_a_url_and_a_greatest_lag() {
    let url = ("DATABASE_REPLICA_URL", "postgres://app:hunter2@replica/chatbot?pool_size=5");
    let replica = production_and(&[url, ("DATABASE_REPLICA_MAX_LAG", "0.5")]).database.replica;
    let replica = replica.unwrap();
    assert_eq!(replica.url.to_string(), "postgres://replica:5432/chatbot");
    assert_eq!(replica.max_lag, Duration::from_millis(500));
    let replica = production_and(&[url]).database.replica;
    assert_eq!(replica.unwrap().max_lag, Duration::from_secs(5));
    assert!(production_and(&[]).database.replica.is_none());
}

#[test]
fn a_replica_of_an_sqlite_file_is_a_fault() {
    let faults = faulty(&[("DATABASE_REPLICA_URL", "postgres://replica/chatbot")]);
    assert_eq!(faults, ["DATABASE_REPLICA_URL"]);
}

#[test]
fn a_postgresql_url_in_each_spelling_listens_to_the_network() {
    for scheme in ["postgres", "postgresql", "postgresql+asyncpg", "PostgreSQL"] {
        let url = format!("{scheme}://app@db/chatbot?pool_size=20");
        let config =
            read(&[("DATABASE_URL", &url), ("JWT_SECRET", SECRET), ("CHAT_ENGINE", "offline")])
                .unwrap();

        assert_eq!(config.database.engine, DatabaseEngine::Postgres, "{scheme}");
        assert_eq!(config.database.url.to_string(), "postgres://db:5432/chatbot");
        assert_eq!((config.listen.host.as_str(), config.listen.port), ("0.0.0.0", 8000));
        assert_eq!(config.listen.shutdown_delay, Duration::from_secs(5));
    }
}

#[test]
fn postgresql_needs_a_secret_and_a_decision_about_the_assistant() {
    assert_eq!(faulty(&[POSTGRES]), ["JWT_SECRET", "COHERE_API_KEY"]);
    assert_eq!(faulty(&[POSTGRES, ("CHAT_ENGINE", "offline")]), ["JWT_SECRET"]);
    assert_eq!(faulty(&PRODUCTION), [""; 0]);
}

#[test]
fn a_migration_needs_the_database_alone() {
    let config = MigrateConfig::read(variables(&[POSTGRES, ("PORT", "none")])).unwrap();

    assert_eq!(config.database.engine, DatabaseEngine::Postgres);
    assert_eq!(config.logs.level, Level::INFO);
    assert!(MigrateConfig::read(variables(&[("DATABASE_URL", "mysql://db")])).is_err());
}

/// The settings for Cohere; `None` for the offline assistant.
fn cohere(pairs: &[(&str, &str)]) -> Option<CohereSettings> {
    match read(pairs).unwrap().chat.engine {
        ChatEngine::Cohere(settings) => Some(*settings),
        ChatEngine::Offline => None,
    }
}

#[test]
fn a_key_is_all_that_cohere_takes() {
    let settings = cohere(&[("COHERE_API_KEY", "key")]).unwrap();

    assert_eq!(settings.base_url.as_str(), "https://api.cohere.com/");
    assert_eq!(settings.api_key.unwrap().expose_secret(), "key");
    assert_eq!(settings.model.as_str(), "command-a-03-2025");
    assert_eq!((settings.temperature.get(), settings.max_tokens.get()), (0.7, 1024));
}

#[test]
fn whoever_asks_for_offline_gets_it_in_spite_of_a_key() {
    assert!(cohere(&[("CHAT_ENGINE", "Offline"), ("COHERE_API_KEY", "key")]).is_none());
}

#[test]
fn cohere_itself_needs_a_key_and_another_address_may_do_without() {
    assert_eq!(faulty(&[("CHAT_ENGINE", "cohere")]), ["COHERE_API_KEY"]);
    let own = ("COHERE_BASE_URL", "https://api.cohere.com/");
    assert_eq!(faulty(&[("CHAT_ENGINE", "cohere"), own]), ["COHERE_API_KEY"]);
    let settings = cohere(&[("COHERE_BASE_URL", "http://127.0.0.1:9000/cohere")]).unwrap();
    assert_eq!(settings.base_url.as_str(), "http://127.0.0.1:9000/cohere");
    assert!(settings.api_key.is_none());
}

#[test]
fn what_cohere_is_asked_for_can_be_set() {
    let settings = cohere(&[
        ("CHAT_ENGINE", "Cohere"),
        ("COHERE_API_KEY", "key"),
        ("COHERE_MODEL", "command-r-plus"),
        ("COHERE_TEMPERATURE", "0"),
        ("COHERE_MAX_TOKENS", "64000"),
        ("PROVIDER_BREAKER_FAILURES", "3"),
        ("PROVIDER_BREAKER_PAUSE", "0.5"),
        ("PROVIDER_CONCURRENCY", "8"),
        ("PROVIDER_QUEUE", "0"),
    ]);
    let settings = settings.unwrap();
    let breaker = settings.circuit_breaker;

    assert_eq!(settings.model.as_str(), "command-a-03-2025");
    assert_eq!(settings.model.replaced(), Some("command-r-plus"));
    assert_eq!((settings.temperature.get(), settings.max_tokens.get()), (0.0, 64_000));
    assert_eq!((breaker.failures, breaker.pause), (3, Duration::from_millis(500)));
    assert_eq!((breaker.concurrency, breaker.queue), (8, 0));
}

#[test]
fn each_variable_is_understood() {
    let config = production_and(&[
        ("DATABASE_TIMEOUT", "0.25"),
        ("JWT_ALGORITHM", "HS256"),
        ("JWT_EXPIRATION_DAYS", "30"),
        ("CHAT_TIMEOUT", "300"),
        ("SLOW_CHAT_THRESHOLD", "2.5"),
        ("SLOW_QUERY_THRESHOLD", "0"),
        ("HOST", "::1"),
        ("PORT", "0"),
        ("SHUTDOWN_TIMEOUT", "1.5"),
        ("LOG_LEVEL", "Debug"),
        ("LOG_FORMAT", "JSON"),
        ("DEBUG", "True"),
    ]);

    assert_eq!(config.database.settings.timeout, Duration::from_millis(250));
    assert!(
        matches!(config.tokens.secret, SigningSecret::Given(secret) if secret.expose_secret() == SECRET)
    );
    assert_eq!(config.tokens.lifetime, Duration::from_secs(30 * 86_400));
    assert_eq!(config.chat.turns.timeout, Duration::from_secs(300));
    assert_eq!(config.chat.turns.slow_threshold, Duration::from_millis(2500));
    assert_eq!(config.database.settings.slow_query_threshold, Duration::ZERO);
    assert_eq!((config.listen.host.as_str(), config.listen.port), ("::1", 0));
    assert_eq!(config.listen.http.shutdown_timeout, Duration::from_millis(1500));
    assert_eq!((config.logs.level, config.logs.format), (Level::DEBUG, LogFormat::Json));
}

#[test]
fn prices_are_added_to_those_that_are_known_and_go_before_them() {
    let prices = production_and(&[("MODEL_PRICES", "mine = 1 / 2.5, command-r-08-2024=0.1/0,")]);
    let prices = prices.chat.prices;

    assert_eq!(prices.of("mine"), "1/2.5".parse().ok());
    assert_eq!(prices.of("command-r-08-2024"), "0.1/0".parse().ok());
    assert_eq!(prices.of("command-a-03-2025"), "2.5/10".parse().ok());
    assert_eq!(prices.of("command-b-01-2027"), None);
}

#[test]
fn an_empty_or_blank_variable_is_unset() {
    let pairs: Vec<_> = variables_of_the_service().into_iter().collect();
    let pairs: Vec<_> = pairs.iter().map(|name| (name.as_str(), " ")).collect();

    assert_eq!(format!("{:?}", read(&pairs).unwrap()), format!("{:?}", read(&[]).unwrap()));
}

#[test]
fn white_space_around_a_value_is_ignored() {
    let config = production_and(&[("PORT", " 9000\n"), ("JWT_PREVIOUS_SECRETS", "\t")]);

    assert_eq!(config.listen.port, 9000);
    assert!(config.tokens.previous.is_empty());
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let config = read(&[("TODO", "x"), ("port", "y"), ("PORT.x", "z"), ("Ä", "ö")]).unwrap();

    assert_eq!(config.listen.port, 8000);
}

#[test]
fn secrets_are_long_enough_with_32_bytes() {
    let (first, second) = (SECRET.to_uppercase(), SECRET.replace('0', "1"));
    let config = production_and(&[("JWT_PREVIOUS_SECRETS", &format!("{first} , {second}"))]);

    let previous: Vec<_> = config.tokens.previous.iter().map(|s| s.expose_secret()).collect();
    assert_eq!(previous, [first, second]);
}

#[test]
fn yes_and_no_are_understood_in_any_case() {
    for (value, expected) in [
        ("True", true),
        ("TRUE", true),
        ("1", true),
        ("False", false),
        ("false", false),
        ("0", false),
    ] {
        let everybody = read(&[("DEBUG", value), ("CORS_ORIGINS", "*")]);
        assert_eq!(everybody.is_ok(), expected, "{value}");
    }
}

#[test]
fn origins_are_kept_as_browsers_write_them() {
    let list = "https://App.example.org, https://b.example:8443 ,https://c.example:443/,";

    assert_eq!(
        origins(&[("CORS_ORIGINS", list)]),
        ["https://app.example.org", "https://b.example:8443", "https://c.example"]
    );
}

#[test]
fn only_debugging_opens_the_service_to_plain_http_and_to_everyone() {
    let debug = ("DEBUG", "true");

    assert_eq!(
        origins(&[debug, ("CORS_ORIGINS", "http://localhost:3000")]),
        ["http://localhost:3000"]
    );
    assert_eq!(origins(&[debug, ("CORS_ORIGINS", "*")]), ["*"]);
}

/// The names the configuration asks for.
pub(super) fn variables_of_the_service() -> Vec<String> {
    let mut variables = variables(&[]);
    Config::collect(&mut variables);
    variables.defaults.into_keys().collect()
}
