//! The file of an SQLite database: made when it is not there, and kept from other processes.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::database::OpenError;

/// A database file that is there, and ours as long as the lock lives.
pub(crate) struct LockedFile {
    /// Its absolute path.
    pub(crate) path: String,
    /// Held by keeping it.
    pub(crate) lock: File,
}

/// Which file a path meant when the database was opened. A file that is removed or replaced while
/// it is open takes what is written along, without a word of SQLite.
#[derive(Debug, Clone)]
pub(crate) struct FileIdentity {
    path: Arc<Path>,
    number: Option<FileNumber>,
}

/// Device and number on it.
type FileNumber = (u64, u64);

impl FileIdentity {
    /// The file that is there now.
    pub(crate) fn of(path: &str) -> Self {
        let path: Arc<Path> = Path::new(path).into();
        Self { number: number_of(&path), path }
    }

    /// Whether it is still there.
    pub(crate) fn is_in_place(&self) -> bool {
        self.number.is_none() || self.number == number_of(&self.path)
    }
}

#[cfg(unix)]
fn number_of(path: &Path) -> Option<FileNumber> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// Files that are open can't be removed there.
#[cfg(not(unix))]
fn number_of(_: &Path) -> Option<FileNumber> {
    None
}

/// Makes the file and its directory if need be, readable for nobody else, and locks it.
///
/// The service counts on being alone: it closes the turns a former process left behind.
pub(crate) fn claim(file: &Path) -> Result<LockedFile, OpenError> {
    let (path, lock) = lock(file)?;
    private_file(&path).map_err(|source| OpenError::File { path: path.clone(), source })?;
    match path.into_os_string().into_string() {
        Ok(path) => Ok(LockedFile { path, lock }),
        Err(path) => Err(OpenError::PathEncoding { path: path.into() }),
    }
}

/// Locks a database, whether there is one or not, and tells its absolute path. The lock is on a
/// file of its own, because SQLite locks the database in its own way.
pub(crate) fn lock(file: &Path) -> Result<(PathBuf, File), OpenError> {
    let failed = |source| OpenError::File { path: file.to_owned(), source };
    let path = std::path::absolute(file).map_err(failed)?;
    if let Some(directory) = path.parent() {
        make_directory(directory).map_err(failed)?;
    }
    let mut lock_path = path.clone().into_os_string();
    lock_path.push(".lock");
    let lock = private_file(&PathBuf::from(lock_path)).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok((path, lock)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

fn make_directory(directory: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
