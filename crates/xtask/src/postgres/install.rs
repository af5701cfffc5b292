//! Brings PostgreSQL through the system's package manager, where that is allowed.

use std::process::Command;

use super::private::is_root;
use crate::{
    Result,
    process::{find, output, run},
};

struct Manager {
    program: &'static str,
    /// What has to run before, if anything.
    refresh: Option<&'static str>,
    install: &'static [&'static str],
    /// Homebrew refuses to be run by root.
    as_root: bool,
}

const MANAGERS: [Manager; 4] = [
    Manager {
        program: "apt-get",
        refresh: Some("update"),
        install: &["install", "--yes", "--no-install-recommends", "postgresql"],
        as_root: true,
    },
    Manager {
        program: "dnf",
        refresh: None,
        install: &["install", "--assumeyes", "postgresql-server"],
        as_root: true,
    },
    Manager { program: "apk", refresh: None, install: &["add", "postgresql"], as_root: true },
    Manager {
        program: "brew",
        refresh: None,
        install: &["install", "postgresql@17"],
        as_root: false,
    },
];

/// Installs PostgreSQL, or says which command would.
pub(super) fn install() -> Result {
    let manager = MANAGERS.iter().find(|manager| find(manager.program).is_some()).ok_or(
        "PostgreSQL is missing, and so is a package manager that is known here; \
         put initdb and postgres of version 15 or later into the PATH",
    )?;
    let sudo = manager.as_root && !is_root();
    if sudo && output(Command::new("sudo").args(["-n", "true"])).is_none() {
        let command = format!("sudo {} {}", manager.program, manager.install.join(" "));
        return Err(format!("PostgreSQL is missing; this brings it: {command}").into());
    }
    println!("PostgreSQL is missing, {} brings it", manager.program);
    if let Some(refresh) = manager.refresh {
        run(privileged(sudo, manager.program).arg(refresh))?;
    }
    run(privileged(sudo, manager.program).args(manager.install))
}

fn privileged(sudo: bool, program: &str) -> Command {
    let mut command = if sudo { Command::new("sudo") } else { Command::new(program) };
    if sudo {
        command.args(["-n", "DEBIAN_FRONTEND=noninteractive", program]);
    } else {
        command.env("DEBIAN_FRONTEND", "noninteractive");
    }
    command
}
