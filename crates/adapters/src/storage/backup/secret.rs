//! The secret of access tokens beside a database that goes back in time.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use todo_domain::Timestamp;

use super::{BackupError, target_file::Aside};
use crate::storage::file::directory_of;

/// Where a service keeps the secret that it made itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSecret {
    /// The file, which need not be there. A service that uses it has locked it, with others.
    pub file: PathBuf,
    /// The database that is used with it, unless the configuration names another.
    pub database: PathBuf,
}

/// What became of a secret when a database was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretOutcome {
    /// There is none.
    None,
    /// It is kept under this name, and the service makes another.
    SetAside(PathBuf),
    /// It is here still: it is used with another database.
    Stays(PathBuf),
}

impl KeptSecret {
    /// Sees to it that no token is good for the restored database that was signed before. What
    /// another database is used with stays.
    pub(super) fn make_void(
        &self,
        restored: &Path,
        aside: &mut Aside,
        now: Timestamp,
    ) -> Result<SecretOutcome, BackupError> {
        let failed = |error| BackupError::File(self.file.clone(), error);
        let is_of_another = self.database.exists() && !is_same(&self.database, restored);
        if self.file.exists() && (is_of_another || self.is_in_use().map_err(failed)?) {
            return Ok(SecretOutcome::Stays(self.file.clone()));
        }
        let file = std::path::absolute(&self.file).map_err(failed)?;
        let former = aside.put(&file, now).map_err(failed)?;
        Ok(former.map_or(SecretOutcome::None, SecretOutcome::SetAside))
    }

    /// Whether a service signs with it that runs. That of the restored database does not: its file
    /// is locked.
    fn is_in_use(&self) -> io::Result<bool> {
        match File::open(&self.file)?.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(true),
            // Not every file system has locks.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(false),
        }
    }
}

/// Whether two paths, of which one may lead to nothing, are the same file.
fn is_same(one: &Path, other: &Path) -> bool {
    let canonical = |path: &Path| {
        let directory = directory_of(path).canonicalize();
        path.canonicalize().or_else(|_| Ok(directory?.join(path.file_name().unwrap_or_default())))
    };
    let same: io::Result<_> = canonical(one).and_then(|one| Ok(one == canonical(other)?));
    same.unwrap_or(false)
}
