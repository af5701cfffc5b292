//! Which reads go to the replica. A replay that is paused tells: only the primary shows what is
//! written from then on.

use todo_adapters::{RedisSettings, SharedMemory};
use todo_contract::{Stores, uuid};
use todo_domain::{ConversationId, PageLimit};
use todo_testkit::{
    redis::TestRedis,
    replication::{ReplicatedDatabase, Server},
};
use tokio::runtime::Handle;

use crate::{EVER, add, becomes, count, open, open_in_use};

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_conversations_are_read_from_the_replica() {
    let place = ReplicatedDatabase::create().await;
    let (database, others) = (open_in_use(&place, EVER).await, place.open_primary().await);
    let stores = Stores::of(others.stores());
    let user = stores.user("ada").await;
    add(&others, user).await;
    place.caught_up().await;
    place.pause_replay().await;
    add(&others, user).await;
    let turn = stores.begin(user, "hello").await.fence;

    assert_eq!((count(&database, user).await, count(&others, user).await), (1, 2));
    let conversations = database.stores().conversations;
    let page = conversations.list(user, PageLimit::default(), None).await.unwrap();
    assert_eq!(page.conversations, []);
    let id = turn.conversation_id;
    assert!(conversations.open(user, id, PageLimit::default()).await.unwrap().is_none());
    assert!(conversations.messages(user, id, PageLimit::default(), None).await.unwrap().is_none());
    // Whoever asks for a turn may have to know that it was cancelled a moment ago.
    assert!(database.stores().turns.turn(user, turn.turn_id).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_read_from_the_primary() {
    let place = ReplicatedDatabase::create().await;
    let (database, others) = (open_in_use(&place, EVER).await, place.open_primary().await);
    place.pause_replay().await;
    let user = Stores::of(others.stores()).user("ada").await;

    assert!(database.stores().accounts.user(user).await.unwrap().is_some());
    let email = todo_domain::Email::new("ada@example.org").unwrap();
    assert!(database.stores().accounts.credentials(email).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_just_written_reads_it_and_nobody_else_has_to() {
    let place = ReplicatedDatabase::create().await;
    let (database, others) = (open_in_use(&place, EVER).await, place.open_primary().await);
    let (ada, ben) = (
        Stores::of(others.stores()).user("ada").await,
        Stores::of(others.stores()).user("ben").await,
    );
    place.caught_up().await;
    place.pause_replay().await;
    add(&database, ada).await;
    add(&others, ben).await;

    assert_eq!((count(&database, ada).await, count(&database, ben).await), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_of_each_kind_is_read_by_its_user() {
    let place = ReplicatedDatabase::create().await;
    let others = place.open_primary().await;
    let user = Stores::of(others.stores()).user("ada").await;
    let begun = Stores::of(others.stores()).begin(user, "hello").await;
    place.caught_up().await;
    place.pause_replay().await;
    // Each process has seen nothing but the one write.
    let database = open_in_use(&place, EVER).await;
    let step = Stores::of(database.stores()).recorded(&begun, 1, vec![]).await;
    let turn = database.stores().turns.turn(user, begun.fence.turn_id).await.unwrap().unwrap();
    assert_eq!((step.len(), turn.steps.len()), (0, 1));

    let database = open_in_use(&place, EVER).await;
    let id = begun.fence.conversation_id;
    assert!(database.stores().conversations.delete(user, id).await.unwrap());
    let found = database.stores().conversations.open(user, id, PageLimit::default()).await.unwrap();
    assert_eq!(found, None);

    let database = open_in_use(&place, EVER).await;
    let unknown = ConversationId::new(uuid());
    assert!(!database.stores().conversations.delete(user, unknown).await.unwrap());
    let begun = Stores::of(database.stores()).begin(user, "again").await.fence;
    assert!(database.stores().turns.turn(user, begun.turn_id).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_share_a_redis_know_of_each_others_writes() {
    let place = ReplicatedDatabase::create().await;
    let redis = TestRedis::start();
    let url = place.url(Server::Replica);
    let memory = || {
        let settings = RedisSettings {
            url: redis.url().parse().unwrap(),
            timeout: std::time::Duration::from_secs(1),
        };
        SharedMemory::start(&settings, todo_metrics::Metrics::none().cache, &Handle::current())
    };
    let (one, other) = (memory(), memory());
    tokio::join!(one.available(), other.available());
    let writer = open(&place, &url, EVER, Some(one)).await;
    let reader = open(&place, &url, EVER, Some(other)).await;
    becomes(&reader, todo_domain::ports::ReplicaState::InUse).await;
    let (ada, ben) = (
        Stores::of(writer.stores()).user("ada").await,
        Stores::of(writer.stores()).user("ben").await,
    );
    place.caught_up().await;
    place.pause_replay().await;
    add(&writer, ada).await;
    add(&place.open_primary().await, ben).await;

    assert_eq!((count(&reader, ada).await, count(&reader, ben).await), (1, 0));
    // What the cache may keep for all of them is as the primary has it.
    Stores::of(place.open_primary().await.stores()).begin(ben, "hello").await;
    let list = reader.stores().conversations.list(ben, PageLimit::default(), None).await.unwrap();
    assert_eq!(list.conversations.len(), 1);
    // Without a Redis to ask anybody may have written, and while it was away, too.
    redis.stop();
    assert_eq!(count(&reader, ben).await, 1);
    redis.restart();
    memory().available().await;
    assert_eq!(count(&reader, ben).await, 1);
}
