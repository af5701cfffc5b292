//! Identifiers. Each kind is a type of its own, so that a task's number never stands in for a user.

use std::{fmt, str::FromStr};

use uuid::Uuid;

/// Why a text or a number is not an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Numbers of users and tasks count from 1.
    #[error("must be a whole number from {} to {}", IdError::MIN_NUMBER, i64::MAX)]
    NotANumber,
    /// Conversations, messages, turns and tokens are named by UUIDs.
    #[error("must be a UUID")]
    NotAUuid,
}

impl IdError {
    /// The first number of a user or a task.
    pub const MIN_NUMBER: i64 = 1;
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// Wraps a number.
            ///
            /// # Errors
            /// [`IdError::NotANumber`] below 1.
            pub const fn new(number: i64) -> Result<Self, IdError> {
                if number < IdError::MIN_NUMBER {
                    Err(IdError::NotANumber)
                } else {
                    Ok(Self(number))
                }
            }

            /// The number, at least 1.
            #[must_use]
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            /// Digits only, as [`Self`] prints them: no sign, no blanks, no zeros before them.
            fn from_str(text: &str) -> Result<Self, IdError> {
                if text.starts_with('0') || !text.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(IdError::NotANumber);
                }
                text.parse().map_err(|_| IdError::NotANumber).and_then(Self::new)
            }
        }
    };
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID; new ones come from [`crate::ports::IdGenerator`].
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID.
            #[must_use]
            pub const fn get(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::try_parse(text).map(Self).map_err(|_| IdError::NotAUuid)
            }
        }
    };
}

number_id! {
    /// A user, and thereby a tenant: every other key leads with it.
    UserId
}

number_id! {
    /// A task's number within its owner's list: 1, 2, 3 …, never used twice, because people say
    /// "finish 3". Two users have different tasks of the same number.
    ///
    /// ```
    /// use todo_domain::TaskId;
    ///
    /// assert_eq!("3".parse(), TaskId::new(3));
    /// assert!("0".parse::<TaskId>().is_err());
    /// assert!("+3".parse::<TaskId>().is_err());
    /// assert!("03".parse::<TaskId>().is_err());
    /// ```
    TaskId
}

uuid_id! {
    /// A conversation.
    ConversationId
}

uuid_id! {
    /// A message of a conversation.
    MessageId
}

uuid_id! {
    /// A turn: one message of a user and everything that was done to answer it.
    TurnId
}

uuid_id! {
    /// What a turn asks its user about before it is done.
    ActionId
}

uuid_id! {
    /// An import of an export into an account.
    ImportId
}

uuid_id! {
    /// An access token.
    TokenId
}

uuid_id! {
    /// A family of refresh tokens: the one that a sign-in brought, and those that replaced it.
    TokenFamilyId
}
