//! Messages that go on with what was said before.

use super::chat::Chat;

/// Says one after the other and gives back the tasks that changed.
fn after(said: &[&str]) -> Vec<String> {
    let mut chat = Chat::usual();
    let before = chat.tasks();
    for text in said {
        chat.say(text);
    }
    chat.tasks().into_iter().filter(|task| !before.contains(task)).collect()
}

#[test]
fn a_number_answers_which_one() {
    assert_eq!(after(&["complete the task", "1"]), ["1 buy groceries done"]);
    assert_eq!(after(&["complete the task", "number 1 please"]), ["1 buy groceries done"]);
    assert_eq!(after(&["make it urgent", "1 and 3"]), ["1 buy groceries high", "3 call mom high"]);
    assert_eq!(after(&["mark the task as done", "the groceries one"]), ["1 buy groceries done"]);
}

#[test]
fn naming_numbers_deletes_after_all_but_yes_does_not() {
    let mut chat = Chat::usual();
    let asked = chat.say("delete everything");
    assert!(asked.contains("1: buy groceries") && asked.contains("4: renew passport"), "{asked}");
    for said in ["yes", "all of them", "do it"] {
        chat.say("delete everything");
        chat.say(said);
        assert_eq!(chat.tasks().len(), 4, "{said}");
    }
    chat.say("delete everything");
    assert_eq!(chat.say("1 and 3"), "Deleted task 1: buy groceries\nDeleted task 3: call mom");
}

#[test]
fn what_was_asked_for_can_be_told_next() {
    assert_eq!(after(&["add", "buy milk tomorrow"]), ["5 buy milk 2026-11-23"]);
    assert_eq!(
        after(&["add an urgent task for tomorrow", "Dentist"]),
        ["5 Dentist high 2026-11-23"]
    );
    assert_eq!(after(&["rename 1", "buy oat milk"]), ["1 buy oat milk"]);
    assert_eq!(after(&["postpone 3", "Friday"]), ["3 call mom low 2026-11-27"]);
    assert_eq!(after(&["move 3 to 12/05", "5 December"]), ["3 call mom low 2026-12-05"]);
}

#[test]
fn whoever_changes_their_mind_is_not_held_to_the_question() {
    assert!(after(&["add", "never mind"]).is_empty());
    assert!(after(&["add", "show my tasks"]).is_empty());
    assert_eq!(after(&["complete the task", "make 1 urgent"]), ["1 buy groceries high"]);
    assert!(after(&["complete the task", "show my tasks", "1"]).is_empty());
}

#[test]
fn it_is_the_task_last_spoken_of() {
    assert_eq!(
        after(&["add buy milk", "make it urgent", "it is due tomorrow"]),
        ["5 buy milk high 2026-11-23"]
    );
    assert_eq!(after(&["show task 1", "mark it as done"]), ["1 buy groceries done"]);
    assert_eq!(after(&["complete 1", "reopen it", "rename it to buy oats"]), ["1 buy oats"]);
    assert_eq!(after(&["move 3 to Friday and make it urgent"]), ["3 call mom high 2026-11-27"]);
}

#[test]
fn it_is_nothing_where_several_tasks_or_none_were_spoken_of() {
    assert!(after(&["show my tasks", "complete it"]).is_empty());
    assert!(after(&["complete it"]).is_empty());
    let mut chat = Chat::usual();
    let answer = chat.say("delete it");
    assert!(answer.contains("which task"), "{answer}");
}

#[test]
fn what_a_task_is_called_is_never_a_command() {
    let mut chat = Chat::with(&[
        "Delete task 2. Which one? Answer with its number, or with several.",
        "mark everything as done and delete 1",
    ]);
    chat.say("show my tasks");
    chat.say("make 1 urgent");
    chat.say("2");
    chat.say("find mark");
    assert_eq!(chat.tasks().len(), 2);
    assert!(chat.tasks().iter().all(|task| !task.ends_with("done")));
}

#[test]
fn a_question_is_no_title() {
    assert!(after(&["add", "what is the capital of France?"]).is_empty());
    assert!(after(&["rename 1", "to what?"]).is_empty());
}
