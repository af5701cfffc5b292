//! Whose list it is, when nobody signs in.

use std::{env, error::Error};

use todo_app::{Accounts, SignUp, SignUpError};
use todo_domain::{
    Email, PageLimit, Password, TimeZone, User, UserId, UserName,
    ports::{StoreError, UserPage},
};

use crate::{sanitize::one_line, signing_secret, user_selector::UserSelector};

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
    let sign_up = local_account(&env::var("USER").unwrap_or_default());
    let sign_up = sign_up.map_err(NobodyError::NoAccount)?;
    let email = sign_up.email.clone();
    match accounts.sign_up(sign_up, None).await {
        Ok(user) => Ok(Found { user, is_new: true }),
        // Somebody else was quicker.
        Err(SignUpError::EmailTaken) => {
            let user = accounts.find(email.clone()).await?;
            let user = user.ok_or(NobodyError::Unknown(UserSelector::Email(email)))?;
            Ok(Found { user, is_new: false })
        }
        Err(error) => Err(NobodyError::NoAccount(error.into())),
    }
}

fn local_account(login: &str) -> Result<SignUp, Box<dyn Error + Send + Sync>> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    // Names below `localhost` are never anybody else's (RFC 6761).
    let of_login = Email::new(&format!("{login}@todo.localhost"))
        .ok()
        .filter(|_| login.chars().all(is_plain))
        .map(|email| (email, login));
    let (email, name) = match of_login {
        Some(account) => account,
        None => (Email::new("me@todo.localhost")?, "me"),
    };
    let name = UserName::new(name)?;
    let password = Password::new(signing_secret::random()?)?;
    let zone = jiff::tz::TimeZone::system();
    let time_zone: TimeZone =
        zone.iana_name().and_then(|name| name.parse().ok()).unwrap_or_default();
    Ok(SignUp { name, email, password, time_zone })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account_of(login: &str) -> (String, String) {
        let account = local_account(login).unwrap();
        (account.email.as_str().to_owned(), account.name.as_str().to_owned())
    }

    #[test]
    fn the_account_of_a_machine_is_called_after_who_is_logged_in() {
        assert_eq!(account_of("ada"), ("ada@todo.localhost".into(), "ada".into()));
        for odd in ["", "a b", "ada\u{1b}[31m", &"x".repeat(300)] {
            assert_eq!(account_of(odd), ("me@todo.localhost".into(), "me".into()), "{odd:?}");
        }
    }

    #[test]
    fn nobody_can_guess_its_password() {
        let password = || local_account("ada").unwrap().password;
        assert_eq!(password().expose().len(), 64);
        assert!(password() != password());
    }
}
