//! Files that appear whole or not at all, and former ones that are kept.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;
use todo_domain::Timestamp;

use crate::storage::{
    engine::sqlite,
    file::{directory_of, owner, with_suffix},
    provenance::{Provenance, provenance},
};

/// An empty file in the directory of another, which only its owner may read. It goes when it is
/// dropped.
pub(super) fn beside(file: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".todo-backup-").tempfile_in(directory_of(file))
}

/// A copy of a file to replace another, safely on disk, with the owner and the mode of
/// that one, or, where there is none, the owner of its directory.
pub(super) fn copy_for(from: &Path, file: &Path) -> io::Result<NamedTempFile> {
    let mut copy = beside(file)?;
    io::copy(&mut File::open(from)?, &mut copy)?;
    match file.metadata() {
        Ok(former) => owner::takes_after(copy.as_file(), &former)?,
        Err(_) => owner::file_takes_after_its_directory(copy.as_file(), file)?,
    }
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

/// What was put aside to make room: given back when this is dropped, unless it is kept.
pub(super) struct Aside {
    /// Where the database is to be found as it was, if there was one.
    pub(super) database: Option<PathBuf>,
    /// Former and present names.
    moved: Vec<(PathBuf, PathBuf)>,
}

impl Aside {
    /// Keeps a database under a name with the time, where it can be opened as before. The database
    /// itself stays until another replaces it, so that there is one at any moment. Its logs do
    /// not: they would be read as the other's.
    pub(super) fn of(file: &Path, now: Timestamp) -> io::Result<Self> {
        let aside = dated(file, now);
        let is_taken = is_taken(file);
        if provenance(file) == Provenance::Ours
            && let Some(path) = file.to_str()
        {
            // Opened and closed it needs no logs. What is no database any more keeps them.
            drop(sqlite::connect(path));
        }
        let mut kept = Self { database: None, moved: Vec::new() };
        if is_taken {
            link_or_copy(file, &aside)?;
            kept.database = Some(aside.clone());
        }
        for log in ["-wal", "-shm", "-journal"] {
            kept.rename(with_suffix(file, log), with_suffix(&aside, log))?;
        }
        Ok(kept)
    }

    /// Puts a file under a name with the time; tells the name, or `None` without such a file.
    pub(super) fn put(&mut self, file: &Path, now: Timestamp) -> io::Result<Option<PathBuf>> {
        let aside = dated(file, now);
        Ok(self.rename(file.to_owned(), aside.clone())?.then_some(aside))
    }

    /// Leaves everything under its new name, and tells that of the database.
    pub(super) fn keep(mut self) -> Option<PathBuf> {
        self.moved.clear();
        self.database.take()
    }

    /// Whether there was such a file.
    fn rename(&mut self, from: PathBuf, to: PathBuf) -> io::Result<bool> {
        match fs::rename(&from, &to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            renamed => {
                renamed?;
                self.moved.push((from, to));
                Ok(true)
            }
        }
    }
}

impl Drop for Aside {
    /// Something else went wrong already, and is reported.
    fn drop(&mut self) {
        for (former, present) in self.moved.drain(..) {
            let _ = fs::rename(present, former);
        }
        if let Some(copy) = self.database.take() {
            let _ = fs::remove_file(copy);
        }
    }
}

/// A name with the time, which sorts.
fn dated(file: &Path, now: Timestamp) -> PathBuf {
    with_suffix(file, &format!(".replaced-{now}").replace(':', "-"))
}

/// Gives a file a second name, and where the file system has no such thing, a copy.
fn link_or_copy(file: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(file, to) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            let copy = copy_for(file, to)?;
            owner::takes_after(copy.as_file(), &file.metadata()?)?;
            copy.persist_noclobber(to).map(drop).map_err(|error| error.error)
        }
        linked => linked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_microsecond(0).unwrap()
    }

    const DAMAGED: &str = "what is no database keeps its log";

    /// A damaged database with a log.
    fn damaged() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let (file, log) = (directory.path().join("todo"), directory.path().join("todo-wal"));
        fs::write(&file, DAMAGED).unwrap();
        fs::write(&log, "log").unwrap();
        (directory, file, log)
    }

    #[test]
    fn a_database_whose_name_beside_is_taken_keeps_its_log() {
        let (_directory, file, log) = damaged();
        fs::write(dated(&file, now()), "in the way").unwrap();
        assert!(Aside::of(&file, now()).is_err());
        assert!(log.exists());
    }

    #[test]
    fn what_was_put_aside_comes_back_unless_it_is_kept() {
        let (directory, file, log) = damaged();
        let secret = directory.path().join("secret");
        fs::write(&secret, "secret").unwrap();
        let mut aside = Aside::of(&file, now()).unwrap();
        aside.put(&secret, now()).unwrap().unwrap();
        let copy = aside.database.clone().unwrap();
        assert!(!log.exists() && !secret.exists() && copy.exists());
        drop(aside);
        assert!(log.exists() && secret.exists() && !copy.exists());
        let copy = Aside::of(&file, now()).unwrap().keep().unwrap();
        assert!(!log.exists() && with_suffix(&copy, "-wal").exists());
        assert_eq!(fs::read_to_string(copy).unwrap(), DAMAGED);
    }
}
