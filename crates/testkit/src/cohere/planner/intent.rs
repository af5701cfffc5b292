//! What the few sentences mean that the planner understands.

use serde_json::{Value, json};

/// One thing that the user wants.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Intent {
    /// To add tasks; each is the arguments of its call.
    Add(Vec<Value>),
    /// To see tasks of this status.
    List(&'static str),
    /// To do something with tasks there are.
    Act(Action, Target),
    /// To take back, or bring back, what was done last.
    Undo(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Action {
    Complete,
    Reopen,
    Delete,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Target {
    Numbers(Vec<i64>),
    It,
    Named(String),
}

impl Action {
    pub(super) fn tool(self) -> &'static str {
        match self {
            Self::Complete => "complete_tasks",
            Self::Reopen => "reopen_tasks",
            Self::Delete => "delete_tasks",
        }
    }
}

/// What the user wants, in order: "add milk, then show my list, then complete it".
pub(super) fn read(said: &str) -> Vec<Intent> {
    clauses(said).into_iter().filter_map(read_clause).collect()
}

fn clauses(said: &str) -> Vec<&str> {
    const BORDERS: [&str; 4] = [", and then ", ", then ", " and then ", "; "];
    let lower = said.to_ascii_lowercase();
    let border = BORDERS
        .iter()
        .filter_map(|border| lower.find(border).map(|at| (at, border.len())))
        .min_by_key(|&(at, length)| (at, usize::MAX - length));
    match border {
        Some((at, length)) => {
            let mut all = vec![&said[..at]];
            all.extend(clauses(&said[at + length..]));
            all
        }
        None => vec![said],
    }
}

fn read_clause(clause: &str) -> Option<Intent> {
    let clause = clause.trim().trim_end_matches(['.', '!', '?']);
    let clause = after(clause, &["please"]).unwrap_or(clause);
    if let Some(direction) = undo(clause) {
        return Some(Intent::Undo(direction));
    }
    let says = |word: &str| clause.to_ascii_lowercase().contains(word);
    if let Some(rest) = after(clause, &["add", "create", "new task", "remind me to"]) {
        return add(rest);
    }
    if let Some(rest) = after(clause, &["delete", "remove"]) {
        return target(rest).map(|target| Intent::Act(Action::Delete, target));
    }
    if let Some(rest) = after(clause, &["reopen"]) {
        return target(rest).map(|target| Intent::Act(Action::Reopen, target));
    }
    if let Some(rest) = after(clause, &["complete", "finish", "mark", "done with", "check off"]) {
        let action = if says("as pending") { Action::Reopen } else { Action::Complete };
        return target(rest).map(|target| Intent::Act(action, target));
    }
    let asks = after(clause, &["show", "list"]).is_some()
        || says("what") && ["left", "task", "todo", "to do", "list"].into_iter().any(says);
    asks.then(|| {
        Intent::List(match () {
            () if says("completed") || says("done") => "completed",
            () if says("left") || says("pending") || says("open") => "pending",
            () => "all",
        })
    })
}

/// "undo that", "redo", and nothing else.
fn undo(clause: &str) -> Option<&'static str> {
    match clause.to_ascii_lowercase().as_str() {
        "undo" | "undo that" | "undo it" | "take that back" => Some("undo"),
        "redo" | "redo that" | "redo it" => Some("redo"),
        _ => None,
    }
}

/// What follows one of these words at the start.
fn after<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    words.iter().find_map(|word| {
        let (start, rest) = text.split_at_checked(word.len())?;
        let ends = rest.is_empty() || rest.starts_with([' ', ':', ',']);
        (start.eq_ignore_ascii_case(word) && ends).then(|| rest.trim_start_matches([' ', ':', ',']))
    })
}

/// The rest, without these words at its start, however many there are.
fn without<'a>(mut text: &'a str, words: &[&str]) -> &'a str {
    while let Some(rest) = after(text, words) {
        text = rest;
    }
    text
}

/// "a high-priority task to call mom"; several after a colon: "tasks: milk, bread".
fn add(rest: &str) -> Option<Intent> {
    let mut priority = None;
    let mut rest = without(rest, &["a", "an", "the", "new"]);
    for level in ["high", "medium", "low"] {
        let words = [format!("{level}-priority"), format!("{level} priority")];
        if let Some(after) = after(rest, &words.each_ref().map(String::as_str)) {
            priority = Some(level);
            rest = after;
        }
    }
    let listed = after(without(rest, &["2", "3", "4", "two", "three", "four"]), &["tasks"]);
    let titles: Vec<&str> = match listed {
        Some(titles) => titles.split([',', ';']).collect(),
        None => vec![without(rest, &["task", "to"])],
    };
    let tasks: Vec<Value> = titles
        .into_iter()
        .map(|title| title.trim().trim_matches('"').trim())
        .filter(|title| !title.is_empty())
        .map(|title| match priority {
            Some(priority) => json!({ "title": title, "priority": priority }),
            None => json!({ "title": title }),
        })
        .collect();
    (!tasks.is_empty()).then_some(Intent::Add(tasks))
}

/// "2", "1 and 3", "it", "the groceries task"; nothing for "everything".
fn target(rest: &str) -> Option<Target> {
    let numbers: Vec<i64> =
        rest.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
    if !numbers.is_empty() {
        return Some(Target::Numbers(numbers));
    }
    let lower = rest.to_ascii_lowercase();
    let end = [" as done", " as pending", " as completed", " task", " one"]
        .into_iter()
        .filter_map(|end| lower.find(end))
        .min()
        .unwrap_or(rest.len());
    let name = without(&rest[..end], &["the", "my", "task"]).trim().trim_matches('"');
    match name.to_ascii_lowercase().as_str() {
        "" | "all" | "everything" => None,
        "it" | "that" | "this" => Some(Target::It),
        _ => Some(Target::Named(name.into())),
    }
}
