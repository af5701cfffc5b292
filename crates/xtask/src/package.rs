//! `package`: each library can be published, and compiles from nothing but what is in its package.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    path::Path,
    process::Command,
};

use crate::{
    Result,
    process::{cargo, run},
};

/// What is not published.
const OURS: [&str; 5] = ["chatbot-api", "todo-service", "todo-testkit", "todo-web", "xtask"];
/// Where cargo puts the packages, and this step what is in them.
const DIRECTORY: &str = "target/packages";

/// Packs the libraries, unpacks them side by side and compiles each by itself.
///
/// Cargo could do so as well (`cargo package` without `--no-verify`), but it takes the siblings of a
/// package from a cache by their version, so that it may meet those of another day.
pub(crate) fn package() -> Result {
    if Path::new(DIRECTORY).exists() {
        fs::remove_dir_all(DIRECTORY)?;
    }
    let mut package = cargo();
    // What is about to be committed counts, as in the other steps.
    package.args(["package", "--workspace", "--no-verify", "--allow-dirty"]);
    package.args(["--quiet", "--target-dir", DIRECTORY]);
    for ours in OURS {
        package.args(["--exclude", ours]);
    }
    run(&mut package)?;
    let names = unpack()?;
    let manifest = lay_out(&names)?;
    for (name, _) in &names {
        check(name, &manifest)?;
    }
    println!("{} packages", names.len());
    Ok(())
}

/// Unpacks the packages; says the name and the directory of each.
fn unpack() -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(Path::new(DIRECTORY).join("package"))? {
        let path = entry?.path();
        if path.extension() != Some(OsStr::new("crate")) {
            continue;
        }
        run(Command::new("tar").arg("-xzf").arg(&path).args(["-C", DIRECTORY]))?;
        let directory = path.file_stem().and_then(OsStr::to_str).ok_or("a name in Unicode")?;
        let (name, _version) = directory.rsplit_once('-').ok_or("a name without a version")?;
        found.push((name.to_owned(), directory.to_owned()));
    }
    if found.is_empty() {
        return Err("cargo has packed nothing".into());
    }
    found.sort();
    Ok(found)
}

/// Makes the packages a workspace in which each finds its siblings.
fn lay_out(names: &[(String, String)]) -> Result<OsString> {
    let members: Vec<_> = names.iter().map(|(_, directory)| format!("\"{directory}\"")).collect();
    let mut text = format!("[workspace]\nresolver = \"3\"\nmembers = [{}]\n\n", members.join(", "));
    text += "[patch.crates-io]\n";
    for (name, directory) in names {
        text += &format!("{name} = {{ path = \"{directory}\" }}\n");
    }
    let manifest = Path::new(DIRECTORY).join("Cargo.toml");
    fs::write(&manifest, text)?;
    fs::copy("Cargo.lock", Path::new(DIRECTORY).join("Cargo.lock"))?;
    Ok(manifest.into())
}

/// Compiles one package with the features it asks for itself, and no others.
fn check(name: &str, manifest: &OsStr) -> Result {
    let shared = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let mut check = cargo();
    check.args(["check", "--quiet", "--package", name, "--manifest-path"]).arg(manifest);
    // The profiles of our workspace, given as configuration, so that what other steps have compiled
    // is used again.
    check.args(["--config", "Cargo.toml", "--target-dir"]).arg(shared);
    run(&mut check)
}
