//! Talking to the use-cases within this process.

use std::{error::Error, io::Write, sync::Arc};

use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};
use todo_adapters::{Database, OpenError};
use todo_app::{Chat, ChatRequest, Conversations, Tasks, chat::ToolCallReport};
use todo_domain::{
    ConversationId, Direction, PageLimit, RecordedCall, TaskFilter, TaskQuery, TaskSort,
    TaskSortField, TurnId, User,
    ports::{DeltaSink, IdGenerator},
};
use todo_http::json;
use todo_metrics::Metrics;
use todo_service::{Parts, Service, ServiceError, UseCases};
use tokio::sync::mpsc::UnboundedSender;
use tracing::Instrument;

use super::{
    chat_backend::{ApiProblem, ChatBackend, ChatEvent, LATEST_CONVERSATIONS, Message},
    local_user::{self, Found},
    signals::Signals,
    wire::{Answer, Conversation, OpenConversation, Person, Reply, Task, UndoneTurn},
};
use crate::{config::InProcessConfig, migrate, user_selector::UserSelector};

/// The use-cases, for one user.
pub(crate) struct InProcess {
    database: Database,
    user: User,
    tasks: Tasks,
    conversations: Conversations,
    chat: Chat,
    ids: Arc<dyn IdGenerator>,
    /// Somebody reads the answer while it comes.
    is_live: bool,
}

impl InProcess {
    /// Opens the storage for the user who was named, or the only one there is.
    ///
    /// # Errors
    /// Whatever keeps it from being used.
    pub(crate) async fn open(
        config: &InProcessConfig,
        whose: Option<&UserSelector>,
        is_live: bool,
    ) -> Result<Self, Box<dyn Error>> {
        let metrics = Metrics::none();
        let parts = Parts::default();
        let ids = Arc::clone(&parts.ids);
        let service = Service::open(config.service(), parts, &metrics).await.map_err(advise)?;
        let Service { storage, use_cases, .. } = service;
        migrate::insist(&storage.database).await?;
        storage.memory_available().await;
        let UseCases { accounts, tasks, conversations, chat, .. } = use_cases;
        let Found { user, is_new } = local_user::find(&accounts, whose).await?;
        if is_new {
            let (id, email) = (user.id, user.email.as_str());
            let _ = writeln!(
                std::io::stderr(),
                "Made account {id}, {email}. `chatbot-api user set-password` gives it a password, \
                 to sign in over HTTP."
            );
        }
        Ok(Self { database: storage.database, user, tasks, conversations, chat, ids, is_live })
    }

    fn request(
        &self,
        message: Message,
        events: UnboundedSender<ChatEvent>,
    ) -> Result<ChatRequest, json::ApiProblem> {
        let request = json::message(self.user.id, message.text, None)?;
        let sink = Arc::new(Teller { events, is_live: self.is_live });
        let (conversation, key) = (Some(message.conversation), Some(message.key));
        Ok(ChatRequest { conversation, key, sink, ..request })
    }

    /// Runs `work` under an id that the log names, and tells what came of it as the API would.
    async fn answer<T, J>(
        &self,
        work: impl Future<Output = Result<J, json::ApiProblem>> + Send,
    ) -> Result<Answer<T>, ApiProblem>
    where
        T: DeserializeOwned,
        J: Serialize,
    {
        let id = self.ids.next().to_string();
        let span = tracing::info_span!("request", request_id = id);
        match work.instrument(span.clone()).await {
            Ok(json) => Ok(Answer::read(serde_json::to_value(json)?)?),
            Err(problem) => {
                let problem = serde_json::to_value(span.in_scope(|| problem.body(&id)))?;
                Err(ApiProblem::from_json(problem)
                    .unwrap_or_else(|| ApiProblem::unexpected("No problem.")))
            }
        }
    }
}

#[async_trait]
impl ChatBackend for InProcess {
    async fn person(&self) -> Result<Person, ApiProblem> {
        let (name, email) = (self.user.name.as_str(), self.user.email.as_str());
        Ok(Person { name: name.to_owned(), email: email.to_owned() })
    }

    async fn say(
        &self,
        message: Message,
        events: UnboundedSender<ChatEvent>,
    ) -> Result<Answer<Reply>, ApiProblem> {
        self.answer(async {
            let request = self.request(message, events)?;
            Ok(json::reply(self.chat.send(request).await?))
        })
        .await
    }

    async fn cancel(&self, turn: TurnId) -> Result<(), ApiProblem> {
        let cancelled =
            self.answer(async { Ok(self.chat.cancel(self.user.id, turn).await.map(drop)?) });
        cancelled.await.map(|answer| answer.read)
    }

    async fn undo(&self, turn: TurnId) -> Result<Answer<UndoneTurn>, ApiProblem> {
        self.answer(async { json::undone(turn, self.chat.undo(self.user.id, turn).await?) }).await
    }

    async fn tasks(&self, filter: &TaskFilter) -> Result<Answer<Vec<Task>>, ApiProblem> {
        let query = TaskQuery {
            filter: filter.clone(),
            sort: TaskSort { field: TaskSortField::CreatedAt, direction: Direction::Ascending },
            limit: PageLimit::MAX,
            zone: self.user.time_zone.clone(),
            ..TaskQuery::default()
        };
        let mut has_more = false;
        let answer = self.answer(async {
            let page = self.tasks.list(self.user.id, query).await?;
            has_more = page.next.is_some();
            Ok(json::tasks(page.tasks))
        });
        let answer = answer.await?;
        Ok(Answer { has_more, ..answer })
    }

    async fn conversations(&self) -> Result<Answer<Vec<Conversation>>, ApiProblem> {
        self.answer(async {
            let page =
                self.conversations.list(self.user.id, None, LATEST_CONVERSATIONS, None).await?;
            Ok(json::conversations(page.conversations))
        })
        .await
    }

    async fn open(&self, id: ConversationId) -> Result<Answer<OpenConversation>, ApiProblem> {
        self.answer(async {
            let opened = self.conversations.open(self.user.id, id).await?;
            let (conversation, messages) =
                opened.ok_or_else(json::ApiProblem::conversation_not_found)?;
            Ok(json::open_conversation(conversation, messages))
        })
        .await
    }

    fn fate_of_the_unheard(&self) -> &'static str {
        "what was said is carried on"
    }

    /// Waits for a turn that runs; Ctrl-C ends that, too.
    async fn close(&self, signals: &mut Signals) {
        tokio::select! {
            () = self.chat.shut_down() => {}
            _ = signals.received() => tracing::warn!("Stopped before the turn had ended"),
        }
        self.database.close();
    }
}

/// Passes on what a turn tells.
struct Teller {
    events: UnboundedSender<ChatEvent>,
    is_live: bool,
}

impl DeltaSink for Teller {
    fn text(&self, delta: &str) {
        if self.is_live {
            // Nobody may be waiting any longer.
            let _ = self.events.send(ChatEvent::Text(delta.to_owned()));
        }
    }

    fn begun(&self, turn: TurnId) {
        let _ = self.events.send(ChatEvent::Begun(turn));
    }

    fn called(&self, call: &RecordedCall) {
        let _ = self.events.send(ChatEvent::Call(ToolCallReport::of(call).into()));
    }

    fn is_read(&self) -> bool {
        self.is_live
    }
}

fn advise(error: ServiceError) -> Box<dyn Error> {
    match error {
        error @ ServiceError::Database(OpenError::InUse { .. }) => format!(
            "{error}. If that is the service, talk to it: \
             chatbot-api chat --url http://127.0.0.1:8000"
        )
        .into(),
        error => error.into(),
    }
}
