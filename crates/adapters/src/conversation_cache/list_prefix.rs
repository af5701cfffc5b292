//! The beginning of a list, from which its pages are cut.

use todo_domain::{Conversation, ConversationCursor, PageLimit, ports::ConversationPage};

/// The latest conversations of a user: as many as the longest page has. So one entry of the cache
/// serves every length of page, and the pages after the first as far as it reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListPrefix {
    pub(crate) conversations: Vec<Conversation>,
    /// There are others after these.
    pub(crate) more: bool,
}

impl ListPrefix {
    /// The length of the page that makes a prefix.
    pub(super) const LENGTH: PageLimit = PageLimit::MAX;

    /// Takes a first page of this length.
    pub(super) fn of(page: ConversationPage) -> Self {
        Self { more: page.next.is_some(), conversations: page.conversations }
    }

    /// A page, if it lies within the prefix.
    pub(super) fn page(
        &self,
        limit: PageLimit,
        after: Option<ConversationCursor>,
    ) -> Option<ConversationPage> {
        let passed = after.map_or(0, |after| {
            let after = (after.updated_at, after.id);
            self.conversations.partition_point(|one| (one.updated_at, one.id) >= after)
        });
        let rest = &self.conversations[passed..];
        let limit = usize::from(limit.get());
        let is_last = !self.more && rest.len() <= limit;
        if rest.len() < limit && !is_last {
            return None;
        }
        let conversations: Vec<_> = rest.iter().take(limit).cloned().collect();
        let next = conversations
            .last()
            .filter(|_| !is_last)
            .map(|one| ConversationCursor { updated_at: one.updated_at, id: one.id });
        Some(ConversationPage { conversations, next })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use todo_domain::{ConversationId, ConversationTitle, Timestamp};
    use uuid::Uuid;

    use super::*;
    use crate::codec::{list_prefix_from_json, list_prefix_to_json};

    /// A list as a store has it, latest first; several conversations share an instant.
    fn list(length: u16) -> Vec<Conversation> {
        let conversation = |n: u16| Conversation {
            id: ConversationId::new(Uuid::from_u128(u128::from(n))),
            title: ConversationTitle::new(&format!("\"n° {n}\"")).expect("a title"),
            created_at: Timestamp::from_microsecond(7).expect("an instant"),
            updated_at: Timestamp::from_microsecond(i64::from(n / 3)).expect("an instant"),
        };
        (0..length).rev().map(conversation).collect()
    }

    /// What a store answers.
    fn page(
        list: &[Conversation],
        limit: u16,
        after: Option<ConversationCursor>,
    ) -> ConversationPage {
        let rest = list.iter().filter(|one| {
            after.is_none_or(|after| (one.updated_at, one.id) < (after.updated_at, after.id))
        });
        let rest: Vec<_> = rest.cloned().collect();
        let limit = usize::from(limit);
        let conversations: Vec<_> = rest.iter().take(limit).cloned().collect();
        let next = conversations
            .last()
            .filter(|_| rest.len() > limit)
            .map(|one| ConversationCursor { updated_at: one.updated_at, id: one.id });
        ConversationPage { conversations, next }
    }

    proptest! {
        #[test]
        fn every_page_that_a_prefix_has_is_the_one_that_the_store_has(
            length in 0_u16..140,
            limit in 1_u16..=100,
        ) {
            let list = list(length);
            let prefix = ListPrefix::of(page(&list, ListPrefix::LENGTH.get(), None));
            let json = list_prefix_to_json(&prefix);
            let prefix = list_prefix_from_json(&json).expect("a list reads back");
            let (mut after, mut served) = (None, 0);
            while let Some(cut) = prefix.page(PageLimit::new(limit).expect("a length"), after) {
                prop_assert_eq!(&cut, &page(&list, limit, after));
                served += cut.conversations.len();
                after = cut.next;
                if after.is_none() {
                    break;
                }
            }
            let whole_pages_of_prefix = 100 / limit * limit;
            prop_assert_eq!(served, usize::from(if length <= 100 { length } else { whole_pages_of_prefix }));
        }
    }

    #[test]
    fn a_cursor_that_nobody_handed_out_finds_its_position() {
        let list = list(5);
        let prefix = ListPrefix::of(page(&list, ListPrefix::LENGTH.get(), None));
        for n in [0, 3, 9] {
            let after = Some(ConversationCursor {
                updated_at: Timestamp::from_microsecond(1).expect("an instant"),
                id: ConversationId::new(Uuid::from_u128(n)),
            });
            assert_eq!(
                prefix.page(PageLimit::default(), after),
                Some(page(&list, 50, after)),
                "{n}"
            );
        }
    }
}
