//! Files that stand for variables: one that holds many, and those that hold one secret each.
//! Nothing of what they hold is ever shown, and nor are their paths.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use secrecy::SecretString;

/// No file of either kind needs more.
const MAX_BYTES: u64 = 64 * 1024;

/// What an environment file holds, as far as it can be read.
pub(super) struct EnvironmentFile {
    pub(super) values: Vec<(String, String)>,
    pub(super) problem: Option<String>,
}

/// Reads a file of lines such as `NAME=value`, quoted and commented as in a shell.
pub(super) fn environment(path: &Path) -> EnvironmentFile {
    let mut values = Vec::new();
    let problem = match read(path) {
        Err(problem) => Some(problem),
        Ok(text) => dotenvy::from_read_iter(text.as_bytes()).find_map(|entry| {
            // The error quotes the line, which may be a secret.
            entry.map(|entry| values.push(entry)).err().map(|_| {
                let number = values.len() + 1;
                format!("must name a file of lines NAME=value; its entry {number} is none")
            })
        }),
    };
    EnvironmentFile { values, problem }
}

/// Reads a file with one secret in it. White space around it, such as the end of the line, is not
/// part of the secret.
pub(super) fn secret(path: &Path) -> Result<SecretString, String> {
    let text = read(path)?;
    match text.trim() {
        "" => Err("must name a file that is not empty".to_owned()),
        secret => Ok(SecretString::from(secret)),
    }
}

fn read(path: &Path) -> Result<String, String> {
    let unreadable = |error: io::Error| format!("must name a file that can be read: {error}");
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err("must name a file of at most 64 KiB".to_owned());
    }
    String::from_utf8(bytes).map_err(|_| "must name a file of valid UTF-8".to_owned())
}
