//! One form for texts that are canonically equal.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();

/// The form in which texts of people are stored: Unicode's NFC. An "e" with an acute accent is one
/// character in it, however it was typed. NFC keeps how a text looks; it is what most keyboards
/// write and the web asks for, so that most texts are in it already.
///
/// ```
/// assert_eq!(todo_domain::normalised("cafe\u{301}"), "café");
/// ```
#[must_use]
pub fn normalised(text: &str) -> Cow<'_, str> {
    NFC.normalize(text)
}
