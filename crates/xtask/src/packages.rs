//! Brings what is missing through the system's package manager, where that is allowed.

use std::process::Command;

use crate::{
    Result,
    process::{find, is_root, output, run},
};

/// Something that package managers have under names of their own.
pub(crate) struct Package {
    /// What it is, for people.
    pub(crate) name: &'static str,
    /// What has to be in the `PATH` where no package manager is known.
    pub(crate) programs: &'static str,
    pub(crate) apt: &'static str,
    pub(crate) dnf: &'static str,
    pub(crate) apk: &'static str,
    pub(crate) brew: &'static str,
}

struct Manager {
    program: &'static str,
    /// What has to run before, if anything.
    refresh: Option<&'static str>,
    install: &'static [&'static str],
    package: fn(&Package) -> &'static str,
    /// Homebrew refuses to be run by root.
    as_root: bool,
}

const MANAGERS: [Manager; 4] = [
    Manager {
        program: "apt-get",
        refresh: Some("update"),
        // Another installation may be going on.
        install: &["-o", "DPkg::Lock::Timeout=120", "install", "--yes", "--no-install-recommends"],
        package: |package| package.apt,
        as_root: true,
    },
    Manager {
        program: "dnf",
        refresh: None,
        install: &["install", "--assumeyes"],
        package: |package| package.dnf,
        as_root: true,
    },
    Manager {
        program: "apk",
        refresh: None,
        install: &["add"],
        package: |package| package.apk,
        as_root: true,
    },
    Manager {
        program: "brew",
        refresh: None,
        install: &["install"],
        package: |package| package.brew,
        as_root: false,
    },
];

/// Installs a package, or says which command would.
pub(crate) fn install(package: &Package) -> Result {
    let name = package.name;
    let manager =
        MANAGERS.iter().find(|manager| find(manager.program).is_some()).ok_or_else(|| {
            format!(
                "{name} is missing, and so is a package manager that is known here; put {} into \
                 the PATH",
                package.programs
            )
        })?;
    let arguments = [manager.install, &[(manager.package)(package)]].concat();
    let sudo = manager.as_root && !is_root();
    if sudo && output(Command::new("sudo").args(["-n", "true"])).is_none() {
        let command = format!("sudo {} {}", manager.program, arguments.join(" "));
        return Err(format!("{name} is missing; this brings it: {command}").into());
    }
    println!("{name} is missing, {} brings it", manager.program);
    if let Some(refresh) = manager.refresh {
        run(privileged(sudo, manager.program).arg(refresh))?;
    }
    run(privileged(sudo, manager.program).args(arguments))
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
