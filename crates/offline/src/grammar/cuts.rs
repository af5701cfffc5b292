//! Where one sentence of a message ends and the next one begins.

use super::{
    super::{
        calendar::Calendar,
        dates::when,
        intent::{Action, Intent, Missing, Target},
        spans::small_number,
        words::Words,
    },
    Weight,
    clause::{Clause, clause},
    talk::without_courtesies,
};

/// Where one sentence may end and the next begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    pub(super) end: usize,
    pub(super) next: usize,
    /// How sure it is that the next one begins here.
    pub(super) weight: Weight,
    /// Whether it may begin here although a title stands before, which is free to go on.
    after_title: AfterTitle,
}

impl Cut {
    /// Whether the next sentence begins here, after `first`, which these words say.
    pub(super) fn divides(&self, first: &Clause, words: Words<'_>) -> bool {
        let Some(title) = first.open_text() else { return true };
        match self.after_title {
            AfterTitle::Never => false,
            AfterTitle::UnlessCounting => {
                !(ends_with_number(title) && is_number(words.trimmed().last()))
            }
            AfterTitle::Always => true,
        }
    }
}

/// Whether a sentence may follow a title. What is added is as long as the person wrote it: only an
/// order about a task that there is already ends it, and in doubt nothing does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum AfterTitle {
    Never,
    /// Unless the title ends with a number: "read chapter 3 and delete 4" may go on with it.
    UnlessCounting,
    Always,
}

/// What stands between two sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separator {
    /// A comma, or "and".
    Soft,
    /// What ends a sentence: a full stop, a semicolon, the end of a line.
    Hard,
}

/// The cuts between sentences. Who has more to say than this is heard to the end, but what comes
/// then is one sentence.
pub(super) fn cuts(words: Words<'_>, calendar: &Calendar) -> Vec<Cut> {
    const MOST: usize = 60;
    // A sentence is known by its first pieces: "mark 1, 2 and 3 as done" needs three.
    const PIECES: usize = 4;
    const SEPARATORS: [&str; 19] = [
        ", and then", ", and also", ", and", ", then", ", also", "; and", "; then", ". then",
        ". and", "and then", "and also", "and", "then", ";", ".", ",", "!", "?", "…",
    ];
    let cuts: Vec<(usize, usize)> = (1..words.len())
        .filter_map(|end| {
            let after = words.skip(end).after_any(&SEPARATORS).map(|rest| words.len() - rest.len());
            Some((end, after.or_else(|| words.begins_line(end).then_some(end))?))
        })
        .filter(|&(end, next)| {
            !is_in_brackets(words.take(end)) && !is_in_date(words, end, next, calendar)
        })
        .take(MOST)
        .collect();
    let cut = |(index, &(end, next)): (usize, &(usize, usize))| {
        let hard = matches!(words.at(end), ";" | "." | "!" | "?" | "…") || words.begins_line(next);
        let separator = if hard { Separator::Hard } else { Separator::Soft };
        let ends = cuts[index + 1..].iter().map(|&(end, _)| end).chain([words.len()]);
        let heard: Vec<_> = ends
            .take(PIECES)
            .filter_map(|end| {
                let piece = words.take(end).skip(next);
                let clause = clause(piece, calendar)?;
                Some((clause.weight, after_title(&clause, without_courtesies(piece), separator)))
            })
            .collect();
        let weight = heard.iter().map(|&(weight, _)| weight).max()?;
        let after_title = heard.iter().map(|&(_, after)| after).max()?;
        Some(Cut { end, next, weight, after_title })
    };
    cuts.iter().enumerate().filter_map(cut).collect()
}

/// Whether a bracket is open where these words end.
fn is_in_brackets(words: Words<'_>) -> bool {
    let count = |mark: &str| (0..words.len()).filter(|&at| words.at(at).starts_with(mark)).count();
    count("(") > count(")") || count("[") > count("]")
}

/// Whether a position is in the middle of a date: "December 1, 2026 at 10am".
fn is_in_date(words: Words<'_>, end: usize, next: usize, calendar: &Calendar) -> bool {
    const LONGEST: usize = 8;
    (end.saturating_sub(LONGEST)..end).any(|start| {
        let date = words.skip(start);
        when(date, calendar).is_some_and(|(_, rest)| words.len() - rest.len() > next)
    })
}

/// Whether this sentence may follow a title.
fn after_title(clause: &Clause, words: Words<'_>, separator: Separator) -> AfterTitle {
    if clause.weight != Weight::Firm {
        return AfterTitle::Never;
    }
    let one = |intent: &Intent| match intent {
        Intent::Act(action, targets) => acting(action, targets, words, separator),
        Intent::Incomplete(Missing::Due(_) | Missing::NewTitle(_)) if is_labelled(words) => {
            AfterTitle::Always
        }
        Intent::Incomplete(_) | Intent::Talk(_) => AfterTitle::Never,
        // "Mix the eggs and write down the time", "draw a chart and list the numbers".
        Intent::Add(_) if words.after_any(&WRITING).is_some() => hard_only(separator),
        Intent::Add(_) => AfterTitle::Always,
        Intent::List(_) if asks_for_oneself(words) => AfterTitle::Always,
        Intent::List(_) | Intent::Undo(_) => hard_only(separator),
    };
    clause.intents.iter().map(one).min().unwrap_or(AfterTitle::Never)
}

/// Words that add a task and say as well what a task may be.
const WRITING: [&str; 7] =
    ["write down", "note down", "jot down", "put down", "insert", "remember", "make a note"];

fn asks_for_oneself(words: Words<'_>) -> bool {
    words.last() == "?"
        || words.plain().any(|word| matches!(word, "my" | "me" | "i" | "what's" | "whats"))
}

fn hard_only(separator: Separator) -> AfterTitle {
    match separator {
        Separator::Soft => AfterTitle::Never,
        Separator::Hard => AfterTitle::Always,
    }
}

/// Whether an order, or a report, about tasks may follow a title.
fn acting(
    action: &Action,
    targets: &[Target],
    words: Words<'_>,
    separator: Separator,
) -> AfterTitle {
    /// With these a mere number is a task's, unless a title has just counted something.
    const ORDERS: [&str; 29] = [
        "delete", "erase", "get rid of", "mark", "complete", "reopen", "re-open", "uncomplete",
        "unmark", "tick off", "check off", "cross off", "done with", "finished with", "i finished",
        "i completed", "i've finished", "rename", "retitle", "tag", "untag", "postpone",
        "reschedule", "prioritise", "prioritize", "deprioritise", "make", "move", "set",
    ];
    if targets == [Target::Mentioned] {
        // "Buy milk and make it urgent" says something about the milk.
        let about_the_new = matches!(action, Action::Update(_)) && !action.is_open();
        return if about_the_new { AfterTitle::Always } else { hard_only(separator) };
    }
    let any = |wanted: fn(&Target) -> bool| targets.iter().any(wanted);
    if any(|target| matches!(target, Target::All(_) | Target::OneOf(_) | Target::Mentioned))
        || begins_with_task(words)
    {
        // "1 and 2 are done" may be what is to be checked.
        let named = !begins_with_task(words) || is_labelled(words.take(3));
        return if named { hard_only(separator) } else { AfterTitle::Never };
    }
    if is_labelled(words) || any(|target| matches!(target, Target::Named(_))) {
        AfterTitle::Always
    } else if words.after_any(&ORDERS).is_some() {
        AfterTitle::UnlessCounting
    } else {
        AfterTitle::Never
    }
}

/// Whether a task stands where the verb of an order does: "3 is done", "the priority of 2 is low".
fn begins_with_task(words: Words<'_>) -> bool {
    const NOUNS: [&str; 15] = [
        "#", "task", "tasks", "item", "items", "number", "numbers", "no", "nr", "todo", "to-do",
        "the", "my", "priority", "deadline",
    ];
    words.starts_with_quotation() || is_number(words.at(0)) || NOUNS.contains(&words.at(0))
}

/// Whether "task" and a number stand side by side.
fn is_labelled(words: Words<'_>) -> bool {
    const LABELS: [&str; 6] = ["task", "tasks", "todo", "to-do", "item", "items"];
    const BETWEEN: [&str; 3] = ["#", "number", "no"];
    (0..words.len()).any(|at| {
        let rest = words.skip(at + 1);
        let rest = rest.after_any(&BETWEEN).unwrap_or(rest);
        LABELS.contains(&words.at(at)) && is_number(rest.at(0))
    })
}

fn is_number(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_digit())
        || !matches!(word, "a" | "an") && small_number(word).is_some()
}

fn ends_with_number(title: &str) -> bool {
    let last =
        title.trim_end_matches(|last: char| !last.is_alphanumeric()).split_whitespace().last();
    last.is_some_and(|last| is_number(&last.to_lowercase()))
}
