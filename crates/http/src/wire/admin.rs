//! What operators see.

use serde::{Deserialize, Serialize};
use todo_app::AllUsage;
use todo_domain::{Email, PageLimit, UserId, ports::RunningTurn};
use utoipa::{IntoParams, ToSchema};

use super::{
    User, cursor,
    instant::instant,
    usage::{DayUsage, UsageSum},
};
use crate::error::{Cause, Fields, Refusal};

/// The query string of the list of users.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserListQuery {
    /// Only who has this number, or this e-mail address.
    #[param(example = "ada@example.org")]
    q: Option<String>,
    /// How many on a page.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<String>,
    /// Where a page starts, from the `Link` of the one before.
    cursor: Option<String>,
}

/// Which users are asked for.
pub(crate) enum UserSearch {
    All { limit: PageLimit, after: Option<UserId> },
    Number(UserId),
    Address(Email),
}

/// The text names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an e-mail address or the number of a user")]
pub(crate) struct NoUserNamed;

impl Refusal for NoUserNamed {
    fn cause(&self) -> Cause {
        Cause::InvalidFormat { format: "user" }
    }
}

impl UserListQuery {
    pub(crate) fn parse(self, fields: &mut Fields) -> Option<UserSearch> {
        let limit = fields.parse_optional("limit", self.limit.as_deref(), cursor::limit);
        let after = fields.parse_optional("cursor", self.cursor.as_deref(), cursor::to_users);
        let search = fields.parse_optional("q", self.q.as_deref(), search);
        match (search?, limit?, after?) {
            (Some(search), ..) => Some(search),
            (None, limit, after) => {
                Some(UserSearch::All { limit: limit.unwrap_or_default(), after })
            }
        }
    }
}

fn search(text: &str) -> Result<UserSearch, NoUserNamed> {
    let by_number = text.parse().map(UserSearch::Number);
    by_number.or_else(|_| text.parse().map(UserSearch::Address)).map_err(|_| NoUserNamed)
}

/// A user as operators see them.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminUser {
    #[serde(flatten)]
    user: User,
    /// Since when they are kept out; `null` if they are not.
    #[schema(required, format = DateTime, example = json!(null))]
    disabled_at: Option<String>,
}

impl From<todo_domain::User> for AdminUser {
    fn from(user: todo_domain::User) -> Self {
        Self { disabled_at: user.disabled_at.map(instant), user: user.into() }
    }
}

/// What all users together took of models, day by day.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminUsage {
    total: UsageSum,
    /// Every day from the first to the last.
    #[schema(min_items = 1, max_items = 92)]
    days: Vec<DayUsage>,
}

impl From<AllUsage> for AdminUsage {
    fn from(AllUsage { days, total }: AllUsage) -> Self {
        Self { total: total.into(), days: days.into_iter().map(DayUsage::from).collect() }
    }
}

/// A turn that runs.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminTurn {
    #[schema(minimum = 1, example = 1)]
    user_id: i64,
    #[schema(format = Uuid, example = "01a20502-a9f0-777e-be05-d462bea2ba2d")]
    id: String,
    #[schema(format = Uuid, example = "01a20502-a9f0-777e-be05-d461629a903b")]
    conversation_id: String,
    /// How often it was begun.
    #[schema(minimum = 1, example = 1)]
    attempt: i32,
    #[schema(format = DateTime, example = "2026-11-22T09:00:00.123456Z")]
    started_at: String,
    /// How long it may run; after that it counts as interrupted.
    #[schema(format = DateTime, example = "2026-11-22T09:01:35.123456Z")]
    lease_until: String,
}

impl From<RunningTurn> for AdminTurn {
    fn from(turn: RunningTurn) -> Self {
        Self {
            user_id: turn.user.get(),
            id: turn.turn.to_string(),
            conversation_id: turn.conversation.to_string(),
            attempt: turn.attempt,
            started_at: instant(turn.started_at),
            lease_until: instant(turn.lease_until),
        }
    }
}
