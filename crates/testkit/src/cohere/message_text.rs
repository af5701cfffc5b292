//! The words of a message, whichever form they come in.

use serde_json::Value;

use super::{
    request::{AssistantBlock, Message, TextBlock, ToolBlock, UserBlock},
    text_or::TextOr,
};

impl Message {
    /// Every piece of text in it that is not empty, thoughts and documents included.
    pub(super) fn texts(&self) -> Vec<String> {
        match self {
            Self::System { content } => texts(content),
            Self::User { content } => texts(content),
            Self::Assistant { content, .. } => content.as_ref().map(texts).unwrap_or_default(),
            Self::Tool { content, .. } => texts(content),
        }
    }
}

fn texts<B: Block>(content: &TextOr<Vec<B>>) -> Vec<String> {
    let texts = match content {
        TextOr::Text(text) => vec![text.clone()],
        TextOr::Other(blocks) => blocks.iter().map(Block::text).collect(),
    };
    texts.into_iter().filter(|text| !text.is_empty()).collect()
}

trait Block {
    /// Its words; none for a picture.
    fn text(&self) -> String;
}

impl Block for TextBlock {
    fn text(&self) -> String {
        let Self::Text { text } = self;
        text.clone()
    }
}

impl Block for UserBlock {
    fn text(&self) -> String {
        match self {
            Self::Text { text } => text.clone(),
            Self::ImageUrl { .. } => String::new(),
        }
    }
}

impl Block for AssistantBlock {
    fn text(&self) -> String {
        match self {
            Self::Text { text } | Self::Thinking { thinking: text } => text.clone(),
        }
    }
}

impl Block for ToolBlock {
    fn text(&self) -> String {
        match self {
            Self::Text { text } => text.clone(),
            Self::Document { document } => match &document.data {
                TextOr::Text(text) => text.clone(),
                TextOr::Other(object) => Value::Object(object.clone()).to_string(),
            },
        }
    }
}
