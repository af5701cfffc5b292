//! What users take of models, day by day: what a budget is held against, and what they are shown.

use async_trait::async_trait;
use diesel::{prelude::*, upsert::excluded};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use todo_domain::{
    DailyUsage, ModelIdentity, ModelUsage, Timestamp, TokensSpent, UsageSpan, UserId,
    ports::{StoreError, UsageStore},
};

use super::{
    Conn, Db,
    ledger::{token_columns, usage_of},
    schema::model_usage,
};
use crate::storage::{columns::SqlDay, error::Result, replica::Freshness};

#[derive(Queryable, Selectable)]
#[diesel(table_name = model_usage)]
struct UsageRow {
    day: SqlDay,
    engine: String,
    model: String,
    calls: i64,
    input_tokens: i64,
    output_tokens: i64,
}

impl From<UsageRow> for DailyUsage {
    fn from(row: UsageRow) -> Self {
        Self {
            day: row.day.0,
            identity: ModelIdentity { engine: row.engine, model: row.model },
            usage: ModelUsage {
                calls: row.calls.unsigned_abs(),
                tokens: usage_of(row.input_tokens, row.output_tokens),
            },
        }
    }
}

/// Adds to what a user has taken of a model on this day. Their row is locked.
pub(super) async fn spend(
    conn: &mut Conn,
    user: UserId,
    identity: &ModelIdentity,
    usage: ModelUsage,
    now: Timestamp,
) -> Result<()> {
    if usage == ModelUsage::default() {
        return Ok(());
    }
    let (input_tokens, output_tokens) = token_columns(usage.tokens);
    diesel::insert_into(model_usage::table)
        .values((
            model_usage::user_id.eq(user.get()),
            model_usage::day.eq(SqlDay(TokensSpent::day_of(now))),
            model_usage::engine.eq(&identity.engine),
            model_usage::model.eq(&identity.model),
            model_usage::calls.eq(i64::try_from(usage.calls).unwrap_or(i64::MAX)),
            model_usage::input_tokens.eq(input_tokens),
            model_usage::output_tokens.eq(output_tokens),
        ))
        .on_conflict((
            model_usage::user_id,
            model_usage::day,
            model_usage::engine,
            model_usage::model,
        ))
        .do_update()
        .set((
            model_usage::calls.eq(model_usage::calls + excluded(model_usage::calls)),
            model_usage::input_tokens
                .eq(model_usage::input_tokens + excluded(model_usage::input_tokens)),
            model_usage::output_tokens
                .eq(model_usage::output_tokens + excluded(model_usage::output_tokens)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// What a user took on some days.
async fn usage(conn: &mut Conn, user: UserId, span: UsageSpan) -> Result<Vec<DailyUsage>> {
    let rows: Vec<UsageRow> = model_usage::table
        .filter(model_usage::user_id.eq(user.get()))
        .filter(model_usage::day.ge(SqlDay(span.first())))
        .filter(model_usage::day.le(SqlDay(span.last())))
        .order((model_usage::day, model_usage::engine, model_usage::model))
        .select(UsageRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(DailyUsage::from).collect())
}

/// What a user has spent of tokens today.
pub(super) async fn spent(conn: &mut Conn, user: UserId, now: Timestamp) -> Result<TokensSpent> {
    let day = TokensSpent::day_of(now);
    let today = usage(conn, user, UsageSpan::day(day)).await?;
    let today: ModelUsage = today.into_iter().map(|daily| daily.usage).sum();
    Ok(TokensSpent { day, tokens: today.tokens.total() })
}

#[async_trait]
impl UsageStore for Db {
    async fn usage(&self, user: UserId, span: UsageSpan) -> Result<Vec<DailyUsage>, StoreError> {
        self.select("usage.days", Freshness::OwnWrites(user), move |conn| {
            usage(conn, user, span).boxed()
        })
        .await
    }
}
