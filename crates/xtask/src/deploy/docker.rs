//! A Docker engine for the checks: the one that is reached, or one of their own.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::tools::number;
use crate::{
    Result,
    process::{find, is_root, output, run, succeeds_within},
};

/// Debian's, which finds Debian's plugins; another client may stand before it in the `PATH`.
const CLIENT: &str = "/usr/bin/docker";

/// Brings one to Debian 12.
const INSTALL: &str = "crates/xtask/deploy/debian-docker.sh";

/// Where Linux shows the bridge that an engine makes.
const BRIDGE: &str = "/sys/class/net/docker0";

/// The tables that an engine writes to, empty.
const NO_RULES: &str = "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n*nat\n\
                        :PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\nCOMMIT";

const START: Duration = Duration::from_secs(20);

/// An engine with buildx and Compose. One of our own stops when this is dropped, and leaves nothing
/// but its images.
pub(super) struct Docker {
    client: PathBuf,
    own: Option<Engine>,
}

struct Engine {
    process: Child,
    directory: PathBuf,
    /// The rules of the firewall as they were before.
    rules: Option<String>,
}

/// What several clones share: a file system to make images of, and the images.
pub(super) fn cache() -> Result<PathBuf> {
    let home = env::var_os("HOME").ok_or("HOME is not set")?;
    let cache = env::var_os("XDG_CACHE_HOME")
        .map_or_else(|| Path::new(&home).join(".cache"), PathBuf::from);
    let directory = cache.join("chatbot-deploy");
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

impl Docker {
    /// Finds an engine or starts one.
    ///
    /// # Errors
    /// Says why there is none.
    pub(super) fn start() -> std::result::Result<Self, String> {
        if env::var_os("CI").is_some()
            && !Path::new(CLIENT).is_file()
            && is_debian_12()
            && is_root()
        {
            run(&mut Command::new(INSTALL)).map_err(|error| error.to_string())?;
        }
        let client = Some(PathBuf::from(CLIENT)).filter(|client| client.is_file());
        let client = client.or_else(|| find("docker")).ok_or("there is no docker")?;
        for plugin in ["buildx", "compose"] {
            output(Command::new(&client).args([plugin, "version"]))
                .ok_or_else(|| format!("docker has no {plugin}"))?;
        }
        let found = Self { client, own: None };
        if succeeds_within(START, found.command().arg("info")) {
            return Ok(found);
        }
        let engine = find("dockerd").ok_or("no Docker engine answers, and there is no dockerd")?;
        if !is_root() {
            return Err("no Docker engine answers, and only root can start one".to_owned());
        }
        let own = Engine::start(&engine).map_err(|error| format!("dockerd: {error}"))?;
        let docker = Self { own: Some(own), ..found };
        let started = Instant::now();
        while started.elapsed() < START {
            if succeeds_within(START, docker.command().arg("info")) {
                return Ok(docker);
            }
            thread::sleep(Duration::from_millis(200));
        }
        Err("dockerd does not answer within 20 seconds".to_owned())
    }

    /// The client, with the address of the engine.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.client);
        if self.own.is_some() {
            command.env("DOCKER_HOST", self.host());
        }
        command
    }

    /// Where the client is.
    pub(super) fn client(&self) -> &Path {
        &self.client
    }

    /// What `DOCKER_HOST` has to be for other tools; empty for the default.
    pub(super) fn host(&self) -> String {
        match &self.own {
            Some(own) => format!("unix://{}", own.directory.join("sock").display()),
            None => env::var("DOCKER_HOST").unwrap_or_default(),
        }
    }

    /// What the engine calls itself.
    pub(super) fn version(&self) -> Result<String> {
        let said = output(self.command().args(["version", "--format", "{{.Server.Version}}"]))
            .ok_or("docker version fails")?;
        Ok(format!("docker {}", number(&said)))
    }
}

/// Whether scripts that bring something to Debian 12 belong here.
pub(super) fn is_debian_12() -> bool {
    fs::read_to_string("/etc/debian_version").is_ok_and(|version| version.starts_with("12."))
}

impl Engine {
    fn start(program: &Path) -> Result<Self> {
        if Path::new(BRIDGE).exists() {
            return Err("another engine has the bridge docker0".into());
        }
        let directory = cache()?.join("docker");
        fs::create_dir_all(&directory)?;
        let rules = output(&mut Command::new("iptables-save"));
        let path = |name: &str| directory.join(name).into_os_string();
        let log = fs::File::create(directory.join("log"))?;
        let process = Command::new(program)
            .arg("--data-root")
            .arg(path("data"))
            .arg("--exec-root")
            .arg(path("exec"))
            .arg("--pidfile")
            .arg(path("pid"))
            .arg("--host")
            .arg(format!("unix://{}", directory.join("sock").display()))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        Ok(Self { process, directory, rules })
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let pid = self.process.id().to_string();
        let _ = Command::new("kill").arg(&pid).status();
        let _ = self.process.wait();
        // It leaves its bridge and its rules behind, in tables that may have been empty before.
        let _ = Command::new("ip").args(["link", "delete", "docker0"]).status();
        if let Some(rules) = &self.rules {
            let _ = restore(NO_RULES);
            let _ = restore(rules);
        }
    }
}

fn restore(rules: &str) -> Result {
    let mut restore = Command::new("iptables-restore").stdin(Stdio::piped()).spawn()?;
    restore.stdin.take().ok_or("it has no input")?.write_all(format!("{rules}\n").as_bytes())?;
    restore.wait()?;
    Ok(())
}
