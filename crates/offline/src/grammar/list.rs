//! "Show my tasks", "what's due this week?", "find milk".

use todo_domain::TaskStatus;

use super::{
    super::{
        calendar::Calendar,
        filters::{Filters, MOST_LEFT_OVER, filters},
        intent::{Intent, Listing, Target},
        targets::numbers,
        words::Words,
    },
    Sentence, Weight,
};

pub(super) fn list(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    let weighed = |weight| move |listing| Sentence { intent: Intent::List(listing), weight };
    one(words)
        .or_else(|| shown(words, calendar))
        .or_else(|| asked(words, calendar))
        .or_else(|| asked_of_one(words))
        .map(weighed(Weight::Firm))
        .or_else(|| named(words, calendar).map(weighed(Weight::Alone)))
        .or_else(|| search(words, calendar).map(weighed(Weight::Loose)))
}

/// "Show task 3", "when is task 3 due?", "what about 3?".
fn one(words: Words<'_>) -> Option<Listing> {
    const VERBS: [&str; 14] = [
        "show me", "show", "display", "view", "see", "print", "open task", "what about", "what is",
        "what's", "tell me about", "details of", "details for", "describe",
    ];
    const QUESTIONS: [&str; 9] =
        ["is", "when is", "when's", "what is", "what's", "which is", "how about", "what", "does"];
    let only = |words: Words<'_>| match numbers(words)?.as_slice() {
        [Target::Number(id)] => Some(Listing { only: Some(*id), ..Listing::default() }),
        _ => None,
    };
    if let Some(found) = words.after_any(&VERBS).and_then(only) {
        return Some(found);
    }
    // "Is task 3 done?" is answered by showing it.
    let asked = words.after_any(&QUESTIONS)?;
    let (_, from) = asked.around_any(&["task", "#", "number"])?;
    let questioning = asked.len() < 9 && words.last() == "?";
    questioning.then(|| only(from.take(1))).flatten()
}

/// "Show my completed tasks", "give me the list".
fn shown(words: Words<'_>, calendar: &Calendar) -> Option<Listing> {
    const OTHERS: [&str; 12] = [
        "give me", "tell me", "read me", "read out", "get me", "get", "check", "read", "look at",
        "review", "go through", "remind me of",
    ];
    let showing = words.after_any(&SHOWING);
    let rest = showing.or_else(|| words.after_any(&OTHERS))?;
    if rest.trimmed().is_empty() {
        return showing.map(|_| pending());
    }
    let found = filters(rest, calendar);
    let said = found.all || found.listing != Listing::default();
    let about = found.about_tasks() || (said && showing.is_some());
    (about && found.leftover.is_empty()).then(|| settled(found))
}

const SHOWING: [&str; 7] = ["show me", "show", "list", "display", "view", "see", "print"];
const ASKING: [&str; 19] = [
    "what's", "whats", "what", "which", "how many", "how much", "do i have", "do i", "have i",
    "did i", "are there", "is there", "anything", "any", "when", "am i", "is anything", "are any",
    "where are",
];

/// "What's left?", "do I have anything due tomorrow?", "how many tasks are open?".
fn asked(words: Words<'_>, calendar: &Calendar) -> Option<Listing> {
    if words.after_any(&["is everything", "are all", "is it all", "is all"]).is_some() {
        return filters(words, calendar).leftover.is_empty().then(pending);
    }
    let words = words.after_any(&["tell me", "know", "i want to know"]).unwrap_or(words);
    words.after_any(&ASKING)?;
    let found = filters(words, calendar);
    let about = found.about_tasks() || found.by_due() || found.listing.status.is_some();
    (about && found.leftover.is_empty()).then(|| settled(found))
}

/// "When is the report due?", "is the report done?".
fn asked_of_one(words: Words<'_>) -> Option<Listing> {
    const STATES: [&str; 7] =
        ["due", "done", "finished", "completed", "complete", "overdue", "still open"];
    let rest = words.after_any(&["when is", "when's", "is", "are"])?;
    let name = rest.trimmed().before_any(&STATES)?;
    let name = name.after_any(&["the", "my"]).unwrap_or(name);
    let name = name.before_any(&["task", "one"]).unwrap_or(name);
    let about = !name.is_any(&["it", "that", "this"]) && name.len() <= MOST_LEFT_OVER;
    Some(Listing { query: Some(name.title().filter(|_| about)?), ..Listing::default() })
}

/// "My tasks", "completed tasks", "overdue", "tomorrow?".
fn named(words: Words<'_>, calendar: &Calendar) -> Option<Listing> {
    // "Complete all open tasks" tells what to do and "all tasks are done" what was, unlike
    // "completed tasks".
    let done = words.trimmed().before_any(&["done", "finished", "completed"]);
    if matches!(words.at(0), "complete" | "finish" | "it" | "it's")
        || done.is_some_and(|words| matches!(words.last(), "is" | "are"))
    {
        return None;
    }
    let found = filters(words, calendar);
    let tagged = !found.listing.tags.is_empty();
    let about = found.plural || found.by_due() || tagged || words.is("everything");
    (about && found.leftover.is_empty()).then(|| settled(found))
}

/// "Find milk", "show me the groceries tasks": what is no filter is what to look for.
fn search(words: Words<'_>, calendar: &Calendar) -> Option<Listing> {
    const SEARCHING: [&str; 8] = [
        "search my tasks for", "search my list for", "search for", "search", "look for", "look up",
        "find me", "find",
    ];
    let searching = words.after_any(&SEARCHING);
    let showing = words.after_any(&SHOWING);
    let rest = searching.or(showing).or_else(|| words.after_any(&ASKING))?;
    // "See that 1 and 2 are done" is something to do.
    if rest.at(0) == "that" && showing.is_some() {
        return None;
    }
    let found = filters(rest, calendar);
    let meant = searching.or(showing).is_some() || found.plural;
    if !meant || found.leftover.len() > MOST_LEFT_OVER || numbers(rest).is_some() {
        return None;
    }
    let query = match (&found.listing.query, &found.leftover[..]) {
        (Some(query), _) => Some(query.clone()),
        (None, []) if !found.listing.tags.is_empty() => None,
        (None, []) => Some(rest.title()?),
        (None, words) => Some(words.join(" ")),
    };
    let Listing { status, tags, .. } = found.listing;
    Some(Listing { query, status, tags, ..Listing::default() })
}

fn pending() -> Listing {
    Listing { status: Some(TaskStatus::Pending), ..Listing::default() }
}

/// What is done is shown only when asked for.
fn settled(found: Filters<'_>) -> Listing {
    let Filters { mut listing, all, .. } = found;
    if listing.status == Some(TaskStatus::Completed) {
        // "What did I finish today?" does not ask when it was due.
        (listing.due_after, listing.due_before, listing.overdue) = (None, None, false);
    } else if listing.status.is_none() && !all {
        listing.status = Some(TaskStatus::Pending);
    }
    listing
}
