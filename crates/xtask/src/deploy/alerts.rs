//! The alerts: rules that Prometheus takes, each tested and each with a runbook.

use std::{fs, process::Command};

use super::{
    check::{Check, Depth, Verdict},
    tools::{Tools, number},
};
use crate::{
    Result,
    packages::{Package, install},
    process::{find, output, run},
    scratch::Scratch,
};

pub(super) const CHECK: Check = Check {
    name: "alerts",
    what: "promtool takes the rules and their tests, amtool the routes; every alert has a test and a \
           runbook",
    depth: Depth::Quick,
    run: check,
};

pub(super) const RULES: &str = "deploy/observability/rules/chatbot.yml";
const TESTS: &str = "deploy/observability/tests/chatbot_test.yml";
const ROUTES: &str = "deploy/observability/alertmanager.yml";
pub(super) const SCRAPING: &str = "deploy/observability/prometheus.yml";
const RUNBOOKS: &str = "docs/RUNBOOKS.md";
/// Alertmanager reads it from a file since version 0.26.
const WEBHOOK: &str = "url_file: /run/secrets/alert-webhook-url";

const PACKAGE: Package = Package {
    name: "Prometheus with Alertmanager and node_exporter",
    programs: "prometheus, promtool, prometheus-alertmanager, amtool and prometheus-node-exporter",
    apt: "prometheus-alertmanager",
    dnf: "golang-github-prometheus-alertmanager",
    apk: "alertmanager",
    brew: "alertmanager",
};
const SERVER: Package = Package { name: "Prometheus", apt: "prometheus", ..PACKAGE };
const NODE: Package = Package { name: "node_exporter", apt: "prometheus-node-exporter", ..PACKAGE };

/// Brings the programs where they are missing.
pub(super) fn bring() -> Result {
    for (program, package) in
        [("prometheus", &SERVER), ("amtool", &PACKAGE), ("prometheus-node-exporter", &NODE)]
    {
        if find(program).is_none() {
            install(package)?;
        }
    }
    Ok(())
}

/// The name of every alert.
pub(super) fn names() -> Result<Vec<String>> {
    let rules = fs::read_to_string(RULES)?;
    let names = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    Ok(names.map(str::to_owned).collect())
}

/// The routes with a webhook that every version of Alertmanager reads.
pub(super) fn routes_to(webhook: &str) -> Result<String> {
    let routes = fs::read_to_string(ROUTES)?;
    match routes.contains(WEBHOOK) {
        true => Ok(routes.replace(WEBHOOK, &format!("url: {webhook}"))),
        false => Err(format!("{ROUTES} has no {WEBHOOK}").into()),
    }
}

fn check(_: &Tools) -> Result<Verdict> {
    bring()?;
    run(Command::new("promtool").args(["check", "rules", RULES]))?;
    run(Command::new("promtool").args(["test", "rules", TESTS]))?;
    run(Command::new("promtool").args(["check", "config", "--syntax-only", SCRAPING]))?;
    let scratch = Scratch::new("alerts")?;
    let routes = scratch.file("alertmanager.yml", &routes_to("http://127.0.0.1:1/")?)?;
    run(Command::new("amtool").arg("check-config").arg(routes))?;

    let names = names()?;
    let (tests, runbooks) = (fs::read_to_string(TESTS)?, fs::read_to_string(RUNBOOKS)?);
    let rules = fs::read_to_string(RULES)?;
    let mut faults = Vec::new();
    for name in &names {
        // Promtool passes over an alert that no test expects.
        if !tests.contains(&format!("alertname: {name}\n        eval_time")) {
            faults.push(format!("no test has {name} fire"));
        }
        if !runbooks.lines().any(|line| line == format!("### {name}")) {
            faults.push(format!("{RUNBOOKS} has no heading {name}"));
        }
        if !rules.contains(&format!("runbook: {RUNBOOKS}#{}\n", name.to_lowercase())) {
            faults.push(format!("{name} does not name its runbook"));
        }
    }
    if !faults.is_empty() || names.is_empty() {
        return Err(faults.join("\n").into());
    }
    let said = output(Command::new("sh").args(["-c", "promtool --version 2>&1"]));
    let version = said.ok_or("promtool tells no version")?;
    Verdict::passed(
        format!("promtool {}", number(&version)),
        format!("{} alerts, each tested, each with a runbook", names.len()),
    )
}
