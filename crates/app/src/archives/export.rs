//! An export: pages read one after another, and nothing held in between.

use std::{collections::VecDeque, fmt, sync::Arc};

use todo_domain::{
    ArchiveCounts, ArchiveHeader, ArchiveRecord, Conversation, ConversationId, MessageCursor,
    PageLimit, TaskId, Timestamp, TurnId, User, UserId,
    ports::{AccountStore, ArchiveFormat, ArchiveStore, StoreError, StoreErrorKind},
};

use super::permits::{Busy, Permit};

/// How many turns a page has: the record of one may take megabytes.
const TURNS: u16 = 4;

/// Why there is no export.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Not now.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// An import into the account goes on: there is not everything yet.
    #[error("an import into the account is going on")]
    ImportInProgress,
    /// There is no such user.
    #[error("there is no such user")]
    UserNotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Everything of a user's, a page of lines at a time. It has its permit until it is dropped.
pub struct Export {
    accounts: Arc<dyn AccountStore>,
    store: Arc<dyn ArchiveStore>,
    format: Arc<dyn ArchiveFormat>,
    user: UserId,
    next: Progress,
    /// The rest of a page of conversations.
    conversations: VecDeque<Conversation>,
    last_conversation: Option<ConversationId>,
    counts: ArchiveCounts,
    permit: Permit,
}

/// What comes next.
enum Progress {
    Header(ArchiveHeader),
    Tasks(Option<TaskId>),
    Conversation,
    Turns(ConversationId, Option<TurnId>),
    Messages(ConversationId, Option<MessageCursor>),
    Trailer,
    Nothing,
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Export").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Export {
    pub(super) fn new(
        accounts: Arc<dyn AccountStore>,
        store: Arc<dyn ArchiveStore>,
        format: Arc<dyn ArchiveFormat>,
        user: User,
        now: Timestamp,
        permit: Permit,
    ) -> Self {
        Self {
            accounts,
            store,
            format,
            user: user.id,
            next: Progress::Header(ArchiveHeader { exported_at: now, user }),
            conversations: VecDeque::new(),
            last_conversation: None,
            counts: ArchiveCounts::default(),
            permit,
        }
    }

    /// The next lines, each with its end; `None` after the trailer.
    ///
    /// # Errors
    /// When the store fails, or the user was deleted meanwhile. What was read so far is then no
    /// export.
    pub async fn next(&mut self) -> Result<Option<String>, StoreError> {
        let page = self.page().await;
        if let Ok(None) | Err(_) = page {
            self.permit.finish();
        }
        page
    }

    async fn page(&mut self) -> Result<Option<String>, StoreError> {
        loop {
            if let Progress::Nothing = self.next {
                return Ok(None);
            }
            let records = self.records().await?;
            if !records.is_empty() {
                return self.lines(records).await.map(Some);
            }
        }
    }

    /// The records of the next page, which may be empty.
    async fn records(&mut self) -> Result<Vec<ArchiveRecord>, StoreError> {
        let (user, all) = (self.user, PageLimit::MAX);
        // Whoever goes on after an error finds nothing, rather than a hole.
        match std::mem::replace(&mut self.next, Progress::Nothing) {
            Progress::Header(header) => {
                self.next = Progress::Tasks(None);
                Ok(vec![ArchiveRecord::Header(header)])
            }
            Progress::Tasks(after) => {
                let tasks = self.store.tasks(user, after, all).await?;
                self.next = match tasks.last().filter(|_| is_full(&tasks, all)) {
                    Some(last) => Progress::Tasks(Some(last.id)),
                    None => Progress::Conversation,
                };
                Ok(tasks.into_iter().map(ArchiveRecord::Task).collect())
            }
            Progress::Conversation => {
                if self.conversations.is_empty() {
                    let page = self.store.conversations(user, self.last_conversation, all).await?;
                    self.conversations = page.into();
                }
                let Some(conversation) = self.conversations.pop_front() else {
                    self.next = Progress::Trailer;
                    return Ok(Vec::new());
                };
                self.last_conversation = Some(conversation.id);
                self.next = Progress::Turns(conversation.id, None);
                Ok(vec![ArchiveRecord::Conversation(conversation)])
            }
            Progress::Turns(home, after) => {
                let limit = PageLimit::new(TURNS).unwrap_or_default();
                let turns = self.store.turns(user, home, after, limit).await?;
                self.next = match turns.last().filter(|_| is_full(&turns, limit)) {
                    Some(last) => Progress::Turns(home, Some(last.id)),
                    None => Progress::Messages(home, None),
                };
                Ok(turns.into_iter().map(ArchiveRecord::Turn).collect())
            }
            Progress::Messages(home, after) => {
                let messages = self.store.messages(user, home, after, all).await?;
                self.next = match messages.last().filter(|_| is_full(&messages, all)) {
                    Some(last) => Progress::Messages(home, Some(last.position)),
                    None => Progress::Conversation,
                };
                let record = |message| ArchiveRecord::Message(home, message);
                Ok(messages.into_iter().map(record).collect())
            }
            Progress::Trailer => {
                // Nothing of a user who is gone looks like the end of everything, nor does what an
                // import has brought so far.
                if self.accounts.user(user).await?.is_none() {
                    return Err(StoreError::new(StoreErrorKind::NoUser, "deleted meanwhile"));
                }
                if self.store.is_importing(user).await? {
                    return Err(StoreError::new(StoreErrorKind::Importing, "begun meanwhile"));
                }
                Ok(vec![ArchiveRecord::Trailer(self.counts)])
            }
            Progress::Nothing => Ok(Vec::new()),
        }
    }

    /// Lines that may take megabytes are not written where requests wait.
    async fn lines(&mut self, records: Vec<ArchiveRecord>) -> Result<String, StoreError> {
        records.iter().for_each(|record| self.counts.count(record));
        let format = Arc::clone(&self.format);
        let writing = tokio::task::spawn_blocking(move || {
            let mut lines = String::new();
            for record in records {
                lines.push_str(&format.write(record)?);
                lines.push('\n');
            }
            Ok(lines)
        });
        writing.await.map_err(|lost| StoreError::new(StoreErrorKind::Internal, lost))?
    }
}

/// Whether there may be another page.
fn is_full<T>(page: &[T], limit: PageLimit) -> bool {
    page.len() >= usize::from(limit.get())
}
