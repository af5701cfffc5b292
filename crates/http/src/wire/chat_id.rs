//! The ids that clients of the AI SDK give their chats.

use std::str::FromStr;

use sha2::{Digest, Sha256};
use todo_domain::ConversationId;
use uuid::{Builder, Uuid};

use crate::error::{Cause, Refusal};

/// The id of a chat, which names a conversation. A UUID is the conversation's id. Any other is hashed
/// to one, so that nobody has to remember which chat is which conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChatId(ConversationId);

/// The text is no id of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 128 letters, digits, `_` and `-`")]
pub(crate) struct ChatIdError;

impl Refusal for ChatIdError {
    fn cause(&self) -> Cause {
        Cause::InvalidFormat { format: "chat-id" }
    }
}

impl ChatId {
    const MAX_BYTES: usize = 128;

    pub(crate) fn conversation(self) -> ConversationId {
        self.0
    }
}

impl FromStr for ChatId {
    type Err = ChatIdError;

    fn from_str(text: &str) -> Result<Self, ChatIdError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if text.is_empty() || text.len() > Self::MAX_BYTES || !text.bytes().all(allowed) {
            return Err(ChatIdError);
        }
        let id = Uuid::try_parse(text).unwrap_or_else(|_| hashed(text));
        Ok(Self(ConversationId::new(id)))
    }
}

/// A UUID version 8 (RFC 9562) of the SHA-256 of the text.
fn hashed(text: &str) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(text)[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_itself_and_another_id_always_the_same_uuid() {
        let of = |text: &str| text.parse::<ChatId>().unwrap().conversation().to_string();
        let uuid = "01a20502-a9f0-777e-be05-d461629a903b";
        assert_eq!(of(uuid), uuid);
        // The first 16 bytes of `printf ECvKOARmGNNRAwPJ | sha256sum`, with version 8.
        assert_eq!(of("ECvKOARmGNNRAwPJ"), "e00d5534-a220-86e7-b62c-077388af4ef8");
        assert_ne!(of("a"), of("A"));
    }

    #[test]
    fn other_texts_are_no_ids() {
        for text in ["", "a b", "a/b", "ä", "a.b", &"x".repeat(129)] {
            assert_eq!(text.parse::<ChatId>(), Err(ChatIdError), "{text}");
        }
        assert!("x".repeat(128).parse::<ChatId>().is_ok());
    }
}
