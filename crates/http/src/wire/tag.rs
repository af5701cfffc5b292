//! Tags.

use serde::Serialize;
use todo_domain::{Tag, TagChange, TagError, Tags, TagsError, TooManyTags};
use utoipa::ToSchema;

use super::patch::PatchField;
use crate::error::Fields;

/// A word of 1 to 30 letters, digits, `-` and `_`, in lower case. In a request case and a leading `#`
/// do not matter.
#[derive(ToSchema)]
#[schema(format = "tag", example = "home")]
#[expect(dead_code, reason = "it describes the texts of lists of tags")]
pub(crate) struct TagText(String);

/// A tag, and how many of your tasks have it.
#[derive(Serialize, ToSchema)]
pub(crate) struct TagCount {
    /// In lower case, without `#`.
    #[schema(example = "home")]
    tag: String,
    /// How many of them are still to do.
    #[schema(example = 2)]
    pending: u64,
    /// How many there are, done or not.
    #[schema(minimum = 1, example = 5)]
    total: u64,
}

impl From<todo_domain::TagCount> for TagCount {
    fn from(count: todo_domain::TagCount) -> Self {
        let todo_domain::TagCount { tag, pending, total } = count;
        Self { tag: tag.to_string(), pending, total }
    }
}

/// The tags in a body, or a note of what is wrong with each. A list that is too long is not looked
/// at any closer.
pub(super) fn of_body(words: &[String], fields: &mut Fields) -> Option<Tags> {
    if words.len() > Tags::MAX {
        return fields.parse("tags", Err(TooManyTags));
    }
    let tags: Vec<Option<Tag>> = words
        .iter()
        .enumerate()
        .map(|(place, word)| fields.parse(&format!("tags[{place}]"), Tag::new(word)))
        .collect();
    let tags = tags.into_iter().collect::<Option<Vec<_>>>()?;
    fields.parse("tags", Tags::new(tags))
}

/// What a patch does to the tags.
pub(super) fn of_patch(field: PatchField<Vec<String>>, fields: &mut Fields) -> Option<TagChange> {
    match field {
        PatchField::Absent => Some(TagChange::Keep),
        PatchField::Null => Some(TagChange::Set(Tags::default())),
        PatchField::Value(words) => of_body(&words, fields).map(TagChange::Set),
    }
}

/// The tags in a query string, with commas between them; at least one.
pub(super) fn of_query(text: &str) -> Result<Tags, TagsError> {
    if text.is_empty() { Err(TagError::Blank.into()) } else { text.parse() }
}
