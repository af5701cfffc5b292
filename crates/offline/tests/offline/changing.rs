//! Ways to change and to delete tasks.

use super::{chat::Chat, phrasings::check};

#[test]
fn changing() {
    check(&[
        ("rename 1 to buy oat milk", "1 buy oat milk"),
        ("rename task 1 to 'buy oat milk'", "1 buy oat milk"),
        ("rename the groceries task to buy oat milk", "1 buy oat milk"),
        ("rename buy groceries to buy oat milk", "1 buy oat milk"),
        ("call task 1 buy oat milk", "1 buy oat milk"),
        ("change task 1 to buy oat milk", "1 buy oat milk"),
        ("change the title of task 1 to buy oat milk", "1 buy oat milk"),
        ("change task 1 to “buy oat milk”", "1 buy oat milk"),
        ("edit task 1: buy oat milk", "1 buy oat milk"),
        ("update 1 to buy oat milk", "1 buy oat milk"),
        ("task 1 should be called buy oat milk", "1 buy oat milk"),
        ("rename 1 to get it done", "1 get it done"),
        ("rename 1 to call mom on Friday", "1 call mom on Friday"),
        ("make 1 urgent", "1 buy groceries high"),
        ("make 1 high priority", "1 buy groceries high"),
        ("make task 1 a high priority", "1 buy groceries high"),
        ("set 1 to high", "1 buy groceries high"),
        ("set 1 to high priority", "1 buy groceries high"),
        ("set the priority of 1 to high", "1 buy groceries high"),
        ("set task 1's priority to high", "1 buy groceries high"),
        ("change the priority of task 1 to high", "1 buy groceries high"),
        ("change priority of the groceries to high", "1 buy groceries high"),
        ("mark 1 as important", "1 buy groceries high"),
        ("mark task 1 as high priority", "1 buy groceries high"),
        ("prioritize 1", "1 buy groceries high"),
        ("raise the priority of 1", "1 buy groceries high"),
        ("bump 1 to high", "1 buy groceries high"),
        ("task 1 is urgent", "1 buy groceries high"),
        ("set high priority for task 1", "1 buy groceries high"),
        ("give the groceries task high priority", "1 buy groceries high"),
        ("add high priority to task 1", "1 buy groceries high"),
        ("the groceries task should be high priority", "1 buy groceries high"),
        ("set 2 to low", "2 finish the report low 2026-11-24"),
        ("set 2 to medium", "2 finish the report 2026-11-24"),
        ("lower the priority of the report", "2 finish the report low 2026-11-24"),
        ("deprioritise 2", "2 finish the report low 2026-11-24"),
        ("move task 3 to Friday", "3 call mom low 2026-11-27"),
        ("postpone 3 until next Monday", "3 call mom low 2026-11-23"),
        ("push 3 back to Friday", "3 call mom low 2026-11-27"),
        ("reschedule call mom for Friday", "3 call mom low 2026-11-27"),
        ("snooze 3 until tomorrow", "3 call mom low 2026-11-23"),
        ("delay task 3 to Friday", "3 call mom low 2026-11-27"),
        ("task 3 is due Friday", "3 call mom low 2026-11-27"),
        ("task 3 is due on Friday at 3pm", "3 call mom low 2026-11-27T15:00:00Z"),
        ("make task 3 due tomorrow", "3 call mom low 2026-11-23"),
        ("set task 3 due Friday", "3 call mom low 2026-11-27"),
        ("set the due date of 3 to Friday", "3 call mom low 2026-11-27"),
        ("set task 3's due date to Friday", "3 call mom low 2026-11-27"),
        ("set due date for task 3: Friday", "3 call mom low 2026-11-27"),
        ("change the deadline of the mom task to Friday", "3 call mom low 2026-11-27"),
        ("change the due date for task 3 to Dec 5", "3 call mom low 2026-12-05"),
        ("add a due date to task 3: Friday", "3 call mom low 2026-11-27"),
        ("add a deadline of Friday to task 3", "3 call mom low 2026-11-27"),
        ("set due date Friday for task 3", "3 call mom low 2026-11-27"),
        ("give 3 a deadline of Friday", "3 call mom low 2026-11-27"),
        ("do 3 tomorrow", "3 call mom low 2026-11-23"),
        ("set 3 to high priority and due Friday", "3 call mom high 2026-11-27"),
        ("make task 3 high priority due tomorrow", "3 call mom high 2026-11-23"),
        ("move 3 to Friday and make it urgent", "3 call mom high 2026-11-27"),
        ("move 1 and 3 to Friday", "1 buy groceries 2026-11-27; 3 call mom low 2026-11-27"),
        ("clear the due date of task 2", "2 finish the report high"),
        ("remove the due date from 2", "2 finish the report high"),
        ("delete the deadline of the report", "2 finish the report high"),
        ("clear task 2's due date", "2 finish the report high"),
        ("task 2 has no deadline", "2 finish the report high"),
        ("no due date for task 2", "2 finish the report high"),
        ("add a note to task 1: two litres", "1 buy groceries [two litres]"),
        ("set the description of task 1 to two litres", "1 buy groceries [two litres]"),
        ("add the note 'two litres' to task 1", "1 buy groceries [two litres]"),
        ("make all tasks low priority", "1 buy groceries low; 2 finish the report low 2026-11-24"),
        ("switch task 1 to high priority", "1 buy groceries high"),
        ("I'd like to change task 1 to buy oat milk", "1 buy oat milk"),
        ("make task 2 not urgent", "2 finish the report low 2026-11-24"),
        ("the deadline of task 2 is Dec 1", "2 finish the report high 2026-12-01"),
        ("the report is due on Thursday", "2 finish the report high 2026-11-26"),
        ("task 3 due tomorrow", "3 call mom low 2026-11-23"),
        ("replace task 1 with buy oat milk", "1 buy oat milk"),
        ("change task 1 from medium to high priority", "1 buy groceries high"),
        ("set 1 to 12/31", "1 buy groceries 2026-12-31"),
        ("upgrade task 1 to high priority", "1 buy groceries high"),
        ("could you move the report to Friday?", "2 finish the report high 2026-11-27"),
    ]);
}

#[test]
fn putting_off_by_so_much() {
    const LATER: &str = "2 finish the report high 2026-11-26";
    const EARLIER: &str = "2 finish the report high 2026-11-23";
    const IN_A_WEEK: &str = "2 finish the report high 2026-12-01";
    check(
        &[
            "postpone task 2 by two days",
            "postpone 2 by 2 days",
            "postpone the report for two days",
            "push 2 back by two days",
            "push back 2 by two days",
            "push the report back two days",
            "push 2 out 2 days",
            "delay task 2 by a couple of days",
            "move 2 back two days",
            "move task 2 two days later",
            "make 2 two days later",
            "give 2 two more days",
            "extend task 2 by two days",
            "could you postpone the report by two days?",
            "defer 2 two days",
            "put 2 off by two days",
            "push the deadline of task 2 back by two days",
            "extend task 2's deadline by two days",
        ]
        .map(|said| (said, LATER)),
    );
    check(
        &[
            "bring 2 forward by a day",
            "bring 2 forward one day",
            "move 2 up by a day",
            "make 2 a day earlier",
            "move the report a day earlier",
            "postpone 2 by -1 days",
        ]
        .map(|said| (said, if said.contains('-') { "" } else { EARLIER })),
    );
    check(
        &[
            "postpone 2 by a week", "push 2 back a week", "give 2 another week",
            "snooze 2 for a week",
        ]
        .map(|said| (said, IN_A_WEEK)),
    );
    check(&[
        ("postpone 3 by two days", "3 call mom low 2026-11-24"),
        ("postpone 2 by a month", "2 finish the report high 2026-12-24"),
        ("postpone 2 by a fortnight", "2 finish the report high 2026-12-08"),
        ("postpone 2 by half an hour", "2 finish the report high 2026-11-22T09:30:00Z"),
        (
            "postpone 2 and 3 by a day",
            "2 finish the report high 2026-11-25; 3 call mom low 2026-11-23",
        ),
        ("postpone 2 by two days and make it low priority", "2 finish the report low 2026-11-26"),
        ("add postpone the meeting by two days", "+postpone the meeting by two days"),
    ]);
}

#[test]
fn another_day_keeps_the_time_of_the_day() {
    let mut chat = Chat::with(&["dentist"]);
    let due = |chat: &Chat| chat.tasks()[0].clone();
    chat.say("move the dentist to tomorrow at 3pm");
    for (said, expected) in [
        ("move the dentist to next week", "1 dentist 2026-11-23T15:00:00Z"),
        ("postpone the dentist by two days", "1 dentist 2026-11-25T15:00:00Z"),
        ("reschedule it for Friday", "1 dentist 2026-11-27T15:00:00Z"),
        ("set the due date of 1 to December 5", "1 dentist 2026-12-05T15:00:00Z"),
        ("move 1 to Sunday at 9", "1 dentist 2026-11-29T09:00:00Z"),
        ("push 1 back an hour", "1 dentist 2026-11-29T10:00:00Z"),
        ("the dentist has no deadline any more", "1 dentist"),
        ("move the dentist to Friday", "1 dentist 2026-11-27"),
    ] {
        let answer = chat.say(said);
        assert_eq!(due(&chat), expected, "{said}: {answer}");
    }
    chat.say("postpone 1");
    chat.say("by two days");
    assert_eq!(due(&chat), "1 dentist 2026-11-29");
}

#[test]
fn a_deadline_that_is_no_more_is_cleared() {
    check(
        &[
            "task 2 has no deadline any more",
            "task 2 has no deadline anymore",
            "task 2 has no due date any longer",
            "task 2 no longer has a deadline",
            "the report doesn't have a deadline any more",
            "2 has no deadline now",
            "task 2 is no longer due",
            "2 isn't due anymore",
            "there is no deadline for task 2 any more",
            "no more deadline for task 2",
            "take the deadline off task 2",
            "the report needs no deadline",
            "task 2 doesn't need a due date",
        ]
        .map(|said| (said, "2 finish the report high")),
    );
    check(&[
        ("what has no deadline?", ""),
        ("take note of task 2", ""),
        ("which task is not due yet?", ""),
    ]);
}

#[test]
fn deleting() {
    check(
        &[
            "delete 3", "Delete task 3.", "remove 3", "remove task #3 from my list",
            "erase task 3", "get rid of 3", "drop task 3", "discard 3", "trash 3", "cancel task 3",
            "delete task three", "delete the mom task", "remove call mom", "remove \"call mom\"",
            "please delete task number 3", "take 3 off my list", "take call mom off the list",
            "throw 3 away", "forget about task 3", "can you delete 3?", "i want to delete task 3",
            "so delete 3", "clear task 3", "delete 3 and 3", "delete the call mom one",
        ]
        .map(|said| (said, "-3")),
    );
    check(&[
        ("delete 1, 2 and 4", "-1; -2; -4"),
        ("delete tasks 1-3", "-1; -2; -3"),
        ("delete 1 and the mom task", "-1; -3"),
        ("delete groceries and mom", "-1; -3"),
        ("mark 1 done and delete the mom one", "-3; 1 buy groceries done"),
        ("add buy milk and delete 3", "-3; +buy milk"),
        (
            "add buy milk, then mark 2 as done; delete 3",
            "-3; 2 finish the report high 2026-11-24 done; +buy milk",
        ),
        ("finish 1 and rename 3 to call dad", "1 buy groceries done; 3 call dad low"),
        ("mark 1 as done and buy milk", "1 buy groceries done; +buy milk"),
        ("what's left? also add buy milk", "+buy milk"),
    ]);
}
