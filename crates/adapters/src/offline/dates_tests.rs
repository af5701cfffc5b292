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
        ("in 2 hours", "2026-11-25T12:30:00"),
        ("in half an hour", "2026-11-25T11:00:00"),
        ("2026-12-05 18:00", "2026-12-05T18:00:00"),
        ("2026-12-05T18:00", "2026-12-05T18:00:00"),
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
