//! Tasks that end with whoever started them.

use tokio::{runtime::Handle, task::AbortHandle};

/// A task in the background; it ends when this is dropped.
pub(crate) struct Background(AbortHandle);

impl Background {
    /// Starts a task.
    pub(crate) fn start(runtime: &Handle, task: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(runtime.spawn(task).abort_handle())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.0.abort();
    }
}
