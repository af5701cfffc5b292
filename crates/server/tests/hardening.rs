//! Clients that mean harm, or behave as if they did: none keeps others out, and none holds the
//! service for longer than its bounds.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    path::Path,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use serde_json::json;
use todo_testkit::{app::JWT_SECRET, database::TestDatabase, faults::LockedUser, process::Service};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

/// How long anything may take that is waited for.
const TIMEOUT: Duration = Duration::from_secs(60);

const HEALTH: &str = "GET /health HTTP/1.1\r\nhost: x\r\n\r\n";

/// The service over a file, with these variables besides.
fn start(variables: &[(&str, &str)]) -> (Service, tempfile::TempDir) {
    let data = tempfile::tempdir().unwrap();
    let mut all = vec![("DATA_DIR", data.path().to_str().unwrap())];
    all.extend_from_slice(variables);
    (Service::start(Path::new(env!("CARGO_BIN_EXE_chatbot-api")), &all), data)
}

/// A client that says what it likes.
struct Client(TcpStream);

impl Client {
    async fn connect(service: &Service) -> Self {
        let address = service.base_url().trim_start_matches("http://");
        Self(TcpStream::connect(address).await.unwrap())
    }

    async fn saying(service: &Service, text: &str) -> Self {
        let mut client = Self::connect(service).await;
        client.say(text).await;
        client
    }

    async fn say(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// One answer with its body.
    async fn answer(&mut self) -> String {
        let mut answer = Vec::new();
        let whole = async {
            while !is_whole(&answer) {
                answer.push(self.0.read_u8().await.unwrap());
            }
        };
        timeout(TIMEOUT, whole).await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    /// Everything until the service closes the connection, while a byte is sent now and then.
    async fn dribble_until_closed(self) -> String {
        let (mut read, mut write) = self.0.into_split();
        let dribbling = tokio::spawn(async move {
            while write.write_all(b"x").await.is_ok() {
                sleep(Duration::from_millis(50)).await;
            }
        });
        let mut answer = Vec::new();
        // Reset or ended: it is closed.
        drop(timeout(TIMEOUT, read.read_to_end(&mut answer)).await.unwrap());
        dribbling.abort();
        String::from_utf8(answer).unwrap()
    }

    /// Waits for the end of the connection; nothing else may come.
    async fn expect_closed(&mut self) {
        let read = timeout(TIMEOUT, self.0.read(&mut [0])).await.unwrap();
        assert!(matches!(read, Ok(0) | Err(_)), "it says more");
    }
}

fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
    answer.len() >= end + 4 + length.parse::<usize>().unwrap()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap()
}

/// A request of somebody signed in, with a body of so many bytes of which none are sent.
fn post(path: &str, token: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
}

/// The sum of these samples at `/metrics`.
async fn sum(service: &Service, sample: &str) -> f64 {
    let page = service.stranger().get("/metrics").await.text;
    let samples = page.lines().filter(|line| line.starts_with(sample));
    let values = samples.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap());
    let values = values.collect::<Vec<_>>();
    assert!(!values.is_empty(), "no {sample}: {page}");
    values.iter().sum()
}

async fn until(service: &Service, sample: &str, holds: impl Fn(f64) -> bool) {
    let started = Instant::now();
    loop {
        let value = sum(service, sample).await;
        if holds(value) {
            return;
        }
        assert!(started.elapsed() < TIMEOUT, "{sample} stays at {value}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_dribbles_in_is_given_up() {
    let (service, _data) = start(&[("REQUEST_TIMEOUT", "2")]);
    let answer = Client::saying(&service, "GET /").await.dribble_until_closed().await;
    assert_eq!(status(&answer), "408");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_dribbles_in_after_an_answer_is_given_up_too() {
    let (service, _data) = start(&[("REQUEST_TIMEOUT", "2"), ("KEEP_ALIVE_TIMEOUT", "1")]);
    let mut client = Client::saying(&service, HEALTH).await;
    assert_eq!(status(&client.answer().await), "200");
    let started = Instant::now();
    assert_eq!(client.dribble_until_closed().await, "");
    println!("closed after {:.2?}; the bound is 3 s", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_dribbles_in_is_given_up() {
    let (service, _data) = start(&[("REQUEST_TIMEOUT", "2"), ("KEEP_ALIVE_TIMEOUT", "1")]);
    let ada = service.stranger().sign_up("ada").await;
    let head = post("/api/me/tasks", ada.token.as_deref().unwrap(), 60_000);
    let answer = Client::saying(&service, &head).await.dribble_until_closed().await;
    assert_eq!(status(&answer), "408");
    assert!(answer.contains("\"request_timeout\""), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_read_the_answers_is_sent_away() {
    let (service, _data) = start(&[("REQUEST_TIMEOUT", "2"), ("KEEP_ALIVE_TIMEOUT", "1")]);
    let mut client = Client::connect(&service).await;
    let asking = async {
        while client.0.write_all(b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n").await.is_ok() {}
    };
    timeout(TIMEOUT, asking).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_idles_is_closed() {
    let (service, _data) = start(&[("REQUEST_TIMEOUT", "300"), ("KEEP_ALIVE_TIMEOUT", "1")]);
    let mut client = Client::saying(&service, HEALTH).await;
    assert_eq!(status(&client.answer().await), "200");
    client.expect_closed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_may_take_longer_than_a_connection_may_idle() {
    let database = TestDatabase::postgres().await;
    let url = database.url();
    let bounds = [("REQUEST_TIMEOUT", "2"), ("KEEP_ALIVE_TIMEOUT", "1")];
    let mut variables = vec![("DATABASE_URL", url.as_str()), ("JWT_SECRET", JWT_SECRET)];
    variables.extend([("CHAT_ENGINE", "offline"), ("DATABASE_TIMEOUT", "30")]);
    variables.extend(bounds);
    let (service, _data) = start(&variables);
    let ada = service.stranger().sign_up("ada").await;
    let held = LockedUser::hold(&database, ada.id).await;
    let body = json!({ "message": "add buy milk" }).to_string();
    let request = post("/api/me/chat", ada.token.as_deref().unwrap(), body.len()) + &body;
    let mut client = Client::saying(&service, &request).await;
    held.until_waited_for(1).await;
    sleep(Duration::from_secs(4)).await;
    held.release().await;
    assert_eq!(status(&client.answer().await), "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_limit_wait_until_one_ends() {
    let most = 16 * usize::from(available_parallelism().unwrap());
    let (service, _data) = start(&[("MAX_CONNECTIONS", &most.to_string())]);
    let mut inside = Vec::new();
    for _ in 0..most {
        let mut client = Client::saying(&service, HEALTH).await;
        assert_eq!(status(&client.answer().await), "200");
        inside.push(client);
    }
    let mut outside = Client::saying(&service, HEALTH).await;
    for client in &mut inside {
        client.say(HEALTH).await;
        assert_eq!(status(&client.answer().await), "200", "those inside are served");
    }
    let early = timeout(Duration::from_millis(300), outside.0.readable()).await;
    assert!(early.is_err(), "{most} connections are the most");
    drop(inside.pop());
    assert_eq!(status(&outside.answer().await), "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_silent_connections_keep_nobody_out_and_are_closed() {
    let (service, _data) = start(&[("REQUEST_TIMEOUT", "10")]);
    let ada = service.stranger().sign_up("ada").await;
    let before = sum(&service, "process_open_fds").await;
    let mut silent = Vec::new();
    for _ in 0..1_000 {
        silent.push(Client::connect(&service).await);
    }
    let started = Instant::now();
    for n in 0..100 {
        ada.add_task(&json!({ "title": format!("task {n}") })).await;
    }
    println!("100 tasks beside 1,000 silent connections: {:.2?}", started.elapsed());
    assert_eq!(ada.tasks().await.len(), 100);
    for client in &mut silent {
        assert_eq!(status(&client.answer().await), "408");
        client.expect_closed().await;
    }
    until(&service, "process_open_fds", |open| open <= before + 10.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_have_bounds() {
    let (service, _data) = start(&[]);
    let head =
        |path: &str, headers: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
    let path = |length: usize| format!("/{}", "x".repeat(length - 1));
    for (status_expected, request) in [
        ("200", head("/health", &"a: b\r\n".repeat(95))),
        ("431", head("/health", &"a: b\r\n".repeat(96))),
        ("431", head("/health", &format!("a: {}\r\n", "b".repeat(140_000)))),
        ("404", head(&path(8_192), "")),
        ("414", head(&path(8_193), "")),
        ("414", head(&format!("/health?{}", "x".repeat(60_000)), "")),
        ("400", head(&path(70_000), "")),
        ("400", head("/health", "content-length: 1\r\ncontent-length: 2\r\n")),
        ("400", head("/health", "content-length: -1\r\n")),
        ("400", head("/health", "content-length: 4\r\ntransfer-encoding: chunked\r\n")),
        ("400", "hello\r\n\r\n".to_owned()),
    ] {
        let mut client = Client::connect(&service).await;
        // It may have been refused before all of it was sent.
        drop(client.0.write_all(request.as_bytes()).await);
        let shown = &request[..request.len().min(80)];
        assert_eq!(status(&client.answer().await), status_expected, "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_sent_in_one_go_are_answered_in_their_order() {
    let (service, _data) = start(&[]);
    let ids = (0..100).map(|n| format!("number-{n}")).collect::<Vec<_>>();
    let request = |id| format!("GET /health HTTP/1.1\r\nhost: x\r\nx-request-id: {id}\r\n\r\n");
    let mut client = Client::saying(&service, &ids.iter().map(request).collect::<String>()).await;
    for id in &ids {
        let answer = client.answer().await;
        assert!(answer.contains(&format!("x-request-id: {id}\r\n")), "{id}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_nothing_more_to_say_still_gets_the_answer() {
    let (service, _data) = start(&[]);
    let ada = service.stranger().sign_up("ada").await;
    let body = json!({ "message": "add buy milk" }).to_string();
    let request = post("/api/me/chat", ada.token.as_deref().unwrap(), body.len()) + &body;
    let mut client = Client::saying(&service, &request).await;
    client.0.shutdown().await.unwrap();
    assert_eq!(status(&client.answer().await), "200");
    client.expect_closed().await;
    assert_eq!(ada.tasks().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_dawdle_do_not_keep_the_service_from_stopping() {
    let (service, _data) = start(&[("REQUEST_TIMEOUT", "300"), ("SHUTDOWN_TIMEOUT", "2")]);
    let ada = service.stranger().sign_up("ada").await;
    let mut body = post("/api/me/tasks", ada.token.as_deref().unwrap(), 100);
    body.push('{');
    let _head = Client::saying(&service, "GET /hea").await;
    let _body = Client::saying(&service, &body).await;
    let mut second = Client::saying(&service, HEALTH).await;
    assert_eq!(status(&second.answer().await), "200");
    second.say("GET /hea").await;
    until(&service, "http_requests_in_flight", |running| running >= 2.0).await;
    let stopped = Instant::now();
    service.signal("TERM");
    let (status, output) = tokio::task::spawn_blocking(|| service.wait()).await.unwrap();
    assert!(status.success(), "{status}\n{output}");
    println!("stopped after {:.2?}; the bound is 2 s", stopped.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_requests_whose_clients_leave_leave_nothing_behind() {
    let database = TestDatabase::postgres().await;
    let url = database.url();
    let (service, _data) = start(&[
        ("DATABASE_URL", &url),
        ("JWT_SECRET", JWT_SECRET),
        ("CHAT_ENGINE", "offline"),
        ("DATABASE_TIMEOUT", "60"),
    ]);
    let ada = service.stranger().sign_up("ada").await;
    let before = sum(&service, "process_open_fds").await;
    let body = json!({ "title": "buy milk" }).to_string();
    let request = post("/api/me/tasks", ada.token.as_deref().unwrap(), body.len()) + &body;
    // No task can be added while somebody else holds the user's row.
    let held = LockedUser::hold(&database, ada.id).await;
    let mut clients = Vec::new();
    for _ in 0..1_000 {
        clients.push(Client::saying(&service, &request).await);
    }
    until(&service, "http_requests_in_flight", |running| running >= 1_000.0).await;
    for client in clients {
        client.0.set_zero_linger().unwrap();
    }
    until(&service, "http_requests_in_flight", |running| running <= 1.0).await;
    held.release().await;
    until(&service, "database_pool_waiting", |waiting| waiting < 1.0).await;
    let in_use = "database_pool_connections{pool=\"primary\",state=\"in_use\"";
    until(&service, in_use, |in_use| in_use < 1.0).await;
    // What the pool has opened stays: 20 at most.
    until(&service, "process_open_fds", |open| open <= before + 30.0).await;
    println!(
        "1,000 clients left; descriptors: {before} before, {} after",
        sum(&service, "process_open_fds").await
    );
    ada.say("add wash dishes").await;
}
