//! What the doctor has found, and how it is reported.

use std::fmt;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All is well.
    Ok,
    /// The service works, and could do better.
    Warn,
    /// It must be mended first.
    Fail,
}

/// One thing the doctor has looked at.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    what: &'static str,
    text: String,
    hint: Option<&'static str>,
}

impl Finding {
    /// Nothing to do about this.
    pub(super) fn ok(what: &'static str, text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Ok, what, text: text.into(), hint: None }
    }

    /// Something worth a look.
    pub(super) fn warn(what: &'static str, text: impl Into<String>, hint: &'static str) -> Self {
        Self { verdict: Verdict::Warn, what, text: text.into(), hint: Some(hint) }
    }

    /// Something to mend.
    pub(super) fn fail(what: &'static str, text: impl Into<String>, hint: &'static str) -> Self {
        Self { verdict: Verdict::Fail, what, text: text.into(), hint: Some(hint) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        };
        write!(f, "{verdict:<5} {:<14} {}", self.what, self.text)?;
        match self.hint {
            Some(hint) => write!(f, "\n{:<20} hint: {hint}", ""),
            None => Ok(()),
        }
    }
}
