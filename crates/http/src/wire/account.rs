//! Accounts.

use serde::{Deserialize, Serialize};
use todo_domain::{Email, Password, TimeZone, UserChange, UserName};
use utoipa::ToSchema;

use super::{instant::instant, patch::PatchField};
use crate::{
    auth::AccessToken,
    error::{ApiError, Fields},
};

/// How somebody stays signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionKind {
    /// With the access token of the answer, as long as that is valid.
    #[default]
    Token,
    /// With a cookie, for pages of this service itself: the access token is valid for 15 minutes,
    /// and `POST /api/auth/refresh` brings the next one for up to 30 days.
    Cookie,
}

/// What somebody signs up with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignUp {
    /// What to be called.
    #[schema(min_length = 1, max_length = 100, pattern = r"\S", example = "Ada")]
    name: String,
    /// How to sign in; upper and lower case do not matter.
    #[schema(format = Email, max_length = 254, example = "ada@example.org")]
    email: String,
    /// What only they know.
    #[schema(format = Password, min_length = 8, max_length = 255, example = "correct horse battery")]
    password: String,
    /// Where their days begin and end: a name of the IANA time zone database.
    #[schema(format = "time-zone", default = "UTC", example = "Europe/Berlin")]
    timezone: Option<String>,
    /// How to stay signed in.
    #[serde(default)]
    #[schema(inline, default = "token", example = "token")]
    pub(crate) session: SessionKind,
}

impl SignUp {
    pub(crate) fn parse(self) -> Result<todo_app::SignUp, ApiError> {
        let mut fields = Fields::default();
        let name = fields.parse("name", UserName::new(self.name));
        let email = fields.parse("email", Email::new(&self.email));
        let password = fields.parse("password", Password::new(self.password));
        let zone = fields.parse_optional("timezone", self.timezone.as_deref(), str::parse);
        match (name, email, password, zone) {
            (Some(name), Some(email), Some(password), Some(zone)) => {
                Ok(todo_app::SignUp { name, email, password, time_zone: zone.unwrap_or_default() })
            }
            _ => Err(fields.into()),
        }
    }
}

/// What somebody signs in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// The address they signed up with; upper and lower case do not matter.
    #[schema(format = Email, max_length = 254, example = "ada@example.org")]
    email: String,
    /// Their password.
    #[schema(format = Password, min_length = 8, max_length = 255, example = "correct horse battery")]
    password: String,
    /// How to stay signed in.
    #[serde(default)]
    #[schema(inline, default = "token", example = "token")]
    pub(crate) session: SessionKind,
}

impl SignIn {
    pub(crate) fn parse(self) -> Result<(Email, Password), ApiError> {
        let mut fields = Fields::default();
        let email = fields.parse("email", Email::new(&self.email));
        let password = fields.parse("password", Password::new(self.password));
        email.zip(password).ok_or_else(|| fields.into())
    }
}

/// What it takes to change a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// The password until now.
    #[schema(format = Password, min_length = 8, max_length = 255, example = "correct horse battery")]
    current_password: String,
    /// The password from now on.
    #[schema(format = Password, min_length = 8, max_length = 255, example = "staple battery horse")]
    new_password: String,
}

impl PasswordChange {
    /// The current and the new one.
    pub(crate) fn parse(self) -> Result<(Password, Password), ApiError> {
        let mut fields = Fields::default();
        let current = fields.parse("current_password", Password::new(self.current_password));
        let new = fields.parse("new_password", Password::new(self.new_password));
        current.zip(new).ok_or_else(|| fields.into())
    }
}

/// What it takes to delete an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountDeletion {
    /// The password, once more.
    #[schema(format = Password, min_length = 8, max_length = 255, example = "correct horse battery")]
    password: String,
}

impl AccountDeletion {
    pub(crate) fn parse(self) -> Result<Password, ApiError> {
        let mut fields = Fields::default();
        fields.parse("password", Password::new(self.password)).ok_or_else(|| fields.into())
    }
}

/// What to change about an account. Absent fields stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserPatch {
    /// What to be called.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 100, pattern = r"\S", example = "Ada L.")]
    name: PatchField,
    /// Where their days begin and end: a name of the IANA time zone database.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, format = "time-zone", example = "Asia/Tokyo")]
    timezone: PatchField,
}

impl UserPatch {
    pub(crate) fn parse(self) -> Result<UserChange, ApiError> {
        let mut fields = Fields::default();
        let name = self.name.set("name", &mut fields, UserName::new);
        let zone = self.timezone.set("timezone", &mut fields, |zone| zone.parse::<TimeZone>());
        match (name, zone) {
            (Some(name), Some(time_zone)) => Ok(UserChange { name, time_zone }),
            _ => Err(fields.into()),
        }
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
    #[schema(format = DateTime, example = "2026-11-22T09:00:00.123456Z")]
    created_at: String,
}

impl From<todo_domain::User> for User {
    fn from(user: todo_domain::User) -> Self {
        Self {
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
