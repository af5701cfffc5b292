//! An import: lines are checked as they arrive, and stored part by part.

use std::{fmt, sync::Arc};

use sha2::{Digest, Sha256};
use todo_domain::{
    ArchiveCounts, ArchiveFault, ArchiveReader, ArchiveSummary, IdempotencyKey, KeyedRequest,
    RequestDigest, Timestamp, UserLimits,
    ports::{ArchiveFormat, KeyedImport, StoreError},
};

use super::{permits::Busy, storing::Storing};

/// What some editors write before a text; it is no part of it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// How long a line may be. The longest that an export writes is the record of a turn, whose calls
/// may have shown 800 tasks.
const MAX_LINE: usize = 16 * 1024 * 1024;

/// How many bytes of lines make a part, which is written in one transaction: few enough for others
/// not to notice it.
const PART: usize = 32 * 1024;

/// An import that has begun. What it has stored is removed again unless it comes to its end.
pub struct Import {
    format: Arc<dyn ArchiveFormat>,
    now: Timestamp,
    reader: ArchiveReader,
    /// How many lines have been read.
    lines: u64,
    /// The first of the blank lines that came last.
    blank: Option<u64>,
    /// The beginning of the next one.
    rest: Vec<u8>,
    /// How many bytes have been read since the last part.
    unwritten: usize,
    storing: Storing,
    keyed: Option<KeyedFile>,
}

/// A file that can be sent again.
struct KeyedFile {
    key: IdempotencyKey,
    /// Of what has come of it.
    digest: Sha256,
    /// What the key was used for before. Then the file is only compared with that one.
    earlier: Option<KeyedImport>,
}

/// An import that is all stored, but for its end.
pub struct StoredImport(Stored);

enum Stored {
    Now { now: Timestamp, summary: ArchiveSummary, keyed: Option<KeyedRequest>, storing: Storing },
    Before(ArchiveCounts),
}

/// What was imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// How much it was.
    pub counts: ArchiveCounts,
    /// Whether that was done when the same file came before with the same key.
    pub is_replayed: bool,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Not now.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// It is no export, or not a whole one.
    #[error("line {line} {fault}")]
    Invalid {
        /// The first line that can't be, from 1.
        line: u64,
        /// What is wrong with it.
        fault: ArchiveFault,
    },
    /// The account has tasks or conversations.
    #[error("the account is not empty")]
    AccountNotEmpty,
    /// Another import of this account goes on, or was left behind a moment ago.
    #[error("an import into the account is going on")]
    InProgress,
    /// The key came with another file or request before.
    #[error("the key was used for another request")]
    KeyReused,
    /// There is no such user.
    #[error("there is no such user")]
    UserNotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl fmt::Debug for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Import").field("lines", &self.lines).finish_non_exhaustive()
    }
}

impl fmt::Debug for StoredImport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredImport").finish_non_exhaustive()
    }
}

impl Import {
    pub(super) fn new(
        format: Arc<dyn ArchiveFormat>,
        now: Timestamp,
        user_limits: UserLimits,
        storing: Storing,
    ) -> Self {
        let reader = ArchiveReader::new(now, user_limits);
        let (lines, blank, rest, unwritten) = (0, None, Vec::new(), 0);
        Self { format, now, reader, lines, blank, rest, unwritten, storing, keyed: None }
    }

    /// Under a key by which the file can be sent again: it is imported once.
    ///
    /// # Errors
    /// [`ImportError::KeyReused`] and [`ImportError::Store`].
    pub async fn under(mut self, key: IdempotencyKey) -> Result<Self, ImportError> {
        let earlier = self.storing.earlier(key.clone()).await?;
        if let Some(KeyedImport::OtherRequest) = earlier {
            // Nothing was begun that would have to be waited for.
            self.storing.is_all_there();
            return Err(ImportError::KeyReused);
        }
        self.keyed = Some(KeyedFile { key, digest: Sha256::new(), earlier });
        Ok(self)
    }

    /// Takes the next bytes of the file, wherever they begin and end, and stores what has come
    /// together.
    ///
    /// # Errors
    /// Any of [`ImportError`]; nothing is stored then.
    pub async fn feed(mut self, bytes: &[u8]) -> Result<Self, ImportError> {
        if let Some(keyed) = &mut self.keyed {
            keyed.digest.update(bytes);
            if keyed.earlier.is_some() {
                return Ok(self);
            }
        }
        match self.read(bytes).await {
            Ok(()) => Ok(self),
            Err(error) => Err(self.fail(error).await),
        }
    }

    /// Stores the rest of what was read, if that was a whole export.
    ///
    /// # Errors
    /// Any of [`ImportError`]; nothing is stored then.
    pub async fn finish(mut self) -> Result<StoredImport, ImportError> {
        self.storing.is_all_there();
        let keyed = self.keyed.take().map(|KeyedFile { key, digest, earlier }| {
            let digest = RequestDigest::new(digest.finalize().into());
            (KeyedRequest { key, digest }, earlier)
        });
        let keyed = match keyed {
            Some((request, Some(KeyedImport::Ended { digest, counts }))) => {
                return if digest == request.digest {
                    Ok(StoredImport(Stored::Before(counts)))
                } else {
                    Err(ImportError::KeyReused)
                };
            }
            keyed => keyed.map(|(request, _)| request),
        };
        if !self.rest.is_empty()
            && let Err(error) = self.line()
        {
            return Err(self.fail(error).await);
        }
        let line = self.blank.unwrap_or(self.lines + 1);
        let Self { now, reader, mut storing, .. } = self;
        let stored = match reader.finish() {
            Ok((part, summary)) => storing.write(part).await.map(|()| summary),
            Err(fault) => Err(ImportError::Invalid { line, fault }),
        };
        match stored {
            Ok(summary) => Ok(StoredImport(Stored::Now { now, summary, keyed, storing })),
            Err(error) => {
                storing.undo().await;
                Err(error)
            }
        }
    }

    async fn fail(mut self, error: ImportError) -> ImportError {
        self.storing.is_all_there();
        self.storing.undo().await;
        error
    }

    async fn read(&mut self, mut bytes: &[u8]) -> Result<(), ImportError> {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, following) = bytes.split_at(end);
            self.hold(line)?;
            self.unwritten += self.rest.len();
            self.line()?;
            if self.unwritten >= PART {
                self.unwritten = 0;
                self.storing.write(self.reader.take_part()).await?;
            }
            bytes = following.get(1..).unwrap_or_default();
        }
        self.hold(bytes)
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        if self.rest.len() + bytes.len() > MAX_LINE {
            self.rest = Vec::new();
            let fault = ArchiveFault::Unreadable("is longer than 16 MiB".to_owned());
            return Err(ImportError::Invalid { line: self.lines + 1, fault });
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
            let fault = "is blank, and other lines follow it".to_owned();
            return Err(ImportError::Invalid { line, fault: ArchiveFault::Unreadable(fault) });
        }
        let read = std::str::from_utf8(&self.rest)
            .map_err(|_| ArchiveFault::Unreadable("is not UTF-8".to_owned()))
            .and_then(|line| self.format.read(line))
            .and_then(|record| self.reader.read(record));
        self.rest.clear();
        read.map_err(|fault| ImportError::Invalid { line: self.lines, fault })
    }
}

impl StoredImport {
    /// Ends the import; tells how much it was.
    ///
    /// # Errors
    /// [`ImportError::UserNotFound`] and [`ImportError::Store`]; nothing is stored then.
    pub async fn finish(self) -> Result<Imported, ImportError> {
        match self.0 {
            Stored::Before(counts) => Ok(Imported { counts, is_replayed: true }),
            Stored::Now { now, summary, keyed, storing } => {
                let counts = summary.counts;
                storing.finish(summary, keyed, now).await?;
                Ok(Imported { counts, is_replayed: false })
            }
        }
    }
}
