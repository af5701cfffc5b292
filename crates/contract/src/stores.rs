//! What a case is given: the stores of the ports that it is about, and shorthands for what cases do
//! all the time.

use std::{fmt, ops::Deref, sync::Arc, time::Duration};

use async_trait::async_trait;
use todo_domain::{
    AnswerText, Batch, ConversationId, FailureCode, NewTask, RecordedCall, Task, TaskAction,
    TaskChange, TaskDone, TaskId, TaskOutcome, TaskPage, TaskQuery, TaskTarget, TurnFence, UserId,
    ports::{
        self, AccountStore, ArchiveStore, BeginOutcome, Begun, ConversationRef, ConversationStore,
        CreateUser, EndOutcome, FailTurn, FinishTurn, OversightStore, PreparedCall, RetentionStore,
        StepOutcome, TaskStore, TokenStore, TurnStore, UsageStore,
    },
};

use crate::{LEASE, at, begun, identity, message, new_user, step, tokens, uuid};

/// Makes the users of the cases, for stores that have no [`AccountStore`] beside them.
#[async_trait]
pub trait Users: Send + Sync {
    /// A new user, whose time zone is Europe/Berlin. Names are not used twice.
    async fn user(&self, name: &str) -> UserId;
}

/// A task store, and users.
#[derive(Clone)]
pub struct TaskStores {
    /// Whose tasks.
    pub users: Arc<dyn Users>,
    /// Tasks.
    pub tasks: Arc<dyn TaskStore>,
}

/// A turn store, and users: what the chat needs at least.
#[derive(Clone)]
pub struct TurnStores {
    /// Whose turns.
    pub users: Arc<dyn Users>,
    /// Turns and their ledger.
    pub turns: Arc<dyn TurnStore>,
}

/// The stores of the chat, and of the tasks and conversations that come of it.
#[derive(Clone)]
pub struct ChatStores {
    /// Turns, and users.
    pub turn_stores: TurnStores,
    /// Tasks.
    pub tasks: Arc<dyn TaskStore>,
    /// Conversations.
    pub conversations: Arc<dyn ConversationStore>,
}

/// The stores of users and their tokens.
#[derive(Clone)]
pub struct AccountStores {
    /// Users.
    pub accounts: Arc<dyn AccountStore>,
    /// Which tokens are good.
    pub tokens: Arc<dyn TokenStore>,
}

/// The stores of a whole service. Whoever lacks some of them gives their mocks, and leaves out the
/// cases of those ports.
#[derive(Clone)]
pub struct Stores {
    /// Those of the chat.
    pub chat: ChatStores,
    /// Users.
    pub accounts: Arc<dyn AccountStore>,
    /// Which tokens are good.
    pub tokens: Arc<dyn TokenStore>,
    /// What users take of models.
    pub usage: Arc<dyn UsageStore>,
    /// What operators see of all users together.
    pub oversight: Arc<dyn OversightStore>,
    /// Everything of a user's, out and in.
    pub archives: Arc<dyn ArchiveStore>,
    /// What is old.
    pub retention: Arc<dyn RetentionStore>,
}

impl Stores {
    /// The stores of one storage.
    #[must_use]
    pub fn of(stores: ports::Stores) -> Self {
        let ports::Stores { accounts, tokens, tasks, conversations, turns, .. } = stores;
        let of_accounts = AccountStores { accounts, tokens };
        let users = Arc::new(of_accounts.clone());
        Self {
            chat: ChatStores { turn_stores: TurnStores { users, turns }, tasks, conversations },
            accounts: of_accounts.accounts,
            tokens: of_accounts.tokens,
            usage: stores.usage,
            oversight: stores.oversight,
            archives: stores.archives,
            retention: stores.retention,
        }
    }
}

impl Deref for Stores {
    type Target = ChatStores;

    fn deref(&self) -> &ChatStores {
        &self.chat
    }
}

impl Deref for ChatStores {
    type Target = TurnStores;

    fn deref(&self) -> &TurnStores {
        &self.turn_stores
    }
}

impl From<Stores> for ChatStores {
    fn from(stores: Stores) -> Self {
        stores.chat
    }
}

impl From<Stores> for AccountStores {
    fn from(stores: Stores) -> Self {
        Self { accounts: stores.accounts, tokens: stores.tokens }
    }
}

impl From<Stores> for TurnStores {
    fn from(stores: Stores) -> Self {
        stores.chat.turn_stores
    }
}

impl From<Stores> for TaskStores {
    fn from(stores: Stores) -> Self {
        stores.chat.into()
    }
}

impl From<ChatStores> for TurnStores {
    fn from(stores: ChatStores) -> Self {
        stores.turn_stores
    }
}

impl From<ChatStores> for TaskStores {
    fn from(stores: ChatStores) -> Self {
        Self { users: stores.turn_stores.users, tasks: stores.tasks }
    }
}

#[async_trait]
impl Users for AccountStores {
    async fn user(&self, name: &str) -> UserId {
        let created = self.accounts.create(new_user(&format!("{name}@example.org"))).await;
        match created.expect("the store works") {
            CreateUser::Created(user) => user.id,
            CreateUser::EmailTaken => unreachable!("{name} signed up before"),
        }
    }
}

impl TaskStores {
    /// A user of this name.
    pub async fn user(&self, name: &str) -> UserId {
        self.users.user(name).await
    }

    /// Changes a task.
    pub async fn change(&self, user: UserId, change: TaskChange) -> TaskOutcome {
        let done = self.tasks.change(user, change.into(), at(0)).await.expect("the store works");
        done.map(Batch::into_last).map_err(|refused| refused.refusal).into()
    }

    /// Adds a task.
    pub async fn add(&self, user: UserId, new: NewTask) -> Task {
        match self.change(user, TaskChange::Create(new)).await {
            TaskOutcome::Done(TaskDone::Created { after }) => after,
            other => unreachable!("{other:?}"),
        }
    }

    /// Does something with one task.
    pub async fn act(
        &self,
        user: UserId,
        target: impl Into<TaskTarget>,
        action: TaskAction,
    ) -> TaskOutcome {
        self.change(user, TaskChange::act(target, action)).await
    }

    /// A page of tasks.
    pub async fn list(&self, user: UserId, query: TaskQuery) -> TaskPage {
        self.tasks.list(user, query, at(0)).await.expect("the store works")
    }

    /// A task.
    pub async fn get(&self, user: UserId, id: TaskId) -> Option<Task> {
        self.tasks.get(user, id).await.expect("the store works")
    }
}

impl ChatStores {
    /// Changes a task.
    pub async fn change(&self, user: UserId, change: TaskChange) -> TaskOutcome {
        TaskStores::from(self.clone()).change(user, change).await
    }

    /// Adds a task.
    pub async fn add(&self, user: UserId, new: NewTask) -> Task {
        TaskStores::from(self.clone()).add(user, new).await
    }

    /// Does something with one task.
    pub async fn act(
        &self,
        user: UserId,
        target: impl Into<TaskTarget>,
        action: TaskAction,
    ) -> TaskOutcome {
        TaskStores::from(self.clone()).act(user, target, action).await
    }

    /// A page of tasks.
    pub async fn list(&self, user: UserId, query: TaskQuery) -> TaskPage {
        TaskStores::from(self.clone()).list(user, query).await
    }

    /// A task.
    pub async fn get(&self, user: UserId, id: TaskId) -> Option<Task> {
        TaskStores::from(self.clone()).get(user, id).await
    }
}

impl TurnStores {
    /// A user of this name.
    pub async fn user(&self, name: &str) -> UserId {
        self.users.user(name).await
    }

    /// What comes of saying something.
    pub async fn say(
        &self,
        user_id: UserId,
        conversation: ConversationRef,
        text: &str,
        lease: Duration,
    ) -> BeginOutcome {
        let turn = message(user_id, conversation, text, lease);
        self.turns.begin(turn).await.expect("the store works")
    }

    /// Begins a turn in a new conversation.
    pub async fn begin(&self, user: UserId, text: &str) -> Begun {
        let conversation = ConversationRef::New(ConversationId::new(uuid()));
        begun(self.say(user, conversation, text, LEASE).await)
    }

    /// Begins another turn in the conversation of an earlier one.
    pub async fn go_on(&self, earlier: &Begun, text: &str) -> Begun {
        let TurnFence { user_id, conversation_id, .. } = earlier.fence;
        let conversation = ConversationRef::Existing(conversation_id);
        begun(self.say(user_id, conversation, text, LEASE).await)
    }

    /// Runs a step of a turn.
    pub async fn step(&self, turn: &Begun, number: i32, calls: Vec<PreparedCall>) -> StepOutcome {
        let step = step(turn, number, calls);
        self.turns.run_step(step).await.expect("the store works")
    }

    /// Runs a step that is carried out.
    pub async fn recorded(
        &self,
        turn: &Begun,
        number: i32,
        calls: Vec<PreparedCall>,
    ) -> Vec<RecordedCall> {
        match self.step(turn, number, calls).await {
            StepOutcome::Recorded(calls) => calls,
            StepOutcome::FencedOff => unreachable!("fenced off"),
        }
    }

    /// Answers a turn.
    pub async fn finish(&self, turn: &Begun, text: &str) -> EndOutcome<todo_domain::Message> {
        let end = FinishTurn {
            fence: turn.fence,
            message_id: turn.answer_id,
            text: AnswerText::new(text).expect("an answer"),
            identity: identity(),
            usage: tokens(100, 10),
            now: at(1),
        };
        self.turns.finish(end).await.expect("the store works")
    }

    /// Gives a turn up.
    pub async fn fail(&self, turn: &Begun, code: FailureCode) -> EndOutcome<()> {
        self.fail_amid(turn, code, None).await
    }

    /// Gives a turn up of whose answer this has been said.
    pub async fn fail_amid(
        &self,
        turn: &Begun,
        code: FailureCode,
        partial_answer: Option<AnswerText>,
    ) -> EndOutcome<()> {
        let end = FailTurn {
            fence: turn.fence,
            code,
            identity: identity(),
            usage: tokens(100, 10),
            partial_answer,
            now: at(1),
        };
        self.turns.fail(end).await.expect("the store works")
    }

    /// A turn as the ledger has it.
    pub async fn turn(&self, turn: &Begun) -> todo_domain::Turn {
        let TurnFence { user_id, turn_id, .. } = turn.fence;
        let turn = self.turns.turn(user_id, turn_id).await.expect("the store works");
        turn.expect("the turn is there")
    }
}

macro_rules! opaque {
    ($($name:ident)*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        })*
    };
}

opaque!(TaskStores TurnStores ChatStores AccountStores Stores);
