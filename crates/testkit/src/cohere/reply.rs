//! What the simulated model says or calls.

use serde_json::Value;

/// What the model comes up with, before anything happens to it on the way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reply {
    pub(super) thinking: Option<String>,
    pub(super) plan: Option<String>,
    pub(super) text: String,
    pub(super) calls: Vec<Call>,
    /// How many tokens it may have at most, below the request's `max_tokens`.
    pub(super) limit: Option<usize>,
    /// How it ends early, if it does.
    pub(super) breaks: Option<Break>,
}

/// A generation that fails half-way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Break {
    InvalidToolGeneration,
    Timeout,
}

/// A wish to call a tool. The arguments are what the model wrote, JSON or not.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) arguments: String,
}

impl Reply {
    /// Says this.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Calls tools: `(name, arguments)`, and says so in its plan.
    pub fn calls<'a>(calls: impl IntoIterator<Item = (&'a str, Value)>) -> Self {
        Self::raw_calls(
            calls.into_iter().map(|(name, arguments)| (name, as_models_write(&arguments))),
        )
    }

    /// Calls tools with arguments that need not be JSON.
    pub fn raw_calls<'a>(calls: impl IntoIterator<Item = (&'a str, impl Into<String>)>) -> Self {
        let calls: Vec<Call> = calls
            .into_iter()
            .map(|(name, arguments)| Call { name: name.into(), arguments: arguments.into() })
            .collect();
        let mut names: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
        names.dedup();
        let plan = (!calls.is_empty()).then(|| format!("I will call {}.", names.join(" and ")));
        Self { plan, calls, ..Self::default() }
    }

    /// Thinks first, as reasoning models do; those have no plan.
    #[must_use]
    pub fn thinking(self, thought: impl Into<String>) -> Self {
        Self { thinking: Some(thought.into()), plan: None, ..self }
    }
}

/// JSON with a space after `:` and `,`: models write it so, and only a blocking answer is
/// compacted.
fn as_models_write(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| {
                    format!("{}: {}", Value::from(name.as_str()), as_models_write(value))
                })
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(as_models_write).collect();
            format!("[{}]", items.join(", "))
        }
        scalar => scalar.to_string(),
    }
}
