//! Accounts.

use crate::{Email, PasswordHash, TimeZone, Timestamp, TokenEpoch, UserId, UserName};

/// A person with a todo list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Who it is.
    pub id: UserId,
    /// How they sign in; no two users share one, in any case.
    pub email: Email,
    /// What they are called.
    pub name: UserName,
    /// Where their days begin and end.
    pub time_zone: TimeZone,
    /// When they signed up.
    pub created_at: Timestamp,
    /// Which tokens are theirs still.
    pub token_epoch: TokenEpoch,
    /// Since when they are kept out, if they are.
    pub disabled_at: Option<Timestamp>,
    /// Since when they are an operator, if they are: who may see all users. Only who runs the
    /// service makes one, by command.
    pub operator_since: Option<Timestamp>,
}

impl User {
    /// Whether they may see all users, and keep them out.
    #[must_use]
    pub const fn is_operator(&self) -> bool {
        self.operator_since.is_some()
    }
}

/// A user to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// How they will sign in.
    pub email: Email,
    /// What they are called.
    pub name: UserName,
    /// Of the password they chose.
    pub password_hash: PasswordHash,
    /// Where their days begin and end.
    pub time_zone: TimeZone,
    /// When they signed up.
    pub created_at: Timestamp,
}

/// Fields of a user to change; the others stay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserChange {
    /// A new name.
    pub name: Option<UserName>,
    /// A new time zone.
    pub time_zone: Option<TimeZone>,
}
