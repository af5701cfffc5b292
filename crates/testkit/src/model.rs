//! A model that says what a test tells it to, and remembers what it was told.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::Value;
use todo_domain::{
    ModelAnswer, ModelError, ModelFailure, ModelIdentity, ModelReply, ModelRequest, ModelToolCall,
    TokenUsage,
    ports::{ChatModel, DeltaSink},
};
use tokio::sync::Semaphore;

/// One reply of a [`ScriptedModel`].
#[derive(Debug, Clone)]
pub enum Line {
    /// Says this.
    Say(String),
    /// Says this in pieces, after each of which a gated model waits at the gate.
    Pieces(Vec<String>),
    /// Calls these tools.
    Call(Vec<ModelToolCall>),
    /// Fails in this way.
    Fail(ModelFailure),
    /// Thinks for so long, then does the other thing.
    After(Duration, Box<Line>),
}

/// Says this.
pub fn say(text: impl Into<String>) -> Line {
    Line::Say(text.into())
}

/// Calls tools: `(name, arguments)`.
pub fn call<'a>(calls: impl IntoIterator<Item = (&'a str, Value)>) -> Line {
    call_raw(calls.into_iter().map(|(name, arguments)| (name, arguments.to_string())))
}

/// Calls tools with arguments that need not be JSON.
pub fn call_raw<'a>(calls: impl IntoIterator<Item = (&'a str, impl Into<String>)>) -> Line {
    Line::Call(
        calls
            .into_iter()
            .map(|(name, arguments)| ModelToolCall {
                id: format!("{name}_{}", crate::unique()),
                name: name.into(),
                arguments: arguments.into(),
            })
            .collect(),
    )
}

/// Replies by script, one line per question, and fails when the script has run out.
#[derive(Debug)]
pub struct ScriptedModel {
    script: Mutex<VecDeque<Line>>,
    endless: Option<Line>,
    requests: Mutex<Vec<ModelRequest>>,
    gate: Option<Arc<Gate>>,
}

/// Holds a model back until the test lets it go on.
#[derive(Debug)]
pub struct Gate {
    entered: Semaphore,
    released: Semaphore,
}

impl Gate {
    /// Waits until the model has been asked once more than the last time.
    pub async fn asked(&self) {
        let permit = self.entered.acquire().await.expect("the gate is never closed");
        permit.forget();
    }

    async fn pass(&self) {
        self.entered.add_permits(1);
        self.released.acquire().await.expect("the gate is never closed").forget();
    }

    /// Lets the model answer one question, or go on after a piece.
    pub fn release(&self) {
        self.released.add_permits(1);
    }
}

impl ScriptedModel {
    /// A model with this script.
    #[must_use]
    pub fn new(script: impl IntoIterator<Item = Line>) -> Arc<Self> {
        Arc::new(Self::with(script.into_iter().collect(), None, None))
    }

    /// A model that replies the same to every question.
    #[must_use]
    pub fn endless(line: Line) -> Arc<Self> {
        Arc::new(Self::with(VecDeque::new(), Some(line), None))
    }

    /// A model with this script, each line of which waits at the gate.
    #[must_use]
    pub fn gated(script: impl IntoIterator<Item = Line>) -> (Arc<Self>, Arc<Gate>) {
        let gate = Arc::new(Gate { entered: Semaphore::new(0), released: Semaphore::new(0) });
        let script = script.into_iter().collect();
        (Arc::new(Self::with(script, None, Some(Arc::clone(&gate)))), gate)
    }

    fn with(script: VecDeque<Line>, endless: Option<Line>, gate: Option<Arc<Gate>>) -> Self {
        Self { script: Mutex::new(script), endless, requests: Mutex::new(Vec::new()), gate }
    }

    /// What it was asked, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<ModelRequest> {
        self.requests.lock().clone()
    }

    /// How often it was asked.
    #[must_use]
    pub fn times_asked(&self) -> usize {
        self.requests.lock().len()
    }

    fn next_line(&self) -> Option<Line> {
        let mut script = self.script.lock();
        script.pop_front().or_else(|| self.endless.clone())
    }
}

#[async_trait]
impl ChatModel for ScriptedModel {
    fn identity(&self) -> ModelIdentity {
        ModelIdentity { engine: "scripted".into(), model: "script-1".into() }
    }

    async fn respond(
        &self,
        request: &ModelRequest,
        sink: Arc<dyn DeltaSink>,
    ) -> Result<ModelAnswer, ModelError> {
        self.requests.lock().push(request.clone());
        if let Some(gate) = &self.gate {
            gate.pass().await;
        }
        let mut line = self.next_line();
        while let Some(Line::After(delay, then)) = line {
            tokio::time::sleep(delay).await;
            line = Some(*then);
        }
        let reply = match line {
            Some(Line::Say(text)) => {
                sink.text(&text);
                ModelReply::Text(text)
            }
            Some(Line::Pieces(pieces)) => {
                for piece in &pieces {
                    sink.text(piece);
                    if let Some(gate) = &self.gate {
                        gate.pass().await;
                    }
                }
                ModelReply::Text(pieces.concat())
            }
            Some(Line::Call(calls)) => ModelReply::ToolCalls {
                plan: Some("I will call tools.".into()),
                reasoning: None,
                calls,
            },
            Some(Line::Fail(failure)) => return Err(ModelError::new(failure, "as scripted")),
            Some(Line::After(..)) | None => {
                return Err(ModelError::new(ModelFailure::InvalidAnswer, "the script has run out"));
            }
        };
        let usage = TokenUsage { input_tokens: 10, output_tokens: 5 };
        Ok(ModelAnswer { reply, identity: self.identity(), usage })
    }
}
