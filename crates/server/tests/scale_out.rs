//! Several processes over one PostgreSQL and one Redis are one service: nobody can tell which of
//! them answers, and each can be restarted or lost.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};
use todo_testkit::{
    app::{Answer, JWT_SECRET, Visitor},
    balancer::LoadBalancer,
    cohere::{CohereSimulator, Scenario},
    database::TestDatabase,
    faults::LockedUser,
    process::Service,
    redis::TestRedis,
    until,
};

/// What the processes have in common.
struct Place {
    database: TestDatabase,
    redis: TestRedis,
    cohere: CohereSimulator,
}

impl Place {
    async fn create() -> Self {
        Self {
            database: TestDatabase::postgres().await,
            redis: TestRedis::start(),
            cohere: CohereSimulator::start().await,
        }
    }

    /// Starts a process that uses Redis.
    async fn start(&self, more: &[(&str, &str)]) -> Service {
        let variables = [
            ("DATABASE_URL", &*self.database.url()),
            ("DATABASE_TIMEOUT", "30"),
            ("REDIS_URL", &self.redis.url()),
            ("COHERE_BASE_URL", &self.cohere.base_url()),
            ("COHERE_API_KEY", "key"),
            ("JWT_SECRET", JWT_SECRET),
        ];
        let binary = Path::new(env!("CARGO_BIN_EXE_chatbot-api"));
        let service = Service::start(binary, &[&variables, more].concat());
        let anybody = service.stranger();
        until("Redis is used", async || {
            let health = anybody.get("/health/detailed").await.expect(200);
            health["redis"]["status"] == "healthy"
        })
        .await;
        service
    }

    async fn start_two(&self, more: &[(&str, &str)]) -> [Service; 2] {
        [self.start(more).await, self.start(more).await]
    }

    /// Waits until the provider has been asked so often.
    async fn until_asked(&self, times: usize) {
        until("the provider is asked", async || self.cohere.chats().len() >= times).await;
    }
}

/// Says something in a conversation.
async fn go_on(user: &Visitor, conversation: &Value, message: &str) -> Answer {
    let chat = json!({ "message": message, "conversation_id": conversation });
    user.post("/api/me/chat", &chat).await
}

/// Says something on a task of its own.
fn speak(user: &Visitor, chat: Value) -> tokio::task::JoinHandle<Option<Answer>> {
    let user = user.clone();
    tokio::spawn(async move { user.try_post("/api/me/chat", &chat).await })
}

async fn titles(user: &Visitor, path: &str) -> Vec<Value> {
    let list = user.get(path).await.expect(200);
    list.as_array().unwrap().iter().map(|row| row["title"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_carried_on_by_whichever_process_is_asked() {
    let place = Place::create().await;
    let [one, other] = place.start_two(&[]).await;
    // The token of the one is good for the other.
    let here = one.stranger().sign_up("ada").await;
    let there = here.at(other.base_url());
    let conversation = here.say("add milk").await["conversation_id"].clone();
    let rest = ["add bread", "complete 1", "delete the bread task", "add eggs", "what's left?"];
    for (message, user) in rest.iter().zip([&there, &here].into_iter().cycle()) {
        go_on(user, &conversation, message).await.expect(200);
    }
    let path = format!("/api/me/conversations/{}/messages", conversation.as_str().unwrap());
    let messages = here.get(&path).await.expect(200);
    assert_eq!(messages.as_array().unwrap().len(), 12);
    assert_eq!(there.get(&path).await.expect(200), messages);
    assert_eq!(titles(&there, "/api/me/tasks?sort=created_at").await, ["milk", "eggs"]);
    assert_eq!(here.tasks().await, there.tasks().await);
    let refused = place.cohere.refused();
    assert!(refused.is_empty(), "the provider was told something else: {refused:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_used_up_a_limit_with_one_process_has_used_it_up_with_all() {
    let place = Place::create().await;
    let limits = [("SIGNUP_RATE_LIMIT_PER_HOUR", "2"), ("CHAT_RATE_LIMIT_PER_MINUTE", "1")];
    let [one, other] = place.start_two(&limits).await;
    let ada = one.stranger().sign_up("ada").await;
    let bea = other.stranger().sign_up("bea").await;
    for service in [&one, &other] {
        let body = json!({ "name": "c", "email": "c@example.org", "password": "correct horse" });
        assert_eq!(service.stranger().post("/api/auth/signup", &body).await.status, 429);
    }
    ada.say("add milk").await;
    bea.say("add milk").await;
    let message = json!({ "message": "add bread" });
    assert_eq!(ada.at(other.base_url()).post("/api/me/chat", &message).await.status, 429);
    assert_eq!(bea.at(one.base_url()).post("/api/me/chat", &message).await.status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_conversations_shows_at_once_what_another_process_changed() {
    let place = Place::create().await;
    let [one, other] = place.start_two(&[]).await;
    let here = one.stranger().sign_up("ada").await;
    let there = here.at(other.base_url());
    let list = "/api/me/conversations";
    let entry = format!("todo:conversations:1:user:{}", here.id);
    let mut expected = Vec::new();
    for round in 0..6 {
        let (writer, reader) = if round % 2 == 0 { (&here, &there) } else { (&there, &here) };
        until("the list is cached", async || {
            assert_eq!(titles(reader, list).await, expected);
            place.redis.command(&["EXISTS", &entry]) == "1"
        })
        .await;
        let id = writer.say(&format!("add task {round}")).await["conversation_id"].clone();
        expected.insert(0, json!(format!("add task {round}")));
        assert_eq!(titles(reader, list).await, expected);
        let path = format!("{list}/{}", id.as_str().unwrap());
        let title = format!("round {round}");
        writer.patch(&path, &json!({ "title": title })).await.expect(200);
        expected[0] = json!(title);
        assert_eq!(titles(reader, list).await, expected);
        if round % 3 == 2 {
            assert_eq!(writer.delete(&path).await.status, 204);
            expected.remove(0);
            assert_eq!(titles(reader, list).await, expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_waits_for_one_process_takes_no_turn_from_another() {
    let place = Place::create().await;
    let [one, other] = place.start_two(&[]).await;
    let here = one.stranger().sign_up("ada").await;
    let there = here.at(other.base_url());
    let conversation = here.say("show my list").await["conversation_id"].clone();
    let asked = place.cohere.chats().len();
    let chat = json!({
        "message": "add milk [[simulate:slow-first-byte=3000]]",
        "conversation_id": conversation,
    });
    let running = speak(&here, chat);
    place.until_asked(asked + 1).await;
    go_on(&there, &conversation, "add bread").await.expect_problem(409, "turn_in_progress");
    running.await.unwrap().unwrap().expect(200);
    go_on(&there, &conversation, "add bread").await.expect(200);
    assert_eq!(there.tasks().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_process_dies_in_a_turn_another_goes_on_after_the_lease() {
    let place = Place::create().await;
    // A lease is as long as a turn, and twice as long as the database may take.
    let short = [("CHAT_TIMEOUT", "3"), ("DATABASE_TIMEOUT", "1")];
    let [one, other] = place.start_two(&short).await;
    let here = one.stranger().sign_up("ada").await;
    let there = here.at(other.base_url());
    let conversation = here.say("add milk").await["conversation_id"].clone();
    let asked = place.cohere.chats().len();
    place.cohere.script([Scenario::Stall]);
    let chat = json!({ "message": "add bread", "conversation_id": conversation });
    let lost = speak(&here, chat);
    place.until_asked(asked + 1).await;
    one.kill();
    let killed = Instant::now();
    assert!(lost.await.unwrap().is_none(), "the process was gone");
    let eggs = json!({ "message": "add eggs", "conversation_id": conversation });
    let (answer, refusals) = there.chat_in_turn(&eggs, Duration::from_secs(25)).await;
    answer.expect(200);
    assert!((1..=5).contains(&refusals), "the lease of the dead process is 5 s: {refusals}");
    println!("goes on {:.1} s after the kill", killed.elapsed().as_secs_f64());
    assert_eq!(there.tasks().await.len(), 2, "milk and eggs");
    let path = format!("/api/me/conversations/{}/messages", conversation.as_str().unwrap());
    let messages = there.get(&path).await.expect(200);
    let said = messages.as_array().unwrap();
    let bread = said.iter().find(|message| message["content"] == "add bread").unwrap();
    let path = format!("/api/me/turns/{}", bread["turn_id"].as_str().unwrap());
    assert_eq!(there.get(&path).await.expect(200)["status"], "interrupted");
}

/// What it had done is not done again.
#[tokio::test(flavor = "multi_thread")]
async fn when_a_process_dies_in_a_turn_another_finishes_it_with_the_same_key() {
    let place = Place::create().await;
    let short = [("CHAT_TIMEOUT", "3"), ("DATABASE_TIMEOUT", "1")];
    let [one, other] = place.start_two(&short).await;
    let here = one.stranger().sign_up("ada").await;
    let there = here.at(other.base_url());
    let send = async |user: &Visitor| {
        let headers = [("content-type", "application/json"), ("idempotency-key", "k1")];
        let body = json!({ "message": "add bread" }).to_string().into_bytes();
        user.try_send(Method::POST, "/api/me/chat", &headers, Some(body)).await.ok()
    };
    let asked = place.cohere.chats().len();
    place.cohere.script([Scenario::OneCall, Scenario::Stall]);
    let (lost, ()) = tokio::join!(send(&here), async {
        place.until_asked(asked + 2).await;
        one.kill();
    });
    assert!(lost.is_none(), "the process was gone");
    let done = there.tasks().await;
    assert_eq!(done.len(), 1);
    place.cohere.script([Scenario::Text]);
    let refused = send(&there).await.unwrap();
    assert_eq!(refused.header("retry-after"), "1");
    refused.expect_problem(409, "turn_in_progress");
    let answer = loop {
        let answer = send(&there).await.unwrap();
        if answer.status == 200 {
            break answer;
        }
        answer.expect_problem(409, "turn_in_progress");
        // As `Retry-After` says, until the lease is over.
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    assert_eq!(send(&there).await.unwrap().text, answer.text);
    let answer = answer.expect(200);
    assert_eq!(answer["tool_calls"].as_array().unwrap().len(), 1);
    assert_eq!(there.tasks().await, done);
    let path = format!("/api/me/conversations/{}", answer["conversation_id"].as_str().unwrap());
    assert_eq!(there.get(&path).await.expect(200)["messages"].as_array().unwrap().len(), 2);
}

/// What the clients of a rolling restart saw.
#[derive(Default)]
struct Tally {
    requests: AtomicUsize,
    failures: Mutex<Vec<String>>,
}

impl Tally {
    fn count(&self, expected: u16, answer: Option<Answer>) -> Option<Answer> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let failure = match answer {
            Some(answer) if answer.status == expected => return Some(answer),
            Some(answer) => format!("{}: {}", answer.status, answer.text),
            None => "no answer".to_owned(),
        };
        self.failures.lock().unwrap().push(failure);
        None
    }
}

async fn count_tasks(user: &Visitor) -> usize {
    let (mut count, mut path) = (0, Some("/api/me/tasks?sort=created_at&limit=100".to_owned()));
    while let Some(page) = path {
        let answer = user.get(&page).await;
        path = answer.next_page();
        count += answer.expect(200).as_array().unwrap().len();
    }
    count
}

/// Adds, completes and lists tasks until it is time to stop; returns how many there should be.
async fn click(user: Visitor, tally: Arc<Tally>, stop: Arc<AtomicBool>) -> usize {
    let mut tasks = 0;
    while !stop.load(Ordering::Relaxed) {
        let task = json!({ "title": "task" });
        let made = tally.count(201, user.try_post("/api/me/tasks", &task).await);
        tasks += usize::from(made.is_some());
        if let Some(made) = made {
            let path = format!("/api/me/tasks/{}/complete", made.json()["id"]);
            tally.count(200, user.try_post(&path, &json!({})).await);
        }
        for list in ["/api/me/tasks", "/api/me/conversations"] {
            tally.count(200, user.try_get(list).await);
        }
    }
    tasks
}

/// Goes on with one conversation until it is time to stop; returns how many tasks there should be.
async fn chat(user: Visitor, tally: Arc<Tally>, stop: Arc<AtomicBool>) -> usize {
    let (mut tasks, mut conversation) = (0, Value::Null);
    while !stop.load(Ordering::Relaxed) {
        let message = "add milk [[simulate:slow-first-byte=100]]";
        let chat = json!({ "message": message, "conversation_id": conversation });
        let said = tally.count(200, user.try_post("/api/me/chat", &chat).await);
        tasks += usize::from(said.is_some());
        if let Some(said) = said {
            conversation = said.json()["conversation_id"].clone();
        }
    }
    tasks
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_under_load_fails_no_request() {
    let place = Place::create().await;
    let balancer = LoadBalancer::start();
    let delay = [("SHUTDOWN_DELAY", "2")];
    let (mut services, mut arrived) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let service = place.start(&delay).await;
        balancer.add(service.base_url());
        services.push(service);
    }
    balancer.until_ready(3).await;
    let front = Visitor::of(&balancer.base_url());
    let slow = front.clone().sign_up("slow").await;
    let (tally, stop) = (Arc::new(Tally::default()), Arc::new(AtomicBool::new(false)));
    let mut clients = Vec::new();
    for number in 0..8 {
        let user = Visitor::of(&balancer.base_url()).sign_up(&format!("user{number}")).await;
        let (tally, stop) = (Arc::clone(&tally), Arc::clone(&stop));
        clients.push(match number % 2 {
            0 => (user.clone(), tokio::spawn(click(user, tally, stop))),
            _ => (user.clone(), tokio::spawn(chat(user, tally, stop))),
        });
    }
    let begun = Instant::now();
    for leaving in services {
        let served = tally.requests.load(Ordering::Relaxed);
        // This turn is not done before the process has taken its last request.
        let held = LockedUser::hold(&place.database, slow.id).await;
        let late = speak(&slow.at(leaving.base_url()), json!({ "message": "add milk" }));
        held.until_waited_for(1).await;
        leaving.signal("TERM");
        balancer.until_ready(2).await;
        until("it takes no more requests", async || leaving.output().contains("Stopping:")).await;
        held.release().await;
        tally.count(200, late.await.unwrap());
        balancer.remove(leaving.base_url());
        let (status, output) = tokio::task::spawn_blocking(|| leaving.wait()).await.unwrap();
        assert!(status.success(), "{status}\n{output}");
        assert!(!output.contains("Stopped before everything"), "{output}");
        let next = place.start(&delay).await;
        balancer.add(next.base_url());
        balancer.until_ready(3).await;
        let enough = || tally.requests.load(Ordering::Relaxed) > served + 50;
        until("requests go on", async || enough()).await;
        arrived.push(next);
    }
    stop.store(true, Ordering::Relaxed);
    for (user, client) in clients {
        let expected = client.await.unwrap();
        assert_eq!(count_tasks(&user).await, expected, "each was added once");
    }
    let requests = tally.requests.load(Ordering::Relaxed);
    let failures = tally.failures.lock().unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    println!("{requests} requests in {seconds:.0} s, {} failed", failures.len());
    assert!(failures.is_empty(), "{:#?}", failures.iter().take(5).collect::<Vec<_>>());
}
