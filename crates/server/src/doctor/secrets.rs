//! Whether files with secrets are their owner's alone.

use crate::config::{Config, Exposure, SigningSecret};

use super::finding::Finding;

const HINT: &str = "chmod 600, and make the user of the service its owner";

/// Every file that others may read or change. One that everybody may write and a variable names is
/// a fault of the configuration.
pub(super) fn examine(config: &Config) -> Vec<Finding> {
    const WHAT: &str = "secrets";
    let named = config.warnings.iter();
    let named =
        named.map(|it| Finding::warn(WHAT, format!("{} {}", it.variable, it.problem), HINT));
    let mut findings: Vec<Finding> = named.collect();
    if let SigningSecret::KeptIn(path) = &config.tokens.secret {
        // One that is not there will be made.
        let exposure = path.metadata().ok().and_then(|file| Exposure::of(&file));
        findings.extend(exposure.map(|exposure| match exposure {
            Exposure::Warned(how) => Finding::warn(WHAT, format!("{} {how}", path.display()), HINT),
            Exposure::Refused(how) => Finding::fail(
                WHAT,
                format!("{} {how}, who may have chosen it", path.display()),
                "delete it: the service makes another, and everybody signs in again",
            ),
        }));
    }
    findings
}
