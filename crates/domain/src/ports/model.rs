//! The language model.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{ModelAnswer, ModelError, ModelIdentity, ModelRequest, RecordedCall, TurnId};

/// Takes what there is to tell of a turn as it comes. It must not block: it is called while a model
/// is read.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait DeltaSink: Send + Sync {
    /// The next piece of text for the person.
    fn text(&self, delta: &str);

    /// The turn that gives the answer has begun, or goes on. The turn tells it, not the model.
    fn begun(&self, _turn: TurnId) {}

    /// A call that was carried out, or refused, and is recorded. The turn tells it, not the model.
    fn called(&self, _call: &RecordedCall) {}

    /// Whether anybody reads along. An answer that broke off half-way can be asked for again as
    /// long as nobody has seen the first half; who does not read is then given all of it anew.
    fn is_read(&self) -> bool {
        true
    }
}

/// A [`DeltaSink`] for callers that want the whole answer and no stream.
#[derive(Debug, Clone, Copy, Default)]
pub struct DropDeltas;

impl DeltaSink for DropDeltas {
    fn text(&self, _delta: &str) {}

    fn is_read(&self) -> bool {
        false
    }
}

/// A language model that can call tools.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ChatModel: Send + Sync {
    /// Which model answers.
    fn identity(&self) -> ModelIdentity;

    /// Asks for the next thing to say or to call. Text goes to `sink` as it comes, and once more
    /// as a whole into the answer. Nobody reads anything twice: an adapter that retries does so
    /// only before the first delta that is read.
    async fn respond(
        &self,
        request: &ModelRequest,
        sink: Arc<dyn DeltaSink>,
    ) -> Result<ModelAnswer, ModelError>;
}
