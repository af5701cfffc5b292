//! Python and what it needs from PyPI, kept beside what cargo has built.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Result,
    packages::{Package, install},
    process::{find, run, tool_directory},
};

const PYTHON: Package = Package {
    name: "Python with venv",
    programs: "python3",
    apt: "python3-venv",
    dnf: "python3",
    apk: "python3",
    brew: "python3",
};

/// The Python of a virtual environment of this name that has these requirements.
pub(crate) fn environment(name: &str, requirements: &str) -> Result<PathBuf> {
    let directory = tool_directory(name)?;
    let python = directory.join("bin/python");
    let wanted = fs::read(requirements)?;
    let installed = directory.join("installed.txt");
    // pip comes last.
    if directory.join("bin/pip").is_file() {
        // Even where all is there, pip takes seconds to say so.
        if fs::read(&installed).is_ok_and(|it| it == wanted) {
            return Ok(python);
        }
    } else if make(&directory).is_err() {
        install(&PYTHON)?;
        make(&directory)?;
    }
    let pip = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet"];
    run(Command::new(&python).args(pip).args(["--requirement", requirements]))?;
    fs::write(installed, wanted)?;
    Ok(python)
}

fn make(directory: &Path) -> Result {
    let python = find("python3").ok_or("there is no python3")?;
    run(Command::new(python).args(["-m", "venv"]).arg(directory))
}
