//! `package`: each library can be published, and builds from nothing but what is in its package.

use crate::{
    Result,
    process::{cargo, run},
};

/// What is not published.
const OURS: [&str; 3] = ["chatbot-api", "todo-testkit", "xtask"];

/// Packs the libraries and builds each from its package.
pub(crate) fn package() -> Result {
    let mut package = cargo();
    // A package is built outside the workspace and its profiles. With them, told here as
    // configuration, most of what the tests have compiled is used again.
    package.args(["package", "--config", "Cargo.toml"]);
    // What is about to be committed counts, as in the other steps.
    package.args(["--workspace", "--allow-dirty"]);
    for ours in OURS {
        package.args(["--exclude", ours]);
    }
    run(&mut package)
}
