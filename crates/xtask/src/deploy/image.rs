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
    process::{run, tool_directory},
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

/// Builds the image of the binary that the other checks run.
pub(super) fn build(docker: &Docker) -> Result {
    build_with(docker, "chatbot-api", &["--build-arg", "VERSION=0.0.0-check", "--tag", IMAGE])
}

/// The same of the simulator of Cohere's API.
pub(super) fn build_simulator(docker: &Docker, tag: &str) -> Result {
    build_with(docker, "cohere-simulator", &["--target", "simulator", "--tag", tag])
}

/// A named context replaces the stages that compile.
fn build_with(docker: &Docker, program: &str, arguments: &[&str]) -> Result {
    base_images::debian(docker, "bookworm")?;
    let context = tool_directory(&format!("deploy-image-{program}"))?;
    let binary = context.join(program);
    run(Command::new("strip").arg("-o").arg(&binary).arg(service::program(program)?))?;
    fs::write(context.join(".dockerignore"), "")?;
    let mut build = docker.command();
    build.args(["buildx", "build", "--network", "host", "--file", "deploy/Dockerfile"]);
    // The engine looks up what a stage is made of, even if another replaces it.
    for stage in ["manifests", "dependencies", "build", "build-simulator"] {
        build.arg("--build-context").arg(format!("{stage}={}", context.display()));
    }
    run(build.args(arguments).arg("."))
}
