//! Whether Redis is there, where there is one.

use todo_adapters::{RedisSettings, error_chain};

use super::finding::Finding;

/// Whether it answers. The service does without it otherwise.
pub(super) async fn examine(settings: &RedisSettings) -> Finding {
    const WHAT: &str = "Redis";
    let url = &settings.url;
    match settings.probe().await {
        Ok(Some(version)) => Finding::ok(WHAT, format!("{url} answers, version {version}")),
        Ok(None) => Finding::ok(WHAT, format!("{url} answers, and does not tell its version")),
        Err(error) => Finding::warn(
            WHAT,
            format!("{url} can't be used: {}", error_chain(&error)),
            "check host, port, user and password in REDIS_URL; the service does without meanwhile",
        ),
    }
}
