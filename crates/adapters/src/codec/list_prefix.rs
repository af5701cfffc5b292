//! The JSON of a cached list of conversations, which lives for a minute.

use serde::{Deserialize, Serialize};
use todo_domain::{Conversation, ConversationId, ConversationTitle, Timestamp};

use crate::conversation_cache::ListPrefix;

#[derive(Serialize, Deserialize)]
struct ListPrefixJson {
    conversations: Vec<ConversationJson>,
    more: bool,
}

/// Instants are microseconds since 1970.
#[derive(Serialize, Deserialize)]
struct ConversationJson {
    id: String,
    title: String,
    created_at: i64,
    updated_at: i64,
}

/// A list as JSON.
pub(crate) fn list_prefix_to_json(list: &ListPrefix) -> String {
    let conversations = list.conversations.iter().map(ConversationJson::from).collect();
    let list = ListPrefixJson { conversations, more: list.more };
    // Keys are texts, so that nothing can go wrong; no list that is empty can be read.
    serde_json::to_string(&list).unwrap_or_default()
}

/// What [`list_prefix_to_json`] wrote; `None` if the text is something else.
pub(crate) fn list_prefix_from_json(json: &str) -> Option<ListPrefix> {
    let ListPrefixJson { conversations, more } = serde_json::from_str(json).ok()?;
    let conversations = conversations.into_iter().map(ConversationJson::read);
    Some(ListPrefix { conversations: conversations.collect::<Option<_>>()?, more })
}

impl From<&Conversation> for ConversationJson {
    fn from(conversation: &Conversation) -> Self {
        Self {
            id: conversation.id.to_string(),
            title: conversation.title.as_str().to_owned(),
            created_at: conversation.created_at.as_microsecond(),
            updated_at: conversation.updated_at.as_microsecond(),
        }
    }
}

impl ConversationJson {
    fn read(self) -> Option<Conversation> {
        Some(Conversation {
            id: self.id.parse::<ConversationId>().ok()?,
            title: ConversationTitle::stored(self.title).ok()?,
            created_at: Timestamp::from_microsecond(self.created_at).ok()?,
            updated_at: Timestamp::from_microsecond(self.updated_at).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_something_else_is_none() {
        for text in [
            "",
            "{}",
            r#"{"conversations":[{"id":"x","title":"","created_at":0,"updated_at":0}],"more":false}"#,
        ] {
            assert_eq!(list_prefix_from_json(text), None);
        }
    }
}
