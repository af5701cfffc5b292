//! The numbers of new tasks, and whether there is room for them.

use std::ops::Range;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{TaskId, TaskSlot, UserId, UserLimit};

use super::{
    Conn,
    schema::{tasks, users},
};
use crate::storage::error::{Corrupt, Failure, Result};

/// Numbers taken from the counter of a user, who is locked.
pub(super) struct TaskNumbers {
    user: UserId,
    /// Those that no task was created under yet.
    unused: Range<i64>,
    max: UserLimit,
    /// How many tasks the user has, which may be more than `max` where that was lowered.
    held: u64,
}

impl TaskNumbers {
    /// Takes so many, for a user who may have `max` tasks.
    pub(super) async fn allot(
        conn: &mut Conn,
        user: UserId,
        max: UserLimit,
        count: usize,
    ) -> Result<Self> {
        let unused = take(conn, user, count as i64).await?;
        let held = held(conn, user, max, &unused).await?;
        Ok(Self { user, unused, max, held })
    }

    /// Where the next new task goes.
    pub(super) fn next(&mut self) -> Result<TaskSlot> {
        if self.max.room(self.held) == 0 {
            return Ok(TaskSlot::LimitReached(self.max));
        }
        // One was taken for each task that is created.
        let number = self.unused.next().ok_or(Corrupt("users.last_task_number"))?;
        self.held += 1;
        let id = TaskId::new(number).map_err(|_| Corrupt("users.last_task_number"))?;
        Ok(TaskSlot::Number(id))
    }

    /// Whether there is room for so many tasks more, which have their numbers. They are counted as
    /// held from then on.
    pub(super) async fn admit(&mut self, conn: &mut Conn, more: u64) -> Result<bool> {
        if more > 0 && more > self.max.room(count(conn, self.user).await?) {
            return Ok(false);
        }
        self.held += more;
        Ok(true)
    }

    /// How many tasks the user may have.
    pub(super) const fn max(&self) -> UserLimit {
        self.max
    }

    /// A task is gone.
    pub(super) fn make_room(&mut self) {
        self.held = self.held.saturating_sub(1);
    }

    /// The last so many that were used were not used after all.
    pub(super) fn take_back(&mut self, count: usize) {
        self.unused.start -= count as i64;
    }

    /// Returns those that were not used: they are the last ones.
    pub(super) async fn give_back(self, conn: &mut Conn) -> Result<()> {
        if !self.unused.is_empty() {
            diesel::update(users::table.find(self.user.get()))
                .set(users::last_task_number.eq(self.unused.start - 1))
                .execute(conn)
                .await?;
        }
        Ok(())
    }
}

async fn take(conn: &mut Conn, user: UserId, count: i64) -> Result<Range<i64>> {
    if count == 0 {
        return Ok(1..1);
    }
    let last: Option<i64> = diesel::update(users::table.find(user.get()))
        .set(users::last_task_number.eq(users::last_task_number + count))
        .returning(users::last_task_number)
        .get_result(conn)
        .await
        .optional()?;
    last.map(|last| last + 1 - count..last + 1).ok_or(Failure::NoUser)
}

/// How many tasks there are, or no fewer as long as there is room for all. Numbers are never used
/// again, so that nobody has more tasks than numbers: only beyond the bound there is anything to
/// count.
async fn held(conn: &mut Conn, user: UserId, max: UserLimit, unused: &Range<i64>) -> Result<u64> {
    if unused.end - 1 <= i64::from(max.get()) {
        return Ok((unused.start - 1).unsigned_abs());
    }
    count(conn, user).await
}

async fn count(conn: &mut Conn, user: UserId) -> Result<u64> {
    let tasks = tasks::table.filter(tasks::user_id.eq(user.get())).count();
    Ok(tasks.get_result::<i64>(conn).await?.unsigned_abs())
}
