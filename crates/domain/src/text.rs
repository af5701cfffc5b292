//! Bounded texts. Lengths count Unicode scalar values, not bytes, and they count them in what is
//! stored: after [`normalised`], and without the white space around a title or a name.

mod cutting;
mod digits;
mod folding;
mod normal;
mod visible;

use std::fmt;

pub(crate) use self::visible::{from_first_visible, is_joiner, is_mark};
pub use self::{
    cutting::beginning,
    digits::thousands,
    folding::FoldedText,
    normal::normalised,
    visible::{is_blank, is_part_of_word},
};

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing that shows: see [`is_blank`].
    #[error("must not be blank")]
    Blank,
    /// More characters than the bound.
    #[error("must be at most {max} characters long, not {actual}")]
    TooLong {
        /// The bound.
        max: usize,
        /// What came.
        actual: usize,
    },
    /// U+0000, which PostgreSQL cannot store.
    #[error("must not contain the NUL character")]
    Nul,
}

pub(crate) fn bounded(text: &str, max: usize) -> Result<(), TextError> {
    if text.contains('\0') {
        return Err(TextError::Nul);
    }
    let actual = text.chars().count();
    if actual > max { Err(TextError::TooLong { max, actual }) } else { Ok(()) }
}

fn not_blank(text: &str) -> Result<(), TextError> {
    if is_blank(text) { Err(TextError::Blank) } else { Ok(()) }
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, max $max:expr, |$text:ident| $prepare:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// The most characters it may have.
            pub const MAX_CHARS: usize = $max;

            /// Checks and wraps a text.
            ///
            /// # Errors
            /// The first rule of [`TextError`] that it breaks.
            pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
                let $text: String = text.into();
                let $text: String = $prepare?;
                bounded(&$text, Self::MAX_CHARS)?;
                Ok(Self($text))
            }

            /// Wraps a text that a store kept. It was checked by the rules of its time: it may be
            /// blank by those of today, or not normalised.
            ///
            /// # Errors
            /// [`TextError`] for what no rules have ever let pass.
            pub fn stored(text: String) -> Result<Self, TextError> {
                stored(&text, Self::MAX_CHARS)?;
                Ok(Self(text))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    };
}

pub(crate) fn stored(text: &str, max: usize) -> Result<(), TextError> {
    bounded(text, max)?;
    if text.trim().is_empty() { Err(TextError::Blank) } else { Ok(()) }
}

pub(crate) fn trimmed(text: &str) -> Result<String, TextError> {
    not_blank(text)?;
    Ok(normalised(visible::trimmed(text)).into_owned())
}

fn as_written(text: String) -> Result<String, TextError> {
    not_blank(&text)?;
    Ok(text)
}

text! {
    /// What is to be done: 1 to 200 characters after trimming.
    ///
    /// ```
    /// use todo_domain::{TaskTitle, TextError};
    ///
    /// assert_eq!(TaskTitle::new("  buy milk ")?.as_str(), "buy milk");
    /// assert_eq!(TaskTitle::new(" "), Err(TextError::Blank));
    /// assert_eq!(TaskTitle::new("é".repeat(201)), Err(TextError::TooLong { max: 200, actual: 201 }));
    /// # Ok::<(), TextError>(())
    /// ```
    TaskTitle, max 200, |text| trimmed(&text)
}

text! {
    /// More about a task: at most 2,000 characters after trimming. A blank one is no description:
    /// fields hold an `Option` of it.
    TaskDescription, max 2_000, |text| trimmed(&text)
}

text! {
    /// What a user says: 1 to 2,000 characters (S58), with its white space.
    MessageText, max 2_000, |text| as_written(normalised(&text).into_owned())
}

text! {
    /// What a user is called: 1 to 100 characters after trimming.
    UserName, max 100, |text| trimmed(&text)
}

text! {
    /// What to look for in titles, descriptions and messages, in any case, taken literally: 1 to 200
    /// characters.
    SearchText, max 200, |text| trimmed(&text)
}

text! {
    /// What a model answers: 1 to 32,000 characters. NUL is removed rather than refused, because
    /// nobody could correct it. It is not normalised: it has been shown, piece by piece, as it is.
    AnswerText, max 32_000, |text| as_written(text.replace('\0', ""))
}

impl SearchText {
    /// The form to look for, in the folded form of a text.
    #[must_use]
    pub fn folded(&self) -> FoldedText {
        FoldedText::of(&self.0)
    }
}

#[cfg(test)]
#[path = "text/properties.rs"]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_count_characters_and_not_bytes() {
        assert!(MessageText::new("ü".repeat(2_000)).is_ok());
        assert_eq!(
            MessageText::new("ü".repeat(2_001)),
            Err(TextError::TooLong { max: 2_000, actual: 2_001 })
        );
    }

    #[test]
    fn a_message_keeps_its_white_space_but_needs_more_than_that() {
        assert_eq!(MessageText::new(" hi\n").as_ref().map(MessageText::as_str), Ok(" hi\n"));
        assert_eq!(MessageText::new(" \n\u{a0}"), Err(TextError::Blank));
    }

    #[test]
    fn nul_is_refused_from_people_and_removed_from_models() {
        assert_eq!(TaskTitle::new("a\0b"), Err(TextError::Nul));
        assert_eq!(AnswerText::new("a\0b").as_ref().map(AnswerText::as_str), Ok("ab"));
        assert_eq!(AnswerText::new("\0"), Err(TextError::Blank));
    }
}
