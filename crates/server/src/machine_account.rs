//! What the account is made of that is this machine's, for the terminal and for the web page.

use std::{env, error::Error};

use todo_app::SignUp;
use todo_domain::{Email, Password, TimeZone, UserName};

use crate::signing_secret;

/// An account for whoever is logged in at this machine. Its password is known to nobody.
///
/// # Errors
/// When the system has no random bytes for the password.
pub(crate) fn machine_account() -> Result<SignUp, Box<dyn Error + Send + Sync>> {
    account_of(&env::var("USER").unwrap_or_default())
}

fn account_of(login: &str) -> Result<SignUp, Box<dyn Error + Send + Sync>> {
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

    fn named(login: &str) -> (String, String) {
        let account = account_of(login).unwrap();
        (account.email.as_str().to_owned(), account.name.as_str().to_owned())
    }

    #[test]
    fn the_account_of_a_machine_is_called_after_who_is_logged_in() {
        assert_eq!(named("ada"), ("ada@todo.localhost".into(), "ada".into()));
        for odd in ["", "a b", "ada\u{1b}[31m", &"x".repeat(300)] {
            assert_eq!(named(odd), ("me@todo.localhost".into(), "me".into()), "{odd:?}");
        }
    }

    #[test]
    fn nobody_can_guess_its_password() {
        let password = || account_of("ada").unwrap().password;
        assert_eq!(password().expose().len(), 64);
        assert!(password() != password());
    }
}
