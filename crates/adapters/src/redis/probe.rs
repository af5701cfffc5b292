//! Whether there is a Redis, and which one.

use std::time::Duration;

use ::redis::{AsyncConnectionConfig, InfoDict, RedisError, cmd};
use tokio::time::timeout;

use super::shared_memory::RedisSettings;
use crate::tls::install_crypto_provider;

/// For people, who wait longer than a request does.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why Redis does not answer.
#[derive(Debug, thiserror::Error)]
pub enum RedisProbeError {
    /// It can't be reached, or refuses.
    #[error(transparent)]
    Redis(#[from] RedisError),
    /// It says nothing.
    #[error("no answer in {} s", TIMEOUT.as_secs())]
    Silent,
}

impl RedisSettings {
    /// Connects to Redis, signs in and asks for its version; `None` where it does not tell.
    ///
    /// # Errors
    /// [`RedisProbeError`], which names no user and no password.
    pub async fn probe(&self) -> Result<Option<String>, RedisProbeError> {
        install_crypto_provider();
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let asking = async {
            let client = self.url.client();
            let mut commands = client.get_multiplexed_async_connection_with_config(&config).await?;
            let () = cmd("PING").query_async(&mut commands).await?;
            // Some keep this command to their administrators.
            let info = cmd("INFO").arg("server").query_async::<InfoDict>(&mut commands).await;
            Ok(info.ok().and_then(|info| info.get("redis_version")))
        };
        timeout(TIMEOUT, asking).await.map_err(|_| RedisProbeError::Silent)?
    }
}
