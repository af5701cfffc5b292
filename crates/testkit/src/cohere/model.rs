//! The service's model, with this simulator as its Cohere.

use std::{sync::Arc, time::Duration};

use todo_adapters::{
    CircuitBreakerSettings, CohereModel, CohereRetries, CohereSettings, CohereTimeouts, SystemClock,
};
use todo_metrics::Metrics;

use super::CohereSimulator;

/// What a busy machine never takes.
const LONG: Duration = Duration::from_secs(10);

impl CohereSimulator {
    /// The model, patient and quick to try again.
    #[must_use]
    pub fn model(&self) -> Arc<CohereModel> {
        model_at(&self.base_url())
    }

    /// The model, quick to try again, that waits a second for an answer to begin and another for
    /// each event.
    #[must_use]
    pub fn impatient_model(&self) -> Arc<CohereModel> {
        model(&self.base_url(), Duration::from_secs(1), SOON)
    }

    /// The model behind such a breaker, patient and quick to try again.
    #[must_use]
    pub fn guarded_model(&self, circuit_breaker: CircuitBreakerSettings) -> Arc<CohereModel> {
        model_with(CohereSettings { circuit_breaker, ..settings(&self.base_url(), LONG, SOON) })
    }
}

/// How long the model waits between two tries in most tests.
const SOON: Duration = Duration::from_millis(5);

/// The same as [`model_at`], with so much time between two tries that a test can change something.
#[must_use]
pub fn slow_retrying_model_at(base_url: &str) -> Arc<CohereModel> {
    model(base_url, LONG, Duration::from_millis(300))
}

/// The model with whoever listens there as its Cohere, patient and quick to try again.
#[must_use]
pub fn model_at(base_url: &str) -> Arc<CohereModel> {
    model(base_url, LONG, SOON)
}

fn model(base_url: &str, timeout: Duration, wait: Duration) -> Arc<CohereModel> {
    model_with(settings(base_url, timeout, wait))
}

fn settings(base_url: &str, timeout: Duration, wait: Duration) -> CohereSettings {
    let base_url = base_url.parse().expect("a URL");
    CohereSettings {
        timeouts: CohereTimeouts { connect: LONG, attempt: timeout, event: timeout, probe: LONG },
        retries: CohereRetries { attempts: 3, min_wait: wait, max_wait: 4 * wait },
        ..CohereSettings::new(base_url, Some("a-key-for-tests".into()))
    }
}

fn model_with(settings: CohereSettings) -> Arc<CohereModel> {
    let model = CohereModel::new(settings, Arc::new(SystemClock), &Metrics::none());
    Arc::new(model.expect("the settings are right"))
}
