//! How faults are reported, and that nothing secret is reported with them.

use super::{
    Config, Variables,
    tests::{PRODUCTION, SECRET, faulty, production_and, read, variables_of_the_service},
};

#[test]
fn a_variable_that_is_wrong_is_named() {
    let cases = [
        ("DATABASE_URL", "mysql://db/chatbot"),
        ("DATABASE_URL", "chatbot.db"),
        ("DATABASE_TIMEOUT", "0.09"),
        ("DATABASE_TIMEOUT", "60.1"),
        ("DATABASE_TIMEOUT", "soon"),
        ("DATABASE_TIMEOUT", "NaN"),
        ("REDIS_URL", "cache:6379"),
        ("REDIS_URL", "redis://cache/hunter2"),
        ("REDIS_URL", "redis://:hunter2/@cache"),
        ("REDIS_URL", "rediss://cache#insecure"),
        ("REDIS_TIMEOUT", "0.004"),
        ("REDIS_TIMEOUT", "1.1"),
        ("DATABASE_REPLICA_URL", "mysql://replica/chatbot"),
        ("DATABASE_REPLICA_URL", "sqlite://replica.db"),
        ("DATABASE_REPLICA_URL", "postgres://replica/chatbot?pool_size=0"),
        ("DATABASE_REPLICA_MAX_LAG", "0.4"),
        ("DATABASE_REPLICA_MAX_LAG", "301"),
        ("JWT_SECRET", &SECRET[1..]),
        ("JWT_PREVIOUS_SECRETS", "short"),
        ("JWT_PREVIOUS_SECRETS", &format!("{SECRET},{}", &SECRET[1..])),
        ("JWT_ALGORITHM", "none"),
        ("JWT_ALGORITHM", "RS256"),
        ("JWT_EXPIRATION_DAYS", "0"),
        ("JWT_EXPIRATION_DAYS", "366"),
        ("JWT_EXPIRATION_DAYS", "1.5"),
        ("COHERE_MODEL", "command r plus"),
        ("COHERE_MODEL", "../keys"),
        ("COHERE_API_KEY", "two words"),
        ("COHERE_API_KEY", "schlüssel"),
        ("COHERE_BASE_URL", "api.cohere.com"),
        ("COHERE_BASE_URL", "ftp://api.cohere.com"),
        ("COHERE_BASE_URL", "https://"),
        ("COHERE_BASE_URL", "https://ada:hunter2@api.cohere.com"),
        ("COHERE_BASE_URL", "https://api.cohere.com?key=hunter2"),
        ("COHERE_BASE_URL", "https://api.cohere.com#v2"),
        ("COHERE_TEMPERATURE", "1.1"),
        ("COHERE_TEMPERATURE", "-0.1"),
        ("COHERE_TEMPERATURE", "NaN"),
        ("COHERE_TEMPERATURE", "warm"),
        ("COHERE_MAX_TOKENS", "0"),
        ("COHERE_MAX_TOKENS", "64001"),
        ("COHERE_MAX_TOKENS", "1.5"),
        ("PROVIDER_BREAKER_FAILURES", "0"),
        ("PROVIDER_BREAKER_FAILURES", "1001"),
        ("PROVIDER_BREAKER_PAUSE", "0"),
        ("PROVIDER_BREAKER_PAUSE", "601"),
        ("PROVIDER_CONCURRENCY", "0"),
        ("PROVIDER_CONCURRENCY", "10001"),
        ("PROVIDER_QUEUE", "-1"),
        ("PROVIDER_QUEUE", "100001"),
        ("CHAT_ENGINE", "gpt"),
        ("CHAT_TIMEOUT", "0"),
        ("CHAT_TIMEOUT", "301"),
        ("CHAT_TIMEOUT", "inf"),
        ("SLOW_CHAT_THRESHOLD", "-1"),
        ("SLOW_CHAT_THRESHOLD", "301"),
        ("SLOW_QUERY_THRESHOLD", "60.1"),
        ("SLOW_QUERY_THRESHOLD", "soon"),
        ("MODEL_PRICES", "command-r-08-2024"),
        ("MODEL_PRICES", "command-r-08-2024=0.15"),
        ("MODEL_PRICES", "command-r-08-2024=0.15/cheap"),
        ("MODEL_PRICES", "command-r-08-2024=0.15/-1"),
        ("MODEL_PRICES", "command-r-08-2024=NaN/1"),
        ("MODEL_PRICES", "command-r-08-2024=0.15/1000.01"),
        ("MODEL_PRICES", "command-r-08-2024=0.15/0.0000001"),
        ("MODEL_PRICES", "=0.15/0.60"),
        ("MODEL_PRICES", "a=1/2;b=1/2"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "http://localhost:3000"),
        ("CORS_ORIGINS", "app.example.org"),
        ("CORS_ORIGINS", "ftp://example.org"),
        ("CORS_ORIGINS", "https://example.org/app"),
        ("CORS_ORIGINS", "https://example.org?x"),
        ("CORS_ORIGINS", "https://ada@example.org"),
        ("RATE_LIMIT_PER_SECOND", "1001"),
        ("RATE_LIMIT_PER_SECOND", "-1"),
        ("RATE_LIMIT_PER_SECOND", "no"),
        ("RATE_LIMIT_BURST", "10001"),
        ("RATE_LIMIT_BURST", "off"),
        ("CHAT_RATE_LIMIT_PER_MINUTE", "1001"),
        ("CHAT_RATE_LIMIT_PER_MINUTE", "0.5"),
        ("SIGNUP_RATE_LIMIT_PER_HOUR", "10001"),
        ("TRUSTED_PROXIES", "proxy.example.org"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "::ffff:10.0.0.1/104"),
        ("TRUSTED_PROXIES", "0.0.0.0"),
        ("CHAT_TOKENS_PER_DAY", "-1"),
        ("CHAT_TOKENS_PER_DAY", "1000000000001"),
        ("CHAT_TOKENS_PER_DAY", "many"),
        ("MAX_CONNECTIONS_PER_ADDRESS", "100001"),
        ("MAX_CONNECTIONS_PER_ADDRESS", "many"),
        ("TRUSTED_PROXIES", "10.0.0.1, 10.0.0.2:80"),
        ("HOST", "not a host"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "http"),
        ("DEBUG", "yes"),
        ("LOG_LEVEL", "verbose"),
        ("LOG_LEVEL", "3"),
        ("LOG_FORMAT", "xml"),
        ("REQUEST_TIMEOUT", "0.9"),
        ("REQUEST_TIMEOUT", "300.1"),
        ("IMPORT_MAX_BYTES", "65535"),
        ("IMPORT_MAX_BYTES", "1073741825"),
        ("IMPORT_MAX_BYTES", "64 MiB"),
        ("ARCHIVE_TIMEOUT", "9"),
        ("ARCHIVE_TIMEOUT", "3601"),
        ("RETENTION_DAYS", "0"),
        ("RETENTION_DAYS", "3651"),
        ("RETENTION_DAYS", "1.5"),
        ("KEEP_ALIVE_TIMEOUT", "0"),
        ("KEEP_ALIVE_TIMEOUT", "3601"),
        ("MAX_TASKS_PER_USER", "0"),
        ("MAX_TASKS_PER_USER", "1000001"),
        ("MAX_CONVERSATIONS_PER_USER", "off"),
        ("MAX_CONNECTIONS", "15"),
        ("MAX_CONNECTIONS", "100001"),
        ("MAX_CONNECTIONS", "many"),
        ("SHUTDOWN_TIMEOUT", "601"),
        ("SHUTDOWN_DELAY", "121"),
        ("SHUTDOWN_DELAY", "-1"),
        ("SENTRY_DSN", "https://hunter2@sentry/"),
        ("SENTRY_ENVIRONMENT", "two words"),
        ("SENTRY_TRACES_SAMPLE_RATE", "1.1"),
        ("OTEL_TRACES_SAMPLER", "sometimes"),
        ("OTEL_TRACES_SAMPLER", "parentbased_"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.1"),
        ("OTEL_TRACES_SAMPLER_ARG", "-0.1"),
        ("OTEL_TRACES_SAMPLER_ARG", "NaN"),
        ("OTEL_TRACES_SAMPLER_ARG", "half"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "65537"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "0"),
        ("OTEL_BSP_SCHEDULE_DELAY", "0"),
        ("OTEL_BSP_SCHEDULE_DELAY", "60001"),
        ("METRICS_ENABLED", "on"),
        ("METRICS_ADDRESS", "9090"),
        ("METRICS_ADDRESS", "localhost:9090"),
        ("METRICS_ADDRESS", "127.0.0.1:65536"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://collector:4317"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://ada:hunter2@collector"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector?key=hunter2"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "two words=x"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%0Ab"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "999"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "3600001"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1.5"),
        ("OTEL_RESOURCE_ATTRIBUTES", "prod"),
        ("OTEL_RESOURCE_ATTRIBUTES", "=prod"),
    ];
    for (name, value) in cases {
        let others = PRODUCTION.into_iter().filter(|(other, _)| *other != name);
        let pairs: Vec<_> = others.chain([(name, value)]).collect();

        assert!(faulty(&pairs).iter().any(|fault| fault == name), "{name}={value}");
    }
}

#[test]
fn a_setting_of_something_that_is_not_used_is_refused() {
    for (name, value, other) in [
        ("REDIS_TIMEOUT", "0.1", "REDIS_URL"),
        ("DATABASE_REPLICA_MAX_LAG", "5", "DATABASE_REPLICA_URL"),
    ] {
        let error = read(&[&PRODUCTION[..], &[(name, value)]].concat()).unwrap_err();
        let problem = format!("{name}: has no effect without {other}: set that, or leave this out");
        assert_eq!(error.to_string(), format!("the configuration is wrong:\n  {problem}"));
    }
}

#[test]
fn a_file_of_a_secret_that_is_not_there_is_the_only_fault() {
    let pairs = [("REDIS_URL_FILE", "/nowhere/url"), ("REDIS_TIMEOUT", "0.1")];
    assert_eq!(faulty(&[&PRODUCTION[..], &pairs].concat()), ["REDIS_URL_FILE"]);
}

#[test]
fn everything_wrong_is_reported_at_once() {
    let error = read(&[
        ("DEBUG", "maybe"),
        ("DATABASE_URL", "mysql://db"),
        ("JWT_SECRET", "short"),
        ("CHAT_ENGINE", "offline"),
        ("PORT", "80000"),
        ("CORS_ORIGINS", "https://a.example, http://b.example"),
        ("LOG_LEVEL", "loud"),
    ])
    .unwrap_err();

    let expected = "\
the configuration is wrong:
  DEBUG: must be true, false, 1 or 0
  DATABASE_URL: must begin with postgres://, postgresql://, postgresql+asyncpg:// or sqlite://
  JWT_SECRET: must have at least 32 bytes
  PORT: must be a port from 0 to 65535
  CORS_ORIGINS: entry 2 must be https, only DEBUG=true allows http
  LOG_LEVEL: must be error, warn, info, debug or trace";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn no_value_appears_in_a_report_whatever_it_was_put_into() {
    let names = variables_of_the_service();
    let value = "hunter2 hunter2";
    let pairs: Vec<_> = names.iter().map(|name| (name.as_str(), value)).collect();

    let error = read(&pairs).unwrap_err();

    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}

#[test]
fn no_secret_appears_when_the_configuration_is_printed() {
    let previous = SECRET.to_uppercase();
    let config = production_and(&[
        ("JWT_PREVIOUS_SECRETS", &previous),
        ("CHAT_ENGINE", "cohere"),
        ("COHERE_API_KEY", "top-secret"),
    ]);

    let printed = format!("{config:?}");

    for secret in [SECRET, "hunter2", "top-secret", &previous] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_a_fault_only_if_it_is_ours() {
    use std::os::unix::ffi::OsStringExt;

    let broken = || std::ffi::OsString::from_vec(vec![0xff]);
    let environment = [("PORT".into(), broken()), ("OTHER".into(), broken())];

    let error = Config::read(Variables::new(environment).unwrap()).unwrap_err();

    assert_eq!(error.to_string(), "the configuration is wrong:\n  PORT: must be valid UTF-8");
}

#[test]
fn a_setting_without_effect_is_one_fault_and_no_other() {
    for (name, value, problem) in [
        ("DATABASE_URL", "sqlite://a?mode=rwc", "has an unknown parameter, mode"),
        ("DATABASE_URL", "sqlite://a?cache=shared&mode=rwc", "has an unknown parameter, cache"),
        (
            "DATABASE_URL",
            "mysql://db",
            "must begin with postgres://, postgresql://, postgresql+asyncpg:// or sqlite://",
        ),
        (
            "TRUSTED_PROXIES",
            "10.1.2.3/8",
            "entry 1 must be a network whose address ends where its prefix does, such as 10.0.0.0/8",
        ),
    ] {
        let error = read(&[(name, value)]).unwrap_err().to_string();
        assert_eq!(error, format!("the configuration is wrong:\n  {name}: {problem}"));
    }
}

#[test]
fn a_setting_that_another_one_makes_void_is_refused() {
    for (pairs, fault) in [
        (
            &[("TRUSTED_PROXIES", " , ,")][..],
            "TRUSTED_PROXIES: has no entry: name at least one, or leave it out",
        ),
        (
            &[("CORS_ORIGINS", ",")],
            "CORS_ORIGINS: has no entry: name at least one, or leave it out",
        ),
        (
            &[("JWT_PREVIOUS_SECRETS", ",")],
            "JWT_PREVIOUS_SECRETS: has no entry: name at least one, or leave it out",
        ),
        (
            &[("JWT_SECRET", SECRET), ("JWT_PREVIOUS_SECRETS", SECRET)],
            "JWT_PREVIOUS_SECRETS: has JWT_SECRET as an entry, to no effect",
        ),
        (
            &[("RATE_LIMIT_PER_SECOND", "off"), ("RATE_LIMIT_BURST", "5")],
            "RATE_LIMIT_BURST: has no effect: RATE_LIMIT_PER_SECOND is off",
        ),
        (
            &[("MAX_CONNECTIONS", "100"), ("MAX_CONNECTIONS_PER_ADDRESS", "101")],
            "MAX_CONNECTIONS_PER_ADDRESS: has no effect above MAX_CONNECTIONS, which is 100",
        ),
        (
            &[("OTEL_BSP_MAX_QUEUE_SIZE", "8"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "9")],
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE: must not be above OTEL_BSP_MAX_QUEUE_SIZE, which is 8",
        ),
    ] {
        let error = read(pairs).unwrap_err().to_string();
        assert_eq!(error, format!("the configuration is wrong:\n  {fault}"));
    }
}

#[test]
fn a_secret_that_no_rotation_can_keep_is_a_warning() {
    let secret = format!("{SECRET},{SECRET}");
    let warnings = read(&[("JWT_SECRET", &secret)]).unwrap().warnings;
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    assert_eq!(warning.variable, "JWT_SECRET");
    assert!(warning.problem.starts_with("has a comma or a line end"), "{warning:?}");
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_value() {
    let config = read(&[("JWT_SECRET", &format!("\u{feff}{SECRET}")), ("PORT", "\u{feff} 8001")]);
    let config = config.unwrap();
    assert_eq!(config.listen.port, 8001);
    let super::SigningSecret::Given(secret) = &config.tokens.secret else { panic!() };
    assert_eq!(secrecy::ExposeSecret::expose_secret(secret), SECRET);
}
