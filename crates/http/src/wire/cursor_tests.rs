//! Cursors come back as they went, and only to their own list in their own order.

use proptest::prelude::*;
use todo_domain::ConversationId;

use super::*;

const SORTS: [&str; 8] = [
    "created_at", "-created_at", "updated_at", "-updated_at", "due", "-due", "priority",
    "-priority",
];

fn sort(text: &str) -> TaskSort {
    text.parse().unwrap()
}

fn cursor_at(field: TaskSortField, microsecond: i64, dated: bool, task: i64) -> TaskCursor {
    let at = Timestamp::from_microsecond(microsecond).unwrap();
    let key = match field {
        TaskSortField::CreatedAt | TaskSortField::UpdatedAt => TaskSortKey::Instant(at),
        TaskSortField::Due if microsecond % 2 == 0 => {
            TaskSortKey::Due(dated.then_some(Due::At(at)))
        }
        TaskSortField::Due => TaskSortKey::Due(dated.then(|| Due::Day(TimeZone::UTC.day_of(at)))),
        TaskSortField::Priority if dated => TaskSortKey::Priority(Priority::High),
        TaskSortField::Priority => TaskSortKey::Priority(Priority::Low),
    };
    TaskCursor { key, id: TaskId::new(task).unwrap() }
}

#[test]
fn a_cursor_that_an_earlier_version_made_of_a_day_is_taken() {
    let cursor = encode(&json!({ "sort": "due", "key": { "day": "2026-11-27" }, "task": 3 }));
    let position = to_tasks(&cursor, sort("due")).unwrap();
    assert_eq!(position.key, TaskSortKey::Due(Due::parse("2026-11-27", &TimeZone::UTC).ok()));
}

#[test]
fn a_cursor_of_a_year_that_no_store_knows_is_refused() {
    for microsecond in [-300_000_000_000_000_000_i64, -62_135_596_800_000_001] {
        let key = json!({ "microsecond": microsecond });
        let cursor = encode(&json!({ "sort": "-created_at", "key": key, "task": 1 }));
        assert_eq!(to_tasks(&cursor, sort("-created_at")), Err(CursorError));
        let id = "00000000000000000000000000000001";
        let cursor = encode(&json!({ "microsecond": microsecond, "conversation": id }));
        assert_eq!(to_conversations(&cursor, None), Err(CursorError));
    }
}

proptest! {
    #[test]
    fn a_place_among_tasks_comes_back_in_its_own_order_and_in_no_other(
        own in 0usize..8,
        other in 0usize..8,
        microsecond in -62_000_000_000_000_000i64..250_000_000_000_000_000,
        dated: bool,
        task in 1i64..,
    ) {
        let (own, other) = (sort(SORTS[own]), sort(SORTS[other]));
        let position = cursor_at(own.field, microsecond, dated, task);
        let cursor = of_tasks(position, own);
        prop_assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        let expected = if own == other { Ok(position) } else { Err(CursorError) };
        prop_assert_eq!(to_tasks(&cursor, other), expected);
    }

    #[test]
    fn places_among_conversations_and_messages_come_back_too(
        microsecond in -62_000_000_000_000_000i64..250_000_000_000_000_000,
        id: u128,
        message: i64,
    ) {
        let id: ConversationId = format!("{id:032x}").parse().unwrap();
        let position = ConversationCursor { updated_at: Timestamp::from_microsecond(microsecond).unwrap(), id };
        prop_assert_eq!(to_conversations(&of_conversations(position, None), None), Ok(position));
        let message = MessageCursor::new(message);
        prop_assert_eq!(to_messages(&of_messages(message)), Ok(message));
        prop_assert_eq!(to_messages(&of_conversations(position, None)), Err(CursorError));
        prop_assert_eq!(to_conversations(&of_messages(message), None), Err(CursorError));
    }

    #[test]
    fn no_text_makes_reading_a_cursor_panic(text: String, bytes: Vec<u8>) {
        for cursor in [text, URL_SAFE_NO_PAD.encode(bytes)] {
            let _ = to_tasks(&cursor, TaskSort::default());
            prop_assert_eq!(to_conversations(&cursor, None), Err(CursorError));
        }
    }
}
