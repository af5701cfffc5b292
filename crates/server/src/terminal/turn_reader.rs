//! What the event stream of a turn says, chunk by chunk: the UI message stream of the AI SDK, as far
//! as the terminal shows it.

use serde::Deserialize;
use serde_json::{Value, json};
use todo_domain::{ConversationId, TurnId};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    chat_backend::{ApiProblem, ChatEvent, TURN_CANCELLED, TURN_INTERRUPTED},
    wire::{Call, Reply, id},
};

/// A chunk. Other fields and other chunks go unread.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
enum Chunk {
    Start {
        message_metadata: Turn,
    },
    StartStep,
    TextDelta {
        delta: String,
    },
    ToolInputAvailable {
        tool_call_id: String,
        tool_name: String,
    },
    ToolOutputAvailable {
        tool_call_id: String,
        output: Value,
    },
    ToolOutputError {
        tool_call_id: String,
        error_text: String,
    },
    MessageMetadata {
        message_metadata: Ended,
    },
    Finish {
        message_metadata: Ended,
    },
    Error {
        error_text: String,
    },
    #[serde(other)]
    Other,
}

/// Which turn it is.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Turn {
    #[serde(deserialize_with = "id")]
    conversation_id: ConversationId,
    #[serde(deserialize_with = "id")]
    turn_id: TurnId,
}

/// What became of the turn.
#[derive(Debug, Deserialize)]
struct Ended {
    status: String,
    problem: Option<Failure>,
}

#[derive(Debug, Deserialize)]
struct Failure {
    code: String,
}

/// How a stream ended.
#[derive(Debug)]
pub(crate) enum End {
    Answered(Reply),
    /// The turn asks something that the stream does not have.
    Asked(TurnId),
    Refused(ApiProblem),
}

/// Reads a turn, and tells what happens in it while it does.
pub(crate) struct TurnReader {
    events: UnboundedSender<ChatEvent>,
    turn: Option<Turn>,
    /// The text of the present step.
    text: String,
    /// Every call, by its id, with what it brought as the API tells it.
    calls: Vec<(String, Value)>,
    /// How many of the calls were reported.
    reported: usize,
    /// The stream began anew, and what it repeats is not reported again.
    is_repeated: bool,
    status: Option<Ended>,
}

impl TurnReader {
    pub(crate) fn new(events: UnboundedSender<ChatEvent>) -> Self {
        let (turn, text, calls) = (None, String::new(), Vec::new());
        Self { events, turn, text, calls, reported: 0, is_repeated: false, status: None }
    }

    /// The turn, once the stream has said which it is.
    pub(crate) fn turn(&self) -> Option<TurnId> {
        self.turn.map(|turn| turn.turn_id)
    }

    /// Takes the data of the next event, and tells whether the stream ends with it.
    ///
    /// # Errors
    /// When it is no such chunk.
    pub(crate) fn take(&mut self, data: &str) -> Result<Option<End>, serde_json::Error> {
        match serde_json::from_str(data)? {
            Chunk::Start { message_metadata } => {
                self.is_repeated = self.turn.is_some();
                self.turn = Some(message_metadata);
                self.status = None;
                self.calls.clear();
                self.text.clear();
                self.tell(ChatEvent::Begun(message_metadata.turn_id));
            }
            Chunk::StartStep => self.text.clear(),
            Chunk::TextDelta { delta } => {
                self.text.push_str(&delta);
                if !self.is_repeated {
                    self.tell(ChatEvent::Text(delta));
                }
            }
            Chunk::ToolInputAvailable { tool_call_id, tool_name } => {
                self.calls.push((tool_call_id, json!({ "name": tool_name })));
            }
            Chunk::ToolOutputAvailable { tool_call_id, output } => {
                self.called(&tool_call_id, output);
            }
            Chunk::ToolOutputError { tool_call_id, error_text } => {
                self.called(&tool_call_id, json!({ "error": "", "message": error_text }));
            }
            Chunk::MessageMetadata { message_metadata } => self.status = Some(message_metadata),
            Chunk::Finish { message_metadata } => return Ok(Some(self.finish(&message_metadata))),
            Chunk::Error { error_text } => return Ok(Some(self.fail(&error_text))),
            Chunk::Other => {}
        }
        Ok(None)
    }

    /// A call is reported once, whatever the stream repeats.
    fn called(&mut self, tool_call_id: &str, result: Value) {
        let waits = |(id, call): &(String, Value)| id == tool_call_id && call["ok"].is_null();
        let Some(index) = self.calls.iter().position(waits) else { return };
        let Some((_, call)) = self.calls.get_mut(index) else { return };
        let refused = |result: &Value| result.get("error").is_some();
        let of_tasks = result["results"].as_array().map(Vec::as_slice).unwrap_or_default();
        call["ok"] = (!refused(&result) && !of_tasks.iter().any(refused)).into();
        call["result"] = result;
        let read = Call::deserialize(&*call);
        if index >= self.reported {
            self.reported = index + 1;
            read.into_iter().for_each(|call| self.tell(ChatEvent::Call(call)));
        }
    }

    fn finish(&self, ended: &Ended) -> End {
        match (ended.status.as_str(), self.turn) {
            ("completed", Some(Turn { conversation_id, turn_id })) => {
                let calls = self.calls.iter().map(|(_, call)| Call::deserialize(call));
                End::Answered(Reply {
                    conversation_id,
                    turn_id,
                    message: self.text.clone(),
                    tool_calls: calls.filter_map(Result::ok).collect(),
                })
            }
            ("waiting", Some(turn)) => End::Asked(turn.turn_id),
            ("cancelled", _) => self.refuse(TURN_CANCELLED, "The turn was stopped."),
            (other, _) => {
                End::Refused(ApiProblem::unexpected(format!("The turn ended as `{other}`.")))
            }
        }
    }

    fn fail(&self, detail: &str) -> End {
        let problem = self.status.as_ref().and_then(|ended| ended.problem.as_ref());
        self.refuse(problem.map_or(TURN_INTERRUPTED, |problem| &problem.code), detail)
    }

    /// The problem as the chat answers it without a stream.
    fn refuse(&self, code: &str, detail: &str) -> End {
        let calls: Vec<_> =
            self.calls.iter().map(|(_, call)| call).filter(|call| !call["ok"].is_null()).collect();
        let mut problem = json!({ "code": code, "detail": detail, "tool_calls": calls });
        if let Some(turn) = self.turn {
            problem["conversation_id"] = turn.conversation_id.to_string().into();
            problem["turn_id"] = turn.turn_id.to_string().into();
        }
        let unreadable = || ApiProblem::unexpected("No problem.");
        End::Refused(ApiProblem::from_json(problem).unwrap_or_else(unreadable))
    }

    fn tell(&self, event: ChatEvent) {
        // Nobody may be waiting any longer.
        let _ = self.events.send(event);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;

    const START: &str = r#"{"type":"start","messageId":"m","messageMetadata":{
        "conversation_id":"019ab1b0-7d5c-7000-8000-3c1f4a5e6d7b",
        "turn_id":"019ab1b0-7d5c-7000-8000-3c1f4a5e6d7c","engine":"cohere"}}"#;
    const CALL: [&str; 3] = [
        r#"{"type":"start-step"}"#,
        r#"{"type":"tool-input-available","toolCallId":"c","toolName":"add_task","input":{}}"#,
        r#"{"type":"tool-output-available","toolCallId":"c","output":{"outcome":"created",
            "task":{"id":1,"title":"buy milk","priority":"medium","status":"pending"}}}"#,
    ];
    const TEXT: [&str; 3] = [
        r#"{"type":"start-step"}"#,
        r#"{"type":"text-delta","id":"t2","delta":"Added "}"#,
        r#"{"type":"text-delta","id":"t2","delta":"it"}"#,
    ];

    fn finish(status: &str) -> String {
        json!({ "type": "finish", "messageMetadata": { "status": status } }).to_string()
    }

    fn reader() -> (TurnReader, UnboundedReceiver<ChatEvent>) {
        let (sender, events) = unbounded_channel();
        (TurnReader::new(sender), events)
    }

    fn read<'a>(reader: &mut TurnReader, chunks: impl IntoIterator<Item = &'a str>) -> Option<End> {
        chunks.into_iter().filter_map(|chunk| reader.take(chunk).unwrap()).last()
    }

    fn received(mut events: UnboundedReceiver<ChatEvent>) -> Vec<String> {
        let mut received = Vec::new();
        while let Ok(event) = events.try_recv() {
            received.push(match event {
                ChatEvent::Begun(_) => "begun".to_owned(),
                ChatEvent::Text(text) => text,
                ChatEvent::Call(call) => format!("{} {}", call.name, call.ok),
            });
        }
        received
    }

    #[test]
    fn an_answer_is_told_as_it_comes_and_read_as_a_whole() {
        let (mut reader, events) = reader();
        let end = read(&mut reader, [START].into_iter().chain(CALL).chain(TEXT));
        assert!(end.is_none());
        let end = reader.take(&finish("completed")).unwrap();
        let Some(End::Answered(reply)) = end else { panic!("{end:?}") };
        assert_eq!((reply.message.as_str(), reply.tool_calls.len()), ("Added it", 1));
        assert!(reply.tool_calls[0].ok);
        assert_eq!(received(events), ["begun", "add_task true", "Added ", "it"]);
    }

    #[test]
    fn what_a_new_attempt_repeats_is_not_told_again() {
        let (mut reader, events) = reader();
        let chunks = [START].into_iter().chain(CALL).chain(TEXT);
        read(&mut reader, chunks.clone().chain(chunks));
        let end = reader.take(&finish("completed")).unwrap();
        let Some(End::Answered(reply)) = end else { panic!("{end:?}") };
        assert_eq!((reply.message.as_str(), reply.tool_calls.len()), ("Added it", 1));
        assert_eq!(received(events), ["begun", "add_task true", "Added ", "it", "begun"]);
    }

    #[test]
    fn a_turn_without_an_answer_is_the_problem_of_the_api() {
        let (mut reader, _events) = reader();
        let end = read(&mut reader, [START].into_iter().chain(CALL).chain([r#"{"type":"abort"}"#]));
        assert!(end.is_none());
        let end = reader.take(&finish("cancelled")).unwrap();
        let Some(End::Refused(problem)) = end else { panic!("{end:?}") };
        assert!(problem.is_cancelled() && problem.turn().is_some());
        assert_eq!(problem.calls().len(), 1);

        let failed = r#"{"type":"message-metadata","messageMetadata":{"status":"failed",
            "problem":{"code":"provider_auth","request_id":"r"}}}"#;
        let error = r#"{"type":"error","errorText":"The key was refused."}"#;
        let Some(End::Refused(problem)) = read(&mut reader, [failed, error]) else { panic!() };
        assert_eq!(problem.text(), "The key was refused. (provider_auth)");
    }

    #[test]
    fn a_call_of_several_tasks_is_right_if_all_of_them_are() {
        let (mut reader, events) = reader();
        let input =
            r#"{"type":"tool-input-available","toolCallId":"c","toolName":"complete_tasks"}"#;
        let output = r#"{"type":"tool-output-available","toolCallId":"c","output":{"results":[
            {"task_id":9,"error":"task_not_found","message":"There is no task 9."}]}}"#;
        read(&mut reader, [START, input, output]);
        assert_eq!(received(events), ["begun", "complete_tasks false"]);
    }

    #[test]
    fn a_question_is_asked_elsewhere_and_what_is_no_chunk_is_refused() {
        let (mut reader, _events) = reader();
        assert!(read(&mut reader, [START]).is_none());
        let turn = reader.turn();
        let asked = reader.take(&finish("waiting"));
        assert!(matches!(asked, Ok(Some(End::Asked(asked))) if Some(asked) == turn));
        assert!(reader.take("[DONE").is_err());
    }
}
