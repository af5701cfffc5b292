//! A todo list in memory, with the tools a model calls.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use todo_domain::{
    Change, Due, NewTask, Tag, TagChange, Tags, Task, TaskAction, TaskDescription, TaskId,
    TaskOutcome, TaskPatch, TaskTitle, TaskWrite, TimeZone, Timestamp, ToolSpec,
};

/// The names of the tools.
pub(crate) const TOOLS: [&str; 6] =
    ["add_task", "list_tasks", "complete_task", "reopen_task", "update_task", "delete_task"];

pub(crate) struct TodoList {
    pub(crate) tasks: BTreeMap<TaskId, Task>,
    numbers: i64,
    now: Timestamp,
    zone: TimeZone,
}

impl TodoList {
    pub(crate) fn new(now: Timestamp, zone: TimeZone) -> Self {
        Self { tasks: BTreeMap::new(), numbers: 0, now, zone }
    }

    pub(crate) fn tools() -> Vec<ToolSpec> {
        let spec = |name| ToolSpec { name, description: "", parameters: "{}".to_owned() };
        TOOLS.into_iter().map(spec).collect()
    }

    /// Carries out a call and tells what came of it.
    pub(crate) fn call(&mut self, tool: &str, arguments: &str) -> String {
        let result = serde_json::from_str(arguments)
            .map_err(|error| error.to_string())
            .and_then(|arguments: Value| self.run(tool, &arguments));
        result
            .unwrap_or_else(|message| json!({"error": "invalid_arguments", "message": message}))
            .to_string()
    }

    fn run(&mut self, tool: &str, arguments: &Value) -> Result<Value, String> {
        let action = match tool {
            "add_task" => return self.add(arguments),
            "list_tasks" => return self.list(arguments),
            "complete_task" => TaskAction::Complete,
            "reopen_task" => TaskAction::Reopen,
            "delete_task" => TaskAction::Delete,
            "update_task" => TaskAction::Update(self.patch(arguments)?),
            _ => return Err(format!("there is no tool {tool}")),
        };
        let id = arguments["task_id"].as_i64().ok_or("task_id is missing")?;
        let id = TaskId::new(id).map_err(|error| error.to_string())?;
        let (outcome, write) = action.decide(&id.into(), self.tasks.get(&id).cloned(), self.now);
        self.write(write);
        Ok(self.told(&outcome))
    }

    fn add(&mut self, arguments: &Value) -> Result<Value, String> {
        let title = arguments["title"].as_str().ok_or("title is missing")?;
        let mut new =
            NewTask::titled(TaskTitle::new(title).map_err(|error| format!("title {error}"))?);
        let patch = self.patch(arguments)?;
        new.priority = patch.priority.unwrap_or_default();
        if let Change::Set(due) = patch.due {
            new.due = Some(due);
        }
        if let Change::Set(description) = patch.description {
            new.description = Some(description);
        }
        new.tags =
            patch.tags.applied_to(&Tags::default()).map_err(|error| format!("tags {error}"))?;
        self.numbers += 1;
        let (outcome, write) = new.decide(TaskId::new(self.numbers).unwrap(), self.now);
        self.write(write);
        Ok(self.told(&outcome))
    }

    fn patch(&self, arguments: &Value) -> Result<TaskPatch, String> {
        let text = |name: &str| arguments[name].as_str();
        let cleared = |name: &str| {
            arguments["clear"].as_array().is_some_and(|names| names.contains(&json!(name)))
        };
        let mut patch = TaskPatch::default();
        if let Some(title) = text("title") {
            patch.title = Some(TaskTitle::new(title).map_err(|error| format!("title {error}"))?);
        }
        if let Some(priority) = text("priority") {
            patch.priority = Some(priority.parse().map_err(|error| format!("priority {error}"))?);
        }
        if let Some(due) = text("due") {
            patch.due =
                Change::Set(Due::parse(due, &self.zone).map_err(|error| format!("due {error}"))?);
        } else if cleared("due") {
            patch.due = Change::Clear;
        }
        if let Some(said) = text("description") {
            let description =
                TaskDescription::new(said).map_err(|error| format!("description {error}"))?;
            patch.description = Change::Set(description);
        } else if cleared("description") {
            patch.description = Change::Clear;
        }
        let adjusted = TagChange::adjust(
            tags(arguments, "add_tags")?.unwrap_or_default(),
            tags(arguments, "remove_tags")?.unwrap_or_default(),
        );
        patch.tags = match tags(arguments, "tags")?.filter(|tags| !tags.is_empty()) {
            Some(tags) => TagChange::Set(tags),
            None if cleared("tags") => TagChange::Set(Tags::default()),
            None => adjusted.map_err(|error| error.to_string())?,
        };
        Ok(patch)
    }

    fn list(&self, arguments: &Value) -> Result<Value, String> {
        const MOST: usize = 50;
        let text = |name: &str| arguments[name].as_str();
        let status = text("status").ok_or("status is missing")?;
        let wanted = tags(arguments, "tags")?.unwrap_or_default();
        let found: Vec<_> = self
            .tasks
            .values()
            .rev()
            .filter(|task| status == "all" || task.status().as_str() == status)
            .filter(|task| text("priority").is_none_or(|name| task.priority.as_str() == name))
            .filter(|task| wanted.iter().all(|tag| task.tags.contains(tag)))
            .filter(|task| {
                let title = task.title.as_str().to_lowercase();
                text("query").is_none_or(|query| title.contains(&query.to_lowercase()))
            })
            .filter(|task| {
                let day = task.due.map(|due| due.day().to_string());
                let within = |name: &str, holds: fn(&str, &str) -> bool| {
                    text(name).is_none_or(|bound| day.as_ref().is_some_and(|day| holds(day, bound)))
                };
                within("due_before", |day, bound| day <= bound)
                    && within("due_after", |day, bound| day >= bound)
            })
            .collect();
        let shown: Vec<_> = found.iter().take(MOST).map(|task| shown(task)).collect();
        Ok(json!({"outcome": "listed", "total": found.len(), "shown": shown.len(), "tasks": shown}))
    }

    fn write(&mut self, write: Option<TaskWrite>) {
        match write {
            Some(TaskWrite::Insert(task) | TaskWrite::Update(task)) => {
                self.numbers = self.numbers.max(task.id.get());
                self.tasks.insert(task.id, task);
            }
            Some(TaskWrite::Delete(id)) => {
                self.tasks.remove(&id);
            }
            None => {}
        }
    }

    fn told(&self, outcome: &TaskOutcome) -> Value {
        let (name, task) = match outcome {
            TaskOutcome::Created { after } => ("created", after),
            TaskOutcome::Updated { after, .. } => ("updated", after),
            TaskOutcome::Completed { after, .. } => ("completed", after),
            TaskOutcome::Reopened { after, .. } => ("reopened", after),
            TaskOutcome::Deleted { before } => ("deleted", before),
            TaskOutcome::Unchanged(task) => ("unchanged", task),
            TaskOutcome::AlreadyCompleted(task) => ("already_completed", task),
            TaskOutcome::AlreadyPending(task) => ("already_pending", task),
            TaskOutcome::NotFound(id) => {
                let message = format!("There is no task {id}.");
                return json!({"error": "task_not_found", "message": message});
            }
            TaskOutcome::TooManyTags(_) => {
                return json!({"error": "too_many_tags", "message": "Too many tags."});
            }
            other => unreachable!("{other:?}"),
        };
        json!({"outcome": name, "task": shown(task)})
    }
}

fn tags(arguments: &Value, name: &str) -> Result<Option<Tags>, String> {
    let Some(words) = arguments[name].as_array() else { return Ok(None) };
    let tags: Result<Vec<_>, _> =
        words.iter().map(|word| Tag::new(word.as_str().unwrap_or_default())).collect();
    let tags = Tags::new(tags.map_err(|error| format!("{name} {error}"))?);
    tags.map(Some).map_err(|error| format!("{name} {error}"))
}

fn shown(task: &Task) -> Value {
    let mut value = json!({
        "id": task.id.get(),
        "title": task.title.as_str(),
        "priority": task.priority.as_str(),
        "status": task.status().as_str(),
    });
    if let Some(description) = &task.description {
        value["description"] = json!(description.as_str());
    }
    if !task.tags.is_empty() {
        value["tags"] = task.tags.iter().map(Tag::as_str).collect();
    }
    if let Some(due) = task.due {
        value["due"] = json!(due.to_string());
    }
    value
}
