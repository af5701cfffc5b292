//! Taking back what was done last, and bringing it back.

use super::chat::Chat;

/// A list from which the last message deleted task 3.
fn without_mom() -> Chat {
    let mut chat = Chat::usual();
    chat.say("delete 3");
    chat
}

#[track_caller]
fn check(chat: fn() -> Chat, said: &[&str], tool: &str) {
    for said in said {
        let mut chat = chat();
        let answer = chat.say(said);
        let calls: Vec<_> =
            chat.calls.iter().map(|(name, args)| format!("{name} {args}")).collect();
        assert_eq!(calls, [tool], "{said}: {answer}");
    }
}

#[test]
fn what_was_done_last_is_taken_back_however_it_is_said() {
    check(
        without_mom,
        &[
            "undo",
            "Undo!",
            "undo it",
            "undo that",
            "Undo that please",
            "please undo",
            "undo this",
            "undo all of that",
            "undo everything",
            "undo the last change",
            "undo last change",
            "undo my last message",
            "undo your last action",
            "undo the previous step",
            "undo the change",
            "undo those changes",
            "undo the deletion",
            "undo that deletion",
            "undo what you just did",
            "undo what I said",
            "undo again",
            "undo that now",
            "revert",
            "revert that",
            "revert the last edit",
            "reverse that",
            "take that back",
            "take it back",
            "I take that back",
            "take back what I just said",
            "roll back",
            "rollback the last change",
            "roll it back",
            "can you undo that?",
            "could you please undo the last change?",
            "I want to undo that",
            "I'd like to undo the last change",
            "I need to undo that",
            "oops, undo that",
            "no, undo that",
            "sorry, undo",
            "ctrl-z",
            "Ctrl+Z",
            "hey, undo that",
            "undo that, thanks",
        ],
        r#"undo_last_turn {"direction":"undo"}"#,
    );
}

#[test]
fn what_was_taken_back_is_brought_back() {
    let undone = || {
        let mut chat = without_mom();
        chat.say("undo");
        chat
    };
    check(
        undone,
        &[
            "redo", "Redo it", "redo that", "redo that please", "redo the last change",
            "undo the undo", "undo that undo", "redo everything", "can you redo that?",
            "reapply the change", "ctrl-y",
        ],
        r#"undo_last_turn {"direction":"redo"}"#,
    );
}

#[test]
fn of_several_changes_the_last_one_is_taken_back_and_that_is_said() {
    for said in [
        "undo the last 2 changes",
        "undo the last two changes",
        "undo my last three messages",
        "undo 2 changes",
        "undo the last couple of changes",
        "undo both changes",
        "undo both of those changes",
        "undo a few changes",
        "undo twice",
        "undo that 3 times",
        "undo two times please",
        "can you take back the last 2 changes?",
        "roll back the last 5 steps",
    ] {
        let mut chat = Chat::usual();
        chat.say("mark 1 as done");
        chat.say("delete 3");
        let answer = chat.say(said);
        assert!(
            answer.starts_with("Undone.\nRestored task 3")
                && answer.contains("one message at a time")
                && !answer.contains("task 1"),
            "{said}: {answer}"
        );
        let answer = chat.say("undo again");
        assert!(answer.contains("Restored task 1"), "{said}: {answer}");
    }
}

#[test]
fn undo_and_redo_in_other_sentences_are_something_else() {
    for said in [
        "add undo stack to the plan",
        "add undo the last change in the draft",
        "add redo the kitchen",
        "add take that back to the shop",
        "I need to redo the kitchen",
        "add “undo that”",
        "show my tasks",
        "undo 4",
        "undo task 2",
        "undo 2 and 4",
        "undo the last 2 tasks of the plan",
        "add undo the last 2 changes",
        "undo complete 4",
        "undo the report",
        "roll the dough",
        "take it to the shop",
        "revert the pull request",
        "what did you undo?",
        "how do I undo that?",
        "don't undo that",
    ] {
        let mut chat = without_mom();
        let answer = chat.say(said);
        let undoes = chat.calls.iter().any(|(name, _)| name == "undo_last_turn");
        assert!(!undoes, "{said}: {answer}");
    }
}

#[test]
fn an_undo_tells_what_became_of_each_task() {
    let mut chat = Chat::usual();
    chat.say("delete 3 and mark 1 as done");
    let answer = chat.say("undo");
    assert_eq!(
        answer,
        "Undone.\nRestored task 1: buy groceries\nRestored task 3: call mom (low priority)"
    );
    assert_eq!(
        chat.say("redo"),
        "Done again.\nDeleted task 3: call mom\nRestored task 1: buy groceries"
    );
}

#[test]
fn without_anything_to_undo_nothing_is_done() {
    let mut chat = Chat::new();
    assert_eq!(chat.say("undo"), "There is nothing to undo in this conversation.");
    assert_eq!(chat.say("redo"), "There is nothing to redo in this conversation.");
}

#[test]
fn a_task_that_has_changed_since_is_named() {
    let mut chat = without_mom();
    let conflict =
        r#"{"error":"undo_conflict","message":"Task 3 has changed since. Nothing was changed."}"#;
    chat.broken_tools = Some(conflict.to_owned());
    assert_eq!(
        chat.say("undo"),
        "I could not undo that: Task 3 has changed since. Nothing was changed."
    );
}

#[test]
fn what_is_said_beside_an_undo_is_not_done() {
    let mut chat = without_mom();
    let answer = chat.say("undo that and add buy milk");
    assert!(answer.contains("Restored task 3") && answer.contains("ask for the rest"), "{answer}");
    assert_eq!(chat.tasks().len(), 4);
    let mut chat = Chat::usual();
    let answer = chat.say("mark 1 as done. Undo that");
    assert_eq!(answer, "All right. Nothing was changed.");
}

#[test]
fn without_the_tool_nothing_can_be_undone() {
    let mut chat = without_mom();
    chat.tools = std::sync::Arc::from([]);
    assert_eq!(chat.say("undo"), "I can't do that here.");
}
