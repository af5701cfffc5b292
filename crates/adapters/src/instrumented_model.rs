//! A model whose calls are counted, timed and priced, whichever engine it has.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use async_trait::async_trait;
use todo_domain::{
    ModelAnswer, ModelError, ModelIdentity, ModelRequest, TokenPrice, TokenUsage,
    ports::{ChatModel, DeltaSink},
};
use todo_metrics::{MetricsOfModel, ModelMetrics};

/// What a question counts as that nobody waited for to the end.
const CANCELLED: &str = "cancelled";

/// A model whose calls are counted, timed and priced.
pub struct InstrumentedModel {
    model: Arc<dyn ChatModel>,
    metrics: MetricsOfModel,
    price: Option<TokenPrice>,
}

impl InstrumentedModel {
    /// Measures this model. Without a price its tokens are counted, and its cost is not.
    #[must_use]
    pub fn new(
        model: Arc<dyn ChatModel>,
        metrics: &ModelMetrics,
        price: Option<TokenPrice>,
    ) -> Self {
        let ModelIdentity { engine, model: name } = model.identity();
        let metrics = metrics.of(&engine, &name);
        Self { model, metrics, price }
    }

    fn count(&self, usage: TokenUsage) {
        let dollars = self.price.map(|price| price.cost(usage).approximate_dollars());
        self.metrics.used(usage.input_tokens, usage.output_tokens, dollars);
    }
}

impl fmt::Debug for InstrumentedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { price, .. } = self;
        f.debug_struct("InstrumentedModel").field("price", price).finish_non_exhaustive()
    }
}

#[async_trait]
impl ChatModel for InstrumentedModel {
    fn identity(&self) -> ModelIdentity {
        self.model.identity()
    }

    async fn respond(
        &self,
        request: &ModelRequest,
        sink: Arc<dyn DeltaSink>,
    ) -> Result<ModelAnswer, ModelError> {
        let mut question = ModelCall::asked(&self.metrics);
        let sink = TimedSink {
            sink,
            metrics: self.metrics.clone(),
            asked: question.asked,
            has_begun: AtomicBool::new(false),
        };
        let answer = self.model.respond(request, Arc::new(sink)).await;
        question.outcome = match &answer {
            Ok(_) => "ok",
            Err(error) => error.failure.code().as_str(),
        };
        if let Ok(answer) = &answer {
            self.count(answer.usage);
        }
        answer
    }
}

/// A question on its way. It is recorded when it is dropped: whoever asks may stop waiting.
struct ModelCall<'a> {
    metrics: &'a MetricsOfModel,
    asked: Instant,
    outcome: &'static str,
}

impl<'a> ModelCall<'a> {
    fn asked(metrics: &'a MetricsOfModel) -> Self {
        Self { metrics, asked: Instant::now(), outcome: CANCELLED }
    }
}

impl Drop for ModelCall<'_> {
    fn drop(&mut self) {
        self.metrics.ended(self.outcome, self.asked.elapsed());
    }
}

/// Passes an answer's words on, and notices the first of them.
struct TimedSink {
    sink: Arc<dyn DeltaSink>,
    metrics: MetricsOfModel,
    asked: Instant,
    has_begun: AtomicBool,
}

impl DeltaSink for TimedSink {
    fn text(&self, delta: &str) {
        if !self.has_begun.swap(true, Ordering::Relaxed) {
            self.metrics.began(self.asked.elapsed());
        }
        self.sink.text(delta);
    }

    fn is_read(&self) -> bool {
        self.sink.is_read()
    }
}
