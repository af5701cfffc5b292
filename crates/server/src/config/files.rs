//! Files that stand for variables: one that holds many, and those that hold one secret each.
//! Nothing of what they hold is ever shown, and nor are their paths.

use std::{
    fs::{File, Metadata},
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::Path,
};

use secrecy::SecretString;

/// No file of either kind needs more.
const MAX_BYTES: u64 = 64 * 1024;

/// What an environment file holds, as far as it can be read.
pub(super) struct EnvironmentFile {
    pub(super) values: Vec<(String, String)>,
    pub(super) problem: Option<String>,
    /// What the operator is to be warned of.
    pub(super) warning: Option<String>,
}

/// A secret from a file of its own.
pub(super) struct SecretFile {
    pub(super) secret: SecretString,
    /// What the operator is to be warned of.
    pub(super) warning: Option<String>,
}

/// What a file holds.
struct Text {
    text: String,
    warning: Option<String>,
}

/// Reads a file of lines such as `NAME=value`, quoted and commented as in a shell.
pub(super) fn environment(path: &Path) -> EnvironmentFile {
    let mut values = Vec::new();
    let Text { text, warning } = match read(path) {
        Ok(read) => read,
        Err(problem) => return EnvironmentFile { values, problem: Some(problem), warning: None },
    };
    let problem = dotenvy::from_read_iter(text.as_bytes()).find_map(|entry| {
        // The error quotes the line, which may be a secret.
        entry.map(|entry| values.push(entry)).err().map(|_| {
            let number = values.len() + 1;
            format!("must name a file of lines NAME=value; its entry {number} is none")
        })
    });
    EnvironmentFile { values, problem, warning }
}

/// Reads a file with one secret in it. White space around it, such as the end of the line, is not
/// part of the secret.
pub(super) fn secret(path: &Path) -> Result<SecretFile, String> {
    let Text { text, warning } = read(path)?;
    match text.trim() {
        "" => Err("must name a file that is not empty".to_owned()),
        secret => Ok(SecretFile { secret: SecretString::from(secret), warning }),
    }
}

/// The text without the byte order mark that some editors write before it.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

fn read(path: &Path) -> Result<Text, String> {
    let unreadable = |error: io::Error| format!("must name a file that can be read: {error}");
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    let warning = match Exposure::of(&file.metadata().map_err(unreadable)?) {
        Some(Exposure::Refused(how)) => {
            return Err(format!("must name a file of its owner's; this one {how}: chmod 600"));
        }
        Some(Exposure::Warned(how)) => Some(format!("names a file that {how}")),
        None => None,
    };
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err("must name a file of at most 64 KiB".to_owned());
    }
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| "must name a file of valid UTF-8".to_owned())?;
    Ok(Text { text: without_mark(&text).to_owned(), warning })
}

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
