//! Several tasks in one sentence: on lines of their own, between commas, joined by "and" between verbs
//! that todos begin with.

use super::super::words::Words;

/// The items of an announced list: on lines of their own, or between commas and "and".
pub(super) fn items(words: Words<'_>) -> Vec<Words<'_>> {
    let lines = lines(words);
    if lines.len() > 1 {
        return lines;
    }
    counted_together(words, divided(words, &[", and", ", then", ",", ";", "and", "&"]))
}

/// The same with numbers that go on with what was counted before them: "read chapters 1, 2 and 3" is
/// one item, and so is what ends with a date and its year.
fn counted_together<'m>(words: Words<'m>, parts: Vec<Words<'m>>) -> Vec<Words<'m>> {
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit()) && !word.is_empty();
    if parts.iter().all(|part| is_number(part.trimmed().at(0))) {
        return parts;
    }
    let mut items: Vec<Words<'m>> = Vec::new();
    for part in parts {
        match items.last_mut() {
            Some(item) if is_number(part.trimmed().at(0)) && is_number(item.trimmed().last()) => {
                *item = words.between(*item, part);
            }
            _ => items.push(part),
        }
    }
    items
}

/// What one sentence adds: one task, unless every part is a todo of its own ("buy bread and call
/// mom") or stands on its own line.
pub(super) fn joined(words: Words<'_>) -> Vec<Words<'_>> {
    let lines = lines(words);
    if lines.len() > 1 {
        return lines;
    }
    let parts = divided(
        words,
        &[", and then", ", and", ", then", "and then", "and also", "and to", ",", ";", "and"],
    );
    let todo = |part: &Words<'_>| {
        let part = part.trimmed();
        is_todo_verb(part.at(0)) && part.plain().count() > 1
    };
    let quoted = |part: &Words<'_>| part.trimmed().is_quotation();
    let several = parts.len() > 1 && (parts.iter().all(todo) || parts.iter().all(quoted));
    if several { parts } else { vec![words] }
}

fn lines(words: Words<'_>) -> Vec<Words<'_>> {
    let words = words.trimmed();
    let starts: Vec<_> = (0..words.len()).filter(|&at| at == 0 || words.begins_line(at)).collect();
    starts
        .iter()
        .zip(starts.iter().skip(1).chain([&words.len()]))
        .map(|(&start, &end)| without_number(words.skip(start).take(end - start)))
        .collect()
}

/// "1. buy milk" in a numbered list is about milk.
pub(super) fn without_number(words: Words<'_>) -> Words<'_> {
    let numbered = words.len() > 2
        && words.at(0).bytes().all(|byte| byte.is_ascii_digit())
        && matches!(words.at(1), "." | ")")
        && words.clings(1);
    if numbered { words.skip(2) } else { words }
}

fn divided<'m>(words: Words<'m>, separators: &[&str]) -> Vec<Words<'m>> {
    let mut parts = Vec::new();
    let mut rest = words;
    while let Some((part, others)) = rest.around_any(separators) {
        parts.push(part);
        rest = others;
    }
    parts.push(rest);
    parts.into_iter().filter(|part| !part.trimmed().is_empty()).collect()
}

const VERBS: [&str; 134] = [
    "apply", "arrange", "ask", "assemble", "attend", "backup", "bake", "book", "borrow", "bring",
    "brush", "build", "buy", "call", "charge", "clean", "collect", "compare", "confirm", "contact",
    "cook", "copy", "cut", "debug", "decide", "declutter", "deliver", "deploy", "deposit",
    "design", "discuss", "do", "donate", "download", "draft", "dust", "email", "e-mail", "empty",
    "exchange", "exercise", "feed", "fetch", "file", "fill", "fix", "fold", "follow", "get",
    "give", "go", "grab", "hang", "hoover", "install", "invite", "iron", "join", "learn", "mail",
    "make", "measure", "meet", "mend", "message", "mop", "mow", "order", "organise", "organize",
    "pack", "paint", "park", "pay", "phone", "pick", "plan", "plant", "polish", "post", "practice",
    "practise", "prepare", "print", "proofread", "publish", "purchase", "read", "rearrange",
    "rebook", "recycle", "refill", "register", "renew", "repair", "replace", "reply", "research",
    "respond", "return", "review", "ring", "run", "schedule", "sell", "send", "sew", "share",
    "shop", "sign", "sort", "speak", "study", "submit", "sweep", "talk", "tell", "text", "thank",
    "throw", "tidy", "translate", "unpack", "upgrade", "upload", "vacuum", "visit", "walk", "wash",
    "watch", "water", "wrap", "write", "wipe",
];

/// Whether a todo may begin with this word.
pub(super) fn is_todo_verb(word: &str) -> bool {
    VERBS.contains(&word)
}
