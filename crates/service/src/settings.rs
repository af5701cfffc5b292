//! What the service gets at its start.

use std::time::Duration;

use secrecy::SecretString;
use todo_adapters::{
    CohereModelName, CohereSettings, DatabaseSettings, DatabaseUrl, RedisSettings, ReplicaSettings,
};
use todo_app::SignUp;
use todo_domain::ModelPrices;
use todo_http::LimitSettings;

/// What the service gets at its start.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// Where tasks and conversations are kept.
    pub storage: StorageSettings,
    /// Who answers in a chat, and within which bounds.
    pub chat: ChatSettings,
    /// Whether people may create accounts (`SIGNUP_ENABLED`).
    pub sign_ups: bool,
    /// For how long turns are kept after their end, what was said in them apart
    /// (`RETENTION_DAYS`); `None` for ever.
    pub retention: Option<Duration>,
}

impl ServiceSettings {
    /// The offline assistant, sign-ups, everything kept.
    #[must_use]
    pub fn new(storage: StorageSettings) -> Self {
        Self { storage, chat: ChatSettings::default(), sign_ups: true, retention: None }
    }
}

/// Where the service keeps its data.
#[derive(Debug, Clone)]
pub struct StorageSettings {
    /// Which database (`DATABASE_URL`).
    pub url: DatabaseUrl,
    /// How to use it. Its cache and its metrics are the service's to choose.
    pub database: DatabaseSettings,
    /// A copy to read from. Its memory and its metrics are the service's to choose.
    pub replica: Option<ReplicaSettings>,
    /// The memory that processes share.
    pub redis: Option<RedisSettings>,
}

impl StorageSettings {
    /// This database, with neither a replica nor a shared memory.
    #[must_use]
    pub fn new(url: DatabaseUrl) -> Self {
        Self { url, database: DatabaseSettings::default(), replica: None, redis: None }
    }
}

/// Who answers in a chat.
#[derive(Debug, Clone)]
pub enum ChatEngine {
    /// The built-in assistant: no network, no key.
    Offline,
    /// A model of Cohere's, or of whoever speaks its language.
    Cohere(Box<CohereSettings>),
}

impl ChatEngine {
    /// Its name in a log.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Offline => "offline",
            Self::Cohere(settings) => settings.model.as_str(),
        }
    }
}

/// Who answers in a chat, and within which bounds.
#[derive(Debug, Clone)]
pub struct ChatSettings {
    /// Who answers (`CHAT_ENGINE`).
    pub engine: ChatEngine,
    /// The bounds of a turn. Its lease is the service's to choose: it depends on how long the
    /// database may take.
    pub turns: todo_app::ChatSettings,
    /// What tokens cost, for the metrics and for what a user is shown (`MODEL_PRICES`): Cohere's public prices by default.
    pub prices: ModelPrices,
}

impl Default for ChatSettings {
    /// The offline assistant, with the bounds that turns have by default.
    fn default() -> Self {
        Self {
            engine: ChatEngine::Offline,
            turns: todo_app::ChatSettings::default(),
            prices: CohereModelName::prices(),
        }
    }
}

/// Who may come in over HTTP, and how often.
#[derive(Debug, Clone)]
pub struct AccessSettings {
    /// What access tokens are signed with (`JWT_SECRET`), and keys of limits are made with.
    pub secret: SecretString,
    /// Secrets of tokens that are still good (`JWT_PREVIOUS_SECRETS`).
    pub previous_secrets: Vec<SecretString>,
    /// How long a token is valid (`JWT_EXPIRATION_DAYS`).
    pub token_lifetime: Duration,
    /// How many requests somebody may make.
    pub limits: LimitSettings,
    /// What the account of this machine is made of, where a browser on the machine may come in
    /// without a password: for a service that stands alone and listens on loopback, without proxies.
    pub machine_account: Option<SignUp>,
}

impl AccessSettings {
    /// 7 days.
    pub const DEFAULT_TOKEN_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

    /// Tokens of the usual lifetime that this secret alone signs, and no limits.
    #[must_use]
    pub fn new(secret: SecretString) -> Self {
        Self {
            secret,
            previous_secrets: Vec::new(),
            token_lifetime: Self::DEFAULT_TOKEN_LIFETIME,
            limits: LimitSettings::default(),
            machine_account: None,
        }
    }
}
