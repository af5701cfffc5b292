//! What is added is as long as the person wrote it, and adding changes no other task.

use super::phrasings::check;

#[test]
fn what_is_added_does_not_end_at_a_number() {
    check(&[
        ("add read chapters 2, 3 and 4 by friday", "+read chapters 2, 3 and 4 2026-11-27"),
        ("add read chapters 1-3, 4 and 5 tomorrow", "+read chapters 1-3, 4 and 5 2026-11-23"),
        ("add solve exercises 1, 2, and 3", "+solve exercises 1, 2, and 3"),
        ("add solve exercises 1 and 2, urgent", "+solve exercises 1 and 2 high"),
        ("add check that 1 and 2 are done", "+check that 1 and 2 are done"),
        ("add make sure 1, 2 and 3 are done", "+make sure 1, 2 and 3 are done"),
        ("add ask whether 3 is done and 2 is open", "+ask whether 3 is done and 2 is open"),
        (
            "add tell Bob that task 1 and task 2 are done",
            "+tell Bob that task 1 and task 2 are done",
        ),
        ("add buy eggs, 2 is fine", "+buy eggs, 2 is fine"),
        ("add call 555, 1 and 2", "+call 555, 1 and 2"),
        ("add pay invoices 1, 2 due friday", "+pay invoices 1, 2 2026-11-27"),
        ("add watch episodes 1 and 2 today", "+watch episodes 1 and 2 2026-11-22"),
        ("add read pages 1 to 3, 2 urgent", "+read pages 1 to 3, 2 high"),
        ("add compare offers 1, 2, high priority", "+compare offers 1, 2 high"),
        ("remind me to read chapters 2, 3 and 4 by friday", "+read chapters 2, 3 and 4 2026-11-27"),
        ("I need to read chapters 2, 3 and 4 by friday", "+read chapters 2, 3 and 4 2026-11-27"),
        ("read chapters 2, 3 and 4 by friday", "+read chapters 2, 3 and 4 2026-11-27"),
        ("todo: read chapters 2, 3 and 4", "+read chapters 2, 3 and 4"),
        ("todo: verify tasks 1 and 2 are closed", "+verify tasks 1 and 2 are closed"),
        ("new task: see that 1 and 2 are done", "+see that 1 and 2 are done"),
        ("add buy milk (and delete 3)", "+buy milk (and delete 3)"),
        ("rename 1 to read chapters 2, 3 and 4 by friday", "1 read chapters 2, 3 and 4 by friday"),
        (
            "add a note to task 1: see 2, 3 and 4 by friday",
            "1 buy groceries [see 2, 3 and 4 by friday]",
        ),
        ("add 2 tasks: read chapters 1, 2 and 3; call Bob", "+read chapters 1, 2 and 3; +call Bob"),
        ("add 2 tasks: pay rent on December 1, 2026, call Bob", "+pay rent 2026-12-01; +call Bob"),
    ]);
}

#[test]
fn the_usual_american_date_is_taken_whole() {
    check(&[
        ("add pay rent on December 1, 2026 at 10am", "+pay rent 2026-12-01T10:00:00Z"),
        ("add pay rent on December 1, 2026", "+pay rent 2026-12-01"),
        ("add pay rent on Dec 1, 2026, 10 am", "+pay rent 2026-12-01T10:00:00Z"),
        ("add pay rent on Tuesday, December 1, 2026 at 10:00", "+pay rent 2026-12-01T10:00:00Z"),
        ("add pay rent at 10am on December 1, 2026", "+pay rent 2026-12-01T10:00:00Z"),
        ("add pay rent by 10am, December 1, 2026, urgent", "+pay rent high 2026-12-01T10:00:00Z"),
        ("add pay rent December 1st, 2026 at noon", "+pay rent 2026-12-01T12:00:00Z"),
        ("remind me on December 1, 2026 at 10am to pay rent", "+pay rent 2026-12-01T10:00:00Z"),
        (
            "set the due date of 3 to December 1, 2026 at 10am",
            "3 call mom low 2026-12-01T10:00:00Z",
        ),
        ("add pay rent on Dec 5 and delete 3", "-3; +pay rent 2026-12-05"),
    ]);
}

#[test]
fn an_order_about_no_certain_task_belongs_to_the_title() {
    check(&[
        (
            "add review the script and complete all tasks",
            "+review the script and complete all tasks",
        ),
        ("add open the app and delete everything", "+open the app and delete everything"),
        ("add start the course and finish it", "+start the course and finish it"),
        ("add fill in the form and mark it as done", "+fill in the form and mark it as done"),
        ("add go to the board and close #3", "+go to the board and close #3"),
        (
            "add take the pill and finish 2 by noon",
            "+take the pill and finish 2 2026-11-22T12:00:00Z",
        ),
        ("add peel carrots and remove 2", "+peel carrots and remove 2"),
        ("add read chapter 3 and delete 2", "+read chapter 3 and delete 2"),
        ("add open photos 1, 2 and delete 3", "+open photos 1, 2 and delete 3"),
        ("add read parts 1 and 2 and complete 3", "+read parts 1 and 2 and complete 3"),
        ("add draw a chart and list all tasks", "+draw a chart and list all tasks"),
        ("add mix the eggs and write down the time", "+mix the eggs and write down the time"),
        ("add check the plan, the report is done", "+check the plan, the report is done"),
        ("add write the spec and rename it to final", "+write the spec and rename it to final"),
        ("add learn to mark all as done", "+learn to mark all as done"),
    ]);
    // As a sentence of its own it is asked about.
    check(&[
        ("add review the script. Complete all tasks.", "+review the script"),
        ("add review the script; delete everything", "+review the script"),
    ]);
}

#[test]
fn an_order_about_a_task_that_exists_ends_a_title() {
    check(&[
        ("add milk and delete task 3", "-3; +milk"),
        ("add buy milk and delete 3", "-3; +buy milk"),
        ("add buy milk, complete 1", "1 buy groceries done; +buy milk"),
        ("add read chapter 5 and delete task 3", "-3; +read chapter 5"),
        ("add read chapter 5 and mark task 1 as done", "1 buy groceries done; +read chapter 5"),
        ("add buy milk. Task 1 is done.", "1 buy groceries done; +buy milk"),
        ("add buy milk\ndelete 3", "-3; +buy milk"),
        ("add buy milk and move 3 to Friday", "3 call mom low 2026-11-27; +buy milk"),
        ("add buy milk and make task 1 urgent", "1 buy groceries high; +buy milk"),
        ("add buy milk and delete the mom task", "-3; +buy milk"),
        ("add buy milk and delete \"call mom\"", "-3; +buy milk"),
        ("add buy milk and make it urgent", "+buy milk high"),
        ("add buy milk and add call Bob", "+buy milk; +call Bob"),
        ("add buy milk and show my tasks", "+buy milk"),
        ("rename 1 to buy oat milk and delete 3", "-3; 1 buy oat milk"),
    ]);
}

#[test]
fn a_date_is_taken_whole_or_stays_in_the_title() {
    check(&[
        ("add buy milk on Monday in 2 weeks", "+buy milk 2026-12-07"),
        ("add buy milk in two weeks on Monday", "+buy milk 2026-12-07"),
        ("add buy milk next week on Friday", "+buy milk 2026-11-27"),
        ("add pay Wed at 10:00", "+pay 2026-11-25T10:00:00Z"),
        ("add pay on Sat at 10am", "+pay 2026-11-28T10:00:00Z"),
        ("add pay Mon. at 9am", "+pay 2026-11-23T09:00:00Z"),
        ("add swim Monday morning at 6 in 2 weeks", "+swim 2026-12-07T06:00:00Z"),
        ("add party on New Year's Eve at midnight", "+party on New Year's Eve at midnight"),
        ("add report by 2027-09-24T15:30Z tomorrow", "+report by 2027-09-24T15:30Z tomorrow"),
        ("add pay Mon 9am", "+pay 2026-11-23T09:00:00Z"),
        ("add buy milk on Monday in 2 fortnights", "+buy milk on Monday in 2 fortnights"),
        ("add call Bob on Monday or on Tuesday", "+call Bob on Monday or on Tuesday"),
        ("add call Bob on Monday or Tuesday at 3pm", "+call Bob on Monday or Tuesday at 3pm"),
        ("add trip Dec 1 - Dec 3", "+trip Dec 1 - Dec 3"),
        ("add fair from Monday until Friday", "+fair from Monday until Friday"),
        ("add move the meeting to Friday at 3pm", "+move the meeting to Friday at 3pm"),
        ("add meet Bob from 2 to 3pm tomorrow", "+meet Bob from 2 to 3pm tomorrow"),
        ("add pay rent on Feb 30, 2027 at 10am", "+pay rent on Feb 30, 2027 at 10am"),
        ("add pay rent at 25:00 tomorrow", "+pay rent at 25:00 tomorrow"),
        ("add pay rent 12/05 at 10am", "+pay rent 12/05 at 10am"),
        ("add shop 3 days before Friday", "+shop 3 days before Friday"),
        ("add meet Bob tomorrow at the cafe at 10", "+meet Bob tomorrow at the cafe at 10"),
        ("add take 1 pill at 8am and 2 at 8pm", "+take 1 pill at 8am and 2 at 8pm"),
        ("add meet Bob 14:00-15:00 tomorrow", "+meet Bob 14:00-15:00 tomorrow"),
        ("add meet Bob tomorrow 10:00-11:00", "+meet Bob tomorrow 10:00-11:00"),
        ("add exam on 5.6. at 9", "+exam on 5.6. at 9"),
        ("add call Ann in 2 hours on Friday", "+call Ann in 2 hours on Friday"),
        ("add call Ann 10 minutes before 3pm", "+call Ann 10 minutes before 3pm"),
        ("add pay rent at the end of the month at 9", "+pay rent 2026-11-30T09:00:00Z"),
        ("add call Ann tomorrow at 3pm EST", "+call Ann tomorrow at 3pm EST"),
        ("add run tomorrow morning at 9pm", "+run tomorrow morning at 9pm"),
        ("tomorrow or Friday: call Bob", ""),
    ]);
    check(&[
        ("add read chapter 3 tomorrow", "+read chapter 3 2026-11-23"),
        ("add finish the slides for Friday tomorrow", "+finish the slides for Friday 2026-11-23"),
        ("add sit in the sun at 10:00", "+sit in the sun 2026-11-22T10:00:00Z"),
        ("add plan Black Friday tomorrow", "+plan Black Friday 2026-11-23"),
        ("add pay for December tomorrow", "+pay for December 2026-11-23"),
        ("add run for 3 days by Friday", "+run for 3 days 2026-11-27"),
        ("add buy 5 may flowers tomorrow", "+buy 5 may flowers 2026-11-23"),
    ]);
}

#[test]
fn a_day_before_a_title_and_a_time_after_it_are_one_date() {
    check(&[
        ("remind me tomorrow to call Bob at 3pm", "+call Bob 2026-11-23T15:00:00Z"),
        ("remind me on Friday to call Bob at 10", "+call Bob 2026-11-27T10:00:00Z"),
        ("tomorrow: call Bob at 10", "+call Bob 2026-11-23T10:00:00Z"),
        ("add a task for tomorrow: call Bob at 10:30", "+call Bob 2026-11-23T10:30:00Z"),
        (
            "add 2 tasks for tomorrow: call Bob at 3pm, shop",
            "+call Bob 2026-11-23T15:00:00Z; +shop 2026-11-23",
        ),
        ("remind me tomorrow night to call Bob at 8", "+call Bob 2026-11-23T20:00:00Z"),
    ]);
}

#[test]
fn the_part_of_the_day_decides_when_a_task_is_due() {
    check(&[
        ("add run tomorrow morning at 6", "+run 2026-11-23T06:00:00Z"),
        ("add dinner tomorrow night at 8", "+dinner 2026-11-23T20:00:00Z"),
        ("add party tonight at 12", "+party 2026-11-23T00:00:00Z"),
        ("add take pills tomorrow at 9 in the morning", "+take pills 2026-11-23T09:00:00Z"),
        ("add take pills at 9 in the evening", "+take pills 2026-11-22T21:00:00Z"),
        ("add go for a run in the morning", "+go for a run in the morning"),
        ("add plan movie night", "+plan movie night"),
        ("add movie night at 8", "+movie night 2026-11-22T20:00:00Z"),
        ("add the morning run tomorrow at 6", "+the morning run 2026-11-23T06:00:00Z"),
        ("add an evening walk tomorrow at 7", "+an evening walk 2026-11-23T19:00:00Z"),
        ("add evening tea at 9am", "+evening tea 2026-11-23T09:00:00Z"),
        ("tomorrow morning: go jogging at 6", "+go jogging 2026-11-23T06:00:00Z"),
        ("move 3 to tomorrow evening at 7", "3 call mom low 2026-11-23T19:00:00Z"),
        ("add look at one", "+look at one"),
    ]);
}

#[test]
fn a_link_keeps_its_marks() {
    check(&[
        ("add see https://example.org/?#today", "+see https://example.org/?#today"),
        (
            "add see https://example.org/#!/urgent tomorrow",
            "+see https://example.org/#!/urgent 2026-11-23",
        ),
        ("add see https://example.org/wow!!", "+see https://example.org/wow!!"),
        ("add see https://example.org/a#b #home", "+see https://example.org/a#b #home"),
        ("add see example.org/?#today.", "+see example.org/?#today"),
        (
            "add see https://example.org/?a=1,2;b=3 and https://example.org/!",
            "+see https://example.org/?a=1,2;b=3 and https://example.org/!",
        ),
        ("add https://example.org/(a)!#b", "+https://example.org/(a)!#b"),
    ]);
}

#[test]
fn an_offset_in_a_title_says_the_instant() {
    check(&[
        ("add report by 2027-09-24T15:30Z", "+report 2027-09-24T15:30:00Z"),
        ("add report by 2027-09-24T15:30:00Z", "+report 2027-09-24T15:30:00Z"),
        ("add report by 2027-09-24T15:30:00+02:00.", "+report 2027-09-24T13:30:00Z"),
        ("add report by 2027-09-24t15:30:00.5z, urgent", "+report high 2027-09-24T15:30:00.5Z"),
        ("move 3 to 2027-09-24T15:30-05:00", "3 call mom low 2027-09-24T20:30:00Z"),
        ("add report by 2027-09-24 15:30 UTC", "+report 2027-09-24T15:30:00Z"),
        (
            "add report by 2027-09-24T15:30[Europe/Berlin]",
            "+report by 2027-09-24T15:30[Europe/Berlin]",
        ),
    ]);
}

#[test]
fn signs_without_width_change_nothing() {
    check(&[
        ("\u{feff}add buy milk", "+buy milk"),
        ("add\u{200b}buy\u{200b} milk", "+buy milk"),
        ("\u{200b}add buy milk\u{200b}", "+buy milk"),
        ("add buy milk \u{200b}tomorrow", "+buy milk 2026-11-23"),
        ("\u{202a}delete 3\u{202c}", "-3"),
        ("de\u{ad}lete\u{2060} 3", "-3"),
        ("delete ３", "-3"),
        ("ｄｅｌｅｔｅ ３", "-3"),
        ("delete ＃３", "-3"),
        ("move ３ to ２０２６-１２-０５", "3 call mom low 2026-12-05"),
        ("add buy milk，tomorrow", "+buy milk 2026-11-23"),
        ("add： buy milk", "+buy milk"),
        ("add buy ３ eggs", "+buy ３ eggs"),
        ("add می\u{200c}خواهم", "+می\u{200c}خواهم"),
        ("\u{feff}", ""),
    ]);
}
