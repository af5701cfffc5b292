//! The memory that the processes of the service share.

use std::{ops::RangeInclusive, time::Duration};

use secrecy::ExposeSecret;
use todo_adapters::{RedisSettings, RedisUrlError};

use super::Variables;

/// How long the answer to a command is waited for, in seconds.
const TIMEOUTS: RangeInclusive<f64> = 0.005..=1.0;

/// `REDIS_URL`: `redis://user:password@host:6379/0`, or `rediss://` for TLS. Default: none, and
/// what would be in Redis is kept in the process, or not at all.
///
/// `REDIS_TIMEOUT`: how long a request waits for Redis before it goes on without. Seconds from
/// 0.005 to 1, default 0.05. It is refused without the other.
pub(super) fn read(variables: &mut Variables) -> Option<RedisSettings> {
    let timeout: Duration =
        variables.seconds("REDIS_TIMEOUT", RedisSettings::DEFAULT_TIMEOUT, TIMEOUTS);
    variables.takes_effect_with("REDIS_TIMEOUT", "REDIS_URL");
    match variables.secret("REDIS_URL")?.expose_secret().parse() {
        Ok(url) => Some(RedisSettings { url, timeout }),
        Err(error) => {
            let error: RedisUrlError = error;
            variables.fault("REDIS_URL", error.to_string());
            None
        }
    }
}
