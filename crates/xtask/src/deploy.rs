//! `cargo xtask deploy-check`: what `deploy/` holds, each file checked or run by the tool it is for.

mod alerts;
mod backups;
mod base_images;
mod check;
mod cloud;
mod cluster;
mod compose;
mod daemon;
mod docker;
mod dockerfile;
mod failover;
mod image;
mod kubernetes;
mod kubernetes_node;
mod load;
mod metric_names;
mod monitoring;
mod nginx;
mod point_in_time;
mod repository;
mod roles;
mod rollback;
mod scripts;
mod tools;

use std::time::Instant;

use self::{
    check::{Check, Depth, Verdict},
    tools::Tools,
};
use crate::Result;

/// Every check, in the order that finds faults soonest.
const CHECKS: &[Check] = &[
    dockerfile::CHECK,
    scripts::CHECK,
    repository::CHECK,
    compose::FILE,
    kubernetes::CHECK,
    cloud::CHECK,
    alerts::CHECK,
    roles::CHECK,
    backups::CHECK,
    monitoring::CHECK,
    nginx::NGINX,
    nginx::WAF,
    image::CHECK,
    compose::UP,
    load::CHECK,
    point_in_time::CHECK,
    failover::CHECK,
    compose::PROFILES_UP,
    rollback::CHECK,
    kubernetes_node::CHECK,
];

/// Runs the named checks, or all of this depth, and prints a line for each. All of them run, even
/// after one has failed.
///
/// # Errors
/// Names what failed. What could not be checked is added to `unchecked`.
pub(crate) fn deploy_check(depth: Depth, names: &[String], unchecked: &mut Vec<String>) -> Result {
    let is_known = |name: &&String| CHECKS.iter().any(|check| check.name == name.as_str());
    if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
        let known: Vec<_> = CHECKS.iter().map(|check| check.name).collect();
        return Err(format!("there is no check `{unknown}`, only {}", known.join(", ")).into());
    }
    let is_wanted = |check: &&Check| match names {
        [] => check.depth <= depth,
        names => names.iter().any(|name| name == check.name),
    };
    let tools = Tools::default();
    let mut lines = Vec::new();
    let mut failures = Vec::new();
    for check in CHECKS.iter().filter(is_wanted) {
        println!("--- {}: {}", check.name, check.what);
        let started = Instant::now();
        let outcome = (check.run)(&tools);
        let seconds = started.elapsed().as_secs_f64();
        let (verdict, said) = match outcome {
            Ok(Verdict::Passed { tool, said }) => ("ok", format!("{tool}: {said}")),
            Ok(Verdict::NotChecked { reason }) => {
                unchecked.push(format!("deploy {}, because {reason}", check.name));
                ("NOT CHECKED", reason)
            }
            Err(error) => {
                println!("{error}");
                failures.push(check.name);
                ("FAILED", error.to_string().lines().next().unwrap_or_default().to_owned())
            }
        };
        lines.push(format!("{:<16} {verdict:<11} {seconds:>6.1} s  {said}", check.name));
    }
    println!("\n{}", lines.join("\n"));
    if failures.is_empty() {
        Ok(())
    } else {
        Err(format!("failed: {}", failures.join(", ")).into())
    }
}

/// `deploy-check` on the command line: `--full` and names of checks.
pub(crate) fn command(arguments: &[String]) -> Result {
    let is_full = arguments.iter().any(|argument| argument == "--full");
    let depth = if is_full { Depth::Full } else { Depth::Quick };
    let names: Vec<_> = arguments.iter().filter(|it| *it != "--full").cloned().collect();
    let mut unchecked = Vec::new();
    deploy_check(depth, &names, &mut unchecked)
}

pub(crate) use self::check::Depth as CheckDepth;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_checks_have_one_name() {
        let mut names: Vec<_> = CHECKS.iter().map(|check| check.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CHECKS.len());
    }

    #[test]
    fn an_unknown_check_is_an_error_rather_than_nothing_to_do() {
        let outcome = deploy_check(Depth::Quick, &["dockerfiles".to_owned()], &mut Vec::new());
        assert!(outcome.unwrap_err().to_string().contains("`dockerfiles`"));
    }
}
