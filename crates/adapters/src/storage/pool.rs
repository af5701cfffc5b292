//! How busy a pool of connections is.

use deadpool::managed::{Manager, Pool};
use todo_domain::ports::PoolStatus;

pub(super) fn status_of<M: Manager>(pool: &Pool<M>) -> PoolStatus {
    let status = pool.status();
    PoolStatus {
        max: status.max_size,
        size: status.size,
        available: status.available,
        waiting: status.waiting,
    }
}
