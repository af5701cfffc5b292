//! What a question to the model costs when it is dropped before its answer is complete.

use todo_domain::{ModelMessage, ModelRequest, TokenUsage};

/// A token of a usual text is about this long.
const BYTES_PER_TOKEN: usize = 4;

/// The tokens of a question and of as many bytes of its answer, rounded up. The provider bills them
/// although it never says how many they were.
pub(super) fn estimate(request: &ModelRequest, answer_bytes: usize) -> TokenUsage {
    let messages = request.messages.iter().map(bytes_of).sum::<usize>();
    let tools = request.tools.iter();
    let tools = tools.map(|tool| tool.name.len() + tool.description.len() + tool.parameters.len());
    let question_bytes = request.system.len() + messages + tools.sum::<usize>();
    TokenUsage { input_tokens: tokens(question_bytes), output_tokens: tokens(answer_bytes) }
}

fn tokens(bytes: usize) -> u64 {
    bytes.div_ceil(BYTES_PER_TOKEN) as u64
}

fn bytes_of(message: &ModelMessage) -> usize {
    match message {
        ModelMessage::User(text) | ModelMessage::Assistant(text) => text.len(),
        ModelMessage::ToolCalls { plan, reasoning, calls } => {
            let texts = [plan, reasoning].into_iter().flatten().map(String::len).sum::<usize>();
            let calls = calls.iter().map(|call| call.name.len() + call.arguments.len());
            texts + calls.sum::<usize>()
        }
        ModelMessage::ToolResult { content, .. } => content.len(),
    }
}
