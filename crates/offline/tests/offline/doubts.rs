//! What is taken back, asked, wished or half understood changes nothing.

use super::{chat::Chat, phrasings::check};

const TITLES: [&str; 5] = ["buy milk", "call mom", "write report", "read book", "read bible"];

/// What a list of these tasks has lost or gained after all of this was said, and the last answer.
fn after(titles: &[&str], said: &[&str]) -> (Vec<String>, String) {
    let mut chat = Chat::with(titles);
    let before = chat.tasks();
    let answer = said.iter().map(|text| chat.say(text)).last().unwrap();
    let now = chat.tasks();
    let lost = before.iter().filter(|task| !now.contains(task)).map(|task| format!("-{task}"));
    let new = now.iter().filter(|task| !before.contains(task)).map(|task| format!("+{task}"));
    (lost.chain(new).collect(), answer)
}

#[track_caller]
fn nothing_after(titles: &[&str], said: &[&str]) -> String {
    let (changes, answer) = after(titles, said);
    assert!(changes.is_empty(), "{said:?} {changes:?}\n{answer}");
    answer
}

#[test]
fn what_is_taken_back_at_the_end_is_not_done() {
    check(
        &[
            "delete 3 and never mind",
            "delete 3, never mind",
            "delete 3 … never mind",
            "delete 3... never mind",
            "delete 3 never mind",
            "delete 3 - cancel that",
            "delete call mom, cancel that please",
            "delete 1, 2 and 3. forget it!",
            "complete 1\nforget it",
            "add buy milk, actually no",
            "delete 3 and complete 1 and never mind",
        ]
        .map(|said| (said, "")),
    );
    check(&[
        ("add listen to never mind", "+listen to never mind"),
        ("add \"wash, never mind\"", "+wash, never mind"),
        ("rename 1 to never mind", "1 never mind"),
    ]);
}

#[test]
fn a_bare_command_with_a_question_mark_is_asked_back() {
    check(
        &[
            "3 done?", "call mom done?", "delete task 3?", "delete 3?", "complete 3?",
            "I finished the report?", "delete the mom task?", "delete 3? what's left",
            "mark 1 and 3 as done?", "make 1 urgent?",
        ]
        .map(|said| (said, "")),
    );
    assert!(Chat::usual().say("delete task 3?").contains("“delete 3”"));
    assert!(Chat::usual().say("3 done?").contains("“mark 3 as done”"));
    check(
        &["can you delete 3?", "could you please delete 3?", "would you delete 3?"]
            .map(|said| (said, "-3")),
    );
    check(&[("delete 3, please?", "-3"), ("what's left? delete 3", "-3")]);
}

#[test]
fn a_choice_with_a_question_mark_is_asked_back() {
    let answer = nothing_after(&TITLES, &["delete read", "bible?"]);
    assert!(answer.contains("“delete bible”"), "{answer}");
    nothing_after(&TITLES, &["delete read", "5?"]);
    assert_eq!(after(&TITLES, &["delete read", "bible"]).0, ["-5 read bible"]);
}

#[test]
fn a_wish_or_a_regret_is_no_report() {
    check(
        &[
            "I want to finish 2",
            "i'd like to finish the report",
            "I need to finish 2",
            "I should have finished 2",
            "I should have called mom",
            "call mom is not done",
            "call mom is unfinished",
        ]
        .map(|said| (said, "")),
    );
    assert!(Chat::usual().say("I want to finish 2").contains("“mark 2 as done”"));
    assert!(Chat::usual().say("I should have finished 2").contains("“mark 2 as done”"));
    check(&[("I want to delete 2", "-2"), ("I want to add buy milk", "+buy milk")]);
    let answer = nothing_after(&TITLES, &["buy milk is not done"]);
    assert_eq!(answer, "Task 1 is still open anyway: buy milk");
}

#[test]
fn names_joined_by_and_are_meant_only_together() {
    let answer = nothing_after(&TITLES, &["delete the task about books and movies"]);
    assert!(answer.contains("4: read book"), "{answer}");
    let answer = nothing_after(&TITLES, &["delete milk and cookies"]);
    assert!(answer.contains("“milk and cookies”") && answer.contains("1: buy milk"), "{answer}");
    nothing_after(&TITLES, &["complete milk and cookies"]);
    let answer = nothing_after(&TITLES, &["delete milk and read"]);
    for task in ["1: buy milk", "4: read book", "5: read bible"] {
        assert!(answer.contains(task), "{answer}");
    }
    assert_eq!(after(&TITLES, &["delete milk and mom"]).0, ["-1 buy milk", "-2 call mom"]);
    let bread = ["buy bread and butter", "buy bread"];
    assert_eq!(after(&bread, &["delete bread and butter"]).0, ["-1 buy bread and butter"]);
}

#[test]
fn one_first_and_then_the_other_are_both_meant() {
    const BOTH: &str = "1 buy groceries done; 3 call mom low done";
    check(
        &["finish 1 first, then 3", "finish 1 first and then 3", "complete 1, then 3"]
            .map(|said| (said, BOTH)),
    );
}

#[test]
fn none_of_them_changes_nothing() {
    for said in ["none", "neither", "no", "none of them", "Neither."] {
        let answer = nothing_after(&TITLES, &["delete read", said]);
        assert!(answer.contains("Nothing was changed."), "{said}: {answer}");
    }
    nothing_after(&TITLES, &["delete read", "clear completed"]);
}

#[test]
fn both_and_the_first_are_chosen_from_what_was_offered() {
    for said in ["both", "yes both please", "Both of them!"] {
        let (changes, answer) = after(&TITLES, &["delete read", said]);
        assert_eq!(changes, ["-4 read book", "-5 read bible"], "{said}: {answer}");
    }
    for said in ["the first one", "first", "the first"] {
        assert_eq!(after(&TITLES, &["delete read", said]).0, ["-4 read book"], "{said}");
    }
    assert_eq!(after(&TITLES, &["delete read", "the second"]).0, ["-5 read bible"]);
    let reading = ["read ant", "read bee", "read sea", "call mom"];
    for said in ["both", "the fourth one"] {
        let answer = nothing_after(&reading, &["delete read", said]);
        assert!(answer.contains("2: read bee") && !answer.contains("call mom"), "{answer}");
    }
    nothing_after(&TITLES, &["delete read", "both?"]);
}

#[test]
fn a_choice_is_not_taken_for_another_order_of_the_same_message() {
    nothing_after(&TITLES, &["delete the annual report and complete read", "4"]);
}
