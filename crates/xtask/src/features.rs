//! `features`: the adapters compile with any of their features, and each brings its own
//! dependencies alone.

use std::collections::BTreeSet;

use crate::{
    Result,
    process::{cargo, output, run},
};

/// The features of `todo-adapters`, with crates that no other of them may bring.
const FEATURES: [(&str, &[&str]); 3] = [
    ("databases", &["diesel", "diesel-async", "libsqlite3-sys", "tokio-postgres"]),
    ("redis", &["redis"]),
    ("cohere", &["reqwest", "sse-stream"]),
];

/// Looks at the tree of each feature, and lints the adapters with Cohere alone: what compiles there
/// needs no database. CI has no time for more.
pub(crate) fn features() -> Result {
    look_at_trees()?;
    lint("cohere")
}

/// Lints every combination but the one with all, which the workspace is.
pub(crate) fn combinations() -> Result {
    for combination in 0..(1 << FEATURES.len()) - 1 {
        let chosen = FEATURES.iter().enumerate().filter(|(bit, _)| combination & (1 << bit) != 0);
        let chosen: Vec<_> = chosen.map(|(_, (name, _))| *name).collect();
        lint(&chosen.join(","))?;
    }
    Ok(())
}

fn lint(features: &str) -> Result {
    run(cargo()
        .args(["clippy", "--quiet", "--package", "todo-adapters", "--no-default-features"])
        .args(["--features", features, "--", "-D", "warnings"]))
}

fn look_at_trees() -> Result {
    for (feature, own) in FEATURES {
        let tree = tree(feature)?;
        println!("{feature}: {} packages", tree.len());
        if let Some(missing) = own.iter().find(|name| !tree.contains(**name)) {
            return Err(format!("the feature `{feature}` does not bring `{missing}`").into());
        }
        let others = FEATURES.iter().filter(|(other, _)| *other != feature);
        let foreign = others.flat_map(|(_, names)| *names).find(|name| tree.contains(**name));
        if let Some(foreign) = foreign {
            return Err(format!("the feature `{feature}` brings `{foreign}`").into());
        }
    }
    Ok(())
}

/// The names of the packages that this feature brings.
fn tree(feature: &str) -> Result<BTreeSet<String>> {
    let mut tree = cargo();
    tree.args(["tree", "--package", "todo-adapters", "--no-default-features"]);
    tree.args(["--features", feature, "--edges", "normal,build", "--prefix", "none"]);
    let lines = output(&mut tree).ok_or("cargo can't say what the features bring")?;
    Ok(lines.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect())
}
