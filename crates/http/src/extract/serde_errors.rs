//! From what serde says is wrong with a value to a fault.

use crate::error::{Cause, Fault};

/// "invalid type: integer `5`, expected a string": the value itself may be a secret.
pub(crate) fn fault(message: &str) -> Fault {
    let message = without_position(message);
    if message.starts_with("duplicate field `") {
        return repeated();
    }
    match message.rsplit_once("expected ") {
        Some((found, "i64")) if found.starts_with("invalid value: integer") => {
            Fault::new(Cause::OutOfRange { min: i64::MIN, max: i64::MAX }, "is out of range")
        }
        Some((_, "i64")) => Fault::new(Cause::WrongType, "must be a whole number"),
        // What JSON calls an array.
        Some((_, "a sequence")) => Fault::new(Cause::WrongType, "must be an array"),
        Some((_, expected)) if expected.starts_with("struct ") => {
            Fault::new(Cause::WrongType, "must be an object")
        }
        Some((_, expected)) => Fault::new(Cause::WrongType, format!("must be {expected}")),
        // Half of a character in a text.
        None => Fault::new(Cause::InvalidCharacter, "is not valid"),
    }
}

/// Without " at line 1 column 5" at the end. The value that came may have such words, too.
fn without_position(message: &str) -> &str {
    let is_position =
        |text: &str| text.bytes().all(|it| it.is_ascii_digit() || b" column".contains(&it));
    match message.rsplit_once(" at line ") {
        Some((message, position)) if is_position(position) => message,
        _ => message,
    }
}

/// An object inside a body has a field more than once.
pub(crate) fn repeated() -> Fault {
    Fault::new(Cause::Repeated, "must be an object with each field once")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_that_came_is_never_repeated() {
        for value in [
            "integer `12345678`",
            r#"string "x at line y""#,
            r#"string "1 expected secret at line 1""#,
        ] {
            for position in ["", " at line 1 column 5"] {
                let message = format!("invalid type: {value}, expected a string{position}");
                let expected = Fault::new(Cause::WrongType, "must be a string");
                assert_eq!(fault(&message), expected, "{message}");
            }
        }
    }

    #[test]
    fn types_have_the_names_of_json() {
        for (message, phrase) in [
            ("invalid type: null, expected i64", "must be a whole number"),
            ("invalid type: integer `1`, expected a sequence", "must be an array"),
            ("invalid length 0, expected struct NewTask with 5 elements", "must be an object"),
        ] {
            assert_eq!(fault(message), Fault::new(Cause::WrongType, phrase), "{message}");
        }
        let large = fault("invalid value: integer `9223372036854775808`, expected i64");
        let range = Cause::OutOfRange { min: i64::MIN, max: i64::MAX };
        assert_eq!(large, Fault::new(range, "is out of range"));
    }
}
