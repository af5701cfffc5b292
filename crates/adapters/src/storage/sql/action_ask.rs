//! Asking before a step is carried out.

use todo_domain::{
    Action, ActionTask, Deletion, ModelUsage, PageLimit, TaskQuery, Timestamp, Total, TurnStatus,
    UserId, UserLimit,
    ports::{AskOutcome, AskStep},
};

use super::{
    Conn,
    actions::{insert, of_turn},
    ledger::record,
    spending::spend,
    steps::{Admitted, Looked, admit, count, run_admitted},
    task_batch::load,
    task_list::list,
    turn_end::{TurnEnd, end},
};
use crate::storage::error::Result;

/// Records a step without carrying it out and makes its turn wait, unless there is nothing to ask.
pub(super) async fn ask(conn: &mut Conn, ask: AskStep, max: UserLimit) -> Result<AskOutcome> {
    let (fence, now) = (ask.step.fence, ask.step.now);
    match admit(conn, &ask.step).await? {
        Admitted::Yes => {}
        Admitted::Recorded(calls) => return Ok(AskOutcome::Recorded(calls)),
        Admitted::FencedOff => {
            // An earlier try may have asked. Another attempt of the turn may have asked otherwise.
            let asked = of_turn(conn, fence.user_id, fence.turn_id).await?;
            let asked = asked.filter(|action| action.id == ask.action_id).map(Box::new);
            return Ok(asked.map_or(AskOutcome::FencedOff, AskOutcome::Asked));
        }
    }
    let mut deletes = Vec::with_capacity(ask.step.calls.len());
    for call in &ask.step.calls {
        let deletion = call.operation.as_ref().ok().and_then(|operation| operation.deletion());
        deletes.push(match deletion {
            None => None,
            Some(deletion) => match meant(conn, fence.user_id, deletion, now).await? {
                Ok(tasks) => Some(tasks),
                Err(TooMany { tasks }) => return Ok(AskOutcome::TooManyTasks { tasks }),
            },
        });
    }
    match ActionTask::count(&deletes) {
        0 => {
            let calls = run_admitted(conn, ask.of_no_tasks(), Looked::new(), max).await?;
            return Ok(AskOutcome::Recorded(calls));
        }
        count if count > Action::MAX_TASKS => {
            return Ok(AskOutcome::TooManyTasks { tasks: count as u64 });
        }
        _ => {}
    }
    let (action, calls) = (ask.action(deletes), ask.waiting_calls());
    let step = ask.step.done(calls);
    record(conn, fence.user_id, fence.turn_id, &step, now).await?;
    count(conn, &fence, &step.identity, step.usage).await?;
    spend(conn, fence.user_id, &step.identity, ModelUsage::answer(step.usage), now).await?;
    let waits = TurnEnd::of_no_runner(TurnStatus::Waiting, now);
    end(conn, fence.user_id, fence.turn_id, waits).await?;
    insert(conn, &fence, &action).await?;
    Ok(AskOutcome::Asked(Box::new(action)))
}

/// More tasks than an action covers.
struct TooMany {
    tasks: u64,
}

/// The tasks that a call would delete, as they are now.
async fn meant(
    conn: &mut Conn,
    user: UserId,
    deletion: Deletion<'_>,
    now: Timestamp,
) -> Result<Result<Vec<ActionTask>, TooMany>> {
    match deletion {
        Deletion::Named(ids) => {
            let found = load(conn, user, ids.iter().map(|id| id.get()).collect()).await?;
            let named = ids.iter().filter_map(|id| found.get(id));
            Ok(Ok(named.map(ActionTask::from).collect()))
        }
        Deletion::Matching(query) => {
            let mut query =
                TaskQuery { limit: PageLimit::MAX, total: Total::Counted, ..query.clone() };
            let mut tasks = Vec::new();
            loop {
                let page = list(conn, user, &query, now).await?;
                let total = page.total.unwrap_or_default();
                if total > Action::MAX_TASKS as u64 {
                    return Ok(Err(TooMany { tasks: total }));
                }
                tasks.extend(page.tasks.iter().map(ActionTask::from));
                let Some(next) = page.next else { return Ok(Ok(tasks)) };
                query.after = Some(next);
                query.total = Total::Unasked;
            }
        }
    }
}
