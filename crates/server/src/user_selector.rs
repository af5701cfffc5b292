//! How users are named on the command line.

use std::{fmt, str::FromStr};

use todo_app::Accounts;
use todo_domain::{Email, User, UserId, ports::StoreError};

/// A user, by the number of their account or by how they sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UserSelector {
    Number(UserId),
    Email(Email),
}

impl FromStr for UserSelector {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let by_number = text.parse().map(Self::Number);
        by_number
            .or_else(|_| text.parse().map(Self::Email))
            .map_err(|_| "must be an e-mail address such as ada@example.org, or a number from 1")
    }
}

impl fmt::Display for UserSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(id) => write!(f, "{id}"),
            Self::Email(email) => f.write_str(email.as_str()),
        }
    }
}

impl UserSelector {
    /// The user, if there is one.
    pub(crate) async fn find(&self, accounts: &Accounts) -> Result<Option<User>, StoreError> {
        match self {
            Self::Number(id) => accounts.user(*id).await,
            Self::Email(email) => accounts.find(email.clone()).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_named_by_number_or_address() {
        assert_eq!("7".parse(), Ok(UserSelector::Number(UserId::new(7).unwrap())));
        assert_eq!(
            "Ada@example.org".parse(),
            Ok(UserSelector::Email("ada@example.org".parse().unwrap()))
        );
        for nobody in ["0", "-1", "ada", ""] {
            assert!(nobody.parse::<UserSelector>().is_err(), "{nobody}");
        }
    }
}
