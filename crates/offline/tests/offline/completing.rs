//! Ways to say that tasks are done, or not.

use super::phrasings::check;

#[test]
fn completing_and_reopening() {
    const ONE: &str = "1 buy groceries done";
    const TWO: &str = "2 finish the report high 2026-11-24 done";
    const THREE: &str = "3 call mom low done";
    const FOUR: &str = "4 renew passport";
    let ones = [
        "finish 1",
        "complete 1",
        "complete #1",
        "complete task #1",
        "complete task number 1",
        "complete task no. 1",
        "complete task one",
        "mark 1 done",
        "mark 1 as completed",
        "mark task 1 complete",
        "mark as done: 1",
        "set 1 to done",
        "set task 1 as completed",
        "done 1",
        "1 done",
        "1 is done",
        "task 1 is done",
        "task 1 done!",
        "tick off 1",
        "tick 1 off",
        "check 1",
        "cross off 1",
        "cross 1 off my list",
        "close task 1",
        "i'm done with 1",
        "I finished 1",
        "I've done task 1",
        "I've finished the groceries",
        "groceries done",
        "groceries are done",
        "The groceries are done!",
        "check off the groceries task",
        "check groceries off",
        "mark groceries as done",
        "mark the grocery one as done",
        "i bought groceries",
        "I've just bought the groceries",
        "complete \"buy groceries\"",
        "complete ‘buy groceries’",
        "ok, complete 1 please",
        "I did 1 today",
        "please mark 1 as done, thanks",
        "move 1 to done",
        "change the status of 1 to completed",
        "can you mark task 1 as done?",
        "I want to complete task 1",
        "i need to mark 1 as done",
        "complete task 1.",
        "Finish the groceries task.",
    ];
    check(&ones.map(|said| (said, ONE)));
    let two = [
        "finish the report", "the report is finished", "I have completed the report",
        "done with report",
    ];
    check(&two.map(|said| (said, TWO)));
    check(
        &["I called mom", "i've already called my mom", "I just called mom"]
            .map(|said| (said, THREE)),
    );
    let all = format!("{ONE}; {TWO}; {THREE}");
    for said in [
        "mark 1, 2 and 3 done",
        "complete tasks 1-3",
        "complete 1 to 3",
        "finish 1, 2, and 3",
        "complete 1 & 2 & 3",
        "complete everything",
        "mark all tasks as done",
        "complete all open tasks",
        "complete tasks 1 through 3",
        "done with 1, 2 and call mom",
        "complete groceries, the report and mom",
        "complete 1 and 2 and 3",
        "complete 1 and mark 2 as done and finish 3",
        "complete 1; complete 2; complete 3",
        "Complete 1. Complete 2. Complete 3.",
        "finish 1 then finish 2 then finish 3",
        "I finished the report, bought groceries and called mom",
    ] {
        check(&[(said, &all)]);
    }
    check(
        &[
            "reopen 4",
            "re-open task 4",
            "undo complete 4",
            "undo 4",
            "uncheck 4",
            "untick 4",
            "mark 4 as not done",
            "mark 4 as pending",
            "mark 4 as open",
            "mark task 4 undone",
            "mark the passport task as not done",
            "set 4 to pending",
            "4 is not done",
            "task 4 isn't done yet",
            "I haven't finished the passport",
            "reopen the passport task",
            "reopen passport",
            "restore 4",
            "put 4 back on my list",
            "bring back 4",
            "the passport isn't finished",
            "actually, reopen 4",
        ]
        .map(|said| (said, FOUR)),
    );
}
