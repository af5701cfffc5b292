//! What operators see of all users together.

use async_trait::async_trait;
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{BigInt, Bool},
};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use todo_domain::{
    ConversationId, DailyUsage, ModelIdentity, ModelUsage, TurnId, UsageSpan, UserId,
    ports::{OversightStore, RunningTurn, StoreError},
};

use super::{
    Conn, Db, database_now,
    ledger::usage_of,
    schema::{model_usage, turns},
    turn_cancel::IS_RUNNING,
};
use crate::storage::{
    columns::{SqlDay, SqlTimestamp, SqlUuid},
    error::{Corrupt, Result},
    replica::Freshness,
};

/// Sums as numbers of the columns' type, which PostgreSQL would widen.
const CALLS: &str = "CAST(sum(calls) AS bigint)";
const INPUT_TOKENS: &str = "CAST(sum(input_tokens) AS bigint)";
const OUTPUT_TOKENS: &str = "CAST(sum(output_tokens) AS bigint)";

async fn usage_of_all(conn: &mut Conn, span: UsageSpan) -> Result<Vec<DailyUsage>> {
    let key = (model_usage::day, model_usage::engine, model_usage::model);
    let rows: Vec<(SqlDay, String, String, i64, i64, i64)> = model_usage::table
        .filter(model_usage::day.ge(SqlDay(span.first())))
        .filter(model_usage::day.le(SqlDay(span.last())))
        .group_by(key)
        .order(key)
        .select((
            model_usage::day,
            model_usage::engine,
            model_usage::model,
            sql::<BigInt>(CALLS),
            sql::<BigInt>(INPUT_TOKENS),
            sql::<BigInt>(OUTPUT_TOKENS),
        ))
        .load(conn)
        .await?;
    let daily = |(day, engine, model, calls, input_tokens, output_tokens): (_, _, _, i64, _, _)| {
        let day: SqlDay = day;
        DailyUsage {
            day: day.0,
            identity: ModelIdentity { engine, model },
            usage: ModelUsage {
                calls: calls.unsigned_abs(),
                tokens: usage_of(input_tokens, output_tokens),
            },
        }
    };
    Ok(rows.into_iter().map(daily).collect())
}

async fn running_turns(conn: &mut Conn, limit: u32) -> Result<Vec<RunningTurn>> {
    let now = database_now(conn).await?;
    type Row = (i64, SqlUuid, SqlUuid, i32, SqlTimestamp, SqlTimestamp);
    let rows: Vec<Row> = turns::table
        .filter(sql::<Bool>(IS_RUNNING))
        .filter(turns::lease_until.gt(now))
        .order((turns::started_at, turns::user_id, turns::id))
        .limit(i64::from(limit))
        .select((
            turns::user_id,
            turns::id,
            turns::conversation_id,
            turns::attempt,
            turns::started_at,
            turns::lease_until,
        ))
        .load(conn)
        .await?;
    let turn = |(user, turn, conversation, attempt, started_at, lease_until): Row| {
        Ok(RunningTurn {
            user: UserId::new(user).map_err(|_| Corrupt("turns.user_id"))?,
            turn: TurnId::new(turn.0),
            conversation: ConversationId::new(conversation.0),
            attempt,
            started_at: started_at.0,
            lease_until: lease_until.0,
        })
    };
    rows.into_iter().map(turn).collect()
}

#[async_trait]
impl OversightStore for Db {
    async fn usage_of_all(&self, span: UsageSpan) -> Result<Vec<DailyUsage>, StoreError> {
        self.select("oversight.usage", Freshness::Latest, move |conn| {
            usage_of_all(conn, span).boxed()
        })
        .await
    }

    async fn running_turns(&self, limit: u32) -> Result<Vec<RunningTurn>, StoreError> {
        self.read("oversight.running_turns", Freshness::Latest, move |conn| {
            running_turns(conn, limit).boxed()
        })
        .await
    }
}
