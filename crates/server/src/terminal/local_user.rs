//! Whose list it is, when nobody signs in.

use std::error::Error;

use todo_app::Accounts;
use todo_domain::{
    PageLimit, User, UserId,
    ports::{StoreError, UserPage},
};

use crate::{machine_account::machine_account, sanitize::one_line, user_selector::UserSelector};

/// Why there is nobody to talk for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NobodyError {
    #[error("there is no user {0}")]
    Unknown(UserSelector),
    #[error("user {0} is disabled; `chatbot-api user enable {0}` lets them in again")]
    Disabled(UserId),
    #[error("there are several users; say whose list it is with --user:{0}")]
    Several(String),
    #[error("the accounts can't be read")]
    Store(#[from] StoreError),
    #[error("no account can be made for this machine")]
    NoAccount(#[source] Box<dyn Error + Send + Sync>),
}

/// A user, who may have been made on the way.
pub(crate) struct Found {
    pub(crate) user: User,
    pub(crate) is_new: bool,
}

/// The one who was named; otherwise the only one there is, who is made if need be.
pub(crate) async fn find(
    accounts: &Accounts,
    whose: Option<&UserSelector>,
) -> Result<Found, NobodyError> {
    let found = match whose {
        Some(who) => {
            let user = who.find(accounts).await?;
            let user = user.ok_or_else(|| NobodyError::Unknown(who.clone()))?;
            Found { user, is_new: false }
        }
        None => the_only_one(accounts).await?,
    };
    match found.user.disabled_at {
        None => Ok(found),
        Some(_) => Err(NobodyError::Disabled(found.user.id)),
    }
}

async fn the_only_one(accounts: &Accounts) -> Result<Found, NobodyError> {
    let UserPage { mut users, next } = accounts.list(PageLimit::default(), None).await?;
    match (users.pop(), users.is_empty()) {
        (None, _) => make(accounts).await,
        (Some(user), true) => Ok(Found { user, is_new: false }),
        (Some(last), false) => {
            users.push(last);
            let line = |user: &User| {
                format!(
                    "\n  {}  {}  {}",
                    user.id,
                    user.email.as_str(),
                    one_line(user.name.as_str())
                )
            };
            let mut lines: String = users.iter().map(line).collect();
            if next.is_some() {
                lines.push_str("\n  …");
            }
            Err(NobodyError::Several(lines))
        }
    }
}

/// An account for whoever sits at this machine. Its password is known to nobody.
async fn make(accounts: &Accounts) -> Result<Found, NobodyError> {
    let account = machine_account().map_err(NobodyError::NoAccount)?;
    let email = account.email.clone();
    let user = accounts.machine_account(account).await;
    let user = user.map_err(|error| NobodyError::NoAccount(error.into()))?;
    let user = user.ok_or(NobodyError::Unknown(UserSelector::Email(email)))?;
    Ok(Found { user, is_new: true })
}
