//! Conversations and their messages.

use todo_domain::{
    Conversation, ConversationCursor, ConversationId, ConversationTitle, MessageCursor, PageLimit,
    Role, UserId,
    ports::{BeginOutcome, Begun, ConversationPage, ConversationRef, EndOutcome, MessagePage},
};

use super::{ChatStores, LEASE, TurnStores, at, titled, uuid};

fn limit(rows: u16) -> PageLimit {
    PageLimit::new(rows).expect("a limit")
}

fn title(text: &str) -> ConversationTitle {
    ConversationTitle::new(text).expect("a title")
}

async fn open(stores: &ChatStores, turn: &Begun) -> Option<(Conversation, MessagePage)> {
    let (user, id) = (turn.fence.user_id, turn.fence.conversation_id);
    stores.conversations.open(user, id, PageLimit::default()).await.expect("works")
}

async fn list(stores: &ChatStores, user: UserId) -> ConversationPage {
    stores.conversations.list(user, PageLimit::default(), None).await.expect("works")
}

/// Says something and answers it.
async fn talk(stores: &TurnStores, user: UserId, text: &str) -> Begun {
    let turn = stores.begin(user, text).await;
    stores.finish(&turn, "Done.").await;
    turn
}

/// Its title is the beginning of what was said.
pub async fn a_first_message_opens_a_conversation(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "  add\n milk ").await;
    let (conversation, page) = open(&stores, &turn).await.expect("the conversation");
    assert_eq!(conversation.id, turn.fence.conversation_id);
    assert_eq!(conversation.title, title("add milk"));
    assert_eq!((conversation.created_at, conversation.updated_at), (at(0), at(0)));
    let [message] = &page.messages[..] else { unreachable!("{page:?}") };
    assert_eq!((message.role, message.text.as_str()), (Role::User, "  add\n milk "));
    assert_eq!((message.turn_id, message.created_at), (turn.fence.turn_id, at(0)));
    assert_eq!(message.position, MessageCursor::new(1));
    assert_eq!(page.next, None);
}

/// And what comes back is what is kept.
pub async fn an_answer_is_the_next_message(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk").await;
    let ended = stores.finish(&turn, "I added “milk” 🥛.").await;
    let EndOutcome::Ended(answer) = ended else { unreachable!("{ended:?}") };
    assert_eq!((answer.role, answer.text.as_str()), (Role::Assistant, "I added “milk” 🥛."));
    assert_eq!((answer.turn_id, answer.created_at), (turn.fence.turn_id, at(1)));
    let (conversation, page) = open(&stores, &turn).await.expect("the conversation");
    assert_eq!(page.messages.first(), Some(&answer));
    assert_eq!(conversation.updated_at, at(1));
}

/// Touching one moves it to the front.
pub async fn the_last_touched_conversation_is_first(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let (first, second) = (talk(&stores, ada, "one").await, stores.begin(ada, "two").await);
    let ids =
        |page: &ConversationPage| page.conversations.iter().map(|it| it.id).collect::<Vec<_>>();
    let (one, two) = (first.fence.conversation_id, second.fence.conversation_id);
    assert_eq!(ids(&list(&stores, ada).await), [one, two]);
    stores.finish(&second, "Yes.").await;
    stores.conversations.rename(ada, two, title("new"), at(5)).await.expect("works");
    assert_eq!(ids(&list(&stores, ada).await), [two, one]);
}

/// Also among conversations of the same instant.
pub async fn pages_of_conversations_neither_skip_nor_repeat(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let mut expected = Vec::new();
    for _ in 0..5 {
        expected.insert(0, stores.begin(ada, "hello").await.fence.conversation_id);
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = stores.conversations.list(ada, limit(2), after).await.expect("works");
        seen.extend(page.conversations.iter().map(|conversation| conversation.id));
        // What begins meanwhile comes first and moves nothing.
        talk(&stores, ada, "meanwhile").await;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, expected);
}

/// Earlier and earlier, to the first. What is said meanwhile is later.
pub async fn pages_of_messages_neither_skip_nor_repeat(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let mut turn = talk(&stores, ada, "0").await;
    for number in 1..4 {
        turn = stores.go_on(&turn, &number.to_string()).await;
        stores.finish(&turn, "Done.").await;
    }
    let (_, first) = {
        let (user, id) = (ada, turn.fence.conversation_id);
        stores.conversations.open(user, id, limit(3)).await.expect("works").expect("it")
    };
    let (mut positions, mut before) =
        (first.messages.iter().map(|it| it.position.get()).collect::<Vec<_>>(), first.next);
    while before.is_some() {
        let id = turn.fence.conversation_id;
        let page = stores.conversations.messages(ada, id, limit(3), before).await.expect("works");
        let page = page.expect("the conversation");
        positions.extend(page.messages.iter().map(|message| message.position.get()));
        before = page.next;
        let meanwhile = stores.go_on(&turn, "meanwhile").await;
        stores.finish(&meanwhile, "Done.").await;
    }
    assert_eq!(positions, (1..=8).rev().collect::<Vec<_>>());
}

/// An empty page is not the same as no conversation.
pub async fn before_the_first_message_there_is_an_empty_page(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = talk(&stores, ada, "hello").await;
    let before = Some(MessageCursor::new(1));
    let messages = |id| stores.conversations.messages(ada, id, limit(3), before);
    let page = messages(turn.fence.conversation_id).await.expect("works");
    assert_eq!(page, Some(MessagePage::default()));
    assert_eq!(messages(ConversationId::new(uuid())).await.expect("works"), None);
}

/// Messages do not rename it again.
pub async fn a_title_that_was_given_stays(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = talk(&stores, ada, "hello").await;
    let id = turn.fence.conversation_id;
    let renamed = stores.conversations.rename(ada, id, title("Groceries"), at(9)).await;
    let renamed = renamed.expect("works").expect("the conversation");
    assert_eq!((renamed.title.as_str(), renamed.updated_at), ("Groceries", at(9)));
    stores.go_on(&turn, "and bread").await;
    let (kept, _) = open(&stores, &turn).await.expect("the conversation");
    assert_eq!(kept, renamed);
}

/// A conversation does not sink because a clock was put back.
pub async fn updated_at_never_runs_backwards(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = talk(&stores, ada, "hello").await;
    let id = turn.fence.conversation_id;
    let renamed = stores.conversations.rename(ada, id, title("new"), at(-5)).await;
    assert_eq!(renamed.expect("works").map(|it| it.updated_at), Some(at(1)));
    stores.go_on(&turn, "said at second 0").await;
    let (kept, _) = open(&stores, &turn).await.expect("the conversation");
    assert_eq!(kept.updated_at, at(1));
}

/// The tasks that came of it stay.
pub async fn a_deleted_conversation_takes_its_messages_and_turns_along(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk").await;
    let create = todo_domain::TaskChange::Create(titled("milk"));
    stores.recorded(&turn, 1, vec![super::call(create)]).await;
    stores.finish(&turn, "Done.").await;
    let id = turn.fence.conversation_id;
    assert!(stores.conversations.delete(ada, id).await.expect("works"));
    assert!(!stores.conversations.delete(ada, id).await.expect("works"));
    assert_eq!(open(&stores, &turn).await, None);
    assert_eq!(stores.turns.turn(ada, turn.fence.turn_id).await.expect("works"), None);
    assert_eq!(stores.list(ada, todo_domain::TaskQuery::default()).await.tasks.len(), 1);
}

/// Deleting one leaves the others alone.
pub async fn other_conversations_survive_a_deletion(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let (gone, kept) = (talk(&stores, ada, "one").await, talk(&stores, ada, "two").await);
    stores.conversations.delete(ada, gone.fence.conversation_id).await.expect("works");
    let (_, page) = open(&stores, &kept).await.expect("the other one");
    assert_eq!(page.messages.len(), 2);
}

/// It can be neither seen nor touched nor continued.
pub async fn another_users_conversation_does_not_exist(stores: ChatStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let turn = talk(&stores, ada, "hello").await;
    let id = turn.fence.conversation_id;
    let theirs = &stores.conversations;
    assert_eq!(list(&stores, ben).await, ConversationPage::default());
    assert_eq!(theirs.open(ben, id, limit(1)).await.expect("works"), None);
    assert_eq!(theirs.messages(ben, id, limit(1), None).await.expect("works"), None);
    assert_eq!(theirs.rename(ben, id, title("mine"), at(1)).await.expect("works"), None);
    assert!(!theirs.delete(ben, id).await.expect("works"));
    let outcome = stores.say(ben, ConversationRef::Existing(id), "hello", LEASE).await;
    assert_eq!(outcome, BeginOutcome::ConversationNotFound);
    let (kept, page) = open(&stores, &turn).await.expect("Ada's conversation");
    assert_eq!((kept.title, page.messages.len()), (title("hello"), 2));
}

/// A cursor tells a position, whether or not its conversation is still there.
pub async fn a_cursor_outlives_its_conversation(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let (first, second) = (stores.begin(ada, "one").await, stores.begin(ada, "two").await);
    let id = second.fence.conversation_id;
    stores.conversations.delete(ada, id).await.expect("works");
    let after = Some(ConversationCursor { updated_at: at(0), id });
    let page = stores.conversations.list(ada, limit(2), after).await.expect("works");
    let ids: Vec<_> = page.conversations.iter().map(|conversation| conversation.id).collect();
    assert_eq!(ids, [first.fence.conversation_id]);
}
