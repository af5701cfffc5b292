//! The ledger: steps, calls and their effects, written once and read back whole.

use std::{collections::HashMap, time::Duration};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{
    ModelIdentity, RecordedCall, TaskEffect, TaskId, Timestamp, TokenUsage, Turn, TurnId, TurnStep,
    UserId,
};

use super::{
    Conn,
    schema::{effects, tool_calls, turn_steps},
};
use crate::{
    codec::{call_result_from_json, call_result_to_json, task_from_json, task_to_json},
    storage::{
        columns::{SqlTimestamp, SqlUuid},
        error::{Corrupt, Result},
    },
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
    /// 1, 2, 3 … within the call.
    position: i32,
}

impl EffectRow {
    pub(super) fn effect(&self) -> Result<TaskEffect> {
        Ok(TaskEffect {
            task_id: TaskId::new(self.task_id).map_err(|_| Corrupt("effects.task_id"))?,
            before: self.before_image.as_deref().map(task_from_json).transpose()?,
            after: self.after_image.as_deref().map(task_from_json).transpose()?,
        })
    }
}

/// The order in which a turn changed tasks.
pub(super) const fn in_order()
-> (effects::turn_id, effects::step, effects::ordinal, effects::position, effects::task_id) {
    (effects::turn_id, effects::step, effects::ordinal, effects::position, effects::task_id)
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

/// Who gave the answer of a step; `None` where there is no such step.
pub(super) async fn identity_of(
    conn: &mut Conn,
    user: UserId,
    turn: TurnId,
    number: i32,
) -> Result<Option<ModelIdentity>> {
    let row = turn_steps::table.find((user.get(), SqlUuid(turn.get()), number));
    let row = row.select((turn_steps::engine, turn_steps::model));
    let found: Option<(String, String)> = row.first(conn).await.optional()?;
    Ok(found.map(|(engine, model)| ModelIdentity { engine, model }))
}

/// The rows of steps.
#[derive(Default)]
pub(super) struct LedgerRows {
    steps: Vec<StepRow>,
    calls: Vec<CallRow>,
    effects: Vec<EffectRow>,
}

impl LedgerRows {
    /// The rows of a turn.
    pub(super) fn of(user: UserId, turn: &Turn) -> Result<Self> {
        let mut rows = Self::default();
        for step in &turn.steps {
            rows.add(user, turn.id, step, turn.started_at)?;
        }
        Ok(rows)
    }

    /// Adds the rows of a step.
    pub(super) fn add(
        &mut self,
        user: UserId,
        turn: TurnId,
        step: &TurnStep,
        now: Timestamp,
    ) -> Result<()> {
        let (user_id, turn_id) = (user.get(), SqlUuid(turn.get()));
        let (input_tokens, output_tokens) = token_columns(step.usage);
        self.steps.push(StepRow {
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
        });
        self.add_calls(user, turn, step.number, &step.calls)
    }

    fn add_calls(
        &mut self,
        user: UserId,
        turn: TurnId,
        step: i32,
        calls: &[RecordedCall],
    ) -> Result<()> {
        let (user_id, turn_id) = (user.get(), SqlUuid(turn.get()));
        for (ordinal, call) in (1..).zip(calls) {
            self.calls.push(CallRow {
                user_id,
                turn_id,
                step,
                ordinal,
                call_id: call.id.clone(),
                name: call.name.clone(),
                arguments: call.arguments.clone(),
                outcome: call_result_to_json(&call.result)?,
                duration_us: i64::try_from(call.duration.as_micros()).unwrap_or(i64::MAX),
            });
            for (position, effect) in (1..).zip(call.effects()) {
                self.effects.push(EffectRow {
                    user_id,
                    turn_id,
                    step,
                    ordinal,
                    task_id: effect.task_id.get(),
                    before_image: effect.before.as_ref().map(task_to_json).transpose()?,
                    after_image: effect.after.as_ref().map(task_to_json).transpose()?,
                    position,
                });
            }
        }
        Ok(())
    }

    /// Writes them.
    pub(super) async fn insert(self, conn: &mut Conn) -> Result<()> {
        let Self { steps, calls, effects } = self;
        insert_in_parts!(conn, turn_steps::table, steps.into_iter());
        insert_in_parts!(conn, tool_calls::table, calls.into_iter());
        insert_in_parts!(conn, effects::table, effects.into_iter());
        Ok(())
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
    let mut rows = LedgerRows::default();
    rows.add(user, turn, step, now)?;
    rows.insert(conn).await
}

/// Records other results of a step's calls, which are all of it.
pub(super) async fn rewrite(
    conn: &mut Conn,
    user: UserId,
    turn: TurnId,
    number: i32,
    calls: Vec<RecordedCall>,
) -> Result<()> {
    let old = tool_calls::table
        .filter(tool_calls::user_id.eq(user.get()))
        .filter(tool_calls::turn_id.eq(SqlUuid(turn.get())))
        .filter(tool_calls::step.eq(number));
    diesel::delete(old).execute(conn).await?;
    let mut rows = LedgerRows::default();
    rows.add_calls(user, turn, number, &calls)?;
    rows.insert(conn).await
}

/// What a turn changed, in order.
pub(super) async fn effects_of(
    conn: &mut Conn,
    user: UserId,
    turn: TurnId,
) -> Result<Vec<TaskEffect>> {
    Ok(effects_of_each(conn, user, &[turn]).await?.remove(&turn).unwrap_or_default())
}

/// What each of some turns changed, in order, if it changed anything.
pub(super) async fn effects_of_each(
    conn: &mut Conn,
    user: UserId,
    turns: &[TurnId],
) -> Result<HashMap<TurnId, Vec<TaskEffect>>> {
    let rows: Vec<EffectRow> = effects::table
        .filter(effects::user_id.eq(user.get()))
        .filter(effects::turn_id.eq_any(keys(turns)))
        .order(in_order())
        .select(EffectRow::as_select())
        .load(conn)
        .await?;
    let mut by_turn: HashMap<TurnId, Vec<TaskEffect>> = HashMap::new();
    for row in rows {
        by_turn.entry(TurnId::new(row.turn_id.0)).or_default().push(row.effect()?);
    }
    Ok(by_turn)
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
    let mut calls = calls(conn, user, &[turn], Some(number)).await?;
    Ok(Some(calls.remove(&(turn, number)).unwrap_or_default()))
}

/// All steps of some turns, by turn and in order.
pub(super) async fn steps(
    conn: &mut Conn,
    user: UserId,
    turns: &[TurnId],
) -> Result<HashMap<TurnId, Vec<TurnStep>>> {
    let rows: Vec<StepRow> = turn_steps::table
        .filter(turn_steps::user_id.eq(user.get()))
        .filter(turn_steps::turn_id.eq_any(keys(turns)))
        .order((turn_steps::turn_id, turn_steps::number))
        .select(StepRow::as_select())
        .load(conn)
        .await?;
    let mut calls = calls(conn, user, turns, None).await?;
    let mut steps: HashMap<TurnId, Vec<TurnStep>> = HashMap::new();
    for row in rows {
        let turn = TurnId::new(row.turn_id.0);
        steps.entry(turn).or_default().push(TurnStep {
            number: row.number,
            plan: row.plan,
            reasoning: row.reasoning,
            identity: ModelIdentity { engine: row.engine, model: row.model },
            usage: usage_of(row.input_tokens, row.output_tokens),
            calls: calls.remove(&(turn, row.number)).unwrap_or_default(),
        });
    }
    Ok(steps)
}

fn keys(turns: &[TurnId]) -> Vec<SqlUuid> {
    turns.iter().map(|turn| SqlUuid(turn.get())).collect()
}

/// The calls of one step or of all, by turn and step.
async fn calls(
    conn: &mut Conn,
    user: UserId,
    turns: &[TurnId],
    step: Option<i32>,
) -> Result<HashMap<(TurnId, i32), Vec<RecordedCall>>> {
    let mut call_rows = tool_calls::table
        .filter(tool_calls::user_id.eq(user.get()))
        .filter(tool_calls::turn_id.eq_any(keys(turns)))
        .order((tool_calls::turn_id, tool_calls::step, tool_calls::ordinal))
        .select(CallRow::as_select())
        .into_boxed();
    let mut effect_rows = effects::table
        .filter(effects::user_id.eq(user.get()))
        .filter(effects::turn_id.eq_any(keys(turns)))
        .order(in_order())
        .select(EffectRow::as_select())
        .into_boxed();
    if let Some(step) = step {
        call_rows = call_rows.filter(tool_calls::step.eq(step));
        effect_rows = effect_rows.filter(effects::step.eq(step));
    }
    let call_rows: Vec<CallRow> = call_rows.load(conn).await?;
    let effect_rows: Vec<EffectRow> = effect_rows.load(conn).await?;
    let mut effects: HashMap<_, Vec<TaskEffect>> = HashMap::new();
    for row in effect_rows {
        effects.entry((row.turn_id, row.step, row.ordinal)).or_default().push(row.effect()?);
    }
    let mut calls: HashMap<_, Vec<RecordedCall>> = HashMap::new();
    for row in call_rows {
        let effects = effects.remove(&(row.turn_id, row.step, row.ordinal)).unwrap_or_default();
        let turn = TurnId::new(row.turn_id.0);
        calls.entry((turn, row.step)).or_default().push(RecordedCall {
            result: call_result_from_json(&row.outcome, effects)?,
            id: row.call_id,
            name: row.name,
            arguments: row.arguments,
            duration: Duration::from_micros(row.duration_us.unsigned_abs()),
        });
    }
    Ok(calls)
}
