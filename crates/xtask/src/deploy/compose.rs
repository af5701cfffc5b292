//! Compose: the file is understood with every profile, and the whole of it is brought up for real.

use std::process::Command;

use super::{
    base_images,
    check::{Check, Depth, Verdict},
    docker::Docker,
    image,
    tools::Tools,
};
use crate::{
    Result,
    process::{output, run},
};

pub(super) const FILE: Check = Check {
    name: "compose-file",
    what: "Compose understands its file, whatever the profile, with IMAGE_TAG alone",
    depth: Depth::Quick,
    run: file,
};

pub(super) const PROFILES_UP: Check = Check {
    name: "compose-profiles",
    what: "a chat through PgBouncer, one with the simulator, and an alert from Prometheus' stack",
    depth: Depth::Full,
    run: profiles,
};

pub(super) const UP: Check = Check {
    name: "compose",
    what: "two commands to a chat through TLS; the database dies and comes back; another tag",
    depth: Depth::Quick,
    run: up,
};

const COMPOSE: &str = "deploy/compose/compose.yaml";
const WITH_COHERE: &str = "deploy/compose/cohere.yaml";

const PROFILES: [&str; 5] = ["simulator", "observability", "waf", "pgbouncer", "backup"];

/// What stands in for the images of the Docker Hub: a name, a directory, and a release of Debian.
const IMAGES: [(&str, &str, &str); 3] = [
    ("postgres:15", "postgres", "bookworm"),
    ("redis:7-alpine", "redis", "bookworm"),
    ("nginx:1.28-alpine", "nginx", "bookworm"),
];
const MONITORS: [(&str, &str, &str); 3] = [
    ("prom/prometheus:v3.5.0", "prometheus", "trixie"),
    ("prom/alertmanager:v0.28.1", "alertmanager", "trixie"),
    ("prom/node-exporter:v1.9.1", "node-exporter", "trixie"),
];

/// What Compose builds besides.
const OURS: [(&str, &str); 2] =
    [("chatbot-waf:check", "deploy/nginx"), ("chatbot-backup:check", "deploy/backup")];

fn file(tools: &Tools) -> Result<Verdict> {
    let compose = || -> Result<Command> {
        let mut compose = tools.program("docker-compose")?;
        compose.args(["--file", COMPOSE]);
        Ok(compose)
    };
    for profile in PROFILES {
        let arguments = ["--profile", profile, "config", "--quiet"];
        run(compose()?.args(arguments).env("IMAGE_TAG", "0.1.0"))?;
    }
    let arguments = ["--file", WITH_COHERE, "config", "--quiet"];
    run(compose()?.args(arguments).env("IMAGE_TAG", "0.1.0"))?;
    if output(compose()?.args(["config", "--quiet"]).env_remove("IMAGE_TAG")).is_some() {
        return Err("without IMAGE_TAG there is no error".into());
    }
    Verdict::passed(tools.version("docker-compose", "version")?, "every profile")
}

fn up(tools: &Tools) -> Result<Verdict> {
    let docker = match Docker::start() {
        Ok(docker) => docker,
        Err(reason) => return Verdict::not_checked(reason),
    };
    for image in IMAGES {
        base_images::stand_in(&docker, image)?;
    }
    image::build(&docker)?;
    for (name, directory) in OURS {
        base_images::build(&docker, name, directory)?;
    }
    scenario(tools, &docker, "whole")?;
    let said = "up, chat, database killed and back, previous tag, waf, backup; PostgreSQL, Redis and nginx are \
                Debian's under the official names";
    Verdict::passed(docker.version()?, said)
}

fn profiles(tools: &Tools) -> Result<Verdict> {
    let docker = match Docker::start() {
        Ok(docker) => docker,
        Err(reason) => return Verdict::not_checked(reason),
    };
    for image in IMAGES.into_iter().chain(MONITORS) {
        base_images::stand_in(&docker, image)?;
    }
    image::build(&docker)?;
    image::build_simulator(&docker, "chatbot-simulator:check")?;
    base_images::debian(&docker, "trixie")?;
    base_images::build(&docker, "chatbot-pgbouncer:check", "deploy/pgbouncer")?;
    scenario(tools, &docker, "profiles")?;
    let said = "pgbouncer, simulator, observability without Grafana; Prometheus, Alertmanager and \
                node_exporter are Debian's under the official names";
    Verdict::passed(docker.version()?, said)
}

fn scenario(tools: &Tools, docker: &Docker, name: &str) -> Result {
    run(tools
        .program("python")?
        .arg("crates/xtask/deploy/compose.py")
        .arg(docker.client())
        .arg(image::IMAGE)
        .arg(name)
        .env("DOCKER_HOST", docker.host()))
}
