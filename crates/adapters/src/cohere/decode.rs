//! From the bytes of an event stream to its events, without a network. The bounds stand before
//! the parser, so that no server can make it hold more than they allow.

use std::future::ready;

use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt, pin_mut, stream};
use sse_stream::{Sse, SseByteStream};
use todo_domain::{ModelError, ModelReply, TokenUsage};

use super::{
    answer::{AnswerBuilder, AnswerError},
    attempt_error::AttemptError,
    events::StreamEvent,
    redact::Redactor,
};

/// The longest line, in bytes.
pub(super) const MAX_LINE: usize = 1 << 20;
/// The longest answer, in bytes on the wire.
pub(super) const MAX_ANSWER: usize = 5_000_000;
/// What follows the last event. It is not JSON, and it need not come.
const DONE: &str = "[DONE]";

/// The events in a stream of bytes, until the first error. Blocks without data are skipped.
pub(super) fn events(
    bytes: impl Stream<Item = Result<Bytes, AnswerError>>,
) -> impl Stream<Item = Result<StreamEvent, AnswerError>> {
    let mut bounds = Bounds::default();
    let bounded = bytes.map(move |chunk| bounds.admit(chunk?));
    SseByteStream::new(bounded).filter_map(|block| ready(read_block(block).transpose()))
}

fn read_block(block: Result<Sse, sse_stream::Error>) -> Result<Option<StreamEvent>, AnswerError> {
    let block = block.map_err(|error| match error {
        // It is the stream's own error; only its type was lost on the way through the parser.
        sse_stream::Error::Body(error) => {
            error.downcast().map_or(AnswerError::NotAnEventStream, |error| *error)
        }
        _ => AnswerError::NotAnEventStream,
    })?;
    match block.data.as_deref() {
        None | Some("" | DONE) => Ok(None),
        // The parser's message is left out: it quotes what it could not read.
        Some(json) => serde_json::from_str(json).map(Some).map_err(|_| AnswerError::Malformed),
    }
}

/// Counts what has come.
#[derive(Default)]
struct Bounds {
    line: usize,
    answer: usize,
}

impl Bounds {
    fn admit(&mut self, chunk: Bytes) -> Result<Bytes, AnswerError> {
        self.answer += chunk.len();
        if self.answer > MAX_ANSWER {
            return Err(AnswerError::TooLong);
        }
        for (index, piece) in chunk.split(|byte| matches!(byte, b'\n' | b'\r')).enumerate() {
            // The first piece goes on with the line that the last chunk left open.
            self.line = if index == 0 { self.line + piece.len() } else { piece.len() };
            if self.line > MAX_LINE {
                return Err(AnswerError::LineTooLong);
            }
        }
        Ok(chunk)
    }
}

/// Reads a whole answer from its bytes, cut into chunks in any way: what the client does, without
/// a network. It is here to be fuzzed.
///
/// # Errors
/// The failure that a turn would end with.
pub fn decode_cohere_answer(
    chunks: impl IntoIterator<Item = Bytes>,
) -> Result<(ModelReply, TokenUsage), ModelError> {
    let events = events(stream::iter(chunks.into_iter().map(Ok)));
    let reading = async {
        pin_mut!(events);
        let mut answer = AnswerBuilder::default();
        while !answer.is_complete()
            && let Some(event) = events.next().await
        {
            answer.push(event?)?;
        }
        answer.finish()
    };
    // Nothing in it waits, so it is ready at the first look.
    let answer = reading.now_or_never().unwrap_or(Err(AnswerError::Cut));
    answer
        .map_err(|error| AttemptError::of_answer(&error, &Redactor::of_key(None)).into_error(false))
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
