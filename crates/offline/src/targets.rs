//! Which tasks are meant: "3", "#1, 2 and 4", "tasks 1-3", "the groceries one", "everything".

use todo_domain::TaskId;

use super::{
    calendar::Calendar,
    filters,
    intent::{Listing, Target},
    names::Name,
    spans::small_number,
    tags,
    words::Words,
};

/// The tasks meant, and how sure it is that tasks are meant at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Targets {
    pub(super) list: Vec<Target>,
    /// Whether a number or the word "task" says so: "delete task 3", but not "delete photos".
    pub(super) firm: bool,
}

/// Far more than one message may change: what is longer is no range of tasks.
const LONGEST_RANGE: i64 = 1_000;

/// Reads which tasks are meant. Words always mean something, if only a task of that name.
pub(super) fn targets(words: Words<'_>, calendar: &Calendar) -> Targets {
    // "- 1" may be the slip that "-1" is.
    if is_dash(words.at(0))
        && !words.begins_line(0)
        && let Some(number) = no_number(words)
    {
        return Targets { list: vec![number], firm: true };
    }
    let words = without_trailing(words);
    if let Some(list) = numbers(words) {
        return Targets { list, firm: true };
    }
    let group = if words.is_any(&WHOLE) {
        Some(Target::All(Listing::default()))
    } else if words.is_any(&MENTIONED) {
        Some(Target::Mentioned)
    } else {
        filters::group(words, calendar)
    };
    if let Some(group) = group {
        return Targets { list: vec![group], firm: true };
    }
    if let Some(number) = no_number(words) {
        return Targets { list: vec![number], firm: true };
    }
    let firm = words.is_quotation()
        || words.plain().any(|word| matches!(word, "task" | "tasks" | "todo" | "to-do"));
    let list = mixed(words, calendar).unwrap_or_else(|| {
        let name =
            if counts_only(words) { None } else { Name::of(without_noun(without_tags(words))) };
        vec![name.map_or_else(|| Target::OneOf(Listing::default()), Target::Named)]
    });
    Targets { list, firm }
}

/// The tasks called by number, if these words are numbers and nothing else.
pub(super) fn numbers(words: Words<'_>) -> Option<Vec<Target>> {
    let words = without_trailing(words);
    let mut rest = words.after_any(&["the following", "the", "my", "off"]).unwrap_or(words);
    let mut list = Vec::new();
    if is_grouped(rest) {
        return None;
    }
    loop {
        let labelled = rest.after_any(&LABELS);
        let numbered = rest.after("#").or_else(|| labelled.and_then(|rest| rest.after("#")));
        let explicit = labelled.is_some() || numbered.is_some();
        rest = numbered.or(labelled).unwrap_or(rest);
        let (found, after) = number_or_range(rest, explicit)?;
        list.extend(found);
        // "1 first, then 3."
        let after = after.after("first").unwrap_or(after);
        if after.is_empty() || after.is_any(&["task", "item"]) {
            return Some(list);
        }
        rest = if after.begins_line(0) {
            after.after_any(&BULLETS).unwrap_or(after)
        } else {
            after.after_any(&SEPARATORS)?
        };
    }
}

/// What is written like a number and is none that a task has: "-1", "1.5", "1,000". Nobody can tell
/// whether task 1 is meant.
fn no_number(words: Words<'_>) -> Option<Target> {
    let labelled = words.after_any(&["the", "my"]).unwrap_or(words);
    let labelled = labelled.after_any(&LABELS).unwrap_or(labelled);
    (!words.has_quotation() && labelled.has_only_digits())
        .then(|| Target::Impossible(labelled.written().to_owned()))
}

fn is_dash(mark: &str) -> bool {
    matches!(mark, "-" | "–" | "—" | "−")
}

/// Whether a comma stands between three digits and those before it: "1,000" is not 1 and 0.
fn is_grouped(words: Words<'_>) -> bool {
    (1..words.len()).any(|at| {
        let group = words.at(at + 1);
        words.at(at) == ","
            && words.clings(at)
            && words.clings(at + 1)
            && group.len() == 3
            && group.bytes().all(|byte| byte.is_ascii_digit())
    })
}

const LABELS: [&str; 15] = [
    "the task number", "task number", "tasks number", "task no .", "task no", "tasks", "task",
    "items", "item", "numbers", "number", "no .", "nr .", "nr", "todo",
];
/// What begins the lines of a list.
const BULLETS: [&str; 5] = ["-", "–", "—", "*", "•"];
const SEPARATORS: [&str; 13] = [
    ", and also", ", and then", ", and", ", then", "then", "and also", "and then", "as well as",
    ",", "and", "&", "+", "plus",
];
const WHOLE: [&str; 13] = [
    "everything", "all", "all of it", "all of them", "them all", "all of my tasks",
    "the whole list", "my whole list", "the list", "my list", "the entire list", "my entire list",
    "the lot",
];
const MENTIONED: [&str; 10] = [
    "it", "that", "this", "that one", "this one", "that task", "this task", "the last one",
    "the task i just added", "the new one",
];

fn number_or_range(words: Words<'_>, explicit: bool) -> Option<(Vec<Target>, Words<'_>)> {
    if let Some((from, to)) = words.at(0).split_once(['-', '–', '—'])
        && let (Ok(from), Ok(to)) = (from.parse(), to.trim_start_matches('#').parse())
    {
        return Some((range(from, to)?, words.skip(1)));
    }
    let first = number(words.at(0), explicit)?;
    let rest = words.skip(1);
    let through = rest
        .after_any(&["to", "through", "thru", "until", "-", "–", "—"])
        .filter(|_| !rest.begins_line(0));
    if rest.is_negative() && !words.clings(1) {
        // "1 -2" is no range.
        return None;
    }
    if let Some(after) = through {
        let after = after.after_any(&["#", "task", "number"]).unwrap_or(after);
        if let (Target::Number(from), Some(Target::Number(to))) =
            (&first, number(after.at(0), explicit))
        {
            return Some((range(from.get(), to.get())?, after.skip(1)));
        }
    }
    Some((vec![first], rest))
}

/// A number in digits; after "task" or "number" also as a word.
fn number(word: &str, explicit: bool) -> Option<Target> {
    let word = word.strip_suffix("'s").unwrap_or(word);
    if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(
            word.parse().map_or_else(|_| Target::Impossible(word.to_owned()), Target::Number),
        );
    }
    let spelled = small_number(word).filter(|_| explicit && !matches!(word, "a" | "an"))?;
    TaskId::new(spelled).ok().map(Target::Number)
}

/// The tasks from one to another; `None` when it runs backwards, which may be a slip.
fn range(from: i64, to: i64) -> Option<Vec<Target>> {
    if to.saturating_sub(from) >= LONGEST_RANGE {
        return Some(vec![Target::Impossible(format!("{from} to {to}"))]);
    }
    let tasks: Result<Vec<_>, _> = (from..=to).map(TaskId::new).collect();
    (from <= to).then(|| match tasks {
        Ok(tasks) => tasks.into_iter().map(Target::Number).collect(),
        // "0-2" is a slip.
        Err(_) => vec![Target::Impossible(format!("{from} to {to}"))],
    })
}

/// Numbers and names in one list: "1, the report and 3".
fn mixed(words: Words<'_>, calendar: &Calendar) -> Option<Vec<Target>> {
    let mut rest = words;
    let mut parts = Vec::new();
    while let Some((part, others)) = rest.around_any(&SEPARATORS) {
        parts.push(part);
        rest = others;
    }
    parts.push(rest);
    // Of "chapters 1, 2 and 3" the 2 and 3 are chapters.
    let counts = |part: &Words<'_>| {
        let part = part.trimmed();
        let is_number =
            |word: &str| word.bytes().all(|byte| byte.is_ascii_digit()) && !word.is_empty();
        numbers(part).is_none() && (is_number(part.at(0)) || is_number(part.last()))
    };
    let worth_it = parts.len() > 1
        && parts.iter().any(|&part| numbers(part).is_some())
        && !parts.iter().any(counts);
    worth_it.then(|| {
        let mut list: Vec<Target> =
            parts.into_iter().flat_map(|part| targets(part, calendar).list).collect();
        // A slip in one part makes the others doubtful: "delete +1 and 2" asks, and leaves 2 alone.
        let is_slip = |target: &Target| matches!(target, Target::Impossible(_) | Target::OneOf(_));
        if list.iter().any(is_slip) {
            list.retain(is_slip);
        }
        list
    })
}

/// "2 tasks", "the last two": how many, but not which.
fn counts_only(words: Words<'_>) -> bool {
    const COUNTING: [&str; 31] = [
        "first", "last", "latest", "newest", "oldest", "next", "other", "some", "few", "any", "of",
        "them", "those", "these", "both", "the", "my", "things", "items", "tasks", "todos", "task",
        "second", "third", "fourth", "fifth", "sixth", "2nd", "3rd", "4th", "5th",
    ];
    !words.has_quotation()
        && words.plain().all(|word| COUNTING.contains(&word) || small_number(word).is_some())
}

fn without_trailing(words: Words<'_>) -> Words<'_> {
    const TRAILING: [&str; 14] = [
        "from my to-do list", "from my todo list", "off my to-do list", "off my todo list",
        "from my list", "from the list", "off my list", "off the list", "on my list",
        "on the list", "please", "for me", "now", "too",
    ];
    let mut words = words.trimmed();
    while let Some(shorter) = words.before_any(&TRAILING).filter(|shorter| !shorter.is_empty()) {
        words = shorter.trimmed();
    }
    words
}

/// Without the tags that a list shows after a title. Words that are nothing else stay.
fn without_tags(words: Words<'_>) -> Words<'_> {
    let (rest, _) = tags::hashtags_at_end(words);
    if rest.is_empty() { words } else { rest }
}

/// Without what only says that it is a task: "task called X", "X task".
fn without_noun(words: Words<'_>) -> Words<'_> {
    const LEADING: [&str; 14] = [
        "task called", "task named", "task titled", "task about", "task to", "one about", "one to",
        "one called", "todo called", "todo to", "task :", "task", "a", "that",
    ];
    const TRAILING: [&str; 7] = ["tasks", "task", "todo", "one", "item", "reminder", "entry"];
    let words = words.after_any(&["the", "my", "off"]).unwrap_or(words);
    let words = words.after_any(&LEADING).filter(|rest| !rest.is_empty()).unwrap_or(words);
    words.before_any(&TRAILING).filter(|rest| !rest.is_empty()).unwrap_or(words)
}
