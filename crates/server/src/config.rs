//! Every environment variable of the service, read once at start. One file under `config/` holds
//! one concern; whatever is wrong is reported in one go, by variable name and without values.

mod chat;
mod cohere;
mod cors;
mod database;
mod exposure;
mod files;
mod limits;
mod listen;
mod logs;
mod prices;
mod provider;
mod redis;
mod sentry;
mod telemetry;
mod terminal;
mod tokens;
mod traces;
mod user_limits;
mod values;
mod variables;

#[cfg(test)]
mod env_example_tests;
#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod files_tests;
#[cfg(test)]
pub(crate) mod tests;

use todo_adapters::RedisSettings;
use todo_http::{CorsOrigins, LimitSettings};
use todo_service::{ChatSettings, ServiceSettings, StorageSettings};

pub(crate) use self::{
    database::DatabaseConfig,
    exposure::Exposure,
    files::without_mark,
    listen::{ListenConfig, OwnAddress},
    logs::{LogConfig, LogFormat},
    sentry::SentryConfig,
    telemetry::{OtlpConfig, TelemetryConfig},
    terminal::{InProcessConfig, RemoteConfig},
    tokens::{SigningSecret, TokenConfig},
    values::Values,
    variables::{ConfigError, ConfigProblem, Variables},
};

/// What the service runs with.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where tasks and conversations are kept.
    pub(crate) database: DatabaseConfig,
    /// How access tokens are signed.
    pub(crate) tokens: TokenConfig,
    /// `SIGNUP_ENABLED`: whether people may create accounts. `true | false | 1 | 0` in any case,
    /// default true.
    pub(crate) sign_ups: bool,
    /// Who answers in a chat.
    pub(crate) chat: ChatSettings,
    /// Where the HTTP server listens and how it stops.
    pub(crate) listen: ListenConfig,
    /// `CORS_ORIGINS`: which web pages of other origins may call the API. Default: none.
    pub(crate) origins: CorsOrigins,
    /// How many requests somebody may make, and who is believed about where they come from.
    pub(crate) limits: LimitSettings,
    /// `REDIS_URL` and `REDIS_TIMEOUT`: the memory that processes share. Default: none.
    pub(crate) redis: Option<RedisSettings>,
    /// What is logged.
    pub(crate) logs: LogConfig,
    /// Where errors are reported; `None`: nowhere.
    pub(crate) sentry: Option<SentryConfig>,
    /// What every variable was set to, to be compared with what it is set to later.
    pub(crate) values: Values,
    /// What is measured, and where that is sent.
    pub(crate) telemetry: TelemetryConfig,
    /// What the operator should change, although the service can work with it.
    pub(crate) warnings: Vec<ConfigProblem>,
}

impl Config {
    /// Reads everything the service needs.
    ///
    /// # Errors
    /// [`ConfigError`] lists every variable that is wrong or missing.
    pub(crate) fn read(mut variables: Variables) -> Result<Self, ConfigError> {
        let config = Self::collect(&mut variables);
        variables.finish()?;
        Ok(config)
    }

    /// What the service is put together from.
    pub(crate) fn service(&self) -> ServiceSettings {
        ServiceSettings {
            storage: self.database.storage(self.redis.clone()),
            chat: self.chat.clone(),
            sign_ups: self.sign_ups,
            retention: self.database.retention,
        }
    }

    fn collect(variables: &mut Variables) -> Self {
        // `DEBUG`: relaxes rules that protect a service on the Internet, for development.
        // `true | false | 1 | 0` in any case, default false.
        let debug = variables.flag("DEBUG", false);
        let database = DatabaseConfig::read(variables);
        Self {
            tokens: TokenConfig::read(variables, &database),
            sign_ups: variables.flag("SIGNUP_ENABLED", true),
            chat: chat::read(variables, database.engine),
            listen: ListenConfig::read(variables, database.engine),
            origins: cors::read(variables, debug),
            limits: limits::read(variables),
            redis: redis::read(variables),
            logs: LogConfig::read(variables),
            sentry: SentryConfig::read(variables),
            telemetry: TelemetryConfig::read(variables),
            database,
            values: variables.take_values(),
            warnings: variables.take_warnings(),
        }
    }
}

/// Reads what `user` runs with, and leaves the rest unread: where the service keeps its data.
///
/// # Errors
/// [`ConfigError`] lists every variable that is wrong.
pub(crate) fn storage(mut variables: Variables) -> Result<StorageSettings, ConfigError> {
    let database = DatabaseConfig::read(&mut variables);
    let storage = database.storage(redis::read(&mut variables));
    variables.finish()?;
    Ok(storage)
}

/// What `migrate`, `backup` and `restore` run with: they know the database and no other secret.
#[derive(Debug)]
pub(crate) struct MigrateConfig {
    /// The database whose schema changes.
    pub(crate) database: DatabaseConfig,
    /// What is logged.
    pub(crate) logs: LogConfig,
}

impl MigrateConfig {
    /// Reads what they need and leaves the rest unread.
    ///
    /// # Errors
    /// [`ConfigError`] lists every variable that is wrong or missing.
    pub(crate) fn read(mut variables: Variables) -> Result<Self, ConfigError> {
        let config = Self {
            database: DatabaseConfig::read(&mut variables),
            logs: LogConfig::read(&mut variables),
        };
        variables.finish()?;
        Ok(config)
    }
}
