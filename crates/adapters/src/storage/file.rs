//! The file of an SQLite database: made when it is not there, and kept from other processes.

pub(super) mod owner;

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
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
    let lock = private_file(&with_suffix(&path, ".lock")).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok((path, lock)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// A file whose name begins with that of another.
pub(super) fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The directory that a file is in, or is to be in.
pub(super) fn directory_of(file: &Path) -> &Path {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

fn make_directory(directory: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = directory.ancestors().take_while(|it| !it.exists()).collect();
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)?;
    missing.into_iter().rev().try_for_each(owner::directory_takes_after_its_own)
}

/// Opens a file, or makes one that only its owner may read.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.clone().create_new(true).open(path) {
        Ok(file) => {
            owner::file_takes_after_its_directory(&file, path)?;
            Ok(file)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            options.create(true).truncate(false).open(path)
        }
        Err(error) => Err(error),
    }
}
