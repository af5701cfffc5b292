//! What came of an import.

use serde::Serialize;
use todo_domain::ArchiveCounts;
use utoipa::ToSchema;

/// How much was imported.
#[derive(Serialize, ToSchema)]
pub(crate) struct Imported {
    #[schema(example = 12)]
    tasks: u64,
    #[schema(example = 2)]
    conversations: u64,
    #[schema(example = 5)]
    turns: u64,
    #[schema(example = 10)]
    messages: u64,
}

impl From<ArchiveCounts> for Imported {
    fn from(counts: ArchiveCounts) -> Self {
        let ArchiveCounts { tasks, conversations, turns, messages } = counts;
        Self { tasks, conversations, turns, messages }
    }
}
