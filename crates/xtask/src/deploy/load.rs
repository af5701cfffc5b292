//! The load test: the service on PostgreSQL with the simulator of Cohere's API, and Locust's people.

use std::{env, fs, path::Path, process::Command};

use super::{
    check::{Check, Depth, Verdict},
    cluster,
    monitoring::start_simulator,
    roles::Prepared,
    tools::{Tools, number},
};
use crate::{
    Result,
    process::{output, run},
    python,
};

pub(super) const CHECK: Check = Check {
    name: "load",
    what: "Locust's people chat and list for 30 s without one failed request",
    depth: Depth::Quick,
    run: check,
};

const LOCUSTFILE: &str = "deploy/load/locustfile.py";
const REQUIREMENTS: &str = "deploy/load/requirements.txt";

/// `LOAD_USERS`, `LOAD_RATE` and `LOAD_TIME` make another run than CI's, such as 100, 10 and 10m;
/// `LOAD_RESULTS` names a directory that keeps the figures and the plot.
fn check(_: &Tools) -> Result<Verdict> {
    let setting = |name, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let (users, rate) = (setting("LOAD_USERS", "10"), setting("LOAD_RATE", "10"));
    let time = setting("LOAD_TIME", "30s");
    let python = python::environment("locust-venv", REQUIREMENTS)?;
    let locust = python.with_file_name("locust");

    let prepared = Prepared::new("load", "")?;
    let simulator = start_simulator()?;
    let service = prepared.service(&[
        ("CHAT_ENGINE", "cohere"),
        ("COHERE_API_KEY", "any"),
        ("COHERE_BASE_URL", &simulator.url),
    ])?;
    let results = match env::var("LOAD_RESULTS") {
        Ok(directory) => directory.into(),
        Err(_) => prepared.scratch.directory("results")?,
    };
    fs::create_dir_all(&results)?;
    let prefix = results.join("locust");
    // Its figures are of use even if requests failed.
    let ran = run(Command::new(&locust)
        .args(["-f", LOCUSTFILE, "--headless", "--only-summary", "--exit-code-on-error", "1"])
        .args(["--host", &service.url(), "-u", &users, "-r", &rate, "-t", &time, "--csv"])
        .arg(&prefix));
    let page = service.expect(200, "GET", "/metrics", None, "")?;
    fs::write(results.join("metrics.txt"), &page)?;
    let plot = output(
        Command::new(&python).arg("deploy/load/plot.py").arg(suffixed(&prefix, "stats_history")),
    );
    fs::write(results.join("plot.svg"), plot.ok_or("plot.py fails")? + "\n")?;

    ran?;
    let stats = fs::read_to_string(suffixed(&prefix, "stats"))?;
    let summary = summary(&stats)?;
    let tokens = tokens_of_a_message(&page)?;
    let version = output(Command::new(locust).arg("--version")).unwrap_or_default();
    Verdict::passed(
        format!("Locust {}", number(&version)),
        format!("{users} users, {time}, {}: {summary}; {tokens}", cluster::version()?),
    )
}

/// What a message costs in tokens, as the provider bills them.
fn tokens_of_a_message(page: &str) -> Result<String> {
    let sum = |name: &str, label: &str| -> f64 {
        let lines = page.lines().filter(|line| line.starts_with(name) && line.contains(label));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    };
    let messages = sum("chat_requests_total{", "completed");
    let of_each = |direction: &str| sum("model_tokens_total{", direction) / messages;
    match of_each("input") {
        tokens if tokens.is_finite() && tokens > 0.0 => {
            Ok(format!("a message reads {tokens:.0} tokens and writes {:.0}", of_each("output")))
        }
        _ => Err("no tokens were counted".into()),
    }
}

fn suffixed(prefix: &Path, what: &str) -> std::path::PathBuf {
    let mut name = prefix.as_os_str().to_owned();
    name.push(format!("_{what}.csv"));
    name.into()
}

/// What came of all requests: how many, none of them failed, and how long they took.
fn summary(stats: &str) -> Result<String> {
    let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let mut lines = stats.lines();
    let head = cells(lines.next().ok_or("Locust has written nothing")?);
    let row =
        |name: &str| stats.lines().map(cells).find(|it| it.get(1).is_some_and(|it| it == name));
    let value = |name: &str, column: &str| -> Result<String> {
        let at = head.iter().position(|it| it == column).ok_or(format!("no column {column}"))?;
        let row = row(name).ok_or_else(|| format!("no request to {name} was made"))?;
        Ok(row.get(at).cloned().unwrap_or_default())
    };
    for name in ["/api/{user_id}/chat", "/api/{user_id}/conversations", "Aggregated"] {
        let failed = value(name, "Failure Count")?;
        if failed != "0" {
            return Err(format!("{failed} requests to {name} failed").into());
        }
    }
    let rate: f64 = value("Aggregated", "Requests/s")?.parse()?;
    Ok(format!(
        "{} requests, 0 failed, {rate:.1}/s, chat p95 {} ms, list p95 {} ms",
        value("Aggregated", "Request Count")?,
        value("/api/{user_id}/chat", "95%")?,
        value("/api/{user_id}/conversations", "95%")?,
    ))
}
