//! What people mean by the days they say.

use todo_domain::TimeZone;

use super::{super::words::Message, *};

/// On Wednesday 25 November 2026, half past ten in Berlin.
fn read(text: &str) -> Option<String> {
    let berlin: TimeZone = "Europe/Berlin".parse().unwrap();
    let calendar = Calendar::new("2026-11-25T09:30:00Z".parse().unwrap(), &berlin);
    let message = Message::read(text);
    let (when, rest) = when(message.words(), &calendar)?;
    rest.is_empty().then(|| when.to_string())
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (said, meant) in cases {
        assert_eq!(read(said).as_deref(), Some(*meant), "{said}");
    }
}

#[test]
fn days_are_counted_from_today() {
    check(&[
        ("today", "2026-11-25"),
        ("tonight", "2026-11-25"),
        ("tomorrow morning", "2026-11-26"),
        ("the day after tomorrow", "2026-11-27"),
        ("in 3 days", "2026-11-28"),
        ("in two weeks", "2026-12-09"),
        ("a week from now", "2026-12-02"),
        ("in a month", "2026-12-25"),
        ("this weekend", "2026-11-28"),
        ("next week", "2026-11-30"),
        ("end of the month", "2026-11-30"),
        ("next month", "2026-12-01"),
    ]);
}

#[test]
fn a_weekday_is_the_next_one_and_never_today() {
    check(&[
        ("Friday", "2026-11-27"),
        ("Wednesday", "2026-12-02"),
        ("this Wednesday", "2026-11-25"),
        ("this Sunday", "2026-11-29"),
        ("next Monday", "2026-11-30"),
        ("next Friday", "2026-12-04"),
        ("thurs", "2026-11-26"),
        ("Friday, 4 December", "2026-12-04"),
    ]);
}

#[test]
fn dates_have_many_forms_and_without_a_year_the_next_one_is_meant() {
    check(&[
        ("2026-12-05", "2026-12-05"),
        ("Dec 5", "2026-12-05"),
        ("december 5th, 2027", "2027-12-05"),
        ("5 December", "2026-12-05"),
        ("the 5th of December 2026", "2026-12-05"),
        ("31/12", "2026-12-31"),
        ("12/31/2026", "2026-12-31"),
        ("Jan. 3", "2027-01-03"),
        ("25 November", "2026-11-25"),
        ("the 5th", "2026-12-05"),
        ("the 31st", "2026-12-31"),
        ("Feb 29", "2028-02-29"),
    ]);
}

#[test]
fn a_time_belongs_to_its_day_or_to_the_next_time_the_clock_shows_it() {
    check(&[
        ("tomorrow at 3pm", "2026-11-26T15:00:00"),
        ("Friday 15:00", "2026-11-27T15:00:00"),
        ("at 3pm tomorrow", "2026-11-26T15:00:00"),
        ("at noon on Friday", "2026-11-27T12:00:00"),
        ("tonight at 8", "2026-11-25T20:00:00"),
        ("at 11:00", "2026-11-25T11:00:00"),
        ("9am", "2026-11-26T09:00:00"),
        ("in 2 hours", "2026-11-25T11:30:00Z"),
        ("in half an hour", "2026-11-25T10:00:00Z"),
        ("2026-12-05 18:00", "2026-12-05T18:00:00"),
        ("2026-12-05T18:00", "2026-12-05T18:00:00"),
    ]);
}

#[test]
fn the_part_of_the_day_decides_am_or_pm_wherever_it_stands() {
    check(&[
        ("tomorrow morning at 6", "2026-11-26T06:00:00"),
        ("at 6 tomorrow morning", "2026-11-26T06:00:00"),
        ("at 6 in the morning tomorrow", "2026-11-26T06:00:00"),
        ("tomorrow at 9 in the morning", "2026-11-26T09:00:00"),
        ("tomorrow at 2 in the morning", "2026-11-26T02:00:00"),
        ("tomorrow at 12 in the morning", "2026-11-26T00:00:00"),
        ("tomorrow in the morning at 6:30", "2026-11-26T06:30:00"),
        ("the morning of December 5 at 5", "2026-12-05T05:00:00"),
        ("tomorrow night at 8", "2026-11-26T20:00:00"),
        ("Friday at 8 at night", "2026-11-27T20:00:00"),
        ("at 9 at night on Friday", "2026-11-27T21:00:00"),
        ("Friday night at 1", "2026-11-28T01:00:00"),
        ("tonight at 12", "2026-11-26T00:00:00"),
        ("at 12 tonight", "2026-11-26T00:00:00"),
        ("tonight at 12:30", "2026-11-26T00:30:00"),
        ("tonight at 12am", "2026-11-26T00:00:00"),
        ("tonight at 2", "2026-11-26T02:00:00"),
        ("tonight at 8:15", "2026-11-25T20:15:00"),
        ("tonight at 20:00", "2026-11-25T20:00:00"),
        ("tonight at midnight", "2026-11-25T23:59:00"),
        ("tomorrow evening around 7", "2026-11-26T19:00:00"),
        ("this evening at 6", "2026-11-25T18:00:00"),
        ("tomorrow afternoon at 12", "2026-11-26T12:00:00"),
        ("tomorrow at 5 in the afternoon", "2026-11-26T17:00:00"),
        ("tomorrow at 12 noon", "2026-11-26T12:00:00"),
        ("tomorrow at 12 midnight", "2026-11-26T23:59:00"),
        ("tomorrow at 12", "2026-11-26T12:00:00"),
        ("6 o'clock tomorrow evening", "2026-11-26T18:00:00"),
        ("tomorrow at six in the morning", "2026-11-26T06:00:00"),
        ("tomorrow morning at half past 6", "2026-11-26T06:30:00"),
        ("at 3 at night", "2026-11-26T03:00:00"),
        ("at 11 at night", "2026-11-25T23:00:00"),
        ("at 9 in the morning", "2026-11-26T09:00:00"),
    ]);
    for said in
        ["tomorrow morning at 9pm", "tomorrow morning at 15:00", "tomorrow afternoon at 3am"]
    {
        assert_eq!(read(said), None, "{said}");
    }
}

#[test]
fn without_am_or_pm_today_is_not_in_the_past_and_three_is_in_the_afternoon() {
    check(&[
        ("today at 3:15", "2026-11-25T15:15:00"),
        ("today at 3", "2026-11-25T15:00:00"),
        ("at 3:15 today", "2026-11-25T15:15:00"),
        ("today at 9", "2026-11-25T21:00:00"),
        ("today at 9:30", "2026-11-25T21:30:00"),
        ("today at 09:30", "2026-11-25T21:30:00"),
        ("at 10:15 today", "2026-11-25T22:15:00"),
        ("this Wednesday at 8", "2026-11-25T20:00:00"),
        ("25 November at 8:00", "2026-11-25T20:00:00"),
        ("today at 11", "2026-11-25T11:00:00"),
        ("today at 12", "2026-11-25T12:00:00"),
        ("today at 8am", "2026-11-25T08:00:00"),
        ("this morning at 8", "2026-11-25T08:00:00"),
        ("tomorrow at 3", "2026-11-26T15:00:00"),
        ("tomorrow at 3:00", "2026-11-26T15:00:00"),
        ("tomorrow at 6:59", "2026-11-26T18:59:00"),
        ("tomorrow at 7:00", "2026-11-26T07:00:00"),
        ("tomorrow at 03:00", "2026-11-26T03:00:00"),
        ("2026-11-25 03:00", "2026-11-25T03:00:00"),
        ("at 3:15", "2026-11-25T15:15:00"),
        ("at 9:15", "2026-11-26T09:15:00"),
    ]);
}

#[test]
fn an_offset_says_which_instant() {
    check(&[
        ("2027-09-24T15:30Z", "2027-09-24T15:30:00Z"),
        ("2027-09-24T15:30:00Z", "2027-09-24T15:30:00Z"),
        ("2027-09-24t15:30:00z", "2027-09-24T15:30:00Z"),
        ("2027-09-24T15:30:00.250Z", "2027-09-24T15:30:00.25Z"),
        ("2027-09-24T15:30+02:00", "2027-09-24T13:30:00Z"),
        ("2027-09-24T15:30:00-05:00", "2027-09-24T20:30:00Z"),
        ("2027-09-24T15:30+0530", "2027-09-24T10:00:00Z"),
        ("2027-09-24T15:30+02", "2027-09-24T13:30:00Z"),
        ("2027-09-24 15:30Z", "2027-09-24T15:30:00Z"),
        ("2027-09-24 15:30:00 +02:00", "2027-09-24T13:30:00Z"),
        ("2027-09-24 at 15:30 UTC", "2027-09-24T15:30:00Z"),
        ("tomorrow at 3:30 UTC", "2026-11-26T03:30:00Z"),
        ("tomorrow at 3pm GMT+1", "2026-11-26T14:00:00Z"),
        ("2027-09-24T15:30:45", "2027-09-24T15:30:45"),
    ]);
    for said in [
        "2027-09-24T25:30Z", "2027-09-24T15:30+99:00", "2027-02-30T15:30Z", "tomorrow at 15:30 EST",
    ] {
        assert_eq!(read(said), None, "{said}");
    }
}

#[test]
fn dates_and_times_come_in_every_order() {
    check(&[
        ("December 1, 2026 at 10am", "2026-12-01T10:00:00"),
        ("December 1 2026 10am", "2026-12-01T10:00:00"),
        ("Tuesday, December 1, 2026 at 10am", "2026-12-01T10:00:00"),
        ("10am on December 1, 2026", "2026-12-01T10:00:00"),
        ("at 10:00 on the 1st of December 2026", "2026-12-01T10:00:00"),
        ("Dec. 1, 2026, 10:00", "2026-12-01T10:00:00"),
        ("December 1 at 10am, 2027", "2027-12-01T10:00:00"),
        ("Tuesday at 10am, December 1", "2026-12-01T10:00:00"),
        ("1.12.2026 at 10:00", "2026-12-01T10:00:00"),
        ("Friday the 4th", "2026-12-04"),
        ("Monday in 2 weeks", "2026-12-14"),
        ("Monday in two weeks at 9am", "2026-12-14T09:00:00"),
        ("in 2 weeks on Monday", "2026-12-14"),
        ("two weeks from Monday", "2026-12-14"),
        ("a week from tomorrow", "2026-12-03"),
        ("next week on Friday", "2026-12-04"),
        ("Friday of next week", "2026-12-04"),
        ("Wed at 10:00", "2026-12-02T10:00:00"),
        ("in an hour and a half", "2026-11-25T11:00:00Z"),
        ("in 2 hours and 15 minutes", "2026-11-25T11:45:00Z"),
        ("in a couple of days", "2026-11-27"),
    ]);
}

#[test]
fn hours_are_elapsed_time_and_days_are_days_of_the_calendar() {
    check(&[
        // Clocks go forward on 28 March 2027.
        ("in 3000 hours", "2027-03-30T09:30:00Z"),
        ("3000 hours from now", "2027-03-30T09:30:00Z"),
        ("in 125 days", "2027-03-30"),
    ]);
}

#[test]
fn what_is_ambiguous_or_no_date_is_not_read() {
    for said in [
        "12/05", "12/05/2026", "13/13", "1/2/3/4", "5", "2026-02-30", "Feb 30", "may", "in 3",
        "week", "32nd of May", "in 9999 years",
    ] {
        assert_eq!(read(said), None, "{said}");
    }
}
