//! The secret that signs tokens when the operator gave none: made once, kept in a file.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use rand::{TryRng, rngs::SysRng};
use secrecy::SecretString;
use tempfile::NamedTempFile;
use todo_http::MIN_SECRET_BYTES;

use crate::config::{Exposure, SigningSecret, without_mark};

/// Why there is no secret to sign with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SigningSecretError {
    /// The file can neither be read nor written.
    #[error("cannot keep the secret for access tokens in {}", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// The file is there, and somebody else wrote it.
    #[error("{} does not hold a secret of at least 32 bytes; delete it to get a new one", .0.display())]
    TooShort(PathBuf),
    /// Somebody else may have chosen it.
    #[error(
        "{} {}, who may have chosen the secret for access tokens; delete it to get a new one, or \
         chmod 600",
        .0.display(), .1
    )]
    Open(PathBuf, &'static str),
}

/// A secret to sign with.
#[derive(Debug)]
pub(crate) struct ObtainedSecret {
    pub(crate) secret: SecretString,
    /// Where it is kept, if the service made it itself. Locked, with other services, for as long as
    /// this lives: `restore` takes no secret away that somebody uses.
    pub(crate) file: Option<File>,
    /// What the operator is to be warned of.
    pub(crate) warning: Option<&'static str>,
}

impl SigningSecret {
    /// The secret itself. The first start makes it, later ones find it; several that start at once
    /// end up with the same.
    ///
    /// # Errors
    /// [`SigningSecretError`] when the file is out of reach, holds something else or may be written
    /// by everybody.
    pub(crate) fn obtain(&self) -> Result<ObtainedSecret, SigningSecretError> {
        let path = match self {
            Self::Given(secret) => {
                return Ok(ObtainedSecret { secret: secret.clone(), file: None, warning: None });
            }
            Self::KeptIn(path) => path,
        };
        let failed = |error| SigningSecretError::File(path.clone(), error);
        let mut file = open_or_create(path).map_err(failed)?;
        let warning = match Exposure::of(&file.metadata().map_err(failed)?) {
            Some(Exposure::Refused(how)) => {
                return Err(SigningSecretError::Open(path.clone(), how));
            }
            Some(Exposure::Warned(how)) => Some(how),
            None => None,
        };
        let mut secret = String::new();
        file.read_to_string(&mut secret).map_err(failed)?;
        let secret = without_mark(&secret).trim();
        if secret.len() < MIN_SECRET_BYTES {
            return Err(SigningSecretError::TooShort(path.clone()));
        }
        // Not every file system has locks.
        let _ = file.try_lock_shared();
        Ok(ObtainedSecret { secret: secret.into(), file: Some(file), warning })
    }
}

fn open_or_create(path: &Path) -> io::Result<File> {
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        found => return found,
    }
    match create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => other?,
    }
    File::open(path)
}

/// The file appears with all of its content or not at all, and never instead of another. Only its
/// owner may read it: that is how temporary files are made.
fn create(path: &Path) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let secret = random()?;

    let mut file = NamedTempFile::new_in(directory)?;
    writeln!(file, "{secret}")?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    Ok(())
}

/// A secret that nobody can guess: 32 random bytes in hexadecimal digits.
pub(crate) fn random() -> io::Result<String> {
    let mut bytes = [0; 32];
    SysRng.try_fill_bytes(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use tempfile::TempDir;

    use super::*;

    fn obtain(path: &Path) -> Result<String, SigningSecretError> {
        let obtained = SigningSecret::KeptIn(path.to_owned()).obtain()?;
        Ok(obtained.secret.expose_secret().to_owned())
    }

    #[test]
    fn the_secret_of_the_first_start_is_the_secret_of_every_later_one() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("new/jwt_secret");

        let first = obtain(&path).unwrap();

        assert_eq!(first.len(), 64);
        assert_eq!(obtain(&path).unwrap(), first);
        assert_ne!(obtain(&directory.path().join("other")).unwrap(), first);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_but_the_owner_reads_the_secret() {
        use std::os::unix::fs::PermissionsExt;
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("jwt_secret");

        obtain(&path).unwrap();

        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_that_everybody_may_write_is_refused_and_one_that_others_may_read_warned_of() {
        use std::os::unix::fs::PermissionsExt;
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("jwt_secret");
        let secret = SigningSecret::KeptIn(path.clone());
        assert_eq!(secret.obtain().unwrap().warning, None);
        let set = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();

        set(0o644);
        assert!(secret.obtain().unwrap().warning.unwrap().contains("read by everybody"));
        set(0o666);
        let error = secret.obtain().unwrap_err().to_string();

        assert!(error.contains("jwt_secret may be written by everybody"), "{error}");
    }

    #[test]
    fn services_that_start_at_once_agree_on_the_secret() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("jwt_secret");

        let secrets: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| obtain(&path).unwrap())).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });

        assert!(secrets.iter().all(|secret| *secret == secrets[0]));
    }

    #[test]
    fn a_file_without_a_proper_secret_is_refused_and_kept() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("jwt_secret");
        fs::write(&path, "short\n").unwrap();

        let error = obtain(&path).unwrap_err();

        assert!(matches!(error, SigningSecretError::TooShort(_)));
        assert!(!error.to_string().contains("short\n"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "short\n");
    }

    #[test]
    fn a_data_directory_that_cannot_be_made_is_named() {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "").unwrap();

        let error = obtain(&file.join("jwt_secret")).unwrap_err();

        assert!(error.to_string().contains("file/jwt_secret"), "{error}");
    }

    #[test]
    fn a_secret_that_was_given_is_taken_as_it_is() {
        let obtained = SigningSecret::Given("given".to_owned().into()).obtain().unwrap();

        assert_eq!(obtained.secret.expose_secret(), "given");
    }
}
