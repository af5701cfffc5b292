//! Conversations in which something was said.

use diesel::{
    define_sql_function,
    dsl::exists,
    prelude::*,
    sql_types::{Nullable, Text},
};
use todo_domain::{SearchText, UserId};

use super::{
    conversations::Conversations,
    schema::{conversations, messages},
    search,
};

diesel::allow_tables_to_appear_in_same_query!(conversations, messages);

define_sql_function! {
    /// The first of the two that is not null.
    fn coalesce(folded: Nullable<Text>, otherwise: Text) -> Text;
}

define_sql_function! {
    /// Lower case as the engine has it: of ASCII the same everywhere.
    fn lower(text: Text) -> Text;
}

/// A user's conversations with this text in their title or in a message. The messages are named by
/// their user, too, so that no plan reads other people's.
#[expect(
    clippy::redundant_clone,
    reason = "the condition stands twice in the query, and only the second could take its text along"
)]
pub(super) fn matching(user: UserId, text: &SearchText) -> Conversations {
    macro_rules! conversations_that {
        ($column:ident => $has:expr) => {{
            let title = coalesce(conversations::search_text, lower(conversations::title));
            let body = coalesce(messages::search_text, lower(messages::body));
            let said = messages::table
                .filter(messages::user_id.eq(user.get()))
                .filter(messages::conversation_id.eq(conversations::id))
                .filter({
                    let $column = body.nullable();
                    $has
                });
            let named = {
                let $column = title.nullable();
                $has
            };
            conversations::table
                .filter(conversations::user_id.eq(user.get()))
                .filter(named.or(exists(said)))
                .into_boxed()
        }};
    }
    match search::wanted(text) {
        (folded, None) => {
            conversations_that!(column => position_in!(column, folded.clone()).gt(0))
        }
        (folded, Some(lower)) => {
            conversations_that!(column => {
                let is_folded = position_in!(column, folded.clone()).gt(0);
                is_folded.or(position_in!(column, lower.clone()).gt(0))
            })
        }
    }
}
