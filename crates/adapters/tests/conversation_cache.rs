//! Races and half-done writes that a cached list has to survive.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use todo_adapters::{ConversationCache, DatabaseSettings, RedisSettings, SharedMemory};
use todo_domain::{
    Conversation, ConversationCursor, ConversationId, ConversationTitle, MessageCursor, PageLimit,
    SearchText, Timestamp, UserId,
    ports::{
        ConversationPage, ConversationStore, MemoryHealth, MessagePage, StoreError, StoreErrorKind,
    },
};
use todo_metrics::Metrics;
use todo_testkit::{
    contract::{at, uuid},
    redis::TestRedis,
};
use tokio::{runtime::Handle, sync::Semaphore, task::JoinHandle};

const PATIENCE: Duration = Duration::from_secs(30);
fn database() -> DatabaseSettings {
    DatabaseSettings { timeout: Duration::from_millis(50), ..DatabaseSettings::default() }
}

/// A store with one conversation, which may be held up between its work and its answer, or before
/// its work.
struct Store {
    conversation: Mutex<Conversation>,
    reads: AtomicUsize,
    /// Those who have been here and wait for permission to go on.
    waiting: Semaphore,
    permission: Semaphore,
    held_up: Mutex<HeldUp>,
}

#[derive(Clone, Copy, PartialEq)]
enum HeldUp {
    Nobody,
    AfterReading,
    BeforeWriting,
    /// Writes, but after it has said that it failed and was told to go on.
    AfterFailing,
}

impl Store {
    fn new() -> Arc<Self> {
        let conversation = Conversation {
            id: ConversationId::new(uuid()),
            title: title("old"),
            created_at: at(0),
            updated_at: at(0),
        };
        Arc::new(Self {
            conversation: Mutex::new(conversation),
            reads: AtomicUsize::new(0),
            waiting: Semaphore::new(0),
            permission: Semaphore::new(0),
            held_up: Mutex::new(HeldUp::Nobody),
        })
    }

    fn hold_up(&self, whom: HeldUp) {
        *self.held_up.lock().unwrap() = whom;
    }

    async fn wait_if(&self, place: HeldUp) {
        if *self.held_up.lock().unwrap() == place {
            self.waiting.add_permits(1);
            self.permission.acquire().await.unwrap().forget();
        }
    }

    /// Waits until somebody is held up, who is the last one.
    async fn until_held_up(&self) {
        self.waiting.acquire().await.unwrap().forget();
        self.hold_up(HeldUp::Nobody);
    }

    fn let_go(&self) {
        self.permission.add_permits(1);
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl ConversationStore for Store {
    async fn list(
        &self,
        _: UserId,
        _: PageLimit,
        _: Option<ConversationCursor>,
    ) -> Result<ConversationPage, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let conversations = vec![self.conversation.lock().unwrap().clone()];
        self.wait_if(HeldUp::AfterReading).await;
        Ok(ConversationPage { conversations, next: None })
    }

    async fn rename(
        &self,
        _: UserId,
        _: ConversationId,
        title: ConversationTitle,
        _: Timestamp,
    ) -> Result<Option<Conversation>, StoreError> {
        self.wait_if(HeldUp::BeforeWriting).await;
        if *self.held_up.lock().unwrap() == HeldUp::AfterFailing {
            return Err(StoreError::new(StoreErrorKind::Unavailable, "no answer"));
        }
        let mut conversation = self.conversation.lock().unwrap();
        conversation.title = title;
        Ok(Some(conversation.clone()))
    }

    async fn delete(&self, _: UserId, _: ConversationId) -> Result<bool, StoreError> {
        unreachable!("no test deletes")
    }

    async fn search(
        &self,
        _: UserId,
        _: SearchText,
        _: PageLimit,
        _: Option<ConversationCursor>,
    ) -> Result<ConversationPage, StoreError> {
        unreachable!("no test searches")
    }

    async fn open(
        &self,
        _: UserId,
        _: ConversationId,
        _: PageLimit,
    ) -> Result<Option<(Conversation, MessagePage)>, StoreError> {
        unreachable!("no test opens a conversation")
    }

    async fn messages(
        &self,
        _: UserId,
        _: ConversationId,
        _: PageLimit,
        _: Option<MessageCursor>,
    ) -> Result<Option<MessagePage>, StoreError> {
        unreachable!("no test reads messages")
    }
}

fn title(text: &str) -> ConversationTitle {
    ConversationTitle::new(text).unwrap()
}

fn user() -> UserId {
    UserId::new(1).unwrap()
}

/// The store behind a cache in memory.
fn in_process(store: &Arc<Store>) -> Arc<dyn ConversationStore> {
    let cache =
        ConversationCache::in_process(&database(), Metrics::none().cache, &Handle::current());
    cache.conversations(Arc::clone(store) as _)
}

/// The store behind a cache in the Redis of this URL.
async fn in_redis(store: &Arc<Store>, url: &str) -> (Arc<dyn ConversationStore>, SharedMemory) {
    let (metrics, runtime) = (Metrics::none().cache, Handle::current());
    let settings = RedisSettings { url: url.parse().unwrap(), timeout: PATIENCE };
    let memory = SharedMemory::start(&settings, metrics.clone(), &runtime);
    memory.available().await;
    let cache = ConversationCache::in_redis(memory.clone(), &database(), metrics, &runtime);
    let cached = cache.conversations(Arc::clone(store) as _);
    until_cached(&cached, store).await;
    (cached, memory)
}

async fn listed(cached: &Arc<dyn ConversationStore>) -> String {
    let page = cached.list(user(), PageLimit::default(), None).await.unwrap();
    page.conversations[0].title.to_string()
}

async fn rename(cached: &Arc<dyn ConversationStore>, text: &str) -> Result<(), StoreError> {
    let id = ConversationId::new(uuid());
    cached.rename(user(), id, title(text), at(1)).await.map(drop)
}

/// Asks until an answer does not come from the store.
async fn until_cached(cached: &Arc<dyn ConversationStore>, store: &Store) {
    eventually("the list is cached", async || {
        let reads = store.reads();
        listed(cached).await;
        store.reads() == reads
    })
    .await;
}

async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Somebody who asks for the list and is held up with what they have read.
async fn reader_held_up(store: &Store, cached: &Arc<dyn ConversationStore>) -> JoinHandle<String> {
    store.hold_up(HeldUp::AfterReading);
    let cached = Arc::clone(cached);
    let reader = tokio::spawn(async move { listed(&cached).await });
    store.until_held_up().await;
    reader
}

/// A reader reads the old title; a writer writes the new one, and whatever else may happen happens;
/// another reader reads the new title; the first one goes on.
async fn a_reader_is_overtaken(
    store: Arc<Store>,
    cached: Arc<dyn ConversationStore>,
    by_more: impl FnOnce(),
) {
    rename(&cached, "old").await.unwrap();
    let overtaken = reader_held_up(&store, &cached).await;
    rename(&cached, "new").await.unwrap();
    by_more();
    let later = reader_held_up(&store, &cached).await;
    // Permission goes to whoever waits for it longest.
    store.let_go();
    assert_eq!(overtaken.await.unwrap(), "old", "it asked before the write was done");
    assert_eq!(listed(&cached).await, "new");
    store.let_go();
    assert_eq!(later.await.unwrap(), "new");
    until_cached(&cached, &store).await;
    assert_eq!(listed(&cached).await, "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_overtaken_by_a_write_leaves_nothing_in_memory() {
    let store = Store::new();
    a_reader_is_overtaken(Arc::clone(&store), in_process(&store), || {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_overtaken_by_a_write_leaves_nothing_in_redis() {
    let (store, redis) = (Store::new(), TestRedis::start());
    let (cached, _memory) = in_redis(&store, &redis.url()).await;
    a_reader_is_overtaken(Arc::clone(&store), cached, || {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_overtaken_by_a_write_and_a_flush_leaves_nothing_in_redis() {
    let (store, redis) = (Store::new(), TestRedis::start());
    let (cached, _memory) = in_redis(&store, &redis.url()).await;
    a_reader_is_overtaken(Arc::clone(&store), cached, || redis.flush()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_leaves_in_the_middle_of_a_write_leaves_no_old_list() {
    let store = Store::new();
    let cached = in_process(&store);
    until_cached(&cached, &store).await;
    store.hold_up(HeldUp::BeforeWriting);
    let writer = tokio::spawn({
        let cached = Arc::clone(&cached);
        async move { rename(&cached, "new").await }
    });
    store.until_held_up().await;
    writer.abort();
    assert!(writer.await.unwrap_err().is_cancelled());
    assert_eq!(listed(&cached).await, "old");
    store.let_go();
    eventually("the new title shows", async || listed(&cached).await == "new").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_committed_after_it_failed_shows_soon() {
    let store = Store::new();
    let cached = in_process(&store);
    store.hold_up(HeldUp::AfterFailing);
    assert!(rename(&cached, "new").await.is_err());
    until_cached(&cached, &store).await;
    assert_eq!(listed(&cached).await, "old");
    store.conversation.lock().unwrap().title = title("new");
    eventually("the new title shows", async || listed(&cached).await == "new").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_cut_off_ends_what_others_believe_when_it_returns() {
    let (store, redis) = (Store::new(), TestRedis::start());
    redis.command(&["ACL", "SETUSER", "one", "on", ">s3cret", "~*", "&*", "+@all"]);
    let url = redis.url().replace("redis://", "redis://one:s3cret@");
    let (one, cut_off) = in_redis(&store, &url).await;
    let (other, _memory) = in_redis(&store, &redis.url()).await;
    redis.command(&["ACL", "SETUSER", "one", "off"]);
    redis.command(&["CLIENT", "KILL", "USER", "one"]);
    eventually("it is cut off", async || !cut_off.is_available()).await;
    until_cached(&other, &store).await;
    rename(&one, "new").await.unwrap();
    assert_eq!(listed(&one).await, "new", "it does without Redis");
    assert_eq!(listed(&other).await, "old", "nobody could tell it, for a minute at most");
    redis.command(&["ACL", "SETUSER", "one", "on"]);
    eventually("the new title shows", async || listed(&other).await == "new").await;
    until_cached(&one, &store).await;
    assert_eq!(listed(&one).await, "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_makes_no_sense_is_as_good_as_none() {
    let (store, redis) = (Store::new(), TestRedis::start());
    let (cached, _memory) = in_redis(&store, &redis.url()).await;
    let key = "todo:conversations:1:user:1";
    redis.command(&["HSET", key, "list", "{}"]);
    assert_eq!(listed(&cached).await, "old");
    redis.command(&["SET", key, "of another type"]);
    assert_eq!(listed(&cached).await, "old");
    rename(&cached, "new").await.unwrap();
    until_cached(&cached, &store).await;
    assert_eq!(listed(&cached).await, "new");
}
