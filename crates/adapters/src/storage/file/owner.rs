//! Whose the files are that are made here. An administrator who runs a command as root must leave
//! nothing that the service, which is somebody else, can't open.

use std::{
    fs::{File, Metadata},
    io,
    os::unix::fs::{MetadataExt, fchown, lchown},
    path::Path,
};

use super::directory_of;

/// The user who may give files away.
const ROOT: u32 = 0;

/// Gives a file the owner and the mode of another, which it is to replace.
pub(in crate::storage) fn takes_after(file: &File, former: &Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    if owner(&own) != owner(former) {
        fchown(file, Some(former.uid()), Some(former.gid()))?;
    }
    file.set_permissions(former.permissions())
}

/// Gives a file that root has just made the owner of its directory. Anybody else's is their own.
pub(in crate::storage) fn file_takes_after_its_directory(
    file: &File,
    path: &Path,
) -> io::Result<()> {
    let directory = directory_of(path).metadata()?;
    match to_be_given(&file.metadata()?, &directory) {
        Some((user, group)) => fchown(file, Some(user), Some(group)),
        None => Ok(()),
    }
}

/// The same for a directory.
pub(super) fn directory_takes_after_its_own(made: &Path) -> io::Result<()> {
    let directory = directory_of(made).metadata()?;
    match to_be_given(&made.symlink_metadata()?, &directory) {
        // Whoever owns the directory may have put a link there meanwhile.
        Some((user, group)) => lchown(made, Some(user), Some(group)),
        None => Ok(()),
    }
}

fn to_be_given(made: &Metadata, directory: &Metadata) -> Option<(u32, u32)> {
    (made.uid() == ROOT && owner(made) != owner(directory)).then(|| owner(directory))
}

fn owner(file: &Metadata) -> (u32, u32) {
    (file.uid(), file.gid())
}
