//! What has become large goes as well as what is small.

use todo_contract::{
    Stores,
    archives::{Archive, ArchivedConversation},
    call, titled, uuid,
};
use todo_domain::{
    ConversationId, PageLimit, TaskChange, Turn, TurnId, UserId, UserName, ports::BeginImport,
};
use todo_testkit::database::TestDatabase;

use crate::BUDGET;

/// One statement for all of them would take twice the time that it has.
const TURNS: usize = 1_500;

/// A user with a conversation of many turns of 16 calls each.
async fn talker(stores: &Stores) -> (UserId, ConversationId) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let turn = stores.begin(ada, "add all of these").await;
    let calls = (0..16).map(|_| call(TaskChange::Create(titled("milk")))).collect();
    stores.recorded(&turn, 1, calls).await;
    stores.finish(&turn, "Done.").await;
    let turn = stores.turn(&turn).await;
    let page = stores.archives.conversations(ada, None, PageLimit::MAX).await.unwrap();
    let [conversation] = page.try_into().expect("one conversation");
    let id = conversation.id;
    let turns = (0..TURNS).map(|_| Turn { id: TurnId::new(uuid()), ..turn.clone() }).collect();
    let archive = Archive {
        name: UserName::new("Ben").unwrap(),
        time_zone: "UTC".parse().unwrap(),
        tasks: stores.archives.tasks(ada, None, PageLimit::MAX).await.unwrap(),
        conversations: vec![ArchivedConversation { conversation, turns, messages: Vec::new() }],
        last_task_number: 16,
    };
    assert_eq!(stores.import(ben, archive).await, BeginImport::Begun);
    (ben, id)
}

async fn a_long_conversation_goes(place: TestDatabase) {
    let (ben, conversation) = talker(&Stores::of(place.open().await.stores())).await;
    let stores = Stores::of(place.open_within(BUDGET / 2).await.stores());
    assert!(stores.conversations.delete(ben, conversation).await.unwrap());
    assert!(stores.accounts.delete(ben).await.unwrap());
}

async fn a_large_account_goes(place: TestDatabase) {
    let (ben, conversation) = talker(&Stores::of(place.open().await.stores())).await;
    let stores = Stores::of(place.open_within(BUDGET / 2).await.stores());
    assert!(stores.accounts.delete(ben).await.unwrap());
    assert!(!stores.accounts.delete(ben).await.unwrap());
    assert!(!stores.conversations.delete(ben, conversation).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_a_long_conversation_is_deleted() {
    a_long_conversation_goes(TestDatabase::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_a_long_conversation_is_deleted() {
    a_long_conversation_goes(TestDatabase::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_a_large_account_is_deleted() {
    a_large_account_goes(TestDatabase::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_a_large_account_is_deleted() {
    a_large_account_goes(TestDatabase::sqlite()).await;
}
