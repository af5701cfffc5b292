//! The files of a public repository: workflows that do what CI does, and nothing they should not.

use std::{env, fs, path::Path, process::Command};

use super::{
    check::{Check, Depth, Verdict},
    tools::Tools,
};
use crate::{
    Result,
    process::{output, run},
};

pub(super) const CHECK: Check = Check {
    name: "repository",
    what: "two actionlints, zizmor and the schemas find nothing in .github; the workflow runs .ci/run",
    depth: Depth::Quick,
    run: check,
};

const WORKFLOWS: &str = ".github/workflows";
const DEPENDABOT: &str = ".github/dependabot.yml";
/// What people look for in a public repository.
const EXPECTED: [&str; 7] = [
    "SECURITY.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    ".github/pull_request_template.md",
    ".github/ISSUE_TEMPLATE/bug.yml",
];

fn check(tools: &Tools) -> Result<Verdict> {
    if let Some(missing) = EXPECTED.iter().find(|file| !Path::new(file).is_file()) {
        return Err(format!("there is no {missing}").into());
    }
    let mut workflows = Vec::new();
    for entry in fs::read_dir(WORKFLOWS)? {
        workflows.push(entry?.path());
    }
    if workflows.is_empty() {
        return Err("there are no workflows".into());
    }
    // Each finds what the other does not; both look for shellcheck in the path.
    for lint in ["actionlint", "jactionlint"] {
        let mut command = tools.program(lint)?;
        let beside = Path::new(command.get_program()).with_file_name("");
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([beside].into_iter().chain(env::split_paths(&path)))?;
        run(command.args(&workflows).env("PATH", path))?;
    }
    run(tools.program("zizmor")?.args(["--offline", "--persona=auditor", ".github"]))?;
    let schema = |name: &str| -> Result<Command> {
        let mut command = tools.program("check-jsonschema")?;
        command.args(["--builtin-schema", name]);
        Ok(command)
    };
    run(schema("vendor.github-workflows")?.args(&workflows))?;
    run(schema("vendor.dependabot")?.arg(DEPENDABOT))?;

    let continuous = fs::read_to_string(format!("{WORKFLOWS}/ci.yml"))?;
    if !continuous.lines().any(|line| line.trim() == "run: .ci/run") {
        return Err("ci.yml does not run .ci/run".into());
    }
    has_every_requirement()?;
    Verdict::passed(
        tools.version("zizmor", "--version")?,
        format!("{} workflows, with two actionlints", workflows.len()),
    )
}

/// Dependabot knows every directory that pins packages of PyPI.
fn has_every_requirement() -> Result {
    let dependabot = fs::read_to_string(DEPENDABOT)?;
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "*requirements.txt"]);
    for file in output(&mut git).ok_or("git ls-files fails")?.lines() {
        let directory = Path::new(file).parent().unwrap_or(Path::new(""));
        if !dependabot.contains(&format!("/{}", directory.display())) {
            return Err(format!("{DEPENDABOT} does not know {file}").into());
        }
    }
    Ok(())
}
