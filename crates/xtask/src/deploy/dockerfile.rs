//! The Dockerfiles have nothing that hadolint and checkov warn of.

use std::process::Command;

use super::{
    check::{Check, Depth, Verdict},
    tools::{CHECKOV_QUIETLY, Tools},
};
use crate::{
    Result,
    process::{output, run},
};

pub(super) const CHECK: Check = Check {
    name: "dockerfile",
    what: "hadolint and checkov find nothing in the Dockerfiles",
    depth: Depth::Quick,
    run: check,
};

/// What checkov finds in an image that runs once, or starts as root to bind its ports.
const NOT_FOLLOWED: &str = "CKV_DOCKER_3,CKV_DOCKER_2";

const SERVICE: &str = "deploy/Dockerfile";

fn check(tools: &Tools) -> Result<Verdict> {
    let mut git = Command::new("git");
    git.args([
        "ls-files", "--cached", "--others", "--exclude-standard", "--", "deploy/*Dockerfile",
    ]);
    let files = output(&mut git).ok_or("git ls-files fails")?;
    let files: Vec<_> = files.lines().collect();
    if !files.contains(&SERVICE) {
        return Err(format!("there is no {SERVICE}").into());
    }
    run(tools.program("hadolint")?.args(["--failure-threshold", "style"]).args(&files))?;
    for file in &files {
        let mut checkov = tools.checkov()?;
        checkov.args(["--framework", "dockerfile", "--file", file]).args(CHECKOV_QUIETLY);
        if *file != SERVICE {
            checkov.args(["--skip-check", NOT_FOLLOWED]);
        }
        run(&mut checkov)?;
    }
    Verdict::passed(tools.version("hadolint", "--version")?, files.join(", "))
}
