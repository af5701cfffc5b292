//! Images that stand in for those of the Docker Hub, which need not be in reach: they have the names,
//! and Debian's programs. What the official ones hold besides is not checked by them.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use super::docker::{Docker, cache};
use crate::{
    Result,
    packages::{Package, install},
    process::{find, run},
};

const DEBOOTSTRAP: Package = Package {
    name: "debootstrap",
    programs: "debootstrap",
    apt: "debootstrap",
    dnf: "debootstrap",
    apk: "debootstrap",
    brew: "debootstrap",
};

/// Where the Dockerfiles of the stand-ins are: a directory each.
const STAND_INS: &str = "crates/xtask/deploy/images";

/// Sees to it that the image of a release of Debian is there, whoever made it.
pub(super) fn debian(docker: &Docker, release: &str) -> Result {
    let name = format!("debian:{release}-slim");
    if is_there(docker, &name)? {
        return Ok(());
    }
    let root = cache()?.join(release);
    if !root.is_dir() {
        if find("debootstrap").is_none() {
            install(&DEBOOTSTRAP)?;
        }
        let unfinished = root.with_extension("unfinished");
        run(Command::new("debootstrap")
            .args(["--variant=minbase", "--include=ca-certificates", release])
            .arg(&unfinished))?;
        std::fs::rename(&unfinished, &root)?;
    }
    import(docker, &name, &root)
}

/// Packs a directory and hands it to the engine, with the certificates this machine trusts: a proxy
/// may sign what packages are fetched from.
fn import(docker: &Docker, name: &str, root: &Path) -> Result {
    run(Command::new("cp")
        .args(["--archive", "--no-target-directory", "/etc/ssl/certs"])
        .arg(root.join("etc/ssl/certs")))?;
    let mut pack = Command::new("tar")
        .args(["--exclude=./var/cache/apt/*", "--exclude=./var/lib/apt/lists/*"])
        .arg("-C")
        .arg(root)
        .args(["-c", "."])
        .stdout(Stdio::piped())
        .spawn()?;
    let packed = pack.stdout.take().ok_or("tar has no output")?;
    let imported = docker.command().args(["import", "-", name]).stdin(packed).status()?;
    if pack.wait()?.success() && imported.success() {
        return Ok(());
    }
    Err(format!("{name} could not be made").into())
}

/// Sees to it that there is an image of this name, and makes a stand-in over a release of Debian if
/// there is none.
pub(super) fn stand_in(docker: &Docker, (name, directory, release): (&str, &str, &str)) -> Result {
    if is_there(docker, name)? {
        return Ok(());
    }
    debian(docker, release)?;
    build(docker, name, &format!("{STAND_INS}/{directory}"))
}

/// Builds the image of a directory; where nothing has changed, of what was built before.
pub(super) fn build(docker: &Docker, name: &str, directory: &str) -> Result {
    let arguments = ["buildx", "build", "--quiet", "--network", "host", "--tag", name, directory];
    run(docker.command().args(arguments))
}

fn is_there(docker: &Docker, name: &str) -> Result<bool> {
    let mut inspect = docker.command();
    inspect.args(["image", "inspect", name]).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(inspect.status()?.success())
}
