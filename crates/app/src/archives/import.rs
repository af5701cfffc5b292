//! An import: lines checked as they arrive, and written together when they have all come.

use std::{fmt, sync::Arc};

use todo_domain::{
    ArchiveCounts, ArchiveReader, Timestamp, UserId, UserLimits,
    ports::{ArchiveFormat, ArchiveStore, ImportOutcome, StoreError, StoreErrorKind},
};

use super::permits::{Busy, Permit};

/// What some editors write before a text; it is no part of it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// How long a line may be. The longest that an export writes is the record of a turn, whose calls
/// may have shown 800 tasks.
const MAX_LINE: usize = 16 * 1024 * 1024;

/// An import that has begun.
pub struct Import {
    store: Arc<dyn ArchiveStore>,
    format: Arc<dyn ArchiveFormat>,
    user: UserId,
    now: Timestamp,
    reader: ArchiveReader,
    /// How many lines have been read.
    lines: u64,
    /// The first of the blank lines that came last.
    blank: Option<u64>,
    /// The beginning of the next one.
    rest: Vec<u8>,
    permit: Permit,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Not now.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// It is no export, or not a whole one.
    #[error("line {line} {problem}")]
    Invalid {
        /// The first line that can't be, from 1.
        line: u64,
        /// A phrase about it.
        problem: String,
    },
    /// The account has tasks or conversations.
    #[error("the account is not empty")]
    AccountNotEmpty,
    /// There is no such user.
    #[error("there is no such user")]
    UserNotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl fmt::Debug for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Import").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Import {
    pub(super) fn new(
        store: Arc<dyn ArchiveStore>,
        format: Arc<dyn ArchiveFormat>,
        user: UserId,
        now: Timestamp,
        user_limits: UserLimits,
        permit: Permit,
    ) -> Self {
        let reader = ArchiveReader::new(now, user_limits);
        let (lines, blank, rest) = (0, None, Vec::new());
        Self { store, format, user, now, reader, lines, blank, rest, permit }
    }

    /// Takes the next bytes of the file, wherever they begin and end.
    ///
    /// # Errors
    /// [`ImportError::Invalid`].
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        let fed = self.read(bytes);
        if fed.is_err() {
            self.permit.finish();
        }
        fed
    }

    fn read(&mut self, mut bytes: &[u8]) -> Result<(), ImportError> {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, following) = bytes.split_at(end);
            self.hold(line)?;
            self.line()?;
            bytes = following.get(1..).unwrap_or_default();
        }
        self.hold(bytes)
    }

    /// Writes what was read, if that was a whole export; tells how much it was.
    ///
    /// # Errors
    /// Any of [`ImportError`]; nothing was written then.
    pub async fn finish(mut self) -> Result<ArchiveCounts, ImportError> {
        self.permit.finish();
        if !self.rest.is_empty() {
            self.line()?;
        }
        let line = self.blank.unwrap_or(self.lines + 1);
        let archive = self.reader.finish();
        let archive =
            archive.map_err(|fault| ImportError::Invalid { line, problem: fault.to_string() })?;
        let counts = archive.counts();
        let (store, user, now, permit) = (self.store, self.user, self.now, self.permit);
        // The store goes on without a caller that leaves, and this permit is held for as long.
        let writing = tokio::spawn(async move {
            let outcome = store.import(user, archive, now).await;
            drop(permit);
            outcome
        });
        let lost = |lost| StoreError::new(StoreErrorKind::Internal, lost);
        match writing.await.map_err(lost)?? {
            ImportOutcome::Imported => Ok(counts),
            ImportOutcome::AccountNotEmpty => Err(ImportError::AccountNotEmpty),
            ImportOutcome::UserNotFound => Err(ImportError::UserNotFound),
        }
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        if self.rest.len() + bytes.len() > MAX_LINE {
            self.rest = Vec::new();
            let problem = "is longer than 16 MiB".to_owned();
            return Err(ImportError::Invalid { line: self.lines + 1, problem });
        }
        self.rest.extend_from_slice(bytes);
        Ok(())
    }

    /// Reads the line that is complete now.
    fn line(&mut self) -> Result<(), ImportError> {
        self.lines += 1;
        if self.lines == 1 && self.rest.starts_with(BYTE_ORDER_MARK) {
            self.rest.drain(..BYTE_ORDER_MARK.len());
        }
        // Editors and shells leave blank lines at the end.
        if self.rest.iter().all(u8::is_ascii_whitespace) {
            self.blank = self.blank.or(Some(self.lines));
            self.rest.clear();
            return Ok(());
        }
        if let Some(line) = self.blank {
            let problem = "is blank, and other lines follow it".to_owned();
            return Err(ImportError::Invalid { line, problem });
        }
        let problem = match std::str::from_utf8(&self.rest) {
            Err(_) => Some("is not UTF-8".to_owned()),
            Ok(line) => {
                let record = self.format.read(line);
                let read = record.and_then(|record| self.reader.read(record));
                read.err().map(|fault| fault.to_string())
            }
        };
        self.rest.clear();
        match problem {
            None => Ok(()),
            Some(problem) => Err(ImportError::Invalid { line: self.lines, problem }),
        }
    }
}
