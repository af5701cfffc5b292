//! Somebody else's service: the chat of `todo-app` over a store and a model of its own.
//!
//! The lists are in a map behind a lock, the model follows a script, and what the ports ask for besides
//! are two functions. `cargo run -p todo-app --example foreign_service` prints a conversation.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "it is a whole program")]

use std::sync::{Arc, Mutex, PoisonError};
use std::{collections::HashMap, error::Error, time::SystemTime, vec::IntoIter};

use async_trait::async_trait;
use todo_app::{Chat, ChatRequest};
use todo_domain::memory::{InMemoryUserData, UserDataRepository, UserDataStore};
use todo_domain::{ports::*, *};
use uuid::Uuid;

/// The lists of each user. Who is not there yet begins with empty ones.
#[derive(Default)]
struct Lists(Mutex<HashMap<UserId, InMemoryUserData>>);

#[async_trait]
impl UserDataRepository for Lists {
    async fn change<T, W>(&self, user: UserId, work: W) -> Result<Option<T>, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut InMemoryUserData) -> T + Send + 'static,
    {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Some(work(lists.entry(user).or_default())))
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
    let model = Arc::new(Script(Mutex::new(script.into_iter())));
    let clock = || Timestamp::from(SystemTime::now());
    let store = Arc::new(UserDataStore::new(Arc::new(Lists::default()), clock));
    let chat = Chat::builder(store, model, Arc::new(clock), Arc::new(Uuid::now_v7)).build();
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
