//! The PostgreSQL that is installed on this machine, running or not.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::probe::{OLDEST, major};
use crate::process::output;

/// Where `initdb` and `postgres` lie.
pub(super) struct Binaries {
    pub(super) directory: PathBuf,
}

/// Packages put their servers into these; `*` stands for a version.
const DIRECTORIES: [&str; 7] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/libexec/postgresql*",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
];

impl Binaries {
    /// The newest there is, if it is new enough.
    pub(super) fn find() -> Option<Self> {
        let candidates = candidates().into_iter().filter(|path| path.join("initdb").is_file());
        candidates
            .filter_map(|directory| Some((version(&directory)?, directory)))
            .filter(|(version, _)| *version >= OLDEST)
            .max_by_key(|(version, _)| *version)
            .map(|(_, directory)| Self { directory })
    }
}

fn candidates() -> Vec<PathBuf> {
    let mut directories: Vec<_> = DIRECTORIES.iter().flat_map(|pattern| expand(pattern)).collect();
    directories.extend(output(Command::new("pg_config").arg("--bindir")).map(PathBuf::from));
    directories.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    directories
}

fn version(directory: &Path) -> Option<u32> {
    let text = output(Command::new(directory.join("postgres")).arg("--version"))?;
    text.split_whitespace().find_map(major)
}

/// The directories that a path with one `*` stands for.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else { return vec![pattern.into()] };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let names = fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.starts_with(prefix))
        .map(|name| format!("{parent}/{name}{after}").into())
        .collect()
}
