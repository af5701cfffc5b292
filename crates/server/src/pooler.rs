//! A pooler before PostgreSQL that the URL does not name would fail requests later, one by one.

use std::{error::Error, time::Duration};

use todo_adapters::DatabaseUrl;

use crate::config::DatabaseConfig;

/// A server that does not answer by then is not waited for: it need not be up yet.
const TIMEOUT: Duration = Duration::from_secs(2);

/// # Errors
/// Where a URL does not say what stands before its server, with the variable's name.
pub(crate) async fn insist(config: &DatabaseConfig) -> Result<(), Box<dyn Error>> {
    let limit = TIMEOUT.min(config.settings.timeout);
    check("DATABASE_URL", &config.url, limit).await?;
    match &config.replica {
        Some(replica) => check("DATABASE_REPLICA_URL", &replica.url, limit).await,
        None => Ok(()),
    }
}

async fn check(name: &str, url: &DatabaseUrl, limit: Duration) -> Result<(), Box<dyn Error>> {
    match url.find_pooler(limit).await {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{name}: {error}").into()),
    }
}
