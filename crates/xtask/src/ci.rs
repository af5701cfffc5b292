//! `cargo xtask ci`: every check, in the order that finds faults soonest.

use std::time::Instant;

use crate::{
    Result, cohere_sdk, deny, deploy, features, gates, manual, metrics, openapi, package, page,
    pgbouncer,
    process::{cargo, run},
    streams,
    test::{TestOptions, test},
};

const STEPS: [&str; 17] = [
    "fmt", "secrets", "sql", "clippy", "features", "doc", "deny", "cohere-sdk", "metrics",
    "manual", "openapi", "streams", "page", "deploy", "test", "pgbouncer", "package",
];

/// Runs the named steps, or all of them, and stops at the first that fails.
pub(crate) fn ci(private_postgres: bool, names: &[String]) -> Result {
    if let Some(unknown) = names.iter().find(|name| !STEPS.contains(&name.as_str())) {
        return Err(format!("there is no step `{unknown}`, only {}", STEPS.join(", ")).into());
    }
    let mut unchecked = Vec::new();
    let is_wanted = |step: &&str| names.is_empty() || names.iter().any(|name| name == step);
    for name in STEPS.into_iter().filter(is_wanted) {
        println!("\n=== {name}");
        let known = unchecked.len();
        let started = Instant::now();
        let outcome = step(name, private_postgres, &mut unchecked);
        let seconds = started.elapsed().as_secs_f64();
        match outcome {
            Ok(()) if unchecked.len() > known => {
                println!("=== {name}: NOT CHECKED IN FULL, see below, {seconds:.1} s");
            }
            Ok(()) => println!("=== {name}: passed in {seconds:.1} s"),
            Err(error) => {
                return Err(format!("{name} FAILED after {seconds:.1} s\n{error}").into());
            }
        }
    }
    println!("\nNothing failed.");
    for what in unchecked {
        println!("NOT CHECKED: {what}");
    }
    Ok(())
}

fn step(name: &str, private_postgres: bool, unchecked: &mut Vec<String>) -> Result {
    match name {
        "fmt" => run(cargo().args(["fmt", "--all", "--check"])),
        "secrets" => gates::secrets(),
        "sql" => gates::sql(),
        "clippy" => run(cargo()
            .args(["clippy", "--workspace", "--all-targets", "--all-features"])
            .args(["--", "-D", "warnings"])),
        "features" => features::features(),
        "doc" => run(cargo()
            .args(["doc", "--workspace", "--all-features", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings")),
        "deny" => deny::deny(unchecked),
        "cohere-sdk" => cohere_sdk::cohere_sdk(),
        "metrics" => metrics::metrics(),
        "manual" => manual::manual(),
        "openapi" => openapi::openapi(private_postgres),
        "streams" => streams::streams(),
        "page" => page::page(private_postgres),
        "deploy" => deploy::deploy_check(deploy::CheckDepth::Quick, &[], unchecked),
        "pgbouncer" => pgbouncer::pgbouncer(private_postgres),
        "package" => package::package(),
        _ => test(&TestOptions {
            private_postgres,
            arguments: vec!["--no-fail-fast".to_owned()],
            ..TestOptions::default()
        }),
    }
}
