//! Tags as people say them: "#home", "tagged home and work", "with the tag home".

use todo_domain::Tag;

use super::{priorities, words::Words};

/// What introduces tags that may come without their sign.
const INTRODUCTIONS: [&str; 9] = [
    "tagged with", "tagged as", "tagged", "with the tags", "with the tag", "with a tag",
    "with tags", "with tag", "tags :",
];

/// Reads "#home" at the beginning. "#12" is a number and "#urgent" a priority.
pub(super) fn hashtag(words: Words<'_>) -> Option<(Tag, Words<'_>)> {
    let word = words.after("#").filter(|_| words.clings(1))?;
    let name = word.at(0);
    let other = name.bytes().all(|byte| byte.is_ascii_digit()) || priorities::level(name).is_some();
    if other { None } else { Some((Tag::new(name).ok()?, word.skip(1))) }
}

/// The "#home" that words end with, and what comes before it.
pub(super) fn hashtag_at_end(words: Words<'_>) -> Option<(Words<'_>, Tag)> {
    let at = words.len().checked_sub(2)?;
    // "example.org?#today": it belongs to what stands before.
    let before = at.checked_sub(1).map_or("", |before| words.at(before));
    if words.clings(at) && matches!(before, "?" | "!" | "=" | "&" | "~" | "|") {
        return None;
    }
    Some((words.take(at), hashtag(words.skip(at))?.0))
}

/// Takes all of "#home, #work" off the end.
pub(super) fn hashtags_at_end(words: Words<'_>) -> (Words<'_>, Vec<Tag>) {
    let (mut rest, mut tags) = (words.trimmed(), Vec::new());
    while let Some((before, tag)) = hashtag_at_end(rest) {
        tags.insert(0, tag);
        rest = before.before_any(&["and", "&"]).unwrap_or(before).trimmed();
    }
    (rest, tags)
}

/// The longest end of the words that introduces tags, and what comes before it.
pub(super) fn introduced_at_end(words: Words<'_>) -> Option<(Words<'_>, Vec<Tag>)> {
    const LONGEST: usize = 24;
    (words.len().saturating_sub(LONGEST)..words.len()).find_map(|at| {
        let tags = whole(words.skip(at).after_any(&INTRODUCTIONS)?)?;
        Some((words.take(at), tags))
    })
}

/// Reads "#home" or "tagged home and work" at the beginning, and says what follows.
pub(super) fn stated(words: Words<'_>) -> Option<(Vec<Tag>, Words<'_>)> {
    if let Some((tag, rest)) = hashtag(words) {
        return Some((vec![tag], rest));
    }
    let said = words.after_any(&INTRODUCTIONS)?;
    if let Some(tags) = whole(said) {
        return Some((tags, said.skip(said.len())));
    }
    let (tag, rest) = name(said)?;
    Some((vec![tag], rest))
}

/// Reads tags and nothing else, with their sign or without: "home", "#home and #work".
pub(super) fn whole(words: Words<'_>) -> Option<Vec<Tag>> {
    let (mut rest, mut tags) = (words.trimmed(), Vec::new());
    loop {
        let (tag, after) = name(rest)?;
        tags.push(tag);
        if after.is_empty() {
            return Some(tags);
        }
        let divided = after.after_any(&[", and", ",", "and", "&", "+"]);
        rest = divided.or_else(|| hashtag(after).map(|_| after))?;
    }
}

/// Reads the name of one tag.
fn name(words: Words<'_>) -> Option<(Tag, Words<'_>)> {
    let word = words.after("#").filter(|_| words.clings(1)).unwrap_or(words);
    Some((Tag::new(word.take(1).title()?).ok()?, word.skip(1)))
}

/// These tags and those of `others` that are not among them.
pub(super) fn joined(tags: Vec<Tag>, others: Vec<Tag>) -> Vec<Tag> {
    others.into_iter().fold(tags, |mut tags, tag| {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
        tags
    })
}

#[cfg(test)]
mod tests {
    use super::{super::words::Message, *};

    fn at_end(text: &str) -> (String, Vec<String>) {
        let message = Message::read(text);
        let (rest, tags) = hashtags_at_end(message.words());
        (rest.written().to_owned(), tags.iter().map(Tag::to_string).collect())
    }

    #[test]
    fn hashtags_are_words_after_a_sign() {
        assert_eq!(at_end("buy milk #Shopping, #to-do!").1, ["shopping", "to-do"]);
        assert_eq!(at_end("buy milk #shopping #home").0, "buy milk");
    }

    #[test]
    fn a_number_a_language_and_a_priority_are_no_tags() {
        for text in
            ["call about issue #12", "learn C#", "learn C# today", "pay rent #urgent", "a # b"]
        {
            assert_eq!(at_end(text), (text.to_owned(), vec![]));
        }
    }

    #[test]
    fn a_list_of_tags_is_that_and_nothing_else() {
        let tags = |text: &str| whole(Message::read(text).words()).map(|tags| tags.len());
        assert_eq!(tags("home"), Some(1));
        assert_eq!(tags("#home #work, play and “garden”"), Some(4));
        assert_eq!(tags("home office"), None);
        assert_eq!(tags(""), None);
    }
}
