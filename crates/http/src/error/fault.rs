//! Why a value is refused: a code for programs, the numbers that belong to it, and a phrase for
//! people.

use std::fmt::Display;

use serde::Serialize;

use super::Code;

macro_rules! causes {
    ($($(#[$doc:meta])* $variant:ident $name:literal $({ $($number:ident: $type:ty),+ })?;)*) => {
        /// The kind of a fault, with what a program needs to say it in its own words.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(tag = "code")]
        pub(crate) enum Cause {
            $($(#[$doc])* #[serde(rename = $name)] $variant $({ $($number: $type),+ })?,)*
        }

        impl Cause {
            const TABLE: &'static [(&'static str, &'static [&'static str])] =
                &[$(($name, &[$($(stringify!($number)),+)?])),*];
        }
    };
}

causes! {
    /// The field is missing.
    Required "required";
    /// There is no such field.
    UnknownField "unknown_field";
    /// The field is there more than once.
    Repeated "repeated";
    /// The value has another JSON type.
    WrongType "wrong_type";
    /// The value is `null`, and the field can't be cleared.
    Null "null";
    /// The text shows nothing.
    Blank "blank";
    /// The text has too few characters.
    TooShort "too_short" { min: usize, length: usize };
    /// The text has too many characters.
    TooLong "too_long" { max: usize, length: usize };
    /// The list has too few elements.
    TooFew "too_few" { min: usize };
    /// The list has too many elements.
    TooMany "too_many" { max: usize };
    /// The number is too small or too large.
    OutOfRange "out_of_range" { min: i64, max: i64 };
    /// The text is none of those that are understood.
    OneOf "one_of" { values: Vec<String> };
    /// The text has a character that it may not have, or lacks one that it must have.
    InvalidCharacter "invalid_character";
    /// The text is not of this format.
    InvalidFormat "invalid_format" { format: &'static str };
    /// The field can't come together with another one.
    Exclusive "exclusive";
    /// The first day is after the last one.
    SpanReversed "span_reversed";
    /// There are too many days from the first to the last one.
    SpanTooLong "span_too_long" { max: i32 };
    /// Nobody but the service itself may have the value.
    Reserved "reserved";
    /// The line of an import can't be read, or not on this line.
    InvalidLine "invalid_line" { line: u64 };
    /// An import ends before its end.
    CutOff "cut_off" { line: u64 };
    /// An import has more of something than an account may have.
    TooManyRecords "too_many_records" { line: u64, max: u32 };
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Fault {
    /// A phrase to put after the name of the field.
    message: String,
    #[serde(flatten)]
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Kind {
    Cause(Cause),
    /// An operation of a batch is refused under the code that it has alone.
    Alone {
        code: Code,
    },
}

impl Fault {
    /// Every code, and what comes with it.
    pub(crate) fn codes() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        let alone = Code::OF_OPERATIONS.map(|code| (code.as_str(), &[][..]));
        Cause::TABLE.iter().copied().chain(alone)
    }

    pub(crate) fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self { message: message.into(), kind: Kind::Cause(cause) }
    }

    /// Of an operation of a batch, which alone would be answered with this code.
    pub(crate) fn of_operation(code: Code, message: impl Into<String>) -> Self {
        Self { message: message.into(), kind: Kind::Alone { code } }
    }
}

/// An error that says why a value is refused, as a phrase to put after the name of its field.
pub(crate) trait Refusal: Display {
    /// The kind of it.
    fn cause(&self) -> Cause;
}

impl<E: Refusal> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::new(error.cause(), error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_manual_lists_every_code_with_its_numbers_and_no_other() {
        // A row reads: | `too_long` | `max`, `length` | … |
        let manual: BTreeSet<(&str, Vec<&str>)> = include_str!("../../ERRORS.md")
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
            .filter(|(_, rest)| !rest.starts_with(|it: char| it.is_ascii_digit()))
            .filter_map(|(code, rest)| Some((code, rest.split_once('|')?.0)))
            .map(|(code, numbers)| (code, numbers.split('`').skip(1).step_by(2).collect()))
            .collect();
        let codes = Fault::codes().map(|(code, numbers)| (code, numbers.to_vec())).collect();
        assert_eq!(manual, codes);
    }

    #[test]
    fn an_operation_of_a_batch_is_refused_under_the_name_it_has_alone() {
        for code in Code::OF_OPERATIONS {
            let fault = serde_json::to_value(Fault::of_operation(code, "")).unwrap();
            assert_eq!(fault["code"], code.as_str());
        }
    }
}
