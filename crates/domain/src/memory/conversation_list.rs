//! Conversations in memory as lists of them show them: in pages, searched, renamed.

use super::{ConversationLog, InMemoryUserData};
use crate::{
    Conversation, ConversationCursor, ConversationId, ConversationTitle, FoldedText, MessageCursor,
    PageLimit, SearchText, Timestamp, TurnStatus,
    ports::{ConversationPage, MessagePage, Transcript},
};

impl ConversationLog {
    /// Gives it another title.
    pub fn rename(&mut self, title: ConversationTitle, now: Timestamp) {
        self.conversation.title = title;
        self.touch(now);
    }

    /// Messages before `before`, or the latest.
    #[must_use]
    pub fn page(&self, limit: PageLimit, before: Option<MessageCursor>) -> MessagePage {
        let earlier = self.messages().iter().rev();
        let earlier = earlier.filter(|said| before.is_none_or(|before| said.position < before));
        let (messages, more) = cut(earlier.cloned(), limit);
        let next = messages.last().filter(|_| more).map(|said| said.position);
        MessagePage { messages, next }
    }

    /// Messages before `before`, or the latest, and their turns, as of this instant.
    #[must_use]
    pub fn transcript(
        &self,
        limit: PageLimit,
        before: Option<MessageCursor>,
        now: Timestamp,
    ) -> Transcript {
        let page = self.page(limit, before);
        let turns = self.turns.iter().map(|logged| &logged.turn);
        let shown = turns.filter(|turn| page.messages.iter().any(|said| said.turn_id == turn.id));
        let turns = shown.cloned().collect();
        let mut running = self
            .turns
            .iter()
            .filter(|logged| logged.turn.status == TurnStatus::Running && logged.lease_until > now);
        Transcript {
            conversation: self.conversation().clone(),
            turns,
            running: running.next().map(|logged| logged.turn.id),
            is_waiting: self.waiting_actions().next().is_some(),
            page,
        }
    }

    /// Whether its title or a message has this text.
    fn mentions(&self, text: &FoldedText) -> bool {
        let title = self.conversation().title.as_str();
        let said = self.messages().iter().map(|said| said.text.as_str());
        said.chain([title]).any(|said| FoldedText::of(said).contains(text))
    }
}

impl InMemoryUserData {
    /// The conversations, the last touched first: all, or those that have a text in their title or in
    /// a message.
    #[must_use]
    pub fn page(
        &self,
        text: Option<&SearchText>,
        limit: PageLimit,
        after: Option<ConversationCursor>,
    ) -> ConversationPage {
        let text = text.map(SearchText::folded);
        let key = |it: &ConversationLog| (it.conversation().updated_at, it.conversation().id);
        let is_after =
            |it: &ConversationLog| after.is_none_or(|after| key(it) < (after.updated_at, after.id));
        let is_found = |it: &ConversationLog| text.as_ref().is_none_or(|text| it.mentions(text));
        let mut found: Vec<_> = self.conversations().filter(|it| is_after(it)).collect();
        found.sort_by_key(|it| std::cmp::Reverse(key(it)));
        let found = found.into_iter().filter(|it| is_found(it));
        let (conversations, more) = cut(found.map(|it| it.conversation().clone()), limit);
        let last = conversations.last().filter(|_| more);
        let next = last.map(|last| ConversationCursor { updated_at: last.updated_at, id: last.id });
        ConversationPage { conversations, next }
    }

    /// Gives a conversation another title.
    pub fn rename(
        &mut self,
        id: ConversationId,
        title: ConversationTitle,
        now: Timestamp,
    ) -> Option<Conversation> {
        let log = self.conversations.get_mut(&id)?;
        log.rename(title, now);
        Some(log.conversation().clone())
    }
}

/// The first rows, and whether there are more.
fn cut<T>(mut rows: impl Iterator<Item = T>, limit: PageLimit) -> (Vec<T>, bool) {
    let page = rows.by_ref().take(usize::from(limit.get())).collect();
    (page, rows.next().is_some())
}
