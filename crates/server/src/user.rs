//! `chatbot-api user`: what an operator does with accounts.

mod ask;
mod list;

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use todo_adapters::OpenError;
use todo_app::Accounts;
use todo_domain::User;
use todo_metrics::Metrics;
use todo_service::{Parts, Service, ServiceError, ServiceSettings, StorageSettings};
use tokio::runtime;

use crate::{answer::Answer, cli::UserAction, migrate, user_selector::UserSelector};

/// There is nobody to do it with.
const NO_SUCH_USER: u8 = 1;

/// Does it; the exit code is 1 if there is no such user.
///
/// # Errors
/// Whatever keeps it from being done.
pub(crate) fn user(
    storage: StorageSettings,
    action: UserAction,
) -> Result<ExitCode, Box<dyn Error>> {
    let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(run(storage, action))
}

async fn run(storage: StorageSettings, action: UserAction) -> Result<ExitCode, Box<dyn Error>> {
    let accounts = open(storage).await?.use_cases.accounts;
    match action {
        UserAction::List { json } => {
            list::print(&accounts, json).await?;
            Ok(ExitCode::SUCCESS)
        }
        UserAction::Disable { who } => {
            let disable = async |user: User| Ok(accounts.disable(user.id).await?.is_some());
            change(&accounts, who, "is disabled", disable).await
        }
        UserAction::Enable { who } => {
            let enable = async |user: User| Ok(accounts.enable(user.id).await?.is_some());
            change(&accounts, who, "is enabled", enable).await
        }
        UserAction::Promote { who } => {
            let promote = async |user: User| Ok(accounts.promote(user.id).await?.is_some());
            change(&accounts, who, "is an operator", promote).await
        }
        UserAction::Demote { who } => {
            let demote = async |user: User| Ok(accounts.demote(user.id).await?.is_some());
            change(&accounts, who, "is no operator", demote).await
        }
        UserAction::SetPassword { who } => {
            let set = async |user: User| {
                Ok(accounts.set_password(user.id, ask::password()?).await?.is_some())
            };
            change(&accounts, who, "has another password and is signed out everywhere", set).await
        }
        UserAction::Delete { who, yes } => {
            let delete = async |user: User| {
                if !yes {
                    ask::consent(&user)?;
                }
                Ok(accounts.delete(user.id).await?)
            };
            change(&accounts, who, "is deleted", delete).await
        }
    }
}

/// Changes a user, if there is such a one, and says so.
async fn change(
    accounts: &Accounts,
    who: UserSelector,
    done: &str,
    change: impl AsyncFnOnce(User) -> Result<bool, Box<dyn Error>>,
) -> Result<ExitCode, Box<dyn Error>> {
    if let Some(user) = who.find(accounts).await? {
        let id = user.id;
        if change(user).await? {
            writeln!(Answer::to_stdout(), "user {id} {done}")?;
            return Ok(ExitCode::SUCCESS);
        }
    }
    // The exit code says so, too.
    let _ = writeln!(io::stderr(), "chatbot-api: there is no user {who}");
    Ok(ExitCode::from(NO_SUCH_USER))
}

/// Opens the service, so that its caches and the users of its replica know of what is changed here.
async fn open(storage: StorageSettings) -> Result<Service, Box<dyn Error>> {
    let url = storage.url.clone();
    if url.file().is_some_and(|file| !file.exists()) {
        return Err(format!("there are no users yet: {url} is not there").into());
    }
    let settings = ServiceSettings::new(storage);
    let service = match Service::open(settings, Parts::default(), &Metrics::none()).await {
        Err(ServiceError::Database(OpenError::InUse { .. })) => {
            return Err(format!("{url} is in use: stop the service first").into());
        }
        opened => opened?,
    };
    migrate::insist(&service.storage.database).await?;
    service.storage.memory_available().await;
    Ok(service)
}
