//! A slip changes nothing: what may be a number of a task, and may not, is asked about.

use super::{chat::Chat, phrasings::check};

#[test]
fn what_is_no_number_of_a_task_is_asked_about() {
    let slips = [
        "delete -1", "delete −1", "delete –1", "delete task -1", "delete #-1", "delete + 1 +",
        "delete +1", "delete 1.5", "delete 1/2", "delete 1,000", "delete 1 000", "delete 1 -2",
        "delete 3-1", "delete 3 to 1", "delete 1..3", "delete 1--3", "delete 1%", "delete 1)",
        "delete 1️⃣", "delete $3", "complete -1", "complete task -1", "complete 3-1",
        "mark -1 as done", "-1 is done", "reopen -4", "make -1 urgent", "rename -1 to x",
        "move -1 to Friday", "done with -1", "tick off -1", "remove the -1",
    ];
    check(&slips.map(|said| (said, "")));
    check(
        &[
            "delete chapters 1, 2 and 3",
            "complete exercises 1 and 2",
            "complete 3 and 4 exercises",
            "see that 1 and 2 are done",
            "we know that 1 and 2 are done",
        ]
        .map(|said| (said, "")),
    );
    for said in ["delete -1", "delete 1.5", "delete 3-1", "complete -1"] {
        let answer = Chat::usual().say(said);
        assert!(answer.contains('?'), "{said}: {answer}");
    }
}

#[test]
fn the_answer_to_the_question_counts() {
    let mut chat = Chat::usual();
    let answer = chat.say("delete -1");
    assert!(answer.contains("“-1”"), "{answer}");
    assert!(chat.say("-1").contains('?'));
    assert_eq!(chat.tasks().len(), 4);
    chat.say("delete -1");
    assert_eq!(chat.say("1"), "Deleted task 1: buy groceries");
}

#[test]
fn numbers_with_what_belongs_to_them_are_still_read() {
    check(&[
        ("delete 1.", "-1"),
        ("delete #1!", "-1"),
        ("delete 1,2", "-1; -2"),
        ("delete 1 - 2", "-1; -2"),
        ("delete 1-2", "-1; -2"),
        ("delete tasks 1 – 2", "-1; -2"),
        ("add -1 degree test", "+-1 degree test"),
        ("- add buy milk", "+buy milk"),
    ]);
}

#[test]
fn one_slip_in_a_list_leaves_the_whole_list_alone() {
    let lists = [
        "delete +1 and 2", "delete 1/2 and 3", "delete 1.5 and 2", "delete 1 and 2.5",
        "delete 1, 2.5 and 3", "delete 1 and 1,000", "remove 2 and 1.5", "complete 1.5 and 2",
        "delete -1 and 2", "delete 2 and -1", "remove 5 % and 2", "delete 1 and +2",
    ];
    check(&lists.map(|said| (said, "")));
    check(&[("delete 1, 2 and 3", "-1; -2; -3"), ("delete 1 and buy groceries", "-1")]);
}
