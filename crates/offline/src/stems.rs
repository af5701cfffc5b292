//! What words have in common with their other forms: groceries and grocery, called and call.

use todo_domain::is_part_of_word;

/// Words that carry no meaning in the name of a task.
const EMPTY: [&str; 34] = [
    "the", "a", "an", "my", "our", "this", "that", "those", "these", "task", "tasks", "todo",
    "todos", "to-do", "item", "items", "reminder", "reminders", "entry", "one", "ones", "about",
    "to", "for", "of", "with", "on", "in", "at", "and", "from", "is", "i", "it",
];

/// Forms that no rule leads back to their word.
const IRREGULAR: [(&str, &str); 37] = [
    ("ate", "eat"),
    ("bought", "buy"),
    ("brought", "bring"),
    ("built", "build"),
    ("chose", "choose"),
    ("did", "do"),
    ("done", "do"),
    ("drew", "draw"),
    ("drove", "drive"),
    ("fed", "feed"),
    ("found", "find"),
    ("gave", "give"),
    ("given", "give"),
    ("got", "get"),
    ("held", "hold"),
    ("hung", "hang"),
    ("kept", "keep"),
    ("learnt", "learn"),
    ("made", "make"),
    ("met", "meet"),
    ("paid", "pay"),
    ("ran", "run"),
    ("sent", "send"),
    ("sold", "sell"),
    ("spoke", "speak"),
    ("spent", "spend"),
    ("swam", "swim"),
    ("swept", "sweep"),
    ("taught", "teach"),
    ("told", "tell"),
    ("took", "take"),
    ("taken", "take"),
    ("threw", "throw"),
    ("went", "go"),
    ("won", "win"),
    ("wrote", "write"),
    ("written", "write"),
];

/// The stem of a folded word, or `None` if it carries no meaning.
///
/// Only endings that change no meaning go, by the first rules of Porter's stemmer: stemming that
/// goes further takes different words for one, and a task may be deleted on the strength of it.
pub(super) fn stem(word: &str) -> Option<String> {
    let word = word.strip_suffix("'s").unwrap_or(word);
    let word: String = word.chars().filter(|&letter| is_part_of_word(letter)).collect();
    if word.is_empty() || EMPTY.contains(&&*word) {
        return None;
    }
    let regular = match IRREGULAR.iter().find(|(form, _)| *form == word) {
        Some((_, word)) => (*word).to_owned(),
        None => without_participle(without_plural(word)),
    };
    Some(without_last_vowel(regular))
}

/// Whether a word is the past of another: "bought", "paid".
pub(super) fn is_irregular_past(word: &str) -> bool {
    IRREGULAR.iter().any(|&(form, _)| form == word)
}

/// The part of a stem that all forms of its word begin with: what to search for.
pub(super) fn common_beginning(stem: &str) -> &str {
    stem.trim_end_matches(['e', 'i'])
}

fn without_plural(word: String) -> String {
    let short = ["sses", "shes", "ches", "xes", "ies"].iter().any(|end| word.ends_with(end));
    let cut = if short { 2 } else { 1 };
    let plural =
        short || (word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end)));
    let kept = word.len() - cut.min(word.len());
    if plural && kept >= 3 { word[..kept].to_owned() } else { word }
}

fn without_participle(word: String) -> String {
    if let Some(short) = word.strip_suffix("ied") {
        return format!("{short}i");
    }
    let Some(short) = word.strip_suffix("ing").or_else(|| word.strip_suffix("ed")) else {
        return word;
    };
    let short: Vec<char> = short.chars().collect();
    let kept = match short[..] {
        [.., before, last] if before == last && !is_vowel(last) && !"lsz".contains(last) => {
            &short[..short.len() - 1]
        }
        _ => &short[..],
    };
    if syllables(kept) == 0 || kept.len() < 2 {
        return word;
    }
    let mut stem: String = kept.iter().collect();
    if is_short(kept) && kept.len() == short.len() {
        stem.push('e');
    }
    stem
}

fn without_last_vowel(word: String) -> String {
    let letters: Vec<char> = word.chars().collect();
    match letters[..] {
        [ref rest @ .., 'e'] if rest.len() > 2 && syllables(rest) > 0 && !is_short(rest) => {
            rest.iter().collect()
        }
        [ref rest @ .., before, 'y'] if !rest.is_empty() && !is_vowel(before) => {
            rest.iter().chain(&[before, 'i']).collect()
        }
        _ => word,
    }
}

fn is_vowel(letter: char) -> bool {
    "aeiouy".contains(letter)
}

fn syllables(letters: &[char]) -> usize {
    letters
        .chunk_by(|&one, &two| is_vowel(one) == is_vowel(two))
        .filter(|run| is_vowel(run[0]))
        .count()
}

/// Whether this is one syllable as of "mov(e)" or "not(e)", which takes an "e".
fn is_short(letters: &[char]) -> bool {
    let closed = matches!(letters, [.., before, vowel, last]
        if !is_vowel(*before) && is_vowel(*vowel) && !is_vowel(*last) && !"wx".contains(*last));
    closed && syllables(letters) == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for forms in [
            &["grocery", "groceries", "grocery's"][..],
            &["call", "called", "calling", "calls"],
            &["plan", "planned", "planning", "plans"],
            &["move", "moved", "moving"],
            &["dish", "dishes"],
            &["note", "notes", "noted"],
            &["buy", "bought", "buying"],
            &["pay", "paid", "pays"],
            &["renew", "renewed"],
            &["reply", "replied", "replies"],
            &["prepare", "prepared", "preparing"],
            &["dance", "dancing", "danced"],
            &["movie", "movies"],
            &["bus"],
            &["bring", "bringing"],
        ] {
            let stems: Vec<_> = forms.iter().map(|form| stem(form)).collect();
            assert!(stems.iter().all(|stem| *stem == stems[0]), "{forms:?}: {stems:?}");
        }
    }

    #[test]
    fn different_words_have_different_stems_and_empty_ones_none() {
        assert_ne!(stem("report"), stem("reply"));
        assert_ne!(stem("care"), stem("car"));
        assert_ne!(stem("notes"), stem("not"));
        assert_ne!(stem("movie"), stem("move"));
        assert_eq!(stem("The".to_lowercase().as_str()), None);
        assert_eq!(stem("--"), None);
    }
}
