//! What a model is shown of the conversation so far.

use std::fmt::Write;

use todo_domain::{ModelMessage, TaskEffect, ports::HistoryEntry};

/// How many earlier messages a model is shown at most (S50).
pub(super) const MAX_MESSAGES: u16 = 20;
/// How many changes of a turn without an answer it is shown at most.
const MAX_EFFECTS: usize = 50;

/// What follows an answer whose changes were undone afterwards, so that a model does not take them
/// for done.
const UNDONE: &str = "\n(The user has undone this since.)";

/// The latest messages, at most 20, beginning with one of the user's, so that no answer stands
/// without its question.
pub(super) fn messages(history: Vec<HistoryEntry>) -> Vec<ModelMessage> {
    let mut messages: Vec<ModelMessage> = Vec::new();
    for entry in history {
        match entry {
            HistoryEntry::User(text) => messages.push(ModelMessage::User(text)),
            HistoryEntry::Assistant(text) => messages.push(ModelMessage::Assistant(text)),
            HistoryEntry::Unanswered(effects) if effects.is_empty() => {}
            HistoryEntry::Unanswered(effects) => {
                messages.push(ModelMessage::Assistant(unanswered(&effects)));
            }
            HistoryEntry::Undone => {
                if let Some(ModelMessage::Assistant(answer)) = messages.last_mut() {
                    answer.push_str(UNDONE);
                }
            }
        }
    }
    let surplus = messages.len().saturating_sub(usize::from(MAX_MESSAGES));
    let first = messages
        .iter()
        .skip(surplus)
        .position(|message| matches!(message, ModelMessage::User(_)))
        .map_or(messages.len(), |position| surplus + position);
    messages.drain(..first);
    messages
}

/// A line for a turn that broke off after it had changed tasks, so that "try again" does not
/// double what is done already.
fn unanswered(effects: &[TaskEffect]) -> String {
    let mut line = "(My answer was lost, but this was already done:".to_owned();
    for effect in effects.iter().take(MAX_EFFECTS) {
        let verb = match (&effect.before, &effect.after) {
            (None, _) => "added",
            (_, None) => "deleted",
            (Some(before), Some(after)) => match (before.completed_at, after.completed_at) {
                (None, Some(_)) => "completed",
                (Some(_), None) => "reopened",
                _ => "changed",
            },
        };
        let title =
            effect.after.as_ref().or(effect.before.as_ref()).map_or("", |task| task.title.as_str());
        // Writing to a String can't fail.
        let _ = write!(line, " {verb} task {} \"{title}\";", effect.task_id);
    }
    line.pop();
    line + ".)"
}

#[cfg(test)]
mod tests {
    use todo_domain::{NewTask, TaskId, TaskTitle, Timestamp};

    use super::*;

    fn user(n: usize) -> HistoryEntry {
        HistoryEntry::User(format!("u{n}"))
    }

    fn assistant(n: usize) -> HistoryEntry {
        HistoryEntry::Assistant(format!("a{n}"))
    }

    fn added_milk() -> TaskEffect {
        let new = NewTask::titled(TaskTitle::new("milk").unwrap());
        let now = Timestamp::from_microsecond(0).unwrap();
        new.decide(TaskId::new(5).unwrap(), now).unwrap().effect().unwrap()
    }

    #[test]
    fn at_most_twenty_messages_beginning_with_the_users() {
        let long: Vec<_> = (0..30).flat_map(|n| [user(n), assistant(n)]).collect();
        let shown = messages(long);
        assert_eq!(shown.len(), 20);
        assert_eq!(shown[0], ModelMessage::User("u20".into()));
        let odd: Vec<_> = (0..30).flat_map(|n| [user(n), assistant(n)]).chain([user(30)]).collect();
        let shown = messages(odd);
        assert_eq!((shown.len(), &shown[0]), (19, &ModelMessage::User("u21".into())));
    }

    #[test]
    fn an_answer_without_its_question_is_left_out() {
        assert_eq!(messages(vec![assistant(0), user(1)]), [ModelMessage::User("u1".into())]);
        assert_eq!(messages(vec![assistant(0)]), []);
    }

    #[test]
    fn an_answer_whose_changes_were_undone_says_so() {
        let shown = messages(vec![user(0), assistant(0), HistoryEntry::Undone, user(1)]);
        let answer = "a0\n(The user has undone this since.)".to_owned();
        assert_eq!(shown[1], ModelMessage::Assistant(answer));
        assert_eq!(shown.len(), 3);
    }

    #[test]
    fn a_lost_answer_is_told_by_what_it_did() {
        let shown = messages(vec![
            user(0),
            HistoryEntry::Unanswered(vec![added_milk()]),
            user(1),
            HistoryEntry::Unanswered(vec![]),
        ]);
        assert_eq!(shown.len(), 3);
        let ModelMessage::Assistant(line) = &shown[1] else { panic!("{shown:?}") };
        assert_eq!(line, "(My answer was lost, but this was already done: added task 5 \"milk\".)");
    }
}
