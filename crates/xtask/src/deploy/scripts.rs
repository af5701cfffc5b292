//! The shell scripts have nothing that shellcheck warns of.

use std::process::Command;

use super::{
    check::{Check, Depth, Verdict},
    tools::Tools,
};
use crate::{
    Result,
    process::{output, run},
};

pub(super) const CHECK: Check = Check {
    name: "scripts",
    what: "shellcheck finds nothing in the shell scripts",
    depth: Depth::Quick,
    run: check,
};

fn check(tools: &Tools) -> Result<Verdict> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "--", "*.sh", ".ci/run"]);
    let files = output(&mut git).ok_or("git ls-files fails")?;
    let files: Vec<_> = files.lines().collect();
    if files.is_empty() {
        return Err("there are no scripts".into());
    }
    run(tools.program("shellcheck")?.arg("--external-sources").args(&files))?;
    Verdict::passed(tools.version("shellcheck", "--version")?, format!("{} scripts", files.len()))
}
