//! What holds for every message.

use proptest::prelude::*;

use super::chat::Chat;

/// Without one of these nothing is deleted.
const DELETING: [&str; 7] = ["delete", "remove", "clear", "drop", "forget", "cancel", "take"];

/// Words of the grammar and others, so that sentences come close to what is understood.
fn words() -> impl Strategy<Value = String> {
    const WORDS: [&str; 104] = [
        "delete", "remove", "clear", "drop", "forget", "cancel", "take", "off", "add", "create",
        "new", "task", "tasks", "todo", "buy", "milk", "call", "mom", "groceries", "report", "the",
        "a", "my", "to", "of", "for", "on", "by", "at", "in", "and", "then", ",", ";", ".", ":",
        "!", "?", "\"", "'", "(", ")", "-", "\n", "#", "1", "2", "3", "4", "99", "0", "1-3",
        "mark", "done", "as", "not", "complete", "finish", "reopen", "undo", "rename", "change",
        "set", "make", "move", "postpone", "priority", "high", "low", "urgent", "due", "date",
        "today", "tomorrow", "friday", "next", "week", "3pm", "2026-12-05", "12/05", "dec", "5",
        "show", "what's", "left", "find", "all", "everything", "it", "please", "i", "need", "is",
        "with", "note", "description", "#home", "#work", "tag", "tags", "untag", "tagged", "é",
        "🥛",
    ];
    proptest::collection::vec(prop::sample::select(&WORDS[..]), 0..14)
        .prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// The chat itself asserts that a turn ends within three steps, makes at most 16 calls with ids
    /// of their own, and streams what it answers.
    #[test]
    fn every_message_is_answered(text in "\\PC{0,200}") {
        Chat::usual().say(&text);
    }

    #[test]
    fn every_sentence_is_answered_and_so_is_the_next(first in words(), second in words()) {
        let mut chat = Chat::usual();
        chat.say(&first);
        chat.say(&second);
    }

    #[test]
    fn nothing_is_deleted_without_a_word_for_it(first in words(), second in words()) {
        let mut chat = Chat::usual();
        let mut allowed = false;
        for said in [first, second] {
            // The second message may answer what the first one led to.
            allowed |= DELETING.iter().any(|word| said.contains(word));
            chat.say(&said);
            let deleted = chat.calls.iter().any(|(tool, _)| tool == "delete_tasks");
            prop_assert!(allowed || !deleted, "{:?}", said);
        }
    }

    /// Whatever tools answer, the person gets an answer.
    #[test]
    fn a_result_that_cannot_be_read_is_no_disaster(said in words(), result in "\\PC{0,60}|\\{\"outcome\":\"[a-z_]{0,9}\"\\}") {
        let mut chat = Chat::usual();
        chat.broken_tools = Some(result);
        chat.say(&said);
    }
}

#[test]
fn a_long_message_of_many_sentences_is_answered() {
    for part in
        ["a, ", "add a and ", "complete 1 and ", "delete the x, ", "set to for ", "\"", "1\n"]
    {
        let mut message = part.repeat(2_000 / part.len());
        message.truncate(2_000);
        Chat::usual().say(&message);
    }
}
