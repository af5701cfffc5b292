//! The Dockerfile has nothing that hadolint and checkov warn of.

use super::{
    check::{Check, Depth, Verdict},
    tools::{CHECKOV_QUIETLY, Tools},
};
use crate::{Result, process::run};

pub(super) const CHECK: Check = Check {
    name: "dockerfile",
    what: "hadolint and checkov find nothing in the Dockerfile",
    depth: Depth::Quick,
    run: check,
};

const FILE: &str = "deploy/Dockerfile";

fn check(tools: &Tools) -> Result<Verdict> {
    run(tools.program("hadolint")?.args(["--failure-threshold", "style", FILE]))?;
    let mut checkov = tools.checkov()?;
    run(checkov.args(["--framework", "dockerfile", "--file", FILE]).args(CHECKOV_QUIETLY))?;
    Verdict::passed(tools.version("hadolint", "--version")?, FILE)
}
