//! The models there are, those there were, and what each of them takes.

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::simulated_error::SimulatedError;

/// A model that answers.
#[derive(Debug, PartialEq)]
pub(super) struct Model {
    pub(super) name: &'static str,
    context: u32,
    /// How many tokens it writes at most.
    pub(super) max_output: i64,
    /// Whether it takes tools at all.
    pub(super) tools: bool,
    /// Whether `tool_choice` may be set.
    pub(super) tool_choice: bool,
    /// Whether it thinks before it answers, unless told not to.
    pub(super) reasoning: bool,
}

const PLAIN: Model = Model {
    name: "",
    context: 128_000,
    max_output: 4_096,
    tools: true,
    tool_choice: false,
    reasoning: false,
};

pub(super) const MODELS: [Model; 9] = [
    Model {
        name: "command-a-03-2025",
        context: 288_000,
        max_output: 8_192,
        tool_choice: true,
        ..PLAIN
    },
    Model { name: "command-r7b-12-2024", tool_choice: true, ..PLAIN },
    Model { name: "command-r-08-2024", ..PLAIN },
    Model { name: "command-r-plus-08-2024", ..PLAIN },
    Model { name: "command-a-plus-05-2026", max_output: 64_000, reasoning: true, ..PLAIN },
    Model {
        name: "command-a-reasoning-08-2025",
        context: 256_000,
        max_output: 32_000,
        reasoning: true,
        ..PLAIN
    },
    Model { name: "north-mini-code-1-0", context: 256_000, max_output: 64_000, ..PLAIN },
    Model { name: "command-a-vision-07-2025", max_output: 8_192, tools: false, ..PLAIN },
    Model { name: "command-a-translate-08-2025", max_output: 8_192, tools: false, ..PLAIN },
];

/// All removed on the same day.
const REMOVED: [&str; 6] = [
    "command-r-plus", "command-r-plus-04-2024", "command-r", "command-r-03-2024", "command",
    "command-light",
];

/// The model of this name, or the 404 that Cohere answers with.
pub(super) fn find(name: &str) -> Result<&'static Model, SimulatedError> {
    MODELS.iter().find(|model| model.name == name).ok_or_else(|| {
        let message = if REMOVED.contains(&name) {
            removed(name)
        } else {
            format!(
                "model '{name}' not found, make sure the correct model ID was used and that you \
                 have access to the model."
            )
        };
        SimulatedError::new(StatusCode::NOT_FOUND, message)
    })
}

pub(super) fn removed(name: &str) -> String {
    format!(
        "model '{name}' was removed on September 15, 2025. See \
         https://docs.cohere.com/docs/models#command for a list of models you can use instead."
    )
}

impl Model {
    /// As `GET /v1/models` shows it, with a key that clients are not told about.
    pub(super) fn describe(&self) -> Value {
        let features = ["json_mode", "json_schema", "safety_modes"]
            .into_iter()
            .chain(self.tools.then_some(["strict_tools", "tools"]).into_iter().flatten())
            .chain(self.tool_choice.then_some("tool_choice"))
            .chain(self.reasoning.then_some("reasoning"));
        json!({
            "name": self.name,
            "is_deprecated": false,
            "endpoints": ["chat"],
            "finetuned": false,
            "context_length": self.context,
            "tokenizer_url": format!("https://storage.googleapis.com/cohere-public/tokenizers/{}.json", self.name),
            "default_endpoints": [],
            "features": features.collect::<Vec<_>>(),
            "sampling_defaults": { "temperature": 0.3 },
            "config": { "internal": true },
        })
    }
}
