//! A person who talks to the offline assistant about a todo list in memory.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Instant,
};

use serde_json::json;
use todo_domain::{
    ModelMessage, ModelReply, ModelRequest, TimeZone, Timestamp, ToolSpec, UserId,
    ports::{ChatModel, DeltaSink},
};
use todo_offline::OfflineAssistant;
use todo_testkit::todo_list::TodoList;

/// The most steps a turn of the assistant takes.
const MOST_STEPS: usize = 3;

pub(crate) struct Chat {
    pub(crate) list: TodoList,
    pub(crate) tools: Arc<[ToolSpec]>,
    /// What every tool answers instead of doing anything.
    pub(crate) broken_tools: Option<String>,
    pub(crate) history: Vec<ModelMessage>,
    /// The calls of the last turn.
    pub(crate) calls: Vec<(String, String)>,
    now: Timestamp,
    zone: TimeZone,
    call_ids: HashSet<String>,
}

impl Chat {
    /// On Sunday 22 November 2026 at nine in the morning.
    pub(crate) fn new() -> Self {
        Self::at("2026-11-22T09:00:00Z", "UTC")
    }

    pub(crate) fn at(now: &str, zone: &str) -> Self {
        let (now, zone): (Timestamp, TimeZone) = (now.parse().unwrap(), zone.parse().unwrap());
        Self {
            list: TodoList::new(now, zone.clone()),
            tools: TodoList::tools(),
            broken_tools: None,
            history: Vec::new(),
            calls: Vec::new(),
            now,
            zone,
            call_ids: HashSet::new(),
        }
    }

    /// With tasks numbered from 1, of these titles.
    pub(crate) fn with(titles: &[&str]) -> Self {
        let mut chat = Self::new();
        for title in titles {
            chat.list.prepare("add_task", &json!({"title": title}).to_string());
        }
        chat
    }

    /// With the tasks most tests need: two open ones, one of them due, a third and a done one.
    pub(crate) fn usual() -> Self {
        let mut chat = Self::new();
        for task in [
            json!({"title": "buy groceries"}),
            json!({"title": "finish the report", "priority": "high", "due": "2026-11-24"}),
            json!({"title": "call mom", "priority": "low"}),
            json!({"title": "renew passport"}),
        ] {
            chat.list.prepare("add_task", &task.to_string());
        }
        chat.list.prepare("complete_tasks", "{\"task_ids\":[4]}");
        chat
    }

    /// Says something and gives back the answer.
    pub(crate) fn say(&mut self, text: &str) -> String {
        self.list.end_turn();
        let said = ModelMessage::User(text.to_owned());
        let answer = self.go_on(std::slice::from_ref(&said));
        self.history.extend([said, ModelMessage::Assistant(answer.clone())]);
        answer
    }

    /// Goes on with a turn that has come so far, and gives back the answer.
    pub(crate) fn go_on(&mut self, turn: &[ModelMessage]) -> String {
        let mut request = ModelRequest {
            user: UserId::new(1).unwrap(),
            system: String::new(),
            messages: [&self.history, turn].concat(),
            tools: Arc::clone(&self.tools),
            now: self.now,
            time_zone: self.zone.clone(),
            deadline: Instant::now(),
        };
        self.calls.clear();
        for step in 0.. {
            match self.respond(&request) {
                ModelReply::Text(answer) => return answer,
                ModelReply::ToolCalls { plan, reasoning, calls } => {
                    assert!(step < MOST_STEPS, "a fourth step after {turn:?}");
                    let asked = ModelMessage::ToolCalls { plan, reasoning, calls: calls.clone() };
                    request.messages.push(asked);
                    // The service asks before it carries such a step out.
                    let question = calls
                        .iter()
                        .find_map(|call| self.list.question(&call.name, &call.arguments));
                    if let Some(question) = question {
                        return question;
                    }
                    for call in calls {
                        assert!(self.call_ids.insert(call.id.clone()), "{} twice", call.id);
                        let content = match &self.broken_tools {
                            Some(answer) => answer.clone(),
                            None => self.list.call(&call.name, &call.arguments),
                        };
                        let result = ModelMessage::ToolResult { call_id: call.id, content };
                        request.messages.push(result);
                        self.calls.push((call.name, call.arguments));
                    }
                    assert!(self.calls.len() <= 16, "{} calls after {turn:?}", self.calls.len());
                }
            }
        }
        unreachable!("a turn ends")
    }

    /// Asks once, and makes sure that what streams is what is answered.
    fn respond(&self, request: &ModelRequest) -> ModelReply {
        let sink = Arc::new(Heard::default());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answer = runtime.block_on(OfflineAssistant.respond(request, sink.clone())).unwrap();
        let heard = sink.0.lock().unwrap().clone();
        match &answer.reply {
            ModelReply::Text(text) => {
                assert_eq!(heard.concat(), *text);
                assert!(!text.trim().is_empty());
            }
            ModelReply::ToolCalls { calls, .. } => {
                assert!(heard.is_empty() && !calls.is_empty());
                let known = |name: &str| request.tools.iter().any(|tool| tool.name == name);
                assert!(calls.iter().all(|call| known(&call.name)));
            }
        }
        answer.reply
    }

    /// The list on lines: `1 buy groceries`, `2 finish the report high 2026-11-24`, `4 … done`.
    pub(crate) fn tasks(&self) -> Vec<String> {
        let line = |task: &todo_domain::Task| {
            let mut line = format!("{} {}", task.id, task.title);
            if task.priority != todo_domain::Priority::Medium {
                line += &format!(" {}", task.priority);
            }
            if let Some(due) = task.due {
                line += &format!(" {due}");
            }
            for tag in &task.tags {
                line += &format!(" #{tag}");
            }
            if let Some(description) = &task.description {
                line += &format!(" [{description}]");
            }
            if task.completed_at.is_some() {
                line += " done";
            }
            line
        };
        self.list.tasks().map(line).collect()
    }
}

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl DeltaSink for Heard {
    fn text(&self, delta: &str) {
        self.0.lock().unwrap().push(delta.to_owned());
    }
}
