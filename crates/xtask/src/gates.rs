//! Checks of the sources that no compiler makes.

mod secrets;
mod sql;

use std::{fs, io, process::Command};

use crate::{Result, process::output};

/// Where SQL is written.
const STORAGE: &str = "crates/adapters/src/storage";

/// Nothing secret is committed.
pub(crate) fn secrets() -> Result {
    let files = tracked_files("")?;
    let mut faults: Vec<_> = files
        .iter()
        .filter(|path| secrets::is_environment_file(path))
        .map(|path| format!("{path}: holds secrets and must not be committed"))
        .collect();
    faults.extend(look_into(&files, secrets::find)?);
    judge("the repository", &files, &faults)
}

/// No SQL is made by formatting text.
pub(crate) fn sql() -> Result {
    let mut files = tracked_files(STORAGE)?;
    files.retain(|path| path.ends_with(".rs"));
    judge(STORAGE, &files, &look_into(&files, sql::find)?)
}

/// Says on which lines of the files `find` finds something, and what.
fn look_into(files: &[String], find: fn(&str) -> Vec<(usize, String)>) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for path in files {
        let text = match fs::read(path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            // Deleted, and not yet committed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            // A link to a folder, whose files are in the list themselves.
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => continue,
            Err(error) => return Err(format!("{path}: {error}").into()),
        };
        faults.extend(find(&text).iter().map(|(line, what)| format!("{path}:{line}: {what}")));
    }
    Ok(faults)
}

/// A gate that looked at nothing has not passed.
fn judge(directory: &str, files: &[String], faults: &[String]) -> Result {
    if files.is_empty() {
        return Err(format!("{directory} has no file to look at").into());
    }
    println!("{} files, {} faults", files.len(), faults.len());
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

/// The files git knows, those about to be committed included.
fn tracked_files(under: &str) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"]);
    if !under.is_empty() {
        git.arg(under);
    }
    let names = output(&mut git).ok_or("git ls-files failed")?;
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}
