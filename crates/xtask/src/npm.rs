//! npm, and packages that it installs.

use std::process::Command;

use crate::{
    Result,
    packages::{Package, install as install_package},
    process::{find, run},
};

const NODE: Package = Package {
    name: "npm",
    programs: "npm, and node of version 20.19 or later below 21, or 22.12 or later",
    apt: "npm",
    dnf: "nodejs-npm",
    apk: "npm",
    brew: "node",
};

/// Installs what the lock file of this directory names.
pub(crate) fn install(directory: &str) -> Result {
    run(npm(directory)?.args(["ci", "--prefer-offline", "--loglevel", "error"]))
}

/// npm in this directory; npm itself is installed if there is none.
pub(crate) fn npm(directory: &str) -> Result<Command> {
    if find("npm").is_none() {
        install_package(&NODE)?;
    }
    let mut npm = Command::new(find("npm").ok_or("the package brought no npm")?);
    npm.args(["--prefix", directory]);
    Ok(npm)
}
