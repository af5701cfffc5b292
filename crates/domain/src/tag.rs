//! Tags: short words by which people group their tasks.

use std::{cmp::Ordering, fmt, hash, str::FromStr};

use unicode_segmentation::UnicodeSegmentation;

use crate::{
    FoldedText, is_blank, is_part_of_word, normalised,
    text::{is_joiner, is_mark},
};

/// Why a word is no [`Tag`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// Nothing that shows, or only a `#`.
    #[error("must not be blank")]
    Blank,
    /// More characters than [`Tag::MAX_CHARS`].
    #[error("must be at most {max} characters long, not {actual}", max = Tag::MAX_CHARS)]
    TooLong {
        /// What came.
        actual: usize,
    },
    /// A character that is no part of a word, or a mark or a joiner that is on no letter.
    #[error("must consist of letters, digits, - and _")]
    Character,
    /// Nothing to pronounce.
    #[error("must have a letter or a digit")]
    OnlySigns,
}

/// A word to group tasks by: 1 to 30 letters, digits, `-` and `_`, at least one of them a letter or
/// a digit. Letters of all scripts are letters, with the marks that are written on them and the
/// joiners that some scripts are spelled with.
///
/// It is kept folded as [`FoldedText`] says and without the `#` that people write before it. Only what
/// a word would look misspelled without is as it was written, in lower case:
/// [`Tag::NOT_COMPARED`]. So it is shown, and so its characters are counted; tags that differ in
/// nothing else are the same, such as `straße` and `STRASSE`.
///
/// ```
/// use todo_domain::{Tag, TagError};
///
/// assert_eq!(Tag::new(" #Home_Office ")?.as_str(), "home_office");
/// assert_eq!(Tag::new("Straße")?.as_str(), "straße");
/// assert_eq!(Tag::new("Straße")?, Tag::new("STRASSE")?);
/// assert_eq!(Tag::new("to do"), Err(TagError::Character));
/// assert_eq!(Tag::new("é".repeat(31)), Err(TagError::TooLong { actual: 31 }));
/// # Ok::<(), TagError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Tag {
    shown: String,
    compared: String,
}

impl Tag {
    /// The most characters it may have.
    pub const MAX_CHARS: usize = 30;
    /// What is shown as it was written, and what it is compared as: the sharp s, the sigma at the end
    /// of a word, the i without a dot, and the joiners.
    pub const NOT_COMPARED: [(&'static str, &'static str); 5] =
        [("ß", "ss"), ("ς", "σ"), ("ı", "i"), ("\u{200c}", ""), ("\u{200d}", "")];

    /// Reads what a person typed.
    ///
    /// # Errors
    /// The first rule of [`TagError`] that it breaks.
    pub fn new(text: impl AsRef<str>) -> Result<Self, TagError> {
        let text = text.as_ref().trim();
        let text = text.strip_prefix('#').unwrap_or(text);
        if is_blank(text) {
            return Err(TagError::Blank);
        }
        let lower = normalised(text).to_lowercase();
        let shown = shown(&lower);
        if !is_word(&normalised(&lower)) || !is_word(&shown) {
            return Err(TagError::Character);
        }
        let actual = shown.chars().count();
        if actual > Self::MAX_CHARS {
            return Err(TagError::TooLong { actual });
        }
        if shown.chars().any(char::is_alphanumeric) {
            Ok(Self::of(shown))
        } else {
            Err(TagError::OnlySigns)
        }
    }

    /// Wraps a tag that a store kept, checked by the rules of its time: it may not be normalised.
    ///
    /// # Errors
    /// [`TagError`] for what no rules have ever let pass.
    pub fn stored(text: &str) -> Result<Self, TagError> {
        if text.is_empty() {
            return Err(TagError::Blank);
        }
        if !text.chars().all(|it| is_part_of_word(it) || matches!(it, '-' | '_')) {
            return Err(TagError::Character);
        }
        match text.chars().count() {
            actual if actual > Self::MAX_CHARS => Err(TagError::TooLong { actual }),
            _ => Ok(Self::of(text.to_owned())),
        }
    }

    fn of(shown: String) -> Self {
        let start = shown.clone();
        let compared =
            Self::NOT_COMPARED.iter().fold(start, |tag, (it, as_it)| tag.replace(*it, as_it));
        Self { shown, compared }
    }

    /// The word, without `#`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The form by which tags are the same: with what [`Tag::NOT_COMPARED`] says instead.
    #[must_use]
    pub fn compared(&self) -> &str {
        &self.compared
    }
}

/// A word in lower case as a tag is kept.
fn shown(lower: &str) -> String {
    let mut shown = String::with_capacity(lower.len());
    for character in lower.graphemes(true) {
        if matches!(character, "ß" | "ς" | "ı") {
            shown.push_str(character);
            continue;
        }
        for piece in character.split_inclusive(is_joiner) {
            shown.push_str(FoldedText::of(piece).as_str());
            shown.extend(piece.chars().next_back().filter(|it| is_joiner(*it)));
        }
    }
    shown
}

/// Whether a text consists of what words are made of, with each mark and each joiner on a letter.
/// ASCII has no letters that join.
fn is_word(text: &str) -> bool {
    let mut before = None;
    text.chars().all(|this| {
        let on = before.replace(this);
        if is_joiner(this) {
            on.is_some_and(|it| !it.is_ascii() && !is_joiner(it))
        } else if is_mark(this) {
            on.is_some_and(is_part_of_word)
        } else {
            this.is_alphanumeric() || matches!(this, '-' | '_')
        }
    })
}

impl PartialEq for Tag {
    fn eq(&self, other: &Self) -> bool {
        self.compared == other.compared
    }
}

impl Eq for Tag {}

impl PartialOrd for Tag {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Tag {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compared.cmp(&other.compared)
    }
}

impl hash::Hash for Tag {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.compared.hash(state);
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// More tags than [`Tags::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be at most {max} tags", max = Tags::MAX)]
pub struct TooManyTags;

/// At most ten tags: in the order of their characters, each once.
///
/// They print as `home,work` and read back from it; no tags are an empty text.
///
/// ```
/// use todo_domain::Tags;
///
/// let tags: Tags = "Work, #home,work".parse()?;
/// assert_eq!(tags.to_string(), "home,work");
/// # Ok::<(), todo_domain::TagsError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags(Vec<Tag>);

impl Tags {
    /// The most tags that a task may have.
    pub const MAX: usize = 10;

    /// Puts tags in order; those that come twice count once, as they were written first.
    ///
    /// # Errors
    /// [`TooManyTags`] for more than [`Tags::MAX`].
    pub fn new(tags: impl IntoIterator<Item = Tag>) -> Result<Self, TooManyTags> {
        let mut tags: Vec<Tag> = tags.into_iter().collect();
        tags.sort();
        tags.dedup();
        if tags.len() > Self::MAX { Err(TooManyTags) } else { Ok(Self(tags)) }
    }

    /// The tags in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Tag> {
        self.0.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this is one of them.
    #[must_use]
    pub fn contains(&self, tag: &Tag) -> bool {
        self.0.binary_search(tag).is_ok()
    }
}

impl<'t> IntoIterator for &'t Tags {
    type Item = &'t Tag;
    type IntoIter = std::slice::Iter<'t, Tag>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Tags {
    /// The form that [`Tags::from_str`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, tag) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            fmt::Display::fmt(tag, f)?;
        }
        Ok(())
    }
}

/// Why a text is no [`Tags`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TagsError {
    /// One of them is no tag.
    #[error(transparent)]
    Tag(#[from] TagError),
    /// There are too many.
    #[error(transparent)]
    TooMany(#[from] TooManyTags),
}

impl FromStr for Tags {
    type Err = TagsError;

    /// Tags with commas between them.
    fn from_str(text: &str) -> Result<Self, TagsError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let tags = text.split(',').map(Tag::new).collect::<Result<Vec<_>, _>>()?;
        Ok(Self::new(tags)?)
    }
}

impl Tags {
    /// Reads what a store kept: tags with commas between them, checked by the rules of their time.
    ///
    /// # Errors
    /// [`TagsError`] for what no rules have ever let pass.
    pub fn stored(text: &str) -> Result<Self, TagsError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let tags = text.split(',').map(Tag::stored).collect::<Result<Vec<_>, _>>()?;
        Ok(Self::new(tags)?)
    }
}

/// What happens to the tags of a task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TagChange {
    /// They stay.
    #[default]
    Keep,
    /// These replace them.
    Set(Tags),
    /// Some come, some go, the others stay.
    Adjust(TagAdjustment),
}

impl TagChange {
    /// Tags to add and tags to take away; one that is away already may be taken away, too.
    ///
    /// # Errors
    /// [`ContradictoryTags`] if a tag shall both come and go.
    pub fn adjust(add: Tags, remove: Tags) -> Result<Self, ContradictoryTags> {
        if add.iter().any(|tag| remove.contains(tag)) {
            return Err(ContradictoryTags);
        }
        let nothing = add.is_empty() && remove.is_empty();
        Ok(if nothing { Self::Keep } else { Self::Adjust(TagAdjustment { add, remove }) })
    }

    /// The tags after it.
    ///
    /// # Errors
    /// [`TooManyTags`] where adding some leads to more than a task may have.
    pub fn applied_to(&self, tags: &Tags) -> Result<Tags, TooManyTags> {
        match self {
            Self::Keep => Ok(tags.clone()),
            Self::Set(tags) => Ok(tags.clone()),
            Self::Adjust(TagAdjustment { add, remove }) => {
                let staying = tags.iter().filter(|tag| !remove.contains(tag));
                Tags::new(staying.chain(add).cloned())
            }
        }
    }
}

/// Tags to add and others to take away, as [`TagChange::adjust`] makes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagAdjustment {
    add: Tags,
    remove: Tags,
}

/// A tag was named to be added and to be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the same tag can't be added and removed")]
pub struct ContradictoryTags;

/// How many of a user's tasks carry a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagCount {
    /// The tag.
    pub tag: Tag,
    /// How many of them are still to do.
    pub pending: u64,
    /// How many, done or not.
    pub total: u64,
}

impl TagCount {
    /// Of several ways to write the tag, the first in the order of characters is shown.
    pub fn shown_as(&mut self, tag: &Tag) {
        if tag.as_str() < self.tag.as_str() {
            self.tag = tag.clone();
        }
    }
}

#[cfg(test)]
#[path = "tag_tests.rs"]
mod tests;
