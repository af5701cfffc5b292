//! The image is built, holds what it should, and runs with a read-only root.

use std::{fs, process::Command};

use super::{
    base_images,
    check::{Check, Depth, Verdict},
    docker::Docker,
    tools::Tools,
};
use crate::{
    Result,
    process::{built, run, tool_directory},
    service,
};

pub(super) const CHECK: Check = Check {
    name: "image",
    what: "the image is built, holds no secret, runs read-only and tells its health",
    depth: Depth::Quick,
    run: check,
};

/// The tag of the image under test.
pub(super) const IMAGE: &str = "chatbot-api:check";

fn check(tools: &Tools) -> Result<Verdict> {
    let docker = match Docker::start() {
        Ok(docker) => docker,
        Err(reason) => return Verdict::not_checked(reason),
    };
    build(&docker)?;
    run(tools
        .program("container-structure-test")?
        .args(["test", "--image", IMAGE, "--config", "crates/xtask/deploy/image.yaml"])
        .env("DOCKER_HOST", docker.host()))?;
    run(tools
        .program("python")?
        .arg("crates/xtask/deploy/standalone.py")
        .arg(docker.client())
        .arg(IMAGE)
        .env("DOCKER_HOST", docker.host()))?;
    Verdict::passed(docker.version()?, "built over a stand-in of debian:bookworm-slim, and run")
}

/// Builds the image of what cargo has built: a named context takes the place of the stages that
/// compile.
pub(super) fn build(docker: &Docker) -> Result {
    base_images::debian(docker)?;
    service::build()?;
    let context = tool_directory("deploy-image")?;
    let binary = context.join("chatbot-api");
    run(Command::new("strip").arg("-o").arg(&binary).arg(built("chatbot-api")?))?;
    fs::write(context.join(".dockerignore"), "")?;
    let mut build = docker.command();
    build.args(["buildx", "build", "--network", "host", "--file", "deploy/Dockerfile"]);
    // The engine looks up what a stage is made of, even if another takes its place.
    for stage in ["manifests", "dependencies", "build", "build-simulator"] {
        build.arg("--build-context").arg(format!("{stage}={}", context.display()));
    }
    run(build.args(["--build-arg", "VERSION=0.0.0-check", "--tag", IMAGE, "."]))
}
