//! Conversations by what was said in them.

use todo_domain::{
    ConversationCursor, ConversationId, ConversationTitle, PageLimit, SearchText, UserId,
    ports::{Begun, ConversationPage},
};

use super::{ChatStores, at};

async fn page(
    stores: &ChatStores,
    user: UserId,
    text: &str,
    rows: u16,
    after: Option<ConversationCursor>,
) -> ConversationPage {
    let (text, limit) = (SearchText::new(text), PageLimit::new(rows));
    let (text, limit) = (text.expect("a text"), limit.expect("a limit"));
    stores.conversations.search(user, text, limit, after).await.expect("the store works")
}

async fn found(stores: &ChatStores, user: UserId, text: &str) -> Vec<ConversationId> {
    let page = page(stores, user, text, 50, None).await;
    assert_eq!(page.next, None);
    page.conversations.iter().map(|conversation| conversation.id).collect()
}

fn id(turn: &Begun) -> ConversationId {
    turn.fence.conversation_id
}

/// By anybody, at any time.
pub async fn a_search_finds_what_was_said_and_answered(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let first = stores.begin(ada, "remind me of the quarterly report").await;
    stores.finish(&first, "Added task 1: quarterly report.").await;
    let again = stores.go_on(&first, "and of the dentist").await;
    stores.finish(&again, "Added task 2: dentist; nothing is overdue.").await;
    let other = stores.begin(ada, "what is left today?").await;
    stores.finish(&other, "Nothing but the dentist.").await;
    assert_eq!(found(&stores, ada, "quarterly").await, [id(&first)]);
    assert_eq!(found(&stores, ada, "overdue").await, [id(&first)]);
    assert_eq!(found(&stores, ada, "left today").await, [id(&other)]);
    assert_eq!(found(&stores, ada, "taxes").await, []);
    assert_eq!(found(&stores, ada, "dentist").await, [id(&other), id(&first)]);
}

/// A title that nobody said is found; one that is no more is not.
pub async fn a_search_of_conversations_knows_their_titles(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "hello").await;
    stores.finish(&turn, "Hi.").await;
    for (title, others) in [("Ärger im BÜRO", "garten"), ("Garten", "büro")] {
        let named = ConversationTitle::new(title).expect("a title");
        let renamed = stores.conversations.rename(ada, id(&turn), named, at(2)).await;
        assert!(renamed.expect("the store works").is_some());
        assert_eq!(found(&stores, ada, &title.to_uppercase()).await, [id(&turn)], "{title}");
        assert_eq!(found(&stores, ada, others).await, [], "{title}");
    }
}

/// And ignores case by Unicode's rules, in both engines alike.
pub async fn a_search_of_conversations_takes_its_text_literally(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let texts =
        ["100% sure", "100 times", "a_b", "aXb", r"back\slash", "ПОЗВОНИТЬ маме", "'); DROP"];
    let mut ids = Vec::new();
    for text in texts {
        ids.push(id(&stores.begin(ada, text).await));
    }
    for (text, index) in
        [("100%", 0), ("_", 2), ("A_B", 2), (r"\S", 4), ("позвонить МАМЕ", 5), ("'); drop", 6)]
    {
        assert_eq!(found(&stores, ada, text).await, [ids[index]], "{text}");
    }
}

/// Of those that match, and of no others.
pub async fn pages_of_a_search_neither_skip_nor_repeat(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let mut expected = Vec::new();
    for _ in 0..5 {
        expected.insert(0, id(&stores.begin(ada, "add milk").await));
        stores.begin(ada, "add bread").await;
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = page(&stores, ada, "MILK", 2, after).await;
        seen.extend(page.conversations.iter().map(|conversation| conversation.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, expected);
}

/// Nor what was deleted.
pub async fn a_search_shows_nobody_elses_conversations(stores: ChatStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let adas = stores.begin(ada, "add milk").await;
    stores.begin(ben, "add milk").await;
    assert_eq!(found(&stores, ada, "milk").await, [id(&adas)]);
    assert!(stores.conversations.delete(ada, id(&adas)).await.expect("the store works"));
    assert_eq!(found(&stores, ada, "milk").await, []);
}
