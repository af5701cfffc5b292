//! `cargo deny`: licences, sources and duplicates of dependencies, and known vulnerabilities.

use std::{path::PathBuf, process::Command, time::Duration};

use crate::{
    Result,
    process::{cargo, find, run, succeeds_within, tool_directory},
};

const VERSION: &str = "0.20.2";

/// Checks what `deny.toml` says. What the network keeps out of reach is reported, not passed over.
pub(crate) fn deny(unchecked: &mut Vec<String>) -> Result {
    let tool = match installed()? {
        Some(tool) => tool,
        None => install()?,
    };
    run(Command::new(&tool).args(["check", "bans", "licenses", "sources"]))?;

    let mut fetch = Command::new(&tool);
    if succeeds_within(Duration::from_secs(120), fetch.args(["fetch", "db"])) {
        return run(Command::new(&tool).args(["check", "advisories"]));
    }
    unchecked.push("advisories, because the RustSec database could not be reached".to_owned());
    Ok(())
}

fn installed() -> Result<Option<PathBuf>> {
    let own = tool_directory("tools")?.join("bin/cargo-deny");
    Ok(if own.is_file() { Some(own) } else { find("cargo-deny") })
}

/// Without optimisation it takes two minutes to build instead of ten, and runs as well.
fn install() -> Result<PathBuf> {
    let package = format!("cargo-deny@{VERSION}");
    let mut cargo = cargo();
    cargo
        .args(["install", "--quiet", "--locked", "--debug", &package])
        .arg("--root")
        .arg(tool_directory("tools")?)
        .env("CARGO_PROFILE_DEV_DEBUG", "false");
    run(&mut cargo)?;
    installed()?.ok_or_else(|| format!("cargo install {package} brought no cargo-deny").into())
}
