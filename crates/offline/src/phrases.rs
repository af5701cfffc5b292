//! The assistant's words.

mod lists;
mod outcomes;
mod remarks;

use todo_domain::{Action, TaskId, TimeZone, Timestamp, beginning};

use super::{calendar::Calendar, intent::Offer, plan::Said};

/// Where and when it is that the assistant speaks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'z> {
    pub(super) calendar: Calendar,
    pub(super) now: Timestamp,
    pub(super) zone: &'z TimeZone,
}

/// The questions an answer may end with. They are distinguished by their words when the next message
/// comes, because nothing else is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Question {
    Which,
    Title,
    NewTitle,
    Due,
}

impl Question {
    const ALL: [Self; 4] = [Self::Which, Self::Title, Self::NewTitle, Self::Due];

    /// How it is asked.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Which => "Which one? Answer with its number, or with several.",
            Self::Title => "What is the task? Just tell me, for example: buy milk.",
            Self::NewTitle => "What should it be called?",
            Self::Due => {
                "When should it be due? Answer with a day, for example: Friday, or 2026-12-05."
            }
        }
    }

    /// The question that an answer ends with. Who is asked before tasks are deleted may name some of
    /// them instead of saying yes.
    pub(super) fn at_end_of(answer: &str) -> Option<Self> {
        let last = answer.lines().last()?;
        if last == Action::LAST_LINE {
            return Some(Self::Which);
        }
        Self::ALL.into_iter().find(|question| question.text() == last)
    }
}

/// One paragraph of the answer, and what it asks for.
struct Paragraph {
    text: String,
    question: Option<Question>,
}

impl From<String> for Paragraph {
    fn from(text: String) -> Self {
        Self { text, question: None }
    }
}

/// The answer. Its last line is the question, if there is one to ask.
pub(super) fn answer(parts: &[Said], setting: Setting<'_>) -> String {
    let paragraphs = parts.iter().map(|part| match part {
        Said::Result(call, outcome) => outcomes::of_call(call, outcome, setting).into(),
        Said::Foreign(outcome) => outcomes::of_any(outcome, setting).into(),
        Said::Remark(remark) => remarks::remark(remark, setting),
    });
    let mut answer = String::new();
    let mut question = None;
    let mut before_was_long = false;
    let mut last = String::new();
    for paragraph in paragraphs {
        // A refusal of several calls together is reported once.
        if paragraph.text == last {
            continue;
        }
        last.clone_from(&paragraph.text);
        let is_long = paragraph.text.contains('\n');
        if !answer.is_empty() {
            answer.push_str(if is_long || before_was_long { "\n\n" } else { "\n" });
        }
        answer.push_str(&paragraph.text);
        question = question.or(paragraph.question);
        before_was_long = is_long;
    }
    if let Some(question) = question {
        answer.push('\n');
        answer.push_str(question.text());
    }
    if answer.is_empty() { "There was nothing to do.".to_owned() } else { answer }
}

/// The one task that an answer of ours spoke of: what "it" means in the next message.
pub(super) fn spoken_of(answer: &str) -> Option<TaskId> {
    let mut tasks = answer.lines().filter_map(|line| {
        let line = line.strip_prefix("- ").unwrap_or(line);
        let line = outcomes::DEEDS.iter().find_map(|deed| line.strip_prefix(deed)).unwrap_or(line);
        let digits = line.find(|letter: char| !letter.is_ascii_digit())?;
        line[digits..].starts_with([':', ' ']).then(|| line[..digits].parse().ok()).flatten()
    });
    let first = tasks.next()?;
    tasks.all(|other| other == first).then_some(first)
}

/// The tasks that an answer of ours offers in the list before its question. There are none to be
/// sure of when the answer shows other tasks too, or not all it offers.
pub(super) fn offered(answer: &str) -> Vec<Offer> {
    let offer = |line: &str| {
        let (id, _) = line.strip_prefix("- ")?.split_once(':')?;
        Some(Offer { id: id.parse().ok()?, line: line.to_owned() })
    };
    let shown = answer.lines().filter_map(offer).count();
    let mut offers: Vec<_> = answer.lines().rev().skip(1).map_while(offer).collect();
    offers.reverse();
    if offers.len() == shown { offers } else { Vec::new() }
}

/// A person's words, quoted in an answer.
fn quoted(said: &str) -> String {
    const LONGEST: usize = 80;
    let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = beginning(&line, LONGEST);
    let more = if shown.len() < line.len() { "…" } else { "" };
    format!("“{shown}{more}”")
}

#[cfg(test)]
mod tests {
    //! What answers can be read back for.

    use super::*;

    fn spoken(answer: &str) -> Option<i64> {
        spoken_of(answer).map(TaskId::get)
    }

    #[test]
    fn the_one_task_an_answer_tells_of_is_spoken_of() {
        assert_eq!(spoken("Added task 5: buy milk"), Some(5));
        assert_eq!(spoken("Task 4 is completed already: renew passport"), Some(4));
        assert_eq!(spoken("You have 1 open task:\n- 3: call mom (low priority)"), Some(3));
        assert_eq!(spoken("Updated task 5: a\nUpdated task 5: a (high priority)"), Some(5));
    }

    #[test]
    fn of_several_tasks_none_is_spoken_of_nor_of_what_is_only_a_title() {
        assert_eq!(spoken("Added task 5: a\nAdded task 6: b"), None);
        assert_eq!(spoken("You have no open tasks."), None);
        assert_eq!(spoken("Perhaps task 7: or so"), None);
        assert_eq!(spoken("7"), None);
    }

    #[test]
    fn a_long_quotation_is_cut() {
        assert_eq!(quoted(" a\nb "), "“a b”");
        assert_eq!(quoted(&"é".repeat(100)).chars().count(), 83);
    }
}
