//! Tags: short words by which people group their tasks.

use std::{fmt, str::FromStr};

/// Why a word is no [`Tag`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// Nothing but white space, or only a `#`.
    #[error("must not be blank")]
    Blank,
    /// More characters than [`Tag::MAX_CHARS`].
    #[error("must be at most {max} characters long, not {actual}", max = Tag::MAX_CHARS)]
    TooLong {
        /// What came.
        actual: usize,
    },
    /// A character that is no part of a word.
    #[error("must consist of letters, digits, - and _")]
    Character,
    /// Nothing to pronounce.
    #[error("must have a letter or a digit")]
    OnlySigns,
}

/// A word to group tasks by: 1 to 30 letters, digits, `-` and `_`, at least one of them a letter or
/// a digit. It is kept in lower case by Unicode's rules, and without the `#` that people write
/// before it.
///
/// ```
/// use todo_domain::{Tag, TagError};
///
/// assert_eq!(Tag::new(" #Home_Office ")?.as_str(), "home_office");
/// assert_eq!(Tag::new("to do"), Err(TagError::Character));
/// assert_eq!(Tag::new("é".repeat(31)), Err(TagError::TooLong { actual: 31 }));
/// # Ok::<(), TagError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl Tag {
    /// The most characters it may have.
    pub const MAX_CHARS: usize = 30;

    /// Reads what a person typed.
    ///
    /// # Errors
    /// The first rule of [`TagError`] that it breaks.
    pub fn new(text: impl AsRef<str>) -> Result<Self, TagError> {
        let text = text.as_ref().trim();
        let text = text.strip_prefix('#').unwrap_or(text);
        // "İ" becomes an "i" with a dot above it, which is no letter; an "i" has a dot anyway.
        let tag = text.to_lowercase().replace('\u{307}', "");
        if tag.is_empty() {
            return Err(TagError::Blank);
        }
        if !tag.chars().all(|it| it.is_alphanumeric() || matches!(it, '-' | '_')) {
            return Err(TagError::Character);
        }
        let actual = tag.chars().count();
        if actual > Self::MAX_CHARS {
            return Err(TagError::TooLong { actual });
        }
        if tag.chars().any(char::is_alphanumeric) {
            Ok(Self(tag))
        } else {
            Err(TagError::OnlySigns)
        }
    }

    /// The word, without `#`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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

    /// Puts tags in order; those that come twice count once.
    ///
    /// # Errors
    /// [`TooManyTags`] for more than [`Tags::MAX`].
    pub fn new(tags: impl IntoIterator<Item = Tag>) -> Result<Self, TooManyTags> {
        let mut tags: Vec<Tag> = tags.into_iter().collect();
        tags.sort_unstable();
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
        for (place, tag) in self.iter().enumerate() {
            if place > 0 {
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

/// What happens to the tags of a task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TagChange {
    /// They stay.
    #[default]
    Keep,
    /// These take their place.
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

#[cfg(test)]
#[path = "tag_tests.rs"]
mod tests;
