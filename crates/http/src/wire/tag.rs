//! Tags.

use serde::Serialize;
use todo_domain::{Change, Tag, TagChange, TagError, Tags, TagsError, TooManyTags};
use utoipa::ToSchema;

use super::field::Field;
use crate::error::{Fault, Fields};

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

/// The tags in a body, or a note of what is wrong with each.
pub(super) fn of_body(field: Field<Vec<Field>>, fields: &mut Fields) -> Option<Tags> {
    let words = field.optional("tags", fields, Ok::<_, Fault>)?;
    parse(words.unwrap_or_default(), fields)
}

/// What a patch does to the tags.
pub(super) fn of_patch(field: Field<Vec<Field>>, fields: &mut Fields) -> Option<TagChange> {
    match field.change("tags", fields, Ok::<_, Fault>)? {
        Change::Keep => Some(TagChange::Keep),
        Change::Clear => Some(TagChange::Set(Tags::default())),
        Change::Set(words) => parse(words, fields).map(TagChange::Set),
    }
}

/// A list that is too long is not looked at any closer.
fn parse(words: Vec<Field>, fields: &mut Fields) -> Option<Tags> {
    if words.len() > Tags::MAX {
        return fields.parse("tags", Err(TooManyTags));
    }
    let words = words.into_iter().enumerate();
    let tags: Vec<Option<Tag>> = words
        .map(|(index, word)| word.required(&format!("tags[{index}]"), fields, Tag::new))
        .collect();
    let tags = tags.into_iter().collect::<Option<Vec<_>>>()?;
    fields.parse("tags", Tags::new(tags))
}

/// The tags in a query string, with commas between them; at least one.
pub(super) fn of_query(text: &str) -> Result<Tags, TagsError> {
    if text.is_empty() { Err(TagError::Blank.into()) } else { text.parse() }
}
