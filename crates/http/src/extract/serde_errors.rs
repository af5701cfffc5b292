//! From what serde says is wrong to a field and a phrase to put after its name.

use crate::error::FieldError;

/// `path` is where serde was when it stopped: for a field that is missing, unknown or repeated
/// that is the object around it, and the name is in the message.
pub(crate) fn field_error(path: &str, message: &str) -> FieldError {
    let message = message.split(" at line ").next().unwrap_or(message);
    for (kind, phrase) in [
        ("missing field `", "is required"),
        ("unknown field `", "is unknown"),
        ("duplicate field `", "must be given once"),
    ] {
        if let Some((field, _)) = message.strip_prefix(kind).and_then(|rest| rest.split_once('`')) {
            return FieldError::new(field, phrase);
        }
    }
    let path = if path == "." { "body" } else { path };
    // "invalid type: integer `5`, expected a string": the value itself may be a secret.
    match message.rsplit_once("expected ") {
        // What JSON calls an array.
        Some((_, "a sequence")) => FieldError::new(path, "must be an array"),
        Some((found, "i64" | "u64")) if found.starts_with("invalid value: integer") => {
            FieldError::new(path, "is out of range")
        }
        Some((_, "i64" | "u64")) => FieldError::new(path, "must be a whole number"),
        Some((_, expected)) if expected.starts_with("struct ") => {
            FieldError::new(path, "must be an object")
        }
        Some((_, expected)) => FieldError::new(path, format!("must be {expected}")),
        None => FieldError::new(path, "is not valid"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_that_came_is_never_repeated() {
        let error = field_error("password", "invalid type: integer `12345678`, expected a string");
        assert_eq!(error, FieldError::new("password", "must be a string"));
    }

    #[test]
    fn types_have_the_names_of_json() {
        for (message, phrase) in [
            ("invalid type: null, expected i64", "must be a whole number"),
            ("invalid value: integer `9223372036854775808`, expected i64", "is out of range"),
            ("invalid type: integer `1`, expected a sequence", "must be an array"),
            ("invalid length 0, expected struct NewTask with 5 elements", "must be an object"),
        ] {
            assert_eq!(field_error("id", message), FieldError::new("id", phrase), "{message}");
        }
    }

    #[test]
    fn a_field_with_a_curious_name_is_named() {
        let error = field_error(".", "unknown field ` at line `, expected `title` at line 1");
        assert_eq!(error, FieldError::new("body", "is not valid"));
        let error = field_error(".", "unknown field `expected x`, there are no fields");
        assert_eq!(error, FieldError::new("expected x", "is unknown"));
    }
}
