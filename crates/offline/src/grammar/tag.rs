//! "Tag 3 with home", "add #home to 3", "remove the tag home from 3", "untag 3".

use todo_domain::Tag;

use super::{
    super::{
        calendar::Calendar,
        intent::{Patch, TagEdit, Target},
        tags,
        targets::{Targets, numbers, targets},
        words::Words,
    },
    Sentence, is_reference, update,
};

/// Sentences that say "tag", or a tag with its sign.
pub(super) fn tag(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    let words = words.trimmed();
    attach(words, calendar)
        .or_else(|| add(words, calendar))
        .or_else(|| replace(words, calendar))
        .or_else(|| untag(words, calendar))
        .or_else(|| remove(words, calendar))
}

fn edit(tags: TagEdit, targets: Targets) -> Sentence {
    update(Patch { tags, ..Patch::default() }, targets)
}

/// The task that is meant where none is named: the one last spoken of.
fn mentioned() -> Targets {
    Targets { list: vec![Target::Mentioned], firm: true }
}

/// Divides "milk as shopping" at the last link that leads to tags and nothing else: a title may have
/// a "with" of its own.
fn tags_after<'m>(words: Words<'m>, links: &[&str]) -> Option<(Words<'m>, Vec<Tag>)> {
    (1..words.len()).rev().find_map(|at| {
        let tags = tags::whole(words.skip(at).after_any(links)?)?;
        Some((words.take(at), tags))
    })
}

/// Divides "home and work from 3" at the first link that nothing but tags come before.
fn tags_before<'m>(words: Words<'m>, links: &[&str]) -> Option<(Vec<Tag>, Words<'m>)> {
    (1..words.len()).find_map(|at| {
        let target = words.skip(at).after_any(links).filter(|target| !target.is_empty())?;
        Some((tags::whole(words.take(at))?, target))
    })
}

/// Divides "3 #home #work" and "3 home".
fn tags_at_end(words: Words<'_>) -> Option<(Words<'_>, Vec<Tag>)> {
    let (target, tags) = tags::hashtags_at_end(words);
    if !target.is_empty() && !tags.is_empty() {
        return Some((target, tags));
    }
    let at = (1..words.len().min(4)).rev().find(|&at| numbers(words.take(at)).is_some())?;
    Some((words.take(at), tags::whole(words.skip(at))?))
}

/// "Tag 3 with home", "tag milk as shopping", "tag 1 and 2 #work".
fn attach(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    const LINKS: [&str; 5] = ["with the tags", "with the tag", "with tag", "with", "as"];
    let rest = words.after("tag")?;
    let (target, tags) = tags_after(rest, &LINKS).or_else(|| tags_at_end(rest))?;
    Some(edit(TagEdit::Add(tags), targets(target, calendar)))
}

/// "Add the tag home to 3", "add #home to it". Anything else that is added is a task.
fn add(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    let rest = words.after_any(&["add", "put", "attach"])?;
    let named = rest.after_any(&["the tags", "the tag", "a tag", "tags", "tag"]);
    if named.is_none() && tags::hashtag(rest).is_none() {
        return None;
    }
    let (tags, target) = tags_before(named.unwrap_or(rest), &["to", "on", "onto"])?;
    let meant = numbers(target).is_some() || is_reference(target);
    meant.then(|| edit(TagEdit::Add(tags), targets(target, calendar)))
}

/// "Set the tags of 3 to home and work", "change 3's tags to home".
fn replace(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    const LINKS: [&str; 4] = ["to", "with", "as", ":"];
    let rest = words.after_any(&["set", "change", "update", "replace"])?;
    let (before, after) = rest.around_any(&["tags", "tag"])?;
    let (target, tags) = if numbers(before).is_some() {
        (before, tags::whole(after.after_any(&LINKS)?)?)
    } else {
        let named = before.is_empty() || before.is("the");
        tags_after(after.after_any(&["of", "for", "on"]).filter(|_| named)?, &LINKS)?
    };
    Some(edit(TagEdit::Set(tags), targets(target, calendar)).surely())
}

/// "Untag 3", "untag home from 3", "untag 3 #home".
fn untag(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    let rest = words.after("untag")?;
    if let Some((tags, target)) = tags_before(rest, &["from", "on"]) {
        return Some(edit(TagEdit::Remove(tags), targets(target, calendar)));
    }
    if let Some((target, tags)) = tags_at_end(rest) {
        return Some(edit(TagEdit::Remove(tags), targets(target, calendar)));
    }
    let targets = if rest.is_empty() { mentioned() } else { targets(rest, calendar) };
    Some(edit(TagEdit::Set(Vec::new()), targets))
}

/// "Remove the tag home from 3", "take #home off the milk", "clear all tags of 3". No task goes.
fn remove(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    const ALL: [&str; 8] = [
        "all the tags", "all its tags", "all of its tags", "all tags", "any tags", "its tags",
        "the tags", "tags",
    ];
    const LINKS: [&str; 4] = ["from", "off", "of", "on"];
    let rest = words.after_any(&["remove", "delete", "drop", "erase", "clear", "take"])?;
    let none = || TagEdit::Set(Vec::new());
    if let Some(of) = rest.after_any(&ALL) {
        if of.is_empty() {
            return Some(edit(none(), mentioned()));
        }
        if let Some(target) = of.after_any(&LINKS).filter(|target| !target.is_empty()) {
            return Some(edit(none(), targets(target, calendar)).surely());
        }
    }
    if let Some(of) = rest.before("tags").filter(|of| numbers(*of).is_some()) {
        return Some(edit(none(), targets(of, calendar)));
    }
    let named = rest.after_any(&["the tags", "the tag", "tags", "tag"]);
    if named.is_none() && tags::hashtag(rest).is_none() {
        return None;
    }
    let rest = named.unwrap_or(rest);
    if let Some((tags, target)) = tags_before(rest, &LINKS) {
        return Some(edit(TagEdit::Remove(tags), targets(target, calendar)).surely());
    }
    Some(edit(TagEdit::Remove(tags::whole(rest)?), mentioned()))
}
