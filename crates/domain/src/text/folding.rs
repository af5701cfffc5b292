//! What counts as the same when people search or name something.

use std::fmt;

use icu_casemap::CaseMapperBorrowed;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::{CodePointMapData, CodePointSetData, props};
use unicode_segmentation::UnicodeSegmentation;

use super::normal::normalised;

const CASES: CaseMapperBorrowed<'static> = CaseMapperBorrowed::new();
const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
const NFD: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizerBorrowed::new_nfd();
const NFKD: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizerBorrowed::new_nfkd();

/// A text in the form to compare and to look in. It is never shown.
///
/// - Canonically equal texts are equal, and so are compatible ones: `ﬁ` and `fi`, `Ａ` and `a`.
/// - Case is folded by Unicode's full rules: `ß`, `ẞ` and `SS` are equal, and so are all sigmas.
/// - `i`, `İ`, `I` and `ı` are equal. Which of them are one letter depends on the language of a
///   text, which nobody tells us, and a search that finds too much beats one that finds nothing.
/// - What shows nothing, a soft hyphen or a joiner, and control characters other than white space
///   are left out. So no text contains U+0000 to U+0008 or U+000E to U+001F in this form, which is
///   what stores put between several of them.
/// - Accents stay: `cafe` is not `café`.
///
/// Every character that people see is folded by itself. Therefore whatever a text contains is
/// contained in its folded form as well, wherever it stands.
///
/// ```
/// use todo_domain::FoldedText;
///
/// assert_eq!(FoldedText::of("STRASSE"), FoldedText::of("Straße"));
/// assert!(FoldedText::of("ΑΓΟΡΑ ΚΟΣΜΟΣ").contains(&FoldedText::of("κος")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FoldedText(String);

impl FoldedText {
    /// Which folding this is: 1 to 8. It rises when any text gets another form, by a rule here or by
    /// a new version of Unicode's tables, and when stores keep something more that is folded, so that
    /// what was stored is folded again. Version 2 keeps the tags of a task beside its texts.
    pub const VERSION: u8 = 2;

    /// Folds a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut folded = String::with_capacity(text.len());
        if text.is_ascii() {
            folded.extend(text.chars().filter(is_kept).map(|it| it.to_ascii_lowercase()));
        } else {
            for character in normalised(text).graphemes(true) {
                fold(character, &mut folded);
            }
        }
        Self(folded)
    }

    /// Whether the other one is a part of this one.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.0.contains(&other.0)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FoldedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<FoldedText> for String {
    fn from(text: FoldedText) -> Self {
        text.0
    }
}

/// Folds one character that people see, which may be several of Unicode.
fn fold(character: &str, folded: &mut String) {
    if character.is_ascii() {
        folded.extend(character.chars().filter(is_kept).map(|it| it.to_ascii_lowercase()));
        return;
    }
    // Unicode's compatibility caseless match (D146), in which each of the two may enable the other.
    let cased = NFKD.normalize(&CASES.fold_string(&NFD.normalize(character))).into_owned();
    let cased = NFKD.normalize(&CASES.fold_string(&cased)).into_owned();
    let mut undotted = String::with_capacity(cased.len());
    let classes = CodePointMapData::<props::CanonicalCombiningClass>::new();
    let mut after_i = false;
    for letter in cased.chars().filter(is_kept) {
        let letter = if letter == 'ı' { 'i' } else { letter };
        if classes.get(letter) == props::CanonicalCombiningClass::NotReordered {
            after_i = letter == 'i';
        } else if after_i && letter == DOT_ABOVE {
            continue;
        }
        undotted.push(letter);
    }
    folded.push_str(&NFC.normalize(&undotted));
}

const DOT_ABOVE: char = '\u{307}';

fn is_kept(character: &char) -> bool {
    if character.is_control() {
        return character.is_whitespace();
    }
    !CodePointSetData::new::<props::DefaultIgnorableCodePoint>().contains(*character)
}
