//! The Redis that tests start servers of, each its own.

use std::process::Command;

use crate::{
    Result,
    packages::{Package, install},
    process::output,
};

const PACKAGE: Package = Package {
    name: "Redis",
    programs: "redis-server and redis-cli",
    apt: "redis-server",
    dnf: "redis",
    apk: "redis",
    brew: "redis",
};

/// Sees to it that there is one, and says which.
pub(crate) fn find_or_install() -> Result<String> {
    if let Some(version) = version() {
        return Ok(version);
    }
    install(&PACKAGE)?;
    version().ok_or_else(|| format!("there are still no {}", PACKAGE.programs).into())
}

/// What both programs say of themselves; `None` without one of them.
fn version() -> Option<String> {
    output(Command::new("redis-cli").arg("--version"))?;
    let text = output(Command::new("redis-server").arg("--version"))?;
    let version = text.split_whitespace().find_map(|word| word.strip_prefix("v="))?;
    Some(format!("version {version}, a server for each test that needs one"))
}
