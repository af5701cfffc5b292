//! What is said about a task beside its title: when it is due, how much it matters, tags, a note.
//!
//! They stand at the end of a title or before it. A day inside a title belongs to it: the Monday
//! of "prepare slides for Monday's meeting" is the meeting's.

use todo_domain::{Priority, Tag};

use super::{
    calendar::Calendar,
    dates, days,
    parts_of_day::Part,
    priorities::{self, Position},
    tags, unread,
    when::When,
    words::Words,
};

/// What was said about a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Modifiers {
    pub(super) priority: Option<Priority>,
    pub(super) due: Option<When>,
    pub(super) tags: Vec<Tag>,
    pub(super) description: Option<String>,
}

impl Modifiers {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These, and where they are silent what `others` say.
    pub(super) fn or(self, others: Self, calendar: &Calendar) -> Self {
        let due = match (self.due, others.due) {
            (Some(due), Some(other)) => Some(due.or(other, calendar)),
            (due, other) => due.or(other),
        };
        Self {
            priority: self.priority.or(others.priority),
            due,
            tags: tags::joined(self.tags, others.tags),
            description: self.description.or(others.description),
        }
    }
}

/// Splits words into a title and what is said about it after and before it.
pub(super) fn around<'m>(words: Words<'m>, calendar: &Calendar) -> (Words<'m>, Modifiers) {
    let (words, noted) = note(words, calendar);
    let (words, after) = after(words, calendar, Position::AfterTitle);
    let (words, mut before) = before(words, calendar);
    let mut title = words;
    // "Tomorrow: call Bob at 10": with its day before the title, the time after it is whole.
    if let (None, Some(day)) = (after.due, before.due)
        && !day.has_time()
        && let Some((rest, time)) = end_of_due(words, calendar, Position::AfterTitle)
        && !time.has_day()
        && !unread::stays_in(rest, words.skip(rest.len()), time, calendar)
    {
        (title, before.due) = (without_closing(rest), Some(time.or(day, calendar)));
    }
    (title, noted.or(after, calendar).or(before, calendar))
}

/// Splits words into something and what is said about it after it.
pub(super) fn after<'m>(
    words: Words<'m>,
    calendar: &Calendar,
    position: Position,
) -> (Words<'m>, Modifiers) {
    let mut found = Modifiers::default();
    let mut rest = without_closing(words);
    loop {
        if found.priority.is_none()
            && let Some((before, priority)) = priorities::at_end(rest, position)
        {
            (rest, found.priority) = (without_closing(before), Some(priority));
        } else if let Some((before, tag)) = tags::hashtag_at_end(rest) {
            (rest, found.tags) = (without_closing(before), tags::joined(vec![tag], found.tags));
        } else if found.due.is_none()
            && let Some((before, due)) = due_at_end(rest, calendar, position)
        {
            (rest, found.due) = (without_closing(before), Some(due));
        } else if let Some((before, tags)) = tags::introduced_at_end(rest) {
            (rest, found.tags) = (without_closing(before), tags::joined(tags, found.tags));
        } else {
            return (rest, found);
        }
    }
}

/// Splits words into what is said about a task before its title, and the title.
fn before<'m>(words: Words<'m>, calendar: &Calendar) -> (Words<'m>, Modifiers) {
    let mut found = Modifiers::default();
    let mut rest = words.trimmed();
    loop {
        if found.priority.is_none()
            && let Some((priority, after)) = priorities::at_start(rest)
        {
            (rest, found.priority) = (after.trimmed(), Some(priority));
        } else if let Some((tag, after)) = tags::hashtag(rest)
            && !after.is_empty()
        {
            rest = after.trimmed();
            found.tags.push(tag);
        } else if found.due.is_none()
            && let Some((due, after)) = due_at_start(rest, calendar)
        {
            (rest, found.due) = (after.trimmed(), Some(due));
        } else {
            return (rest, found);
        }
    }
}

/// Reads "due tomorrow", "by Friday at noon", "on Dec 5" and the like, if the words are that and
/// nothing else.
fn whole_due(words: Words<'_>, calendar: &Calendar) -> Option<When> {
    let (due, rest) = due(words, calendar)?;
    let rest = rest.trimmed();
    (rest.is_empty() || rest.is_any(&[")", "]"])).then_some(due)
}

/// Reads a due date at the beginning when something follows that it can't belong to.
fn due_at_start<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(When, Words<'m>)> {
    let (due, rest) = due(words, calendar)?;
    // "Monday meeting" is a meeting, "Monday: meeting" is due.
    let clear = bare(words, calendar).is_none()
        || matches!(words.at(0), "today" | "tonight" | "tomorrow")
        || matches!(rest.at(0), "," | ":" | "-" | "–" | "—");
    let whole = !unread::goes_on(due, rest, calendar);
    (clear && whole && !rest.is_empty()).then_some((due, rest))
}

/// The longest end of the words that is a due date, and what comes before it. After a title nothing
/// of the date may be left in it.
fn due_at_end<'m>(
    words: Words<'m>,
    calendar: &Calendar,
    position: Position,
) -> Option<(Words<'m>, When)> {
    let (title, due) = end_of_due(words, calendar, position)?;
    let said = words.skip(title.len());
    let whole = position == Position::AfterTarget || !unread::stays_in(title, said, due, calendar);
    let due = Part::among(title).map_or(due, |part| due.hinted(part, calendar));
    whole.then_some((title, due))
}

fn end_of_due<'m>(
    words: Words<'m>,
    calendar: &Calendar,
    position: Position,
) -> Option<(Words<'m>, When)> {
    const LONGEST: usize = 16;
    if recurs(words) {
        return None;
    }
    let ends = words.len().saturating_sub(LONGEST)..words.len();
    ends.filter(|&at| !words.is_after_number(at) && !is_denied(words.take(at))).find_map(|at| {
        let end = words.skip(at);
        let belongs_to_title = position == Position::AfterTitle
            && at > 0
            && bare(end, calendar)
                .is_some_and(|due| !may_end(words.at(at - 1), end.at(0), due.has_time()));
        let due = if belongs_to_title { None } else { whole_due(end, calendar) };
        due.map(|due| (words.take(at), due))
    })
}

/// Whether these words say that the date after them is not the one: "not before", "no earlier than".
fn is_denied(words: Words<'_>) -> bool {
    const DENIALS: [&str; 9] = [
        "not", "never", "except", "but not", "no earlier than", "no sooner than", "not until",
        "not before", "anytime but",
    ];
    words.before_any(&DENIALS).is_some()
}

/// Whether words say that something comes back: "every Monday" is no due date, and we have no other
/// word for it.
fn recurs(words: Words<'_>) -> bool {
    const OFTEN: [&str; 14] = [
        "every", "each", "daily", "nightly", "weekly", "fortnightly", "monthly", "yearly",
        "annually", "weekdays", "weekends", "mornings", "evenings", "nights",
    ];
    let plural = |word: &str| {
        word.ends_with("day") && days::weekday_name(word).is_some() || word == "weekend"
    };
    words.plain().any(|word| OFTEN.contains(&word) || word.strip_suffix('s').is_some_and(plural))
}

/// What introduces a due date.
const INTRODUCTIONS: [&str; 26] = [
    "with a due date of", "with due date", "with a deadline of", "with deadline", "due date is",
    "due date of", "due date", "deadline of", "deadline is", "deadline", "no later than",
    "not later than", "which is due", "that is due", "to be done by", "scheduled for", "is due",
    "it's due", "due by", "due on", "due", "by", "until", "till", "before", "for",
];

/// Reads "due tomorrow", "by Friday at noon" at the beginning, and says what follows.
pub(super) fn due<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(When, Words<'m>)> {
    let mut words = words;
    while matches!(words.at(0), "," | "-" | "–" | "—" | "(" | "[") {
        words = words.skip(1);
    }
    let introduced = words.after_any(&INTRODUCTIONS);
    let linked =
        introduced.and_then(|words| words.after_any(&[":", "=", "on", "for", "to", "(", "["]));
    // "At the end of May", "at 2027-01-05".
    let at_day = || {
        let day = words.after("at")?;
        let is_end = day.at(0) == "end" || day.after("the end").is_some();
        let is_day = || dates::when(day, calendar).is_some_and(|(due, _)| due.has_day());
        (is_end || is_day()).then_some(day)
    };
    let hour =
        || dates::hour_of_day(words.after_any(&["by", "before", "until", "till"])?, calendar);
    let date = linked.or(introduced).or_else(|| words.after("on")).or_else(at_day);
    dates::when(date.unwrap_or(words), calendar).or_else(hour)
}

/// The due date that comes without a word that introduces it.
fn bare(words: Words<'_>, calendar: &Calendar) -> Option<When> {
    let introduced = matches!(words.at(0), "at" | "@" | "in" | "within");
    dates::when(words, calendar).filter(|_| !introduced).map(|(due, _)| due)
}

/// Whether a day without an introduction may follow this word: not in "news of today", "sit in
/// the sun", "Black Friday". A short name is a day only with a time: "Wed at 10:00".
fn may_end(before: &str, day: &str, with_time: bool) -> bool {
    const CLAIM: [&str; 34] = [
        "of", "from", "since", "about", "between", "and", "or", "than", "like", "called", "named",
        "to", "the", "a", "an", "in", "last", "past", "black", "good", "cyber", "easter", "palm",
        "ash", "super", "on", "by", "for", "until", "till", "before", "this", "next", "after",
    ];
    let could_be_a_word = match day {
        "sun" | "sat" | "wed" | "mon" => !with_time,
        "noon" | "midnight" | "lunchtime" | "midday" => true,
        _ => false,
    };
    !CLAIM.contains(&before) && !could_be_a_word
}

/// Takes a note off: 'with the note "…"', "description: …". What follows a quoted note is said
/// about the task; a note without quotation marks goes on to the end.
fn note<'m>(words: Words<'m>, calendar: &Calendar) -> (Words<'m>, Modifiers) {
    const WITH: [&str; 7] = [
        "with the description", "with a description", "with description", "with the note",
        "with a note", "with notes", "with note",
    ];
    // These are words of titles too, so a colon or a quotation must follow.
    const BARE: [&str; 8] = [
        "and the description", "and description", "and note", "description", "notes", "note",
        "details", "desc",
    ];
    let marked =
        |(_, said): &(Words<'_>, Words<'_>)| said.at(0) == ":" || said.starts_with_quotation();
    let found = words.around_any(&WITH).or_else(|| words.around_any(&BARE).filter(marked));
    let Some((title, said)) = found.filter(|(title, _)| !title.is_empty()) else {
        return (words, Modifiers::default());
    };
    let said = said.after_any(&[":", "of", "saying", "that says"]).unwrap_or(said);
    let (text, rest) = if said.starts_with_quotation() {
        (said.take(1).title(), said.skip(1))
    } else {
        (said.title(), said.skip(said.len()))
    };
    let (rest, others) = after(rest, calendar, Position::AfterTarget);
    if text.is_none() || !rest.is_empty() {
        return (words, Modifiers::default());
    }
    (title, Modifiers { description: text, ..others })
}

/// Where a task is put, as if it could be put anywhere else.
pub(super) const ONTO_THE_LIST: [&str; 19] = [
    "to my to-do list", "to my todo list", "to my to do list", "to my task list",
    "to the to-do list", "to the todo list", "on my to-do list", "on my todo list",
    "on my to do list", "on my task list", "on the to-do list", "on the todo list", "to my tasks",
    "onto my list", "to my list", "to the list", "on my list", "on the list", "in my list",
];

/// Without closing courtesies and marks.
fn without_closing(words: Words<'_>) -> Words<'_> {
    const COURTESIES: [&str; 3] = ["please", "thank you", "thanks"];
    let mut rest = words;
    loop {
        // An exclamation mark that stands alone, or several, may be a priority.
        let exclaimed = rest.last() == "!" && rest.clings(rest.len() - 1);
        let shorter = rest
            .before_any(&COURTESIES)
            .or_else(|| rest.before_any(&ONTO_THE_LIST))
            .or_else(|| rest.before_any(&[".", ",", ";", ":", "?", "and"]))
            .or_else(|| {
                rest.before_any(&["-", "–", "—"])
                    .filter(|shorter| !rest.is_after_number(shorter.len()))
            })
            .or_else(|| exclaimed.then(|| rest.take(rest.len() - 1)));
        match shorter {
            Some(shorter) => rest = shorter,
            None => return rest,
        }
    }
}
