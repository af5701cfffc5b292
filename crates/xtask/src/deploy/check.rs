//! What a check of the deployment is.

use super::tools::Tools;
use crate::Result;

/// When a check runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Depth {
    /// Always: in CI and with `deploy-check`.
    Quick,
    /// With `deploy-check --full`, or by its name.
    Full,
}

/// A check: files of the deployment, and the tool they are shown to.
pub(super) struct Check {
    /// One word, for the command line and the table.
    pub(super) name: &'static str,
    /// What holds when it passes, for people.
    pub(super) what: &'static str,
    pub(super) depth: Depth,
    /// An error is a fault of the files; its first line goes into the table.
    pub(super) run: fn(&Tools) -> Result<Verdict>,
}

/// What came of a check that found no fault.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The tool, with its version, looked at the files and is content.
    Passed { tool: String, said: String },
    /// The tool can't run here. That is reported, never passed over.
    NotChecked { reason: String },
}

impl Verdict {
    pub(super) fn passed(tool: impl Into<String>, said: impl Into<String>) -> Result<Self> {
        Ok(Self::Passed { tool: tool.into(), said: said.into() })
    }

    pub(super) fn not_checked(reason: impl Into<String>) -> Result<Self> {
        Ok(Self::NotChecked { reason: reason.into() })
    }
}
