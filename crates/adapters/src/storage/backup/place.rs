//! Files that appear whole or not at all, and former ones that are kept.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;
use todo_domain::Timestamp;

use crate::storage::engine::sqlite;

/// An empty file in the directory of another, which only its owner may read. It goes when it is
/// dropped.
pub(super) fn beside(file: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".todo-backup-").tempfile_in(directory_of(file))
}

/// A copy of a file in the directory of another, safely on disk.
pub(super) fn copy_beside(from: &Path, file: &Path) -> io::Result<NamedTempFile> {
    let mut copy = beside(file)?;
    io::copy(&mut File::open(from)?, &mut copy)?;
    copy.as_file().sync_all()?;
    Ok(copy)
}

/// Has the disk remember the names in the directory of a file.
pub(super) fn sync_directory(file: &Path) -> io::Result<()> {
    File::open(directory_of(file))?.sync_all()
}

/// Whether there is a database that somebody might miss.
pub(super) fn is_taken(file: &Path) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.len() > 0)
}

/// Keeps a database under a name with the time, where it can be opened as before, and tells the
/// name; `None` without one. The database itself stays until another takes its place, so that
/// there is one at any moment. Its logs do not: they would be read as the other's.
pub(super) fn set_aside(file: &Path, now: Timestamp) -> io::Result<Option<PathBuf>> {
    let aside = with_suffix(file, &format!(".replaced-{now}").replace(':', "-"));
    let is_taken = is_taken(file);
    if is_taken && let Some(path) = file.to_str() {
        // Opened and closed it needs no logs. One that is damaged keeps them.
        drop(sqlite::connect(path));
    }
    for log in ["-wal", "-shm"] {
        match fs::rename(with_suffix(file, log), with_suffix(&aside, log)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    if !is_taken {
        return Ok(None);
    }
    fs::hard_link(file, &aside)?;
    Ok(Some(aside))
}

/// A file whose name begins with that of another.
pub(super) fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn directory_of(file: &Path) -> &Path {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}
