//! The ports of the chat over any place where the data of users is kept as a whole.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;

use super::InMemoryUserData;
use crate::{
    Action, Batch, BatchOutcome, BatchRefusal, Conversation, ConversationCursor, ConversationId,
    ConversationTitle, KeyedRequest, Message, MessageCursor, PageLimit, SearchText, TagCount, Task,
    TaskDone, TaskId, TaskPage, TaskQuery, Timestamp, Turn, TurnFence, TurnId, UserId,
    ports::{
        ActionRef, AskOutcome, AskStep, BeginOutcome, BeginTurn, CancelOutcome, Clock,
        ConversationPage, ConversationStore, DecideAction, DecideOutcome, EndOutcome, FailTurn,
        FinishTurn, MessagePage, RecordedTurn, RunStep, StepOutcome, StoreError, StoreErrorKind,
        TaskStore, Transcript, TurnRef, TurnStore, UndoOutcome, UndoTurn,
    },
};

/// Keeps the data of users, each as a whole: behind a lock in memory, or as rows that are loaded
/// before a unit of work and of which those that it changed are written after it.
#[async_trait]
pub trait UserDataRepository: Send + Sync {
    /// Does some work on a user's data, as one unit: what it changed is kept, or the error says that
    /// nothing is. Nobody else works on that data meanwhile. `None` where there is no such user.
    async fn change<T, W>(&self, user: UserId, work: W) -> Result<Option<T>, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut InMemoryUserData) -> T + Send + 'static;
}

/// A [`TurnStore`], [`TaskStore`] and [`ConversationStore`] over a [`UserDataRepository`].
///
/// Each call takes all of a user's data: fit for some thousand rows of a user, not for millions. It
/// goes by the clock of the caller: processes that share a repository need clocks that agree within
/// less than a lease.
#[derive(Debug, Clone)]
pub struct UserDataStore<R, C> {
    repository: Arc<R>,
    clock: C,
}

impl<R: UserDataRepository, C: Clock> UserDataStore<R, C> {
    /// The stores over this repository. The clock is that of the chat: it says whether a turn's lease
    /// is over when somebody looks at it.
    #[must_use]
    pub const fn new(repository: Arc<R>, clock: C) -> Self {
        Self { repository, clock }
    }

    /// Work that needs its user.
    async fn write<T, W>(&self, user: UserId, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut InMemoryUserData) -> T + Send + 'static,
    {
        let done = self.repository.change(user, work).await?;
        done.ok_or_else(|| StoreError::new(StoreErrorKind::NoUser, "there is no such user"))
    }

    /// Work that comes to `absent` where there is no such user.
    async fn or<T, W>(&self, user: UserId, absent: T, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut InMemoryUserData) -> T + Send + 'static,
    {
        Ok(self.repository.change(user, work).await?.unwrap_or(absent))
    }
}

#[async_trait]
impl<R: UserDataRepository, C: Clock> TaskStore for UserDataStore<R, C> {
    async fn list(
        &self,
        user: UserId,
        query: TaskQuery,
        now: Timestamp,
    ) -> Result<TaskPage, StoreError> {
        self.or(user, TaskPage::default(), move |data| data.tasks().page(&query, now)).await
    }

    async fn get(&self, user: UserId, id: TaskId) -> Result<Option<Task>, StoreError> {
        self.or(user, None, move |data| data.tasks().get(id).cloned()).await
    }

    async fn change(
        &self,
        user: UserId,
        batch: Batch,
        now: Timestamp,
    ) -> Result<Result<Batch<TaskDone>, BatchRefusal>, StoreError> {
        self.write(user, move |data| data.change(batch, now)).await
    }

    async fn change_once(
        &self,
        user: UserId,
        batch: Batch,
        request: KeyedRequest,
        now: Timestamp,
    ) -> Result<BatchOutcome, StoreError> {
        self.write(user, move |data| data.change_once(batch, request, now)).await
    }

    async fn tags(&self, user: UserId) -> Result<Vec<TagCount>, StoreError> {
        self.or(user, Vec::new(), |data| data.tasks().tags()).await
    }
}

#[async_trait]
impl<R: UserDataRepository, C: Clock> ConversationStore for UserDataStore<R, C> {
    async fn list(
        &self,
        user: UserId,
        limit: PageLimit,
        after: Option<ConversationCursor>,
    ) -> Result<ConversationPage, StoreError> {
        self.or(user, ConversationPage::default(), move |data| data.page(None, limit, after)).await
    }

    async fn search(
        &self,
        user: UserId,
        text: SearchText,
        limit: PageLimit,
        after: Option<ConversationCursor>,
    ) -> Result<ConversationPage, StoreError> {
        let found = move |data: &mut InMemoryUserData| data.page(Some(&text), limit, after);
        self.or(user, ConversationPage::default(), found).await
    }

    async fn open(
        &self,
        user: UserId,
        id: ConversationId,
        limit: PageLimit,
    ) -> Result<Option<(Conversation, MessagePage)>, StoreError> {
        self.or(user, None, move |data| {
            let log = data.conversation(id)?;
            Some((log.conversation().clone(), log.page(limit, None)))
        })
        .await
    }

    async fn messages(
        &self,
        user: UserId,
        id: ConversationId,
        limit: PageLimit,
        before: Option<MessageCursor>,
    ) -> Result<Option<MessagePage>, StoreError> {
        self.or(user, None, move |data| Some(data.conversation(id)?.page(limit, before))).await
    }

    async fn transcript(
        &self,
        user: UserId,
        id: ConversationId,
        limit: PageLimit,
        before: Option<MessageCursor>,
    ) -> Result<Option<Transcript>, StoreError> {
        let now = self.clock.now();
        self.or(user, None, move |data| Some(data.conversation(id)?.transcript(limit, before, now)))
            .await
    }

    async fn rename(
        &self,
        user: UserId,
        id: ConversationId,
        title: ConversationTitle,
        now: Timestamp,
    ) -> Result<Option<Conversation>, StoreError> {
        self.write(user, move |data| data.rename(id, title, now)).await
    }

    async fn delete(&self, user: UserId, id: ConversationId) -> Result<bool, StoreError> {
        self.write(user, move |data| data.delete(id)).await
    }
}

#[async_trait]
impl<R: UserDataRepository, C: Clock> TurnStore for UserDataStore<R, C> {
    async fn begin(&self, turn: BeginTurn) -> Result<BeginOutcome, StoreError> {
        let user = turn.user_id;
        self.or(user, BeginOutcome::UserNotFound, move |data| data.begin(turn)).await
    }

    async fn run_step(&self, step: RunStep) -> Result<StepOutcome, StoreError> {
        let user = step.fence.user_id;
        self.or(user, StepOutcome::FencedOff, move |data| data.run_step(step)).await
    }

    async fn ask(&self, ask: AskStep) -> Result<AskOutcome, StoreError> {
        let user = ask.step.fence.user_id;
        self.or(user, AskOutcome::FencedOff, move |data| data.ask(ask)).await
    }

    async fn action(&self, user: UserId, action: ActionRef) -> Result<Option<Action>, StoreError> {
        self.or(user, None, move |data| data.action(action).cloned()).await
    }

    async fn decide(&self, decide: DecideAction) -> Result<DecideOutcome, StoreError> {
        let user = decide.user_id;
        self.or(user, DecideOutcome::NotFound, move |data| data.decide(&decide)).await
    }

    async fn finish(&self, end: FinishTurn) -> Result<EndOutcome<Message>, StoreError> {
        let user = end.fence.user_id;
        self.or(user, EndOutcome::FencedOff, move |data| data.finish(end)).await
    }

    async fn fail(&self, end: FailTurn) -> Result<EndOutcome<()>, StoreError> {
        let user = end.fence.user_id;
        self.or(user, EndOutcome::FencedOff, move |data| data.fail(end)).await
    }

    async fn cancel(
        &self,
        user: UserId,
        id: TurnId,
        now: Timestamp,
    ) -> Result<CancelOutcome, StoreError> {
        self.or(user, CancelOutcome::NotFound, move |data| data.cancel(id, now)).await
    }

    async fn unfinished(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<TurnId>, StoreError> {
        self.or(user, None, move |data| data.conversation(conversation)?.unfinished()).await
    }

    async fn fenced_off(&self, runners: Vec<TurnFence>) -> Result<Vec<TurnFence>, StoreError> {
        let users: BTreeSet<UserId> = runners.iter().map(|runner| runner.user_id).collect();
        let mut lost = Vec::new();
        for user in users {
            let theirs = runners.iter().filter(|runner| runner.user_id == user);
            let theirs: Vec<TurnFence> = theirs.copied().collect();
            let absent = theirs.clone();
            let is_lost = move |data: &mut InMemoryUserData| -> Vec<TurnFence> {
                theirs.into_iter().filter(|runner| !data.is_held(runner)).collect()
            };
            lost.extend(self.or(user, absent, is_lost).await?);
        }
        Ok(lost)
    }

    async fn undo(&self, undo: UndoTurn) -> Result<UndoOutcome, StoreError> {
        self.or(undo.user_id, UndoOutcome::NotFound, move |data| data.undo(undo)).await
    }

    async fn turn(&self, user: UserId, id: TurnId) -> Result<Option<Turn>, StoreError> {
        self.or(user, None, move |data| data.turn(id).cloned()).await
    }

    async fn recorded(
        &self,
        user: UserId,
        turn: TurnRef,
    ) -> Result<Option<RecordedTurn>, StoreError> {
        let now = self.clock.now();
        self.or(user, None, move |data| data.recorded(turn, now)).await
    }
}
