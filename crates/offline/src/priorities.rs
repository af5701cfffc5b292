//! Priorities as people say them: "high priority", "urgent", "with low priority", "!!".

use todo_domain::Priority;

use super::words::Words;

/// Where words stand that may be a priority: there they mean more or less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// After a title, which may itself end with "high".
    AfterTitle,
    /// After what is to be changed: "set 2 to high".
    AfterTarget,
}

/// Reads "high", "urgent", "top" and the like.
pub(super) fn level(word: &str) -> Option<Priority> {
    Some(match word {
        "high" | "highest" | "top" | "hi" | "urgent" | "critical" | "important" | "p1" => {
            Priority::High
        }
        "medium" | "normal" | "med" | "mid" | "regular" | "default" | "p2" => Priority::Medium,
        "low" | "lowest" | "lo" | "minor" | "unimportant" | "p3" => Priority::Low,
        _ => return None,
    })
}

/// Reads "high priority", "high-priority", "priority: high" at the beginning, and says what
/// follows.
pub(super) fn stated(words: Words<'_>) -> Option<(Priority, Words<'_>)> {
    const NOUNS: [&str; 3] = ["priority", "prio", "importance"];
    if let Some((name, noun)) = words.at(0).split_once('-')
        && NOUNS.contains(&noun)
    {
        return Some((level(name)?, words.skip(1)));
    }
    if let Some(rest) = words.after_any(&NOUNS) {
        let rest = rest.after_any(&[":", "=", "is", "to", "of"]).unwrap_or(rest);
        return Some((level(rest.at(0))?, rest.skip(1)));
    }
    Some((level(words.at(0))?, words.skip(1).after_any(&NOUNS)?))
}

/// The longest end of the words that is a priority, and what comes before it.
pub(super) fn at_end(words: Words<'_>, position: Position) -> Option<(Words<'_>, Priority)> {
    const LONGEST: usize = 8;
    let last = words.len().checked_sub(1)?;
    // One exclamation mark right after a word is just how it was said.
    if words.last().starts_with('!') && last > 0 && (words.last().len() > 1 || !words.clings(last))
    {
        return Some((words.take(last), Priority::High));
    }
    let ends = words.len().saturating_sub(LONGEST)..words.len();
    ends.filter(|&at| !words.is_after_number(at)).find_map(|at| {
        let before = at.checked_sub(1).map_or("", |before| words.at(before));
        let priority = whole(words.skip(at), before, position)?;
        Some((words.take(at), priority))
    })
}

/// Reads a priority before a title, from which a mark must divide it: "urgent: pay rent".
pub(super) fn at_start(words: Words<'_>) -> Option<(Priority, Words<'_>)> {
    let bracketed = words.after_any(&["(", "[", "!", "#"]);
    let inner = bracketed.unwrap_or(words);
    let (priority, rest) = stated(inner).or_else(|| {
        let rest = inner.after("asap");
        rest.map(|rest| (Priority::High, rest))
            .or_else(|| Some((level(inner.at(0))?, inner.skip(1))))
    })?;
    let divided = bracketed.is_some_and(|_| matches!(words.at(0), "!" | "#"))
        || matches!(rest.at(0), ":" | "-" | "–" | "—" | "," | ")" | "]");
    let rest = rest.after_any(&[")", "]"]).unwrap_or(rest);
    (divided && !rest.is_empty()).then_some((priority, rest))
}

/// Whether these words, after `before`, are a priority and nothing else.
fn whole(words: Words<'_>, before: &str, position: Position) -> Option<Priority> {
    const SEPARATORS: [&str; 9] = [",", "-", "–", "—", "(", "[", ":", "!", "#"];
    const INTRODUCTIONS: [&str; 17] = [
        "and it's", "it's", "it is", "this is", "that's", "make it", "with a", "with an",
        "with the", "with", "at", "as a", "as", "of", "and", "all", "a",
    ];
    const DEGREES: [&str; 3] = ["very", "really", "super"];
    let divided = words.after_any(&SEPARATORS);
    let rest = divided.unwrap_or(words);
    let introduced = rest.after_any(&INTRODUCTIONS);
    let rest = introduced.unwrap_or(rest);
    let rest = rest.after_any(&DEGREES).unwrap_or(rest);
    let ends = |rest: Words<'_>| rest.is_empty() || rest.is_any(&[")", "]"]);
    if let Some((priority, after)) = stated(rest) {
        let noun = introduced.and_then(|_| after.after_any(&["task", "item", "one"]));
        return ends(noun.unwrap_or(after)).then_some(priority);
    }
    if position == Position::AfterTarget
        && rest.after_any(&["not urgent", "not important"]).is_some_and(ends)
    {
        return Some(Priority::Low);
    }
    if let Some(after) = rest.after_any(&["asap", "urgently", "as soon as possible"]) {
        return ends(after).then_some(Priority::High);
    }
    let (level, after) = (level(rest.at(0))?, rest.skip(1));
    let clear = match (position, rest.at(0)) {
        (Position::AfterTarget, _) => true,
        (Position::AfterTitle, "urgent" | "important" | "critical") => {
            divided.is_some() || introduced.is_some() || !needs_an_adjective(before)
        }
        (Position::AfterTitle, _) => divided.is_some(),
    };
    (clear && ends(after)).then_some(level)
}

/// Whether "urgent" after this word belongs to what is said: "sort out what is urgent".
fn needs_an_adjective(word: &str) -> bool {
    const WORDS: [&str; 17] = [
        "is", "are", "be", "was", "what", "what's", "not", "the", "so", "very", "more", "most",
        "less", "something", "anything", "nothing", "looks",
    ];
    WORDS.contains(&word)
}
