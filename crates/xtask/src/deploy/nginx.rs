//! The configuration of nginx does before the real service what it is there for, with and without
//! the web application firewall.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    check::{Check, Depth, Verdict},
    tools::{Tools, number},
};
use crate::{
    Result,
    packages::{Package, install},
    process::{find, is_root, run},
    service,
};

pub(super) const NGINX: Check = Check {
    name: "nginx",
    what: "TLS, redirect, headers, limits, streams and closed paths before the real service",
    depth: Depth::Quick,
    run: nginx,
};

pub(super) const WAF: Check = Check {
    name: "waf",
    what: "ModSecurity with the core rule set lets todo texts pass and refuses attacks",
    depth: Depth::Quick,
    run: waf,
};

const SCRIPT: &str = "crates/xtask/deploy/nginx.py";

const PACKAGE: Package = Package {
    name: "nginx",
    programs: "nginx",
    apt: "nginx-light",
    dnf: "nginx",
    apk: "nginx",
    brew: "nginx",
};

const MODSECURITY: Package = Package {
    name: "ModSecurity for nginx",
    programs: "nginx",
    apt: "libnginx-mod-http-modsecurity",
    dnf: "nginx-mod-modsecurity",
    apk: "nginx-mod-http-modsecurity",
    brew: "modsecurity",
};

const RULES: Package = Package {
    name: "the OWASP core rule set",
    programs: "nginx",
    apt: "modsecurity-crs",
    dnf: "mod_security_crs",
    apk: "modsecurity-crs",
    brew: "modsecurity-crs",
};

fn nginx(tools: &Tools) -> Result<Verdict> {
    let nginx = match program() {
        Ok(nginx) => nginx,
        Err(reason) => return Verdict::not_checked(reason.to_string()),
    };
    run(tools.program("gixy")?.args(["-l", "deploy/nginx/nginx.conf"]))?;
    run(tools
        .program("python")?
        .arg(SCRIPT)
        .arg(&nginx)
        .arg(service::program("chatbot-api")?)
        .arg(service::program("cohere-simulator")?))?;
    Verdict::passed(version(&nginx)?, "31 at once: 21 pass; streams arrive piece by piece")
}

fn waf(tools: &Tools) -> Result<Verdict> {
    let ready = program().and_then(|nginx| firewall().map(|()| nginx));
    let nginx = match ready {
        Ok(nginx) => nginx,
        Err(reason) => return Verdict::not_checked(reason.to_string()),
    };
    run(tools
        .program("python")?
        .arg(SCRIPT)
        .arg(&nginx)
        .arg(service::program("chatbot-api")?)
        .arg("waf"))?;
    Verdict::passed(version(&nginx)?, "todo texts pass, attacks are 403")
}

/// nginx, which is installed if there is none. Only root can start it with this configuration.
fn program() -> Result<PathBuf> {
    if !is_root() {
        return Err("only root may start nginx with its own configuration".into());
    }
    let found = || {
        find("nginx").or_else(|| Some("/usr/sbin/nginx".into()).filter(|it: &PathBuf| it.is_file()))
    };
    if let Some(nginx) = found() {
        return Ok(nginx);
    }
    install(&PACKAGE)?;
    found().ok_or_else(|| "the package brought no nginx".into())
}

/// Sees to it that the files which `deploy/nginx/waf` includes are where Debian has them.
fn firewall() -> Result {
    for (file, package) in [
        ("/etc/nginx/modules-enabled/50-mod-http-modsecurity.conf", &MODSECURITY),
        ("/usr/share/modsecurity-crs/rules", &RULES),
    ] {
        if !Path::new(file).exists() {
            install(package)?;
        }
        if !Path::new(file).exists() {
            return Err(format!("there is no {file}: not Debian's ModSecurity").into());
        }
    }
    Ok(())
}

fn version(nginx: &Path) -> Result<String> {
    let output = Command::new(nginx).arg("-v").output()?;
    Ok(format!("nginx {}", number(&String::from_utf8_lossy(&output.stderr))))
}
