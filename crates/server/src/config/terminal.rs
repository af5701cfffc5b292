//! What `chatbot-api chat` runs with.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use todo_adapters::RedisSettings;
use todo_service::{ChatSettings, ServiceSettings};

use super::{
    ConfigError, DatabaseConfig, LogConfig, Variables, chat, database, files, kind::Secret,
};

/// Of the terminal alone, and so no variable of the service.
const CHATBOT_TOKEN: Secret = Secret { name: "CHATBOT_TOKEN" };

/// What talking within this process needs: no token, no port.
#[derive(Debug)]
pub(crate) struct InProcessConfig {
    /// Where tasks and conversations are kept.
    pub(crate) database: DatabaseConfig,
    /// The memory that is shared with the service, which caches in it.
    pub(crate) redis: Option<RedisSettings>,
    /// Who answers.
    pub(crate) chat: ChatSettings,
    /// What is logged.
    pub(crate) logs: LogConfig,
}

impl InProcessConfig {
    /// # Errors
    /// [`ConfigError`] lists every variable that is wrong or missing.
    pub(crate) fn read(mut variables: Variables) -> Result<Self, ConfigError> {
        let database = DatabaseConfig::read(&mut variables);
        let config = Self {
            chat: chat::read(&mut variables, database.engine),
            redis: database::redis(&mut variables),
            logs: LogConfig::read_for_a_person(&mut variables),
            database,
        };
        variables.finish()?;
        Ok(config)
    }

    /// What the service is put together from.
    pub(crate) fn service(&self) -> ServiceSettings {
        let storage = self.database.storage(self.redis.clone());
        ServiceSettings { chat: self.chat.clone(), ..ServiceSettings::new(storage) }
    }
}

/// What talking to a service needs that runs elsewhere.
#[derive(Debug)]
pub(crate) struct RemoteConfig {
    /// `CHATBOT_TOKEN`, or what the file holds that is named instead; `None`: neither is there.
    pub(crate) token: Option<SecretString>,
    /// `DATA_DIR`: where the history of lines is kept, if there is such a directory.
    pub(crate) data_dir: PathBuf,
    /// What is logged.
    pub(crate) logs: LogConfig,
}

impl RemoteConfig {
    /// # Errors
    /// [`ConfigError`] lists every variable that is wrong.
    pub(crate) fn read(
        mut variables: Variables,
        token_file: Option<&Path>,
    ) -> Result<Self, ConfigError> {
        let of_environment = variables.secret(CHATBOT_TOKEN);
        let token = match token_file.map(files::secret) {
            None => of_environment,
            Some(Ok(_)) if of_environment.is_some() => {
                variables.fault("--token-file", "can't be given together with CHATBOT_TOKEN");
                None
            }
            Some(Ok(token)) => Some(token.secret),
            Some(Err(problem)) => {
                variables.fault("--token-file", problem);
                None
            }
        };
        let config = Self {
            token,
            data_dir: database::data_dir(&mut variables),
            logs: LogConfig::read_for_a_person(&mut variables),
        };
        variables.finish()?;
        Ok(config)
    }
}
