//! The ledger: steps, calls and their effects, written once and read back whole.

use std::{collections::HashMap, time::Duration};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{
    ModelIdentity, RecordedCall, TaskEffect, TaskId, Timestamp, TokenUsage, TurnId, TurnStep,
    UserId,
};

use super::{
    Conn,
    schema::{effects, tool_calls, turn_steps},
};
use crate::storage::{
    columns::{SqlTimestamp, SqlUuid},
    error::{Corrupt, Result},
    records::{image_of, outcome_of, result_of, task_of},
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = turn_steps)]
struct StepRow {
    user_id: i64,
    turn_id: SqlUuid,
    number: i32,
    plan: Option<String>,
    reasoning: Option<String>,
    engine: String,
    model: String,
    input_tokens: i64,
    output_tokens: i64,
    created_at: SqlTimestamp,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tool_calls)]
struct CallRow {
    user_id: i64,
    turn_id: SqlUuid,
    step: i32,
    ordinal: i32,
    call_id: String,
    name: String,
    arguments: String,
    outcome: String,
    duration_us: i64,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = effects)]
pub(super) struct EffectRow {
    user_id: i64,
    pub(super) turn_id: SqlUuid,
    step: i32,
    ordinal: i32,
    task_id: i64,
    before_image: Option<String>,
    after_image: Option<String>,
}

impl EffectRow {
    pub(super) fn effect(&self) -> Result<TaskEffect> {
        Ok(TaskEffect {
            task_id: TaskId::new(self.task_id).map_err(|_| Corrupt("effects.task_id"))?,
            before: self.before_image.as_deref().map(task_of).transpose()?,
            after: self.after_image.as_deref().map(task_of).transpose()?,
        })
    }
}

/// Token counts as the database keeps them. No model reads or writes 2⁶³ tokens.
pub(super) fn token_columns(usage: TokenUsage) -> (i64, i64) {
    let column = |tokens| i64::try_from(tokens).unwrap_or(i64::MAX);
    (column(usage.input_tokens), column(usage.output_tokens))
}

/// The opposite of [`token_columns`].
pub(super) fn usage_of(input_tokens: i64, output_tokens: i64) -> TokenUsage {
    TokenUsage {
        input_tokens: input_tokens.unsigned_abs(),
        output_tokens: output_tokens.unsigned_abs(),
    }
}

/// Records a step that was carried out in the same transaction.
pub(super) async fn record(
    conn: &mut Conn,
    user: UserId,
    turn: TurnId,
    step: &TurnStep,
    now: Timestamp,
) -> Result<()> {
    let (user_id, turn_id) = (user.get(), SqlUuid(turn.get()));
    let (input_tokens, output_tokens) = token_columns(step.usage);
    let row = StepRow {
        user_id,
        turn_id,
        number: step.number,
        plan: step.plan.clone(),
        reasoning: step.reasoning.clone(),
        engine: step.identity.engine.clone(),
        model: step.identity.model.clone(),
        input_tokens,
        output_tokens,
        created_at: SqlTimestamp(now),
    };
    let (mut call_rows, mut effect_rows) = (Vec::new(), Vec::new());
    for (ordinal, call) in (1..).zip(&step.calls) {
        call_rows.push(CallRow {
            user_id,
            turn_id,
            step: step.number,
            ordinal,
            call_id: call.id.clone(),
            name: call.name.clone(),
            arguments: call.arguments.clone(),
            outcome: outcome_of(&call.result)?,
            duration_us: i64::try_from(call.duration.as_micros()).unwrap_or(i64::MAX),
        });
        if let Some(effect) = call.effect() {
            effect_rows.push(EffectRow {
                user_id,
                turn_id,
                step: step.number,
                ordinal,
                task_id: effect.task_id.get(),
                before_image: effect.before.as_ref().map(image_of).transpose()?,
                after_image: effect.after.as_ref().map(image_of).transpose()?,
            });
        }
    }
    diesel::insert_into(turn_steps::table).values(&row).execute(conn).await?;
    insert_all!(conn, tool_calls::table, call_rows)?;
    insert_all!(conn, effects::table, effect_rows)?;
    Ok(())
}

/// The calls of a step, if it was recorded.
pub(super) async fn recorded(
    conn: &mut Conn,
    user: UserId,
    turn: TurnId,
    number: i32,
) -> Result<Option<Vec<RecordedCall>>> {
    let step = turn_steps::table.find((user.get(), SqlUuid(turn.get()), number));
    let found: Option<i32> = step.select(turn_steps::number).first(conn).await.optional()?;
    if found.is_none() {
        return Ok(None);
    }
    let mut calls = calls(conn, user, turn, Some(number)).await?;
    Ok(Some(calls.remove(&number).unwrap_or_default()))
}

/// All steps of a turn in order.
pub(super) async fn steps(conn: &mut Conn, user: UserId, turn: TurnId) -> Result<Vec<TurnStep>> {
    let rows: Vec<StepRow> = turn_steps::table
        .filter(turn_steps::user_id.eq(user.get()))
        .filter(turn_steps::turn_id.eq(SqlUuid(turn.get())))
        .order(turn_steps::number)
        .select(StepRow::as_select())
        .load(conn)
        .await?;
    let mut calls = calls(conn, user, turn, None).await?;
    let steps = rows.into_iter().map(|row| TurnStep {
        number: row.number,
        plan: row.plan,
        reasoning: row.reasoning,
        identity: ModelIdentity { engine: row.engine, model: row.model },
        usage: usage_of(row.input_tokens, row.output_tokens),
        calls: calls.remove(&row.number).unwrap_or_default(),
    });
    Ok(steps.collect())
}

/// The calls of one step or of all, by step.
async fn calls(
    conn: &mut Conn,
    user: UserId,
    turn: TurnId,
    step: Option<i32>,
) -> Result<HashMap<i32, Vec<RecordedCall>>> {
    let turn_id = SqlUuid(turn.get());
    let mut call_rows = tool_calls::table
        .filter(tool_calls::user_id.eq(user.get()))
        .filter(tool_calls::turn_id.eq(turn_id))
        .order((tool_calls::step, tool_calls::ordinal))
        .select(CallRow::as_select())
        .into_boxed();
    let mut effect_rows = effects::table
        .filter(effects::user_id.eq(user.get()))
        .filter(effects::turn_id.eq(turn_id))
        .select(EffectRow::as_select())
        .into_boxed();
    if let Some(step) = step {
        call_rows = call_rows.filter(tool_calls::step.eq(step));
        effect_rows = effect_rows.filter(effects::step.eq(step));
    }
    let call_rows: Vec<CallRow> = call_rows.load(conn).await?;
    let effect_rows: Vec<EffectRow> = effect_rows.load(conn).await?;
    let mut effects = HashMap::new();
    for row in effect_rows {
        effects.insert((row.step, row.ordinal), row.effect()?);
    }
    let mut calls: HashMap<i32, Vec<RecordedCall>> = HashMap::new();
    for row in call_rows {
        let effect = effects.remove(&(row.step, row.ordinal));
        calls.entry(row.step).or_default().push(RecordedCall {
            result: result_of(&row.outcome, effect)?,
            id: row.call_id,
            name: row.name,
            arguments: row.arguments,
            duration: Duration::from_micros(row.duration_us.unsigned_abs()),
        });
    }
    Ok(calls)
}
