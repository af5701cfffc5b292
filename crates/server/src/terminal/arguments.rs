//! The arguments of `chatbot-api chat`.

use std::path::PathBuf;

use clap::Args;
use todo_domain::ConversationId;

use super::server_url::ServerUrl;
use crate::user_selector::UserSelector;

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct ChatArguments {
    /// What to say; without it a terminal shows a prompt, and of anything else each line is a
    /// message
    #[arg(value_name = "MESSAGE")]
    pub(crate) message: Vec<String>,
    /// Whose list; not needed as long as there is one user
    #[arg(long, value_name = "EMAIL|NUMBER", conflicts_with = "url")]
    pub(crate) user: Option<UserSelector>,
    /// Talk to the service that listens there instead, with the access token in CHATBOT_TOKEN
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<ServerUrl>,
    /// A file that holds the access token, instead of CHATBOT_TOKEN, which must then be unset
    #[arg(long, value_name = "FILE", requires = "url")]
    pub(crate) token_file: Option<PathBuf>,
    /// The conversation to go on with; without it a new one begins
    #[arg(long, value_name = "ID")]
    pub(crate) conversation: Option<ConversationId>,
    /// Print one JSON object for each message, as the HTTP API answers it, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}
