//! Races and half-done writes that a cached list has to survive.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use todo_adapters::{ConversationCache, DatabaseSettings, RedisSettings, SharedMemory};
use todo_contract::{Stores, at, uuid};
use todo_domain::{
    Conversation, ConversationId, ConversationTitle, PageLimit, UserId,
    ports::{ConversationPage, MemoryHealth},
};
use todo_metrics::Metrics;
use todo_testkit::{database::TestDatabase, redis::TestRedis};
use tokio::{runtime::Handle, sync::Semaphore, task::JoinHandle};

const TIMEOUT: Duration = Duration::from_secs(30);

/// One conversation behind a cache. Somebody who reads it may be held up before they tell what
/// they have read.
struct Cached {
    cache: ConversationCache,
    conversation: Arc<Mutex<Conversation>>,
    reads: AtomicUsize,
    holds_up: AtomicBool,
    /// Those who have read and wait for permission to go on.
    waiting: Semaphore,
    permission: Semaphore,
}

impl Cached {
    /// This conversation behind a cache in memory.
    fn in_process(conversation: &Arc<Mutex<Conversation>>) -> Arc<Self> {
        Self::by(ConversationCache::in_process(Metrics::none().cache), conversation)
    }

    /// This conversation behind a cache in the Redis of this URL.
    async fn in_redis(
        conversation: &Arc<Mutex<Conversation>>,
        url: &str,
    ) -> (Arc<Self>, SharedMemory) {
        let (metrics, runtime) = (Metrics::none().cache, Handle::current());
        let settings = RedisSettings { url: url.parse().unwrap(), timeout: TIMEOUT };
        let memory = SharedMemory::start(&settings, metrics.clone(), &runtime);
        memory.available().await;
        let cache = ConversationCache::in_redis(memory.clone(), metrics, &runtime);
        let cached = Self::by(cache, conversation);
        cached.until_cached().await;
        (cached, memory)
    }

    fn by(cache: ConversationCache, conversation: &Arc<Mutex<Conversation>>) -> Arc<Self> {
        Arc::new(Self {
            cache,
            conversation: Arc::clone(conversation),
            reads: AtomicUsize::new(0),
            holds_up: AtomicBool::new(false),
            waiting: Semaphore::new(0),
            permission: Semaphore::new(0),
        })
    }

    async fn listed(&self) -> String {
        let read = |_, _| async {
            self.reads.fetch_add(1, Ordering::SeqCst);
            let conversations = vec![self.conversation.lock().unwrap().clone()];
            if self.holds_up.load(Ordering::SeqCst) {
                self.waiting.add_permits(1);
                self.permission.acquire().await.unwrap().forget();
            }
            Ok(ConversationPage { conversations, next: None })
        };
        let page = self.cache.list(user(), PageLimit::default(), None, read).await.unwrap();
        page.conversations[0].title.to_string()
    }

    async fn rename(&self, text: &str) {
        self.conversation.lock().unwrap().title = title(text);
        self.cache.forget(user()).await;
    }

    /// Asks until an answer comes from the cache.
    async fn until_cached(&self) {
        eventually("the list is cached", async || {
            let reads = self.reads.load(Ordering::SeqCst);
            self.listed().await;
            self.reads.load(Ordering::SeqCst) == reads
        })
        .await;
    }

    /// Somebody who asks for the list and is held up with what they have read.
    async fn reader_held_up(self: &Arc<Self>) -> JoinHandle<String> {
        self.holds_up.store(true, Ordering::SeqCst);
        let reader = tokio::spawn({
            let cached = Arc::clone(self);
            async move { cached.listed().await }
        });
        self.waiting.acquire().await.unwrap().forget();
        self.holds_up.store(false, Ordering::SeqCst);
        reader
    }

    fn let_go(&self) {
        self.permission.add_permits(1);
    }
}

fn conversation() -> Arc<Mutex<Conversation>> {
    Arc::new(Mutex::new(Conversation {
        id: ConversationId::new(uuid()),
        title: title("old"),
        created_at: at(0),
        updated_at: at(0),
    }))
}

fn title(text: &str) -> ConversationTitle {
    ConversationTitle::new(text).unwrap()
}

fn user() -> UserId {
    UserId::new(1).unwrap()
}

async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !holds().await {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A reader reads the old title; a writer writes the new one, and whatever else may happen happens;
/// another reader reads the new title; the first one goes on.
async fn a_reader_is_overtaken(cached: Arc<Cached>, by_more: impl FnOnce()) {
    cached.rename("old").await;
    let overtaken = cached.reader_held_up().await;
    cached.rename("new").await;
    by_more();
    let later = cached.reader_held_up().await;
    // Permission goes to whoever waits for it longest.
    cached.let_go();
    assert_eq!(overtaken.await.unwrap(), "old", "it asked before the write was done");
    assert_eq!(cached.listed().await, "new");
    cached.let_go();
    assert_eq!(later.await.unwrap(), "new");
    cached.until_cached().await;
    assert_eq!(cached.listed().await, "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_overtaken_by_a_write_leaves_nothing_in_memory() {
    a_reader_is_overtaken(Cached::in_process(&conversation()), || {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_overtaken_by_a_write_leaves_nothing_in_redis() {
    let redis = TestRedis::start();
    let (cached, _memory) = Cached::in_redis(&conversation(), &redis.url()).await;
    a_reader_is_overtaken(cached, || {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_overtaken_by_a_write_and_a_flush_leaves_nothing_in_redis() {
    let redis = TestRedis::start();
    let (cached, _memory) = Cached::in_redis(&conversation(), &redis.url()).await;
    a_reader_is_overtaken(cached, || redis.flush()).await;
}

/// The titles of a user's conversations.
async fn titles(stores: &Stores, user: UserId) -> Vec<String> {
    let page = stores.conversations.list(user, PageLimit::default(), None).await.unwrap();
    page.conversations.iter().map(|one| one.title.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_leaves_in_the_middle_of_a_write_leaves_no_old_list() {
    let place = TestDatabase::postgres().await;
    let cache = ConversationCache::in_process(Metrics::none().cache);
    let settings =
        DatabaseSettings { conversation_cache: Some(cache), ..DatabaseSettings::default() };
    let stores = Stores::of(place.open_with(settings).await.stores());
    let user = stores.user("ada").await;
    let id = stores.begin(user, "old").await.fence.conversation_id;
    assert_eq!(titles(&stores, user).await, ["old"]);

    let client = place.client().await;
    client.batch_execute("BEGIN; LOCK TABLE conversations IN SHARE MODE").await.unwrap();
    let writer = tokio::spawn({
        let conversations = Arc::clone(&stores.conversations);
        async move { conversations.rename(user, id, title("new"), at(1)).await }
    });
    let waiting =
        "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'conversations'::regclass";
    eventually("the write waits", async || !client.query(waiting, &[]).await.unwrap().is_empty())
        .await;
    writer.abort();
    assert!(writer.await.unwrap_err().is_cancelled());
    assert_eq!(titles(&stores, user).await, ["old"]);
    client.batch_execute("COMMIT").await.unwrap();
    eventually("the new title shows", async || titles(&stores, user).await == ["new"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_cut_off_ends_what_others_believe_when_it_returns() {
    let (conversation, redis) = (conversation(), TestRedis::start());
    redis.command(&["ACL", "SETUSER", "one", "on", ">s3cret", "~*", "&*", "+@all"]);
    let url = redis.url().replace("redis://", "redis://one:s3cret@");
    let (one, cut_off) = Cached::in_redis(&conversation, &url).await;
    let (other, _memory) = Cached::in_redis(&conversation, &redis.url()).await;
    redis.command(&["ACL", "SETUSER", "one", "off"]);
    redis.command(&["CLIENT", "KILL", "USER", "one"]);
    eventually("it is cut off", async || !cut_off.is_available()).await;
    other.until_cached().await;
    one.rename("new").await;
    assert_eq!(one.listed().await, "new", "it does without Redis");
    assert_eq!(other.listed().await, "old", "nobody could tell it, for a minute at most");
    redis.command(&["ACL", "SETUSER", "one", "on"]);
    eventually("the new title shows", async || other.listed().await == "new").await;
    one.until_cached().await;
    assert_eq!(one.listed().await, "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_makes_no_sense_is_as_good_as_none() {
    let redis = TestRedis::start();
    let (cached, _memory) = Cached::in_redis(&conversation(), &redis.url()).await;
    let key = "todo:conversations:1:user:1";
    redis.command(&["HSET", key, "list", "{}"]);
    assert_eq!(cached.listed().await, "old");
    redis.command(&["SET", key, "of another type"]);
    assert_eq!(cached.listed().await, "old");
    cached.rename("new").await;
    cached.until_cached().await;
    assert_eq!(cached.listed().await, "new");
}
