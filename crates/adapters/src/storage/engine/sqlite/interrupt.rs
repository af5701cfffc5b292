//! Ends statements at the deadline of their unit of work, whose caller has then got the error that time
//! ran out. SQLite has no time limits of its own; it asks a handler now and then whether to go on.
//!
//! Diesel hands out neither the connection of SQLite nor that handler, so that it takes SQLite's own
//! functions: the only unsafe code of the service.
#![expect(unsafe_code, reason = "SQLite's functions are C; see docs/adr/0021")]

use std::{
    cell::Cell,
    error::Error,
    ffi::{c_char, c_int, c_void},
    ptr,
    sync::Once,
    time::Instant,
};

use diesel_async::sync_connection_wrapper::SpawnBlocking;
use futures_util::{FutureExt, future::BoxFuture};
use libsqlite3_sys::{
    SQLITE_OK, sqlite3, sqlite3_api_routines, sqlite3_auto_extension, sqlite3_progress_handler,
};
use tokio::{
    runtime::Handle,
    task::{self, JoinError},
};

tokio::task_local! {
    /// When the unit of work that this task does is over.
    static DEADLINE: Instant;
}

thread_local! {
    /// When the statement that runs on this thread is over.
    static ENDS: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// How many of its virtual machine's instructions SQLite carries out between two questions: some
/// ten microseconds.
const INSTRUCTIONS: c_int = 1_000;

/// Does work whose statements end at its deadline.
pub(crate) fn until<F: Future>(
    deadline: tokio::time::Instant,
    work: F,
) -> impl Future<Output = F::Output> {
    DEADLINE.scope(deadline.into_std(), work)
}

/// Does the statements of a unit of work on one thread that may wait, and none of them elsewhere: to
/// hand each to a thread and back takes longer than most of them.
#[expect(clippy::disallowed_methods, reason = "it runs on a thread that may wait")]
pub(crate) async fn do_statements<F>(work: F) -> Result<F::Output, JoinError>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    let deadline = DEADLINE.try_with(|deadline| *deadline).ok();
    let runtime = Handle::current();
    task::spawn_blocking(move || {
        let _bounded = Bounded::until(deadline);
        runtime.block_on(work)
    })
    .await
}

/// Where diesel runs a statement: on the thread of its unit of work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OnThisThread;

impl SpawnBlocking for OnThisThread {
    fn spawn_blocking<'a, R>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, Result<R, Box<dyn Error + Send + Sync + 'static>>>
    where
        R: Send + 'static,
    {
        async { Ok(task()) }.boxed()
    }

    fn get_runtime() -> Self {
        Self
    }
}

/// Statements of this thread end at a moment, as long as this lives.
struct Bounded;

impl Bounded {
    fn until(deadline: Option<Instant>) -> Self {
        ENDS.set(deadline);
        Self
    }
}

impl Drop for Bounded {
    fn drop(&mut self) {
        ENDS.set(None);
    }
}

/// Has every connection that is opened from now on ask whether its statement is to go on.
pub(super) fn watch_connections() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the function has the signature that SQLite asks for, and lives as long as the
        // process. `Once` keeps it from being registered by two threads at a time.
        let _ = unsafe { sqlite3_auto_extension(Some(watch)) };
    });
}

/// Called by SQLite with each connection that it opens.
unsafe extern "C" fn watch(
    connection: *mut sqlite3,
    _message: *mut *mut c_char,
    _routines: *const sqlite3_api_routines,
) -> c_int {
    // SAFETY: the connection is the one that SQLite is opening, and nobody else has it yet. The
    // handler takes no data and lives as long as the process.
    unsafe {
        sqlite3_progress_handler(connection, INSTRUCTIONS, Some(is_over), ptr::null_mut());
    }
    SQLITE_OK
}

/// Called by SQLite amid a statement, on the thread that runs it; anything but 0 ends it. The cell
/// has no destructor, so that it can be read at any time of the thread's life: nothing here panics.
unsafe extern "C" fn is_over(_: *mut c_void) -> c_int {
    c_int::from(ENDS.get().is_some_and(|end| Instant::now() >= end))
}
