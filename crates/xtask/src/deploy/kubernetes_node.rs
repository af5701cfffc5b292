//! A real node runs the production overlay, is updated, rolled back and given images that don't work,
//! and answers every request meanwhile.

use std::{
    env,
    error::Error,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::{
    base_images,
    check::{Check, Depth, Verdict},
    docker::{Docker, cache, is_debian_12},
    image,
    tools::Tools,
};
use crate::{
    Result,
    process::{find, is_root, run, succeeds_within},
    scratch::Scratch,
};

pub(super) const CHECK: Check = Check {
    name: "kubernetes-node",
    what: "a real node migrates, rolls out and back, and no request fails",
    depth: Depth::Full,
    run: check,
};

/// Of the server. Its programs are made once and kept.
const VERSION: &str = "1.20.2";
const MAKE: &str = "crates/xtask/deploy/debian-kubernetes.sh";
const SCENARIO: &str = "crates/xtask/deploy/node/rollouts.py";

/// What the node gets besides the service's image: a name and what it is made of.
const IMAGES: [(&str, &str); 1] =
    [("registry.example.org/chatbot-pgbouncer:0.1.0", "deploy/pgbouncer")];
/// Versions of the service: two that work, and one that ends at once.
const VERSIONS: [(&str, &str); 3] = [
    ("registry.example.org/chatbot-api:0.1.0", image::IMAGE),
    ("registry.example.org/chatbot-api:0.2.0", image::IMAGE),
    ("registry.example.org/chatbot-api:broken", "registry.example.org/chatbot-pgbouncer:0.1.0"),
];

fn check(tools: &Tools) -> Result<Verdict> {
    let programs = match programs() {
        Ok(programs) => programs,
        Err(reason) => return Verdict::not_checked(reason),
    };
    if !is_root() || !succeeds_within(Duration::from_secs(5), &mut isolated("true")) {
        return Verdict::not_checked("namespaces for networks, mounts and processes need root");
    }
    if !control_groups()?.is_empty() {
        return Verdict::not_checked("a kubelet runs here already");
    }
    let scratch = Scratch::new("node")?;
    let images = scratch.path().join("images.tar");
    match Docker::start() {
        Ok(docker) => save(&docker, &images)?,
        Err(reason) => return Verdict::not_checked(reason),
    }
    let said = scratch.path().join("said");
    let ran = run(isolated(tools.program("python")?.get_program())
        .arg(SCENARIO)
        .arg(programs)
        .arg(scratch.directory("node")?)
        .arg(tools.program("kubectl")?.get_program())
        .arg(images)
        .arg(&said));
    // All else ended with the namespaces.
    for group in control_groups()? {
        remove_control_group(&group)?;
    }
    ran?;
    Verdict::passed(format!("Kubernetes {VERSION}"), fs::read_to_string(said)?)
}

/// Where the programs of a node are.
fn programs() -> std::result::Result<PathBuf, String> {
    let message_of = |error: Box<dyn Error>| error.to_string();
    let directory = cache().map_err(message_of)?.join(format!("kubernetes-{VERSION}"));
    if !directory.is_dir() {
        if env::var_os("CI").is_none() || !is_debian_12() || !is_root() {
            return Err(format!(
                "there is no Kubernetes; on Debian 12 this makes one: {MAKE} {}",
                directory.display()
            ));
        }
        run(Command::new(MAKE).arg(&directory)).map_err(message_of)?;
    }
    match ["dockerd", "etcd", "jq", "iptables", "openssl"].iter().find(|it| find(it).is_none()) {
        Some(missing) => Err(format!("there is no {missing}")),
        None => Ok(directory),
    }
}

/// A program as the first process of namespaces of its own. With it ends all that it has started, and
/// the network and the mounts are gone.
fn isolated(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("unshare");
    command
        .args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"])
        .arg(program);
    command
}

/// Makes the images and writes them to a file.
fn save(docker: &Docker, file: &Path) -> Result {
    base_images::stand_in(docker, ("postgres:15", "postgres", "bookworm"))?;
    base_images::debian(docker, "trixie")?;
    image::build(docker)?;
    for (name, directory) in IMAGES {
        base_images::build(docker, name, directory)?;
    }
    for (name, image) in VERSIONS {
        run(docker.command().args(["tag", image, name]))?;
    }
    let names = VERSIONS.iter().chain(&IMAGES).map(|(name, _)| *name);
    run(docker.command().args(["save", "--output"]).arg(file).args(names).arg("postgres:15"))
}

/// The control groups that a kubelet has made for its pods, one in each hierarchy.
fn control_groups() -> Result<Vec<PathBuf>> {
    let hierarchies = fs::read_dir("/sys/fs/cgroup")?;
    let groups = hierarchies.map(|entry| Ok(entry?.path().join("kubepods")));
    let groups: Result<Vec<PathBuf>> = groups.collect();
    Ok(groups?.into_iter().filter(|group| group.is_dir()).collect())
}

/// Removes a group without processes and all below it.
fn remove_control_group(group: &Path) -> Result {
    for entry in fs::read_dir(group)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_control_group(&path)?;
        }
    }
    Ok(fs::remove_dir(group)?)
}
