//! Whether Cohere would answer. Nothing is generated, so nothing is billed; it costs two calls of
//! the key's quota.

use std::sync::Arc;

use todo_adapters::{CohereModel, CohereSettings, SystemClock};
use todo_domain::ports::{ModelCondition, ModelReport};
use todo_metrics::Metrics;
use todo_service::ChatEngine;

use super::finding::Finding;

/// Looks at the key, and then at the model.
pub(super) async fn examine(engine: &ChatEngine) -> Vec<Finding> {
    let settings = match engine {
        ChatEngine::Offline => {
            return vec![Finding::ok("assistant", "offline; COHERE_API_KEY brings a model")];
        }
        ChatEngine::Cohere(settings) => CohereSettings::clone(settings),
    };
    let mut findings = Vec::new();
    if let Some(retired) = settings.model.replaced() {
        let text = format!("COHERE_MODEL: {retired} is retired, {} answers", settings.model);
        findings.push(Finding::warn("Cohere model", text, "name the successor yourself"));
    }
    let has_key = settings.api_key.is_some();
    let model = match CohereModel::new(settings, Arc::new(SystemClock), &Metrics::none()) {
        Ok(model) => model,
        Err(error) => {
            findings.push(Finding::fail("Cohere", error.to_string(), "see .env.example"));
            return findings;
        }
    };
    if has_key {
        findings.push(finding("Cohere key", model.check_api_key().await));
    }
    findings.push(finding("Cohere model", model.probe().await));
    findings
}

fn finding(what: &'static str, report: ModelReport) -> Finding {
    let ModelReport { condition, detail } = report;
    let hint = match condition {
        ModelCondition::Ready => return Finding::ok(what, detail),
        ModelCondition::RateLimited => {
            return Finding::warn(what, detail, "the minute's calls are used up; ask again later");
        }
        ModelCondition::AuthRefused => "COHERE_API_KEY is wrong, expired, or may not do this",
        ModelCondition::PaymentDue => "Cohere wants a payment method, see its dashboard",
        ModelCondition::QuotaExhausted => {
            "the month's calls are used up: a production key has no such limit"
        }
        ModelCondition::ModelNotFound => {
            "COHERE_MODEL names no model to chat with that this key may use"
        }
        ModelCondition::Unavailable => {
            "check COHERE_BASE_URL and that this machine reaches it; Cohere itself may be down"
        }
    };
    Finding::fail(what, format!("{}: {detail}", condition.as_str()), hint)
}
