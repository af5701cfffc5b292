//! Who besides its owner may read or change a file that holds a secret.

use std::{fs::Metadata, os::unix::fs::MetadataExt};

const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
const OTHERS_READ: u32 = 0o004;

/// What is wrong with the mode of a file, as a phrase about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exposure {
    /// Whoever is on the machine chooses the secret: the file is refused.
    Refused(&'static str),
    /// More people than need be come near it: the operator is warned.
    Warned(&'static str),
}

impl Exposure {
    /// `None` where nothing is wrong, and for what is no file: a pipe shows its content to one
    /// reader.
    pub(crate) fn of(file: &Metadata) -> Option<Self> {
        let mode = if file.is_file() { file.mode() } else { 0 };
        let may = |bit| mode & bit != 0;
        if may(OTHERS_WRITE) {
            Some(Self::Refused("may be written by everybody on this machine"))
        } else if may(OTHERS_READ) && may(GROUP_WRITES) {
            Some(Self::Warned("may be read by everybody on this machine and written by its group"))
        } else if may(OTHERS_READ) {
            Some(Self::Warned("may be read by everybody on this machine"))
        } else if may(GROUP_WRITES) {
            Some(Self::Warned("may be written by its group"))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::PermissionsExt,
    };

    use super::*;

    #[test]
    fn a_file_is_its_owner_s_alone_but_for_a_group_that_reads() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let exposure = |mode| {
            fs::set_permissions(file.path(), Permissions::from_mode(mode)).unwrap();
            Exposure::of(&file.path().metadata().unwrap())
        };
        for mode in [0o600, 0o400, 0o440, 0o640, 0o700] {
            assert_eq!(exposure(mode), None, "{mode:o}");
        }
        for mode in [0o644, 0o444, 0o660, 0o664] {
            assert!(matches!(exposure(mode), Some(Exposure::Warned(_))), "{mode:o}");
        }
        for mode in [0o666, 0o602, 0o777] {
            assert!(matches!(exposure(mode), Some(Exposure::Refused(_))), "{mode:o}");
        }
        assert_eq!(Exposure::of(&fs::metadata("/dev/null").unwrap()), None);
    }
}
