//! What a line means: a message, or a command after a slash.

use todo_domain::{ConversationId, Priority, SearchText, Tag, Tags, TaskFilter, TaskStatus};

/// What a line means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// Something to say.
    Message(String),
    /// Show tasks.
    Tasks(TaskFilter),
    /// Show the latest conversations.
    Conversations,
    /// Go on with a conversation.
    Open(Which),
    /// Begin a conversation.
    New,
    /// Take back what the last message changed.
    Undo,
    /// Say what can be done.
    Help,
    /// End.
    Quit,
}

/// Which conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// By its position in the list that was shown last, from 1.
    Position(usize),
    /// By its name.
    Id(ConversationId),
}

/// What `/help` says.
pub(crate) const HELP: &str = "\
Say what you want in your own words, or:
  /tasks [all|done|overdue] [high|medium|low] [#tag] [words]
                                                       to do, or all, done, overdue
  /conversations                                       the latest conversations
  /open N                                              go on with the Nth of them
  /new                                                 begin a conversation
  /undo                                                take back what your last message changed;
                                                       again: what the one before changed
  /help                                                this
  /quit                                                end, like Ctrl-D
Ctrl-C stops the answer, or drops the line; once more, it ends. A message that begins with a slash
needs a space before it.";

impl Input {
    /// # Errors
    /// What is wrong with a command.
    pub(crate) fn parse(line: &str) -> Result<Self, String> {
        let Some(command) = line.strip_prefix('/') else {
            return Ok(Self::Message(line.to_owned()));
        };
        let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let rest = rest.trim();
        match (name, rest) {
            ("tasks", words) => filter(words).map(Self::Tasks),
            ("conversations", "") => Ok(Self::Conversations),
            ("open", which) => which_one(which).map(Self::Open),
            ("new", "") => Ok(Self::New),
            ("undo", "") => Ok(Self::Undo),
            ("help", "") => Ok(Self::Help),
            ("quit" | "exit", "") => Ok(Self::Quit),
            ("conversations" | "new" | "undo" | "help" | "quit" | "exit", _) => {
                Err(format!("/{name} takes nothing more; /help lists the commands"))
            }
            _ => Err(format!("there is no command /{name}; /help lists them")),
        }
    }
}

/// The tasks to do, unless the words say otherwise.
fn filter(words: &str) -> Result<TaskFilter, String> {
    let mut filter = TaskFilter { status: Some(TaskStatus::Pending), ..TaskFilter::default() };
    let (mut tags, mut searched) = (Vec::new(), Vec::new());
    for word in words.split_whitespace() {
        match word {
            "all" => filter.status = None,
            "done" | "completed" => filter.status = Some(TaskStatus::Completed),
            "overdue" => filter.overdue = true,
            "open" | "pending" => filter.status = Some(TaskStatus::Pending),
            word if is_tag(word) => {
                let tag = Tag::new(word).map_err(|error| format!("the tag {word} {error}"))?;
                tags.push(tag);
            }
            word => match word.parse::<Priority>() {
                Ok(priority) => filter.priority = Some(priority),
                Err(_) => searched.push(word),
            },
        }
    }
    filter.tags = Tags::new(tags).map_err(|error| format!("what to show {error}"))?;
    if !searched.is_empty() {
        let text = SearchText::new(searched.join(" "));
        filter.text = Some(text.map_err(|error| format!("what to search for {error}"))?);
    }
    Ok(filter)
}

/// A number after the sign, as in `#12`, is rather a part of a title.
fn is_tag(word: &str) -> bool {
    word.strip_prefix('#').is_some_and(|tag| !tag.chars().all(|c| c.is_ascii_digit()))
}

fn which_one(text: &str) -> Result<Which, String> {
    match (text.parse(), text.parse()) {
        (Ok(position), _) => Ok(Which::Position(position)),
        (_, Ok(id)) => Ok(Which::Id(id)),
        _ => Err("/open takes a number of /conversations, or an id".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks(line: &str) -> TaskFilter {
        match Input::parse(line) {
            Ok(Input::Tasks(filter)) => filter,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn whatever_does_not_begin_with_a_slash_is_said() {
        for line in ["add milk", " /tasks", ""] {
            assert_eq!(Input::parse(line), Ok(Input::Message(line.to_owned())));
        }
    }

    #[test]
    fn tasks_to_do_are_shown_unless_others_are_asked_for() {
        assert_eq!(tasks("/tasks").status, Some(TaskStatus::Pending));
        assert_eq!(tasks("/tasks all"), TaskFilter::default());
        assert!(tasks("/tasks overdue").overdue);
        let filter = tasks("/tasks done high oat  milk");
        assert_eq!(filter.status, Some(TaskStatus::Completed));
        assert_eq!(filter.priority, Some(Priority::High));
        assert_eq!(filter.text.unwrap().as_str(), "oat milk");
        assert!(Input::parse(&format!("/tasks {}", "x".repeat(201))).is_err());
    }

    #[test]
    fn tags_are_filtered_by_and_numbers_searched_for() {
        let filter = tasks("/tasks #Home #shop issue #12");
        assert_eq!(filter.tags, "home,shop".parse().unwrap());
        assert_eq!(filter.text.unwrap().as_str(), "issue #12");
        assert_eq!(
            Input::parse("/tasks #a.b").unwrap_err(),
            "the tag #a.b must consist of letters, digits, - and _"
        );
        let many: String = (0..11).map(|n| format!(" #t{n}")).collect();
        assert!(Input::parse(&format!("/tasks{many}")).unwrap_err().contains("at most 10"));
    }

    #[test]
    fn a_conversation_is_named_by_its_place_or_its_id() {
        let id = "019ab1b0-7d5c-7000-8000-3c1f4a5e6d7b";
        assert_eq!(Input::parse("/open 2"), Ok(Input::Open(Which::Position(2))));
        let by_id = Input::parse(&format!("/open {id}"));
        assert_eq!(by_id, Ok(Input::Open(Which::Id(id.parse().unwrap()))));
        assert!(Input::parse("/open sesame").is_err());
    }

    #[test]
    fn an_undo_names_nothing() {
        assert_eq!(Input::parse("/undo"), Ok(Input::Undo));
        assert!(Input::parse("/undo 3").is_err());
    }

    #[test]
    fn an_unknown_command_is_told_and_not_said() {
        for line in ["/milk", "/", "/quit now"] {
            assert!(Input::parse(line).unwrap_err().contains("/help"), "{line}");
        }
    }
}
