//! Somebody else's service: the chat of `todo-app` over a store and a model of its own.
//!
//! The store is a map behind a lock, the model follows a script, and what the ports ask for besides
//! are two functions. `cargo run -p todo-app --example foreign_service` prints a conversation.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "it is a whole program")]

use std::sync::{Arc, Mutex, PoisonError};
use std::{collections::HashMap, error::Error, time::SystemTime, vec::IntoIter};

use async_trait::async_trait;
use todo_app::{Chat, ChatRequest};
use todo_domain::{memory::InMemoryUserData, ports::*, *};
use uuid::Uuid;

#[derive(Default)]
struct Store(Mutex<HashMap<UserId, InMemoryUserData>>);

impl Store {
    fn with<T>(&self, user: UserId, work: impl FnOnce(&mut InMemoryUserData) -> T) -> T {
        work(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(user).or_default())
    }
}

#[async_trait]
impl TurnStore for Store {
    async fn begin(&self, turn: BeginTurn) -> Result<BeginOutcome, StoreError> {
        Ok(self.with(turn.user_id, |data| data.begin(turn)))
    }

    async fn run_step(&self, step: RunStep) -> Result<StepOutcome, StoreError> {
        Ok(self.with(step.fence.user_id, |data| data.run_step(step)))
    }

    async fn ask(&self, ask: AskStep) -> Result<AskOutcome, StoreError> {
        Ok(self.with(ask.step.fence.user_id, |data| data.ask(ask)))
    }

    async fn action(&self, user: UserId, which: ActionRef) -> Result<Option<Action>, StoreError> {
        Ok(self.with(user, |data| data.action(which).cloned()))
    }

    async fn decide(&self, decide: DecideAction) -> Result<DecideOutcome, StoreError> {
        Ok(self.with(decide.user_id, |data| data.decide(&decide)))
    }

    async fn finish(&self, end: FinishTurn) -> Result<EndOutcome<Message>, StoreError> {
        Ok(self.with(end.fence.user_id, |data| data.finish(end)))
    }

    async fn fail(&self, end: FailTurn) -> Result<EndOutcome<()>, StoreError> {
        Ok(self.with(end.fence.user_id, |data| data.fail(end)))
    }

    async fn cancel(
        &self,
        user: UserId,
        id: TurnId,
        now: Timestamp,
    ) -> Result<CancelOutcome, StoreError> {
        Ok(self.with(user, |data| data.cancel(id, now)))
    }

    async fn unfinished(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<TurnId>, StoreError> {
        Ok(self.with(user, |data| data.conversation(conversation).and_then(|log| log.unfinished())))
    }

    async fn fenced_off(&self, runners: Vec<TurnFence>) -> Result<Vec<TurnFence>, StoreError> {
        let is_lost = |it: &TurnFence| !self.with(it.user_id, |data| data.is_held(it));
        Ok(runners.into_iter().filter(is_lost).collect())
    }

    async fn undo(&self, undo: UndoTurn) -> Result<UndoOutcome, StoreError> {
        Ok(self.with(undo.user_id, |data| data.undo(undo)))
    }

    async fn turn(&self, user: UserId, id: TurnId) -> Result<Option<Turn>, StoreError> {
        Ok(self.with(user, |data| data.turn(id).cloned()))
    }

    async fn recorded(
        &self,
        user: UserId,
        turn: TurnRef,
    ) -> Result<Option<RecordedTurn>, StoreError> {
        Ok(self.with(user, |data| data.recorded(turn, SystemTime::now().into())))
    }
}

struct Script(Mutex<IntoIter<ModelReply>>);

#[async_trait]
impl ChatModel for Script {
    fn identity(&self) -> ModelIdentity {
        ModelIdentity { engine: "script".into(), model: "script-1".into() }
    }

    async fn respond(
        &self,
        _request: &ModelRequest,
        _sink: Arc<dyn DeltaSink>,
    ) -> Result<ModelAnswer, ModelError> {
        let reply = self.0.lock().unwrap_or_else(PoisonError::into_inner).next();
        let over = || ModelError::new(ModelFailure::InvalidAnswer, "the script is over");
        let (reply, usage) = (reply.ok_or_else(over)?, TokenUsage::default());
        Ok(ModelAnswer { reply, identity: self.identity(), usage })
    }
}

pub(crate) async fn converse() -> Result<String, Box<dyn Error>> {
    let script = vec![
        ModelReply::call("add_task", r#"{"title": "buy milk", "priority": "high"}"#),
        ModelReply::Text("It is on your list.".into()),
        ModelReply::call("complete_tasks", r#"{"task_ids": [1]}"#),
        ModelReply::Text("Well done!".into()),
    ];
    let (store, model) = (Arc::new(Store::default()), Script(Mutex::new(script.into_iter())));
    let clock = || Timestamp::from(SystemTime::now());
    let chat =
        Chat::builder(store, Arc::new(model), Arc::new(clock), Arc::new(Uuid::now_v7)).build();
    let (mut shown, mut conversation) = (String::new(), None);
    for text in ["We need milk, and soon", "I have it"] {
        let new = ChatRequest::new(UserId::new(1)?, MessageText::new(text)?);
        let reply = chat.send(ChatRequest { conversation, ..new }).await?;
        conversation = Some(ConversationRef::Existing(reply.conversation_id));
        shown += &format!("> {text}\n");
        for call in &reply.tool_calls {
            let result = call.result.pointer("/results/0").unwrap_or(&call.result);
            shown += &format!("  {}: {}\n", call.name, result["outcome"]);
        }
        shown += &format!("{}\n", reply.text.as_str());
    }
    Ok(shown)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    print!("{}", converse().await?);
    Ok(())
}
