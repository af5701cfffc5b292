//! Where limits are counted: in this process, or in Redis for several of them.

mod in_process;

pub use in_process::InProcessLimits;
