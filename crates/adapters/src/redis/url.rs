//! `REDIS_URL`: which Redis.

use std::{fmt, str::FromStr};

use ::redis::{Client, ConnectionAddr, IntoConnectionInfo, io::tcp::TcpSettings};
use url::Url;

/// Why a text is not the URL of a Redis. It never tells the text itself, which may hold a
/// password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedisUrlError {
    /// Another kind of URL, or none.
    #[error("must begin with redis:// or, for TLS, rediss://")]
    Scheme,
    /// Something after the scheme is wrong.
    #[error(
        "must look like redis://user:password@host:6379/0; \
         special characters of the password must be percent-encoded"
    )]
    Malformed,
    /// The path is not the number of a database.
    #[error("must end after the host or with the number of a database, as in redis://host:6379/0")]
    Database,
    /// There is something after a question mark or a hash.
    #[error(
        "takes no parameters and no #fragment; \
         special characters of the password must be percent-encoded"
    )]
    Parameters,
}

/// A Redis and how to reach it: `redis://user:password@host:6379/0`, of which only the host is
/// required; `rediss://` for TLS, which is checked against the certificates the system trusts.
///
/// Neither `{}` nor `{:?}` shows user or password.
///
/// ```
/// use todo_adapters::RedisUrl;
///
/// let url: RedisUrl = "rediss://todo:s3cret@cache.example/1".parse()?;
/// assert_eq!(url.to_string(), "rediss://cache.example:6379/1");
/// # Ok::<(), todo_adapters::RedisUrlError>(())
/// ```
#[derive(Clone)]
pub struct RedisUrl(Client);

impl RedisUrl {
    pub(super) const fn client(&self) -> &Client {
        &self.0
    }
}

impl FromStr for RedisUrl {
    type Err = RedisUrlError;

    fn from_str(text: &str) -> Result<Self, RedisUrlError> {
        let text = text.trim();
        let (scheme, _) = text.split_once("://").ok_or(RedisUrlError::Scheme)?;
        if !["redis", "rediss"].contains(&scheme.to_ascii_lowercase().as_str()) {
            return Err(RedisUrlError::Scheme);
        }
        let url = Url::parse(text).map_err(|_| RedisUrlError::Malformed)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(RedisUrlError::Parameters);
        }
        let database = url.path().strip_prefix('/').unwrap_or_default();
        if !database.is_empty() && database.parse::<u16>().is_err() {
            return Err(RedisUrlError::Database);
        }
        let settings = url.into_connection_info().map_err(|_| RedisUrlError::Malformed)?;
        // Commands are small and somebody waits for each of them.
        let settings = settings.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        Client::open(settings).map(Self).map_err(|_| RedisUrlError::Malformed)
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = self.0.get_connection_info();
        let scheme = match settings.addr() {
            ConnectionAddr::TcpTls { .. } => "rediss",
            _ => "redis",
        };
        write!(f, "{scheme}://{}/{}", settings.addr(), settings.redis_settings().db())
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_shows_where_redis_is_and_nothing_else() {
        for (text, shown) in [
            ("redis://127.0.0.1", "redis://127.0.0.1:6379/0"),
            ("redis://:p%40ss@cache:6380/3", "redis://cache:6380/3"),
            ("REDISS://user:word@cache.example/", "rediss://cache.example:6379/0"),
        ] {
            let url: RedisUrl = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(
                (url.to_string(), format!("{url:?}")),
                (shown.into(), format!("RedisUrl({shown})"))
            );
        }
    }

    #[test]
    fn user_password_and_database_reach_the_client() {
        let url: RedisUrl = "redis://ada:p%40ss@cache/3".parse().expect("it is a URL");
        let settings = url.client().get_connection_info().redis_settings();
        assert_eq!(settings.username(), Some("ada"));
        assert_eq!(settings.password(), Some("p@ss"));
        assert_eq!(settings.db(), 3);
    }

    #[test]
    fn what_is_wrong_is_told_without_the_text() {
        for (text, error) in [
            ("127.0.0.1:6379", RedisUrlError::Scheme),
            ("http://s3cret@cache", RedisUrlError::Scheme),
            ("unix:///s3cret", RedisUrlError::Scheme),
            ("redis://", RedisUrlError::Malformed),
            ("redis://:s3cret/more@cache", RedisUrlError::Malformed),
            ("redis://cache:99999", RedisUrlError::Malformed),
            ("redis://cache/s3cret", RedisUrlError::Database),
            ("redis://cache/0/1", RedisUrlError::Database),
            ("redis://cache/-1", RedisUrlError::Database),
            ("rediss://cache/#insecure", RedisUrlError::Parameters),
            ("redis://cache/0?password=s3cret", RedisUrlError::Parameters),
        ] {
            let found = text.parse::<RedisUrl>().expect_err(text);
            assert_eq!(found, error, "{text}");
            assert!(!found.to_string().contains("s3cret"));
        }
    }
}
