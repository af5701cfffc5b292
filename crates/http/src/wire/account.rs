//! Accounts.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use todo_domain::{Email, Password, TimeZone, UserChange, UserName};
use utoipa::ToSchema;

use super::{field::Field, instant::instant};
use crate::{
    auth::AccessToken,
    error::{Cause, Fault, Fields, Refusal, one_of},
};

/// How somebody stays signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum SessionKind {
    /// With the access token of the answer, as long as that is valid.
    #[default]
    Token,
    /// With a cookie, for pages of this service itself: the access token is valid for 15 minutes,
    /// and `POST /api/auth/refresh` brings the next one for up to 30 days.
    Cookie,
}

/// The text was not a [`SessionKind`].
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("must be `token` or `cookie`")]
pub(crate) struct UnknownSession;

impl Refusal for UnknownSession {
    fn cause(&self) -> Cause {
        one_of(["token", "cookie"])
    }
}

impl FromStr for SessionKind {
    type Err = UnknownSession;

    fn from_str(text: &str) -> Result<Self, UnknownSession> {
        match text {
            "token" => Ok(Self::Token),
            "cookie" => Ok(Self::Cookie),
            _ => Err(UnknownSession),
        }
    }
}

impl Field {
    /// The session that is asked for, if the field says one.
    fn session(&self) -> SessionKind {
        self.text().and_then(|text| text.parse().ok()).unwrap_or_default()
    }
}

/// What somebody signs up with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignUp {
    /// What to be called.
    #[serde(default)]
    #[schema(value_type = String, required, min_length = 1, max_length = 100, pattern = r"\S", example = "Ada")]
    name: Field,
    /// How to sign in; upper and lower case do not matter.
    #[serde(default)]
    #[schema(value_type = String, required, format = Email, max_length = 254, example = "ada@example.org")]
    email: Field,
    /// What only they know.
    #[serde(default)]
    #[schema(value_type = String, required, format = Password, min_length = 8, max_length = 255, example = "correct horse battery")]
    password: Field,
    /// Where their days begin and end: a name of the IANA time zone database.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "time-zone", default = "UTC", example = "Europe/Berlin")]
    timezone: Field,
    /// How to stay signed in.
    #[serde(default)]
    #[schema(value_type = SessionKind, inline, default = "token", example = "token")]
    session: Field,
}

/// An address that somebody may sign up with.
fn free(email: &str) -> Result<Email, Fault> {
    let email = Email::new(email)?;
    match email.is_of_this_machine() {
        true => Err(Fault::new(Cause::Reserved, "must not be below .localhost")),
        false => Ok(email),
    }
}

impl SignUp {
    /// The session that is asked for, if it can be read.
    pub(crate) fn session(&self) -> SessionKind {
        self.session.session()
    }

    pub(crate) fn parse(self, fields: &mut Fields) -> Option<todo_app::SignUp> {
        let name = self.name.required("name", fields, UserName::new);
        let email = self.email.required("email", fields, |email| free(&email));
        let password = self.password.required("password", fields, Password::new);
        let zone = self.timezone.optional("timezone", fields, |zone| zone.parse());
        let session = self.session.set("session", fields, |kind| kind.parse::<SessionKind>());
        session?;
        let time_zone = zone?.unwrap_or_default();
        Some(todo_app::SignUp { name: name?, email: email?, password: password?, time_zone })
    }
}

/// What somebody signs in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// The address they signed up with; upper and lower case do not matter.
    #[serde(default)]
    #[schema(value_type = String, required, format = Email, max_length = 254, example = "ada@example.org")]
    email: Field,
    /// Their password.
    #[serde(default)]
    #[schema(value_type = String, required, format = Password, min_length = 8, max_length = 255, example = "correct horse battery")]
    password: Field,
    /// How to stay signed in.
    #[serde(default)]
    #[schema(value_type = SessionKind, inline, default = "token", example = "token")]
    session: Field,
}

impl SignIn {
    /// The session that is asked for, if it can be read.
    pub(crate) fn session(&self) -> SessionKind {
        self.session.session()
    }

    pub(crate) fn parse(self, fields: &mut Fields) -> Option<(Email, Password)> {
        let email = self.email.required("email", fields, |email| Email::new(&email));
        let password = self.password.required("password", fields, Password::new);
        let session = self.session.set("session", fields, |kind| kind.parse::<SessionKind>());
        session.and(email.zip(password))
    }
}

/// What it takes to change a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// The password until now.
    #[serde(default)]
    #[schema(value_type = String, required, format = Password, min_length = 8, max_length = 255, example = "correct horse battery")]
    current_password: Field,
    /// The password from now on.
    #[serde(default)]
    #[schema(value_type = String, required, format = Password, min_length = 8, max_length = 255, example = "staple battery horse")]
    new_password: Field,
}

impl PasswordChange {
    /// The current and the new one.
    pub(crate) fn parse(self, fields: &mut Fields) -> Option<(Password, Password)> {
        let current = self.current_password.required("current_password", fields, Password::new);
        let new = self.new_password.required("new_password", fields, Password::new);
        current.zip(new)
    }
}

/// What it takes to delete an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountDeletion {
    /// The password, once more.
    #[serde(default)]
    #[schema(value_type = String, required, format = Password, min_length = 8, max_length = 255, example = "correct horse battery")]
    password: Field,
}

impl AccountDeletion {
    pub(crate) fn parse(self, fields: &mut Fields) -> Option<Password> {
        self.password.required("password", fields, Password::new)
    }
}

/// What to change about an account. Absent fields stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserPatch {
    /// What to be called.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 100, pattern = r"\S", example = "Ada L.")]
    name: Field,
    /// Where their days begin and end: a name of the IANA time zone database.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, format = "time-zone", example = "Asia/Tokyo")]
    timezone: Field,
}

impl UserPatch {
    pub(crate) fn parse(self, fields: &mut Fields) -> Option<UserChange> {
        let name = self.name.set("name", fields, UserName::new);
        let zone = self.timezone.set("timezone", fields, |zone| zone.parse::<TimeZone>());
        Some(UserChange { name: name?, time_zone: zone? })
    }
}

/// How people come in.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignInOptions {
    /// Whether `POST /api/auth/signup` creates accounts.
    #[schema(example = true)]
    pub(crate) sign_up: bool,
    /// Whether `POST /api/auth/machine` lets this browser in.
    #[schema(example = false)]
    pub(crate) machine: bool,
}

/// A person with a todo list.
#[derive(Serialize, ToSchema)]
pub(crate) struct User {
    /// Stands for `{user_id}` in paths, as does `me`.
    #[schema(minimum = 1, example = 1)]
    id: i64,
    /// In lower case.
    #[schema(format = Email, example = "ada@example.org")]
    email: String,
    #[schema(example = "Ada")]
    name: String,
    #[schema(format = "time-zone", example = "Europe/Berlin")]
    timezone: String,
    role: UserRole,
    #[schema(format = DateTime, example = "2026-11-22T09:00:00.123456Z")]
    created_at: String,
}

/// What somebody may see.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum UserRole {
    /// What is theirs.
    User,
    /// That, and all users.
    Operator,
}

impl From<todo_domain::User> for User {
    fn from(user: todo_domain::User) -> Self {
        Self {
            role: if user.is_operator() { UserRole::Operator } else { UserRole::User },
            id: user.id.get(),
            email: user.email.as_str().to_owned(),
            name: user.name.into(),
            timezone: user.time_zone.name().to_owned(),
            created_at: instant(user.created_at),
        }
    }
}

/// Somebody is signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    /// To be sent as `Authorization: Bearer …`.
    #[schema(example = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9…")]
    access_token: String,
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// Seconds until the token is of no use any more.
    #[schema(example = 604_800)]
    expires_in: u64,
    user: User,
}

impl Session {
    pub(crate) fn new(token: AccessToken, user: todo_domain::User) -> Self {
        Self {
            access_token: token.token,
            token_type: "bearer",
            expires_in: token.expires_in.as_secs(),
            user: user.into(),
        }
    }
}
