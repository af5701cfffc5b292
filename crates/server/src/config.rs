//! Every environment variable of the service, read once at start. `config/table.rs` has them all, with
//! their bounds; one file beside it reads one concern, into settings whose `Default` owns the
//! defaults. Whatever is wrong is reported in one go, by variable name and without values.

mod access;
mod chat;
mod database;
mod files;
mod kind;
mod listen;
mod logs;
mod sentry;
mod table;
mod telemetry;
mod terminal;
mod tokens;
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
    files::{Exposure, without_mark},
    listen::{ListenConfig, OwnAddress},
    logs::{LogConfig, LogFormat},
    sentry::SentryConfig,
    telemetry::{OtlpConfig, TelemetryConfig},
    terminal::{InProcessConfig, RemoteConfig},
    tokens::{SigningSecret, TokenConfig},
    values::Values,
    variables::{ConfigError, ConfigProblem, Variables},
};

use self::table::{DEBUG, SIGNUP_ENABLED};

/// What the service runs with.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where tasks and conversations are kept.
    pub(crate) database: DatabaseConfig,
    /// How access tokens are signed.
    pub(crate) tokens: TokenConfig,
    /// Whether people may create accounts.
    pub(crate) sign_ups: bool,
    /// Who answers in a chat.
    pub(crate) chat: ChatSettings,
    /// Where the HTTP server listens and how it stops.
    pub(crate) listen: ListenConfig,
    /// Which web pages of other origins may call the API.
    pub(crate) origins: CorsOrigins,
    /// How many requests somebody may make, and who is believed about where they come from.
    pub(crate) limits: LimitSettings,
    /// The memory that processes share.
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
        // It relaxes rules that protect a service on the Internet, for development.
        let debug = variables.flag(DEBUG, false);
        let database = DatabaseConfig::read(variables);
        Self {
            tokens: TokenConfig::read(variables, &database),
            sign_ups: variables.flag(SIGNUP_ENABLED, true),
            chat: chat::read(variables, database.engine),
            listen: ListenConfig::read(variables, database.engine),
            origins: access::origins(variables, debug),
            limits: access::limits(variables),
            redis: database::redis(variables),
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
    let storage = database.storage(database::redis(&mut variables));
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
