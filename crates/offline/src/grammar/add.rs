//! "Add buy milk", "remind me to call mom on Friday", "add 3 tasks: a, b, c", "buy milk tomorrow".

use todo_domain::Priority;

use super::{
    super::{
        calendar::Calendar,
        intent::{Draft, Intent, Missing},
        modifiers::{self, Modifiers, ONTO_THE_LIST},
        priorities,
        spans::small_number,
        words::Words,
    },
    Weight,
    items::{is_todo_verb, items, joined},
};

/// What a sentence adds, and how sure it is that it is one that adds.
pub(super) struct Additions {
    pub(super) intents: Vec<Intent>,
    pub(super) weight: Weight,
    /// Fewer tasks were named than announced: "add two tasks: milk" goes on.
    pub(super) lacking: bool,
}

/// A sentence that begins with a word for adding.
pub(super) fn add(words: Words<'_>, calendar: &Calendar) -> Option<Additions> {
    let (head, rest) = head(words, calendar)?;
    Some(additions(head, rest, calendar))
}

const ADDING: [&str; 7] =
    ["add", "insert", "jot down", "note down", "write down", "put down", "note to self"];
const REMINDING: [&str; 16] = [
    "don't let me forget", "do not let me forget", "don't forget", "do not forget", "remember",
    "make a note", "make sure i", "make sure that i", "make sure we", "make sure to",
    "i must not forget", "i mustn't forget", "don't miss", "do not miss", "never forget",
    "keep in mind",
];

/// Whether a sentence begins with words that can do nothing but add: "add", "todo:".
pub(super) fn is_adding(words: Words<'_>, calendar: &Calendar) -> bool {
    // "Task called X is done" is a report.
    const NOUNS: [&str; 6] = ["task", "tasks", "todo", "to-do", "reminder", "put"];
    words.after_any(&ADDING).is_some()
        || words.after_any(&REMINDING).is_some()
        || head(words, calendar).is_some_and(|(head, rest)| {
            head.clear && (rest.is_mark(0) || !NOUNS.contains(&words.at(0)))
        })
}

/// "(I need) a reminder to call Bob": the word for adding is said already.
pub(super) fn noun(words: Words<'_>, calendar: &Calendar) -> Option<Additions> {
    let (head, rest) = object(words, calendar)?;
    Some(additions(head, rest, calendar))
}

fn additions(head: Head, rest: Words<'_>, calendar: &Calendar) -> Additions {
    // "And add it to the wiki" goes on with what was said before.
    let firm = head.clear && !matches!(rest.at(0), "it" | "them" | "that" | "this" | "those");
    let items = if head.several { items(rest) } else { joined(rest) };
    let mut drafts: Vec<Draft> = Vec::new();
    let mut unclaimed = Modifiers::default();
    for item in items {
        let (title, said) = modifiers::around(item, calendar);
        if let Some(title) = title.title() {
            drafts.push(Draft { title, modifiers: said.or(head.said.clone(), calendar) });
        } else if item.at(0) == "all" {
            for draft in &mut drafts {
                draft.modifiers = said.clone().or(draft.modifiers.clone(), calendar);
            }
        } else if let Some(before) = drafts.last_mut() {
            // "Pay rent, high priority": what is no title says something about the one before.
            before.modifiers = said.or(before.modifiers.clone(), calendar);
        } else {
            unclaimed = said;
        }
    }
    let intents = if drafts.is_empty() {
        vec![Intent::Incomplete(Missing::Title(unclaimed.or(head.said, calendar)))]
    } else {
        drafts.into_iter().map(Intent::Add).collect()
    };
    Additions {
        lacking: head.several && intents.len() < head.count,
        intents,
        weight: if firm { Weight::Firm } else { Weight::Loose },
    }
}

/// "Buy milk tomorrow": no word for adding, but a verb that todos begin with.
pub(super) fn bare(words: Words<'_>, calendar: &Calendar) -> Option<Vec<Intent>> {
    const LONGEST: usize = 25;
    let (title, _) = modifiers::around(words, calendar);
    let imperative = is_todo_verb(title.at(0)) && title.len() > 1;
    let asking = words.last() == "?"
        || title.plain().any(|word| matches!(word, "you" | "me"))
        || matches!(title.at(1), "i" | "we" | "it" | "again");
    (imperative && !asking && words.len() <= LONGEST).then(|| of_title(words, calendar))
}

/// Adds what is said without a word for adding.
pub(super) fn of_title(words: Words<'_>, calendar: &Calendar) -> Vec<Intent> {
    joined(words)
        .into_iter()
        .filter_map(|item| {
            let (title, modifiers) = modifiers::around(item, calendar);
            Some(Intent::Add(Draft { title: title.title()?, modifiers }))
        })
        .collect()
}

/// What the beginning of a sentence says about the tasks it adds.
#[derive(Debug, Default)]
struct Head {
    said: Modifiers,
    /// "3 tasks", "these tasks": a list follows.
    several: bool,
    /// "3 tasks": so many follow.
    count: usize,
    /// Nothing but adding can be meant.
    clear: bool,
}

/// Takes "add an urgent task for tomorrow called …" apart: what it says, and the title.
fn head<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(Head, Words<'m>)> {
    const MAKING: [&str; 6] = ["create", "make", "set up", "set", "open", "start"];
    let clear = |(head, rest)| (Head { clear: true, ..head }, rest);
    if let Some(rest) = words.after("put") {
        let rest = rest.trimmed().before_any(&ONTO_THE_LIST)?;
        return Some(clear((Head::default(), rest)));
    }
    if let Some(rest) = words.after("remind me") {
        return Some(clear(link(Head::default(), rest, calendar)));
    }
    if let Some(rest) = words.after_any(&REMINDING) {
        return Some(link(Head::default(), rest, calendar));
    }
    if let Some(rest) = words.after_any(&ADDING) {
        let rest = rest.after_any(&ONTO_THE_LIST).unwrap_or(rest);
        let announced = rest.after_any(&["the following :", "these :", "all of these :"]);
        let announced = announced.map(|rest| (Head { several: true, ..Head::default() }, rest));
        let said = announced.or_else(|| object(rest, calendar));
        return Some(clear(said.unwrap_or((Head::default(), rest))));
    }
    let counted = |rest: Words<'_>| {
        rest.at(0) == "#" || rest.at(0).starts_with(|first: char| first.is_ascii_digit())
    };
    if let Some(rest) = words.after_any(&MAKING) {
        if rest.at(0) == ":" || rest.starts_with_quotation() {
            return Some((Head::default(), rest));
        }
        // "Create a presentation" is something to do, "make task 3 …" is no new task, "make a task
        // called 3" is.
        return object(rest, calendar).filter(|(head, rest)| head.clear || !counted(*rest));
    }
    if let Some(rest) = words.after_any(&[
        "to do", "to-do", "todo", "tasks", "task", "reminder", "new", "another one", "another",
        "one more",
    ]) && (matches!(rest.at(0), ":" | "-" | "–" | "—") || rest.starts_with_quotation())
    {
        let several = words.at(0) == "tasks";
        return Some((Head { several, clear: true, ..Head::default() }, rest));
    }
    let new = words.after_any(&["new", "another", "one more"]);
    let named = new.or_else(|| words.after_any(&["todo", "task"])).map(|_| words)?;
    object(named, calendar).filter(|&(_, rest)| new.is_some() || !counted(rest))
}

/// Reads "an urgent task for tomorrow to", "3 new tasks:", "a reminder about".
fn object<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(Head, Words<'m>)> {
    const NOUNS: [&str; 14] = [
        "to-do item", "todo item", "to do item", "task item", "tasks", "task", "todos", "to-dos",
        "to-do", "todo", "items", "item", "reminders", "reminder",
    ];
    const ADJECTIVES: [&str; 14] = [
        "the following", "the", "a", "an", "another", "one more", "my", "new", "some", "these",
        "quick", "me", "more", "few",
    ];
    let mut head = Head::default();
    let mut rest = words;
    loop {
        if let Some(after) = rest.after_any(&NOUNS) {
            let noun = rest.at(rest.len() - after.len() - 1);
            head.several |= noun.ends_with('s');
            return Some(link(head, after, calendar));
        }
        if let Some(after) = rest.after_any(&ADJECTIVES) {
            rest = after;
        } else if let Some((priority, after)) = adjective(rest) {
            head.said.priority = Some(priority);
            rest = after.after(",").unwrap_or(after);
        } else if let Some(count) = small_number(rest.at(0)) {
            head.count = usize::try_from(count).unwrap_or(0);
            rest = rest.skip(1);
        } else {
            return None;
        }
    }
}

fn adjective(words: Words<'_>) -> Option<(Priority, Words<'_>)> {
    priorities::stated(words).or_else(|| Some((priorities::level(words.at(0))?, words.skip(1))))
}

/// Steps over what stands between the noun and the title: "for tomorrow to", "called", ":".
fn link<'m>(mut head: Head, words: Words<'m>, calendar: &Calendar) -> (Head, Words<'m>) {
    const LINKS: [&str; 13] = [
        "called", "named", "titled", "that says", "saying", "about", "that", "to", "for", "of",
        ":", "-", "–",
    ];
    let mut rest =
        words.after_any(&ONTO_THE_LIST).or_else(|| words.after("for me")).unwrap_or(words);
    // "Task 5: buy milk": which number it gets is not for the person to say.
    if rest.at(1) == ":" && rest.at(0).bytes().all(|byte| byte.is_ascii_digit()) {
        rest = rest.skip(2);
    }
    let with = rest.after_any(&["with", "of", "as"]);
    let with = with.map(|with| with.after("a").unwrap_or(with));
    if let Some((priority, after)) = with.and_then(priorities::stated) {
        (head.said.priority, rest) = (Some(priority), after);
    }
    // "Remind me on Friday to …": the day stands between.
    if let Some((due, after)) = modifiers::due(rest, calendar)
        && (after.after_any(&LINKS).is_some() || after.at(0) == ",")
    {
        (head.said.due, rest) = (Some(due), after);
    }
    let rest = rest.after(",").unwrap_or(rest);
    let linked = rest.after_any(&LINKS);
    head.clear = linked.is_some();
    (head, linked.unwrap_or(rest))
}
