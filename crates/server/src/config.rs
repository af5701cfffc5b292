//! Every environment variable of the service, read once at start. One file under `config/` holds
//! one concern; whatever is wrong is reported in one go, by variable name and without values.

mod chat;
mod cohere;
mod cors;
mod database;
mod listen;
mod logs;
mod prices;
mod telemetry;
mod tokens;
mod traces;
mod variables;

#[cfg(test)]
mod env_example_tests;
#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod tests;

use todo_http::CorsOrigins;

pub(crate) use self::{
    chat::{ChatConfig, ChatEngine},
    database::DatabaseConfig,
    listen::ListenConfig,
    logs::{LogConfig, LogFormat},
    telemetry::{OtlpConfig, TelemetryConfig},
    tokens::{SigningSecret, TokenConfig},
    variables::{ConfigError, Variables},
};

/// What the service runs with.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where tasks and conversations are kept.
    pub(crate) database: DatabaseConfig,
    /// How access tokens are signed.
    pub(crate) tokens: TokenConfig,
    /// Who answers in a chat.
    pub(crate) chat: ChatConfig,
    /// Where the HTTP server listens and how it stops.
    pub(crate) listen: ListenConfig,
    /// `CORS_ORIGINS`: which web pages of other origins may call the API. Default: none.
    pub(crate) origins: CorsOrigins,
    /// What is logged.
    pub(crate) logs: LogConfig,
    /// What is measured, and where that is sent.
    pub(crate) telemetry: TelemetryConfig,
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

    fn collect(variables: &mut Variables) -> Self {
        // `DEBUG`: relaxes rules that protect a service on the Internet, for development.
        // `true | false | 1 | 0` in any case, default false.
        let debug = variables.flag("DEBUG", false);
        let database = DatabaseConfig::read(variables);
        Self {
            tokens: TokenConfig::read(variables, &database),
            chat: ChatConfig::read(variables, database.engine),
            listen: ListenConfig::read(variables, database.engine),
            origins: cors::read(variables, debug),
            logs: LogConfig::read(variables),
            telemetry: TelemetryConfig::read(variables),
            database,
        }
    }
}

/// What `migrate` runs with: a migration job knows the database and no other secret.
#[derive(Debug)]
pub(crate) struct MigrateConfig {
    /// The database whose schema changes.
    pub(crate) database: DatabaseConfig,
    /// What is logged.
    pub(crate) logs: LogConfig,
}

impl MigrateConfig {
    /// Reads what a migration needs and leaves the rest unread.
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
