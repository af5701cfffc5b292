//! `/metrics` of the running service is what Prometheus takes, and `promtool` finds nothing to
//! complain about.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    Result,
    packages::{Package, install},
    process::find,
    service::{self, Service, text},
};

const PROMETHEUS: Package = Package {
    name: "promtool",
    programs: "promtool of https://prometheus.io/download",
    apt: "prometheus",
    dnf: "golang-github-prometheus",
    apk: "prometheus",
    brew: "prometheus",
};

/// Starts the service, has it succeed and fail, and shows its metrics to `promtool`.
pub(crate) fn metrics() -> Result {
    let promtool = match find("promtool") {
        Some(promtool) => promtool,
        None => {
            install(&PROMETHEUS)?;
            find("promtool").ok_or("the package brought no promtool")?
        }
    };
    service::build()?;
    let service = Service::start(&[])?;
    be_used(&service)?;
    let page = service.expect(200, "GET", "/metrics", None, "")?;
    let series = page.lines().filter(|line| !line.starts_with('#')).count();
    if series == 0 {
        return Err("there are no metrics".into());
    }
    println!("{} bytes, {series} series", page.len());
    check(&promtool, &page)
}

/// A complaint may leave the exit code at 0, so any is a fault.
fn check(promtool: &Path, page: &str) -> Result {
    println!("$ promtool check metrics");
    let mut promtool = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // Dropped at the end of the statement, which ends the input.
    promtool.stdin.take().ok_or("promtool has no input")?.write_all(page.as_bytes())?;
    let output = promtool.wait_with_output()?;
    let complaints = [output.stdout, output.stderr].concat();
    let complaints = String::from_utf8_lossy(&complaints);
    if output.status.success() && complaints.trim().is_empty() {
        return Ok(());
    }
    Err(format!("promtool complains ({}):\n{}", output.status, complaints.trim()).into())
}

/// Somebody signs up, chats, and asks for something that is not there.
fn be_used(service: &Service) -> Result {
    let account =
        r#"{"name": "Ada", "email": "ada@example.org", "password": "correct horse battery"}"#;
    let answer = service.expect(201, "POST", "/api/auth/signup", None, account)?;
    let token = Some(text(&answer, "access_token")?);
    service.expect(200, "POST", "/api/me/chat", token, r#"{"message": "add buy milk"}"#)?;
    service.expect(404, "GET", "/api/me/tasks/7", token, "")?;
    Ok(())
}
