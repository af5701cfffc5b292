//! Copies of an SQLite database: made while the service runs, checked, and put instead of
//! another. PostgreSQL has its own tools for this.

mod check;
mod schema;
mod secret;
mod target_file;

use std::{
    error::Error,
    fmt, io,
    path::{Path, PathBuf},
};

use diesel::{
    Connection, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    sql_query,
    sql_types::{BigInt, Text},
};
use tempfile::NamedTempFile;
use todo_domain::Timestamp;

pub use self::secret::{KeptSecret, SecretOutcome};
use super::{
    database::OpenError,
    file::lock,
    provenance::{Provenance, provenance},
    url::{DatabaseUrl, Target},
};

/// What there is in a database: rows by table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct RowCounts {
    /// Users.
    #[diesel(sql_type = BigInt)]
    pub users: i64,
    /// Tasks.
    #[diesel(sql_type = BigInt)]
    pub tasks: i64,
    /// Conversations.
    #[diesel(sql_type = BigInt)]
    pub conversations: i64,
    /// Turns.
    #[diesel(sql_type = BigInt)]
    pub turns: i64,
    /// Messages.
    #[diesel(sql_type = BigInt)]
    pub messages: i64,
}

impl fmt::Display for RowCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { users, tasks, conversations, turns, messages } = self;
        write!(
            f,
            "users: {users}, tasks: {tasks}, conversations: {conversations}, turns: {turns}, \
             messages: {messages}"
        )
    }
}

/// A copy of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// What is in it.
    pub counts: RowCounts,
    /// What is not as this service makes its databases: `restore` refuses the copy as it is.
    pub difference: Option<String>,
}

/// What becomes of a database that is where another is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and the other is refused.
    Stays,
    /// It is kept beside, under a name with the time.
    SetAside,
}

/// A database that was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Where it is.
    pub file: PathBuf,
    /// What is in it.
    pub counts: RowCounts,
    /// Where the former one is kept, if there was one.
    pub former: Option<PathBuf>,
    /// What became of the secret that tokens are signed with.
    pub secret: SecretOutcome,
}

/// Why there is no backup, or none was restored. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database is a PostgreSQL.
    #[error(
        "DATABASE_URL names a PostgreSQL database, which is backed up with pg_dump --format=custom \
         and restored with pg_restore"
    )]
    Postgres,
    /// There is nothing to back up.
    #[error("there is no database at {}", .0.display())]
    NoDatabase(PathBuf),
    /// A backup never replaces another file.
    #[error("{} is there already, and nothing is overwritten", .0.display())]
    Exists(PathBuf),
    /// A database is in the way.
    #[error(
        "{} is a database already; --replace puts the backup in its place and keeps it beside",
        .0.display()
    )]
    DatabaseExists(PathBuf),
    /// A file can't be read or written.
    #[error("can't use {}", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// The database can't be locked.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database can't be copied.
    #[error("can't copy {}", .0.display())]
    Copy(PathBuf, #[source] Box<dyn Error + Send + Sync>),
    /// The file of a running service, rather than a backup.
    #[error(
        "{} has a log beside it, {}, and is not whole by itself; make a backup of it with \
         `chatbot-api backup`",
        .0.display(), .1.display()
    )]
    Log(PathBuf, PathBuf),
    /// It is no database, or a broken one.
    #[error("{} is damaged: {}", .0.display(), .1)]
    Damaged(PathBuf, String),
    /// It is a database of something else.
    #[error("{} is no database of this service", .0.display())]
    Foreign(PathBuf),
    /// It has not the tables that its migrations make.
    #[error("{} is not as this service makes its databases: {}", .0.display(), .1)]
    Altered(PathBuf, String),
    /// A later version made it.
    #[error("{} was made by a newer version: this one does not know {}", .0.display(), .1)]
    Newer(PathBuf, String),
}

/// Copies a database into a new file that only its owner may read, also while a service uses it.
/// The file is there when it is whole and safely on disk, or not at all. What somebody has added to the
/// tables, or taken from them, is copied along and reported.
///
/// # Errors
/// [`BackupError`].
pub fn backup(url: &DatabaseUrl, to: &Path) -> Result<Copied, BackupError> {
    let source = sqlite_file(url)?;
    if !source.exists() {
        return Err(BackupError::NoDatabase(source));
    }
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    if let Provenance::Foreign | Provenance::Empty = provenance(&source) {
        return Err(BackupError::Foreign(source));
    }
    let failed = |error| BackupError::File(to.to_owned(), error);
    let copy = target_file::beside(to).map_err(failed)?;
    let copied = vacuum(&source, &copy);
    copied.map_err(|error| BackupError::Copy(source, error))?;
    let copied = check::copied(copy.path())?;
    copy.as_file().sync_all().map_err(failed)?;
    match copy.persist_noclobber(to) {
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(BackupError::Exists(to.to_owned()));
        }
        persisted => persisted.map_err(|error| failed(error.error))?,
    };
    target_file::sync_directory(to).map_err(failed)?;
    Ok(copied)
}

/// Copies one state of the database, whatever is written meanwhile. The database stays in the mode
/// in which it is.
fn vacuum(source: &Path, copy: &NamedTempFile) -> Result<(), Box<dyn Error + Send + Sync>> {
    let no_text = "the path is not valid UTF-8";
    let mut conn = SqliteConnection::establish(source.to_str().ok_or(no_text)?)?;
    conn.batch_execute("PRAGMA busy_timeout = 5000")?;
    let copy = copy.path().to_str().ok_or(no_text)?;
    sql_query("VACUUM INTO ?").bind::<Text, _>(copy).execute(&mut conn)?;
    Ok(())
}

/// Puts a backup instead of the database, which no service may be using. The secret that its
/// tokens are signed with is set aside: the backup knows nothing of who signed out, was kept out or
/// signed up since, so that tokens of that time would open what they must not.
///
/// # Errors
/// [`BackupError`].
pub fn restore(
    url: &DatabaseUrl,
    from: &Path,
    existing: Existing,
    secret: &KeptSecret,
    now: Timestamp,
) -> Result<Restored, BackupError> {
    let target = sqlite_file(url)?;
    check::stands_alone(from)?;
    check::as_made(from)?;
    if provenance(&target) == Provenance::Foreign {
        return Err(BackupError::Foreign(target));
    }
    // Held until the end: no service starts in between.
    let (target, _lock) = lock(&target)?;
    if existing == Existing::Stays && target_file::is_taken(&target) {
        return Err(BackupError::DatabaseExists(target));
    }
    let failed = |error| BackupError::File(target.clone(), error);
    let copy = target_file::copy_for(from, &target).map_err(failed)?;
    // What is put in place is what was checked.
    let counts = check::as_made(copy.path())?;
    let mut aside = target_file::Aside::of(&target, now).map_err(failed)?;
    let secret = secret.make_void(&target, &mut aside, now)?;
    copy.persist(&target).map_err(|error| failed(error.error))?;
    let former = aside.keep();
    target_file::sync_directory(&target).map_err(failed)?;
    Ok(Restored { file: target, counts, former, secret })
}

fn sqlite_file(url: &DatabaseUrl) -> Result<PathBuf, BackupError> {
    match &url.0 {
        Target::Postgres(_) => Err(BackupError::Postgres),
        Target::Sqlite(file) => Ok(file.clone()),
    }
}
