//! Conversations and what is said in them.

use std::fmt;

use crate::{
    ConversationId, MessageCursor, MessageId, MessageText, TextError, Timestamp, TurnId, beginning,
    text::{bounded, from_first_visible, stored, trimmed},
};

/// What a conversation is called: 1 to 200 characters after trimming when a user names it,
/// otherwise the beginning of its first message.
///
/// ```
/// use todo_domain::{ConversationTitle, MessageText};
///
/// let text = MessageText::new("add a high-priority task to finish the quarterly report by Friday")?;
/// let title = ConversationTitle::of_first_message(&text);
/// assert_eq!(title.as_str(), "add a high-priority task to finish the quarterly report by…");
/// # Ok::<(), todo_domain::TextError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationTitle(String);

impl ConversationTitle {
    /// The most characters it may have.
    pub const MAX_CHARS: usize = 200;
    /// How much of a first message becomes a title, with the ellipsis.
    const DERIVED_CHARS: usize = 60;

    /// Checks and wraps a title a user chose.
    ///
    /// # Errors
    /// [`TextError`] when blank, longer than 200 characters, or with NUL.
    pub fn new(text: &str) -> Result<Self, TextError> {
        let text = trimmed(text)?;
        bounded(&text, Self::MAX_CHARS)?;
        Ok(Self(text))
    }

    /// Wraps a title that a store kept, checked by the rules of its time.
    ///
    /// # Errors
    /// [`TextError`] for what no rules have ever let pass.
    pub fn stored(text: String) -> Result<Self, TextError> {
        stored(&text, Self::MAX_CHARS)?;
        Ok(Self(text))
    }

    /// The first 60 characters of a message on one line, cut at a word.
    #[must_use]
    pub fn of_first_message(text: &MessageText) -> Self {
        let text = from_first_visible(text.as_str());
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() <= Self::DERIVED_CHARS {
            return Self(line);
        }
        let words = beginning(&line, Self::DERIVED_CHARS).rsplit_once(' ').map(|(words, _)| words);
        // One endless word is cut between two of its characters.
        let kept = words.unwrap_or_else(|| beginning(&line, Self::DERIVED_CHARS - 1));
        Self(format!("{kept}…"))
    }

    /// The title.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConversationTitle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A conversation; its messages are loaded apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Which one.
    pub id: ConversationId,
    /// What it is called.
    pub title: ConversationTitle,
    /// When it began.
    pub created_at: Timestamp,
    /// When something was last said in it, or it was renamed.
    pub updated_at: Timestamp,
}

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// Something said in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Which one.
    pub id: MessageId,
    /// Its position in its conversation.
    pub position: MessageCursor,
    /// Who said it.
    pub role: Role,
    /// What was said, a [`MessageText`] or an [`crate::AnswerText`] when it was written.
    pub text: String,
    /// In which turn.
    pub turn_id: TurnId,
    /// When.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title_of(text: &str) -> String {
        MessageText::new(text)
            .map(|text| ConversationTitle::of_first_message(&text).0)
            .unwrap_or_default()
    }

    #[test]
    fn a_short_first_message_is_the_title() {
        assert_eq!(title_of("  add\n buy milk "), "add buy milk");
    }

    #[test]
    fn a_long_one_is_cut_at_a_word_and_one_endless_word_anywhere() {
        let title = title_of(&"word ".repeat(20));
        assert!(title.ends_with("word…") && title.chars().count() <= 60, "{title}");
        assert_eq!(title_of(&"é".repeat(100)).chars().count(), 60);
    }

    #[test]
    fn a_title_ends_with_a_whole_flag_family_or_accented_letter() {
        assert_eq!(title_of(&"🇩🇪".repeat(300)), "🇩🇪".repeat(29) + "…");
        assert_eq!(title_of(&"👨‍👩‍👧‍👦".repeat(20)), "👨‍👩‍👧‍👦".repeat(8) + "…");
        assert_eq!(title_of(&"x\u{301}\u{323}".repeat(50)).chars().count(), 58);
    }

    #[test]
    fn a_title_begins_where_something_shows() {
        assert_eq!(title_of(&("\u{3164}".repeat(80) + "milk")), "milk");
    }
}
