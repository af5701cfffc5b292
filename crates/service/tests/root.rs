//! What the service opens with a replica and a shared memory.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use todo_adapters::{DatabaseUrl, RedisSettings, ReplicaSettings};
use todo_app::{ChatRequest, SignUp};
use todo_domain::{
    MessageText, PageLimit, Password, TimeZone, UserId, UserName, ports::ReplicaState,
};
use todo_metrics::Metrics;
use todo_service::{Parts, Service, ServiceSettings, StorageSettings};
use todo_testkit::{
    redis::TestRedis,
    replication::{ReplicatedDatabase, Server},
    until,
};

const TIMEOUT: Duration = Duration::from_secs(60);

async fn open(place: &ReplicatedDatabase, redis: &TestRedis) -> Service {
    let url = |server| DatabaseUrl::parse(&place.url(server)).unwrap();
    let replica = ReplicaSettings {
        first_read_after: Some(Duration::ZERO),
        ..ReplicaSettings::new(url(Server::Replica))
    };
    let storage = StorageSettings {
        replica: Some(replica),
        redis: Some(RedisSettings { url: redis.url().parse().unwrap(), timeout: TIMEOUT }),
        ..StorageSettings::new(url(Server::Primary))
    };
    let settings = ServiceSettings::new(storage);
    Service::open(settings, Parts::default(), &Metrics::none()).await.unwrap()
}

async fn say(service: &Service, user: UserId, text: &str) {
    let request = ChatRequest::new(user, MessageText::new(text).unwrap());
    service.use_cases.chat.send(request).await.unwrap();
}

/// How many conversations a user is shown.
async fn listed(service: &Service, user: UserId) -> usize {
    let list = service.use_cases.conversations.list(user, None, PageLimit::MAX, None);
    list.await.unwrap().conversations.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_and_a_cache_show_what_was_written_a_moment_ago() {
    let (place, redis) = (ReplicatedDatabase::create().await, TestRedis::start());
    let service = open(&place, &redis).await;
    let replica = || service.storage.stores.health.replica().unwrap().state;
    until("the replica is read from", async || replica() == ReplicaState::InUse).await;
    service.storage.memory_available().await;
    let ada = SignUp {
        name: UserName::new("Ada").unwrap(),
        email: "ada@example.org".parse().unwrap(),
        password: Password::new("correct horse").unwrap(),
        time_zone: TimeZone::UTC,
    };
    let ada = service.use_cases.accounts.sign_up(ada, None).await.unwrap().id;

    say(&service, ada, "add buy milk").await;
    let entry = format!("todo:conversations:1:user:{ada}");
    let is_cached = || redis.command(&["HEXISTS", &entry, "list"]) == "1";
    until("the list is cached", async || {
        assert_eq!(listed(&service, ada).await, 1);
        is_cached()
    })
    .await;

    say(&service, ada, "add call mum").await;
    assert!(!is_cached(), "the new conversation is not in it");
    assert_eq!(listed(&service, ada).await, 2);
    // What a command does is no different.
    let operator = open(&place, &redis).await;
    operator.storage.memory_available().await;
    until("the list is cached", async || {
        assert_eq!(listed(&service, ada).await, 2);
        is_cached()
    })
    .await;
    assert!(operator.use_cases.accounts.delete(ada).await.unwrap());
    assert!(!is_cached(), "the list is gone with its user");
}
