//! Imports and exports that dawdle, or go on for too long: they hold nobody up, and end with the
//! token they were begun with.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use todo_domain::UserId;
use todo_http::LimitSettings;
use todo_testkit::{
    app::{Answer, TestApp, Visitor},
    on_both_stores,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
    time::{Instant, timeout},
};

use super::{LINES, busy, export, import};

/// Somebody's import or export at the address that a proxy tells, with its connection.
pub(super) async fn begin(
    app: &TestApp,
    user: &Visitor,
    address: &str,
    request: &str,
) -> TcpStream {
    let token = user.token.as_deref().unwrap();
    let (line, rest) = request.split_once("\r\n").unwrap();
    let request = format!(
        "{line}\r\nhost: x\r\nauthorization: Bearer {token}\r\nx-forwarded-for: {address}\r\n{rest}"
    );
    let mut stream =
        TcpStream::connect(app.base_url().trim_start_matches("http://")).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// The head of an import of so many bytes, of which one has been sent.
async fn begin_import(app: &TestApp, user: &Visitor, address: &str, length: usize) -> TcpStream {
    let request = format!(
        "POST /api/me/import HTTP/1.1\r\ncontent-type: application/x-ndjson\r\n\
         connection: close\r\ncontent-length: {length}\r\n\r\n{{"
    );
    begin(app, user, address, &request).await
}

/// An import that dawdles, from an address of its own.
async fn dawdling(app: &TestApp, user: &Visitor) -> TcpStream {
    begin_import(app, user, &format!("192.0.2.{}", user.id), 1_000).await
}

/// An import of so many bytes that is going on, as `other` sees who is refused at the same address.
async fn import_going_on(
    app: &TestApp,
    user: &Visitor,
    other: &Visitor,
    length: usize,
) -> TcpStream {
    const ADDRESS: &str = "192.0.2.99";
    let headers = [LINES[0], ("x-forwarded-for", ADDRESS)];
    loop {
        let stream = begin_import(app, user, ADDRESS, length).await;
        // An answer would be the refusal of one that came while the other was being answered.
        while stream.try_read(&mut [0]).is_err() {
            let path = "/api/me/import";
            let answer = other.send(Method::POST, path, &headers, Some(Vec::new())).await;
            if answer.status == 503 {
                return stream;
            }
            answer.expect_invalid("line 1");
        }
    }
}

/// Sends a byte now and then for as long as the service takes them.
fn dribble(mut stream: TcpStream) -> JoinHandle<()> {
    tokio::spawn(async move {
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    })
}

/// An export that nobody reads, from an address of its own. It is being sent already.
async fn begin_export(app: &TestApp, user: &Visitor) -> TcpStream {
    let address = format!("192.0.2.{}", user.id);
    let stream = begin(app, user, &address, "GET /api/me/export HTTP/1.1\r\n\r\n").await;
    stream.readable().await.unwrap();
    stream
}

/// Everything that comes until the service closes the connection, or ends the answer.
pub(super) async fn rest_of(mut stream: TcpStream) -> String {
    let mut read = Vec::new();
    let reading = async {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = stream.read(&mut piece).await {
            read.extend_from_slice(&piece[..length]);
            if read.ends_with(b"\r\n0\r\n\r\n") {
                break;
            }
        }
    };
    timeout(A_LONG_TIME, reading).await.unwrap();
    String::from_utf8_lossy(&read).into_owned()
}

fn is_whole(export: &str) -> bool {
    export.contains(r#"{"type":"trailer""#) || export.ends_with("\r\n0\r\n\r\n")
}

const A_LONG_TIME: Duration = Duration::from_secs(60);

/// What anybody does sooner or later, whom others keep waiting.
async fn in_the_end(what: &str, mut tried: impl AsyncFnMut() -> Answer) {
    let begun = Instant::now();
    loop {
        let answer = tried().await;
        if answer.status == 200 {
            return;
        }
        assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
        answer.expect_problem(503, "too_busy");
        assert!(begun.elapsed() < A_LONG_TIME, "no {what} in {A_LONG_TIME:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Believes everybody about where they are, without limits.
pub(super) fn behind_a_proxy() -> LimitSettings {
    let trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    LimitSettings { trusted_proxies, ..LimitSettings::default() }
}

/// More than a megabyte: more than a system holds for a client that does not read.
pub(super) fn large(file: &str) -> String {
    const TASKS: usize = 700;
    let mut lines: Vec<String> = file.lines().take(1).map(str::to_owned).collect();
    let text = "x".repeat(1_900);
    for id in 1..=TASKS {
        let created = "2026-11-22T09:00:00Z";
        let task = json!({
            "type": "task", "id": id, "title": "large", "description": text, "priority": "low",
            "version": 1, "created_at": created, "updated_at": created
        });
        lines.push(task.to_string());
    }
    let trailer =
        json!({ "type": "trailer", "tasks": TASKS, "conversations": 0, "turns": 0, "messages": 0 });
    lines.push(trailer.to_string());
    lines.join("\n")
}

/// Somebody with much to export.
async fn hoarder(app: &TestApp, name: &str) -> Visitor {
    let user = app.sign_up(name).await;
    let file = large(&export(&user).await);
    in_the_end("import", async || import(&user, &file).await).await;
    user
}

#[tokio::test(flavor = "multi_thread")]
async fn two_imports_at_once_are_enough_and_whoever_leaves_makes_room() {
    let app = TestApp::sqlite().limits(behind_a_proxy()).start().await;
    let ada = app.sign_up("ada").await;
    let file = export(&ada).await;
    let (ben, eve) = (app.sign_up("ben").await, app.sign_up("eve").await);
    let mut dawdlers = vec![dawdling(&app, &ben).await, dawdling(&app, &eve).await];
    let mut answer = import(&ada, &file).await;
    // A dawdler who comes while this one imports is refused in its stead.
    while answer.status == 200 {
        dawdlers.extend([dawdling(&app, &ben).await, dawdling(&app, &eve).await]);
        answer = import(&ada, &file).await;
    }
    let seconds = answer.header("retry-after").to_owned();
    answer.expect_problem(503, "too_busy");
    assert_eq!(seconds, "5");
    drop(dawdlers);
    in_the_end("import", async || import(&ada, &file).await).await;
}

/// Whoever begins a second one keeps nobody else from theirs.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_takes_one_import_at_a_time() {
    let app = TestApp::sqlite().limits(behind_a_proxy()).start().await;
    let (ada, ben) = (app.sign_up("ada").await, app.sign_up("ben").await);
    let file = export(&ada).await;
    let mut dawdlers = vec![dawdling(&app, &ada).await];
    let mut answer = import(&ada, &file).await;
    // A dawdler who comes while this one imports is refused in its stead.
    while answer.status == 200 {
        dawdlers.push(dawdling(&app, &ada).await);
        answer = import(&ada, &file).await;
    }
    let problem = answer.expect_problem(503, "too_busy");
    assert!(problem["detail"].as_str().unwrap().contains("of this account"), "{problem}");
    import(&ben, &file).await.expect(200);
    drop(dawdlers);
}

/// All who come through one address are one, whatever accounts they have there.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_takes_one_import_at_a_time() {
    let app = TestApp::sqlite().limits(behind_a_proxy()).start().await;
    let (ada, ben) = (app.sign_up("ada").await, app.sign_up("ben").await);
    let file = export(&ada).await;
    let from = |address| [LINES[0], ("x-forwarded-for", address)];
    let body = || Some(file.as_bytes().to_vec());
    let post =
        async |address| ada.send(Method::POST, "/api/me/import", &from(address), body()).await;
    let mut dawdlers = vec![begin_import(&app, &ben, "192.0.2.77", 1_000).await];
    let mut answer = post("192.0.2.77").await;
    while answer.status == 200 {
        dawdlers.push(begin_import(&app, &ben, "192.0.2.77", 1_000).await);
        answer = post("192.0.2.77").await;
    }
    let problem = answer.expect_problem(503, "too_busy");
    assert!(problem["detail"].as_str().unwrap().contains("from this address"), "{problem}");
    post("192.0.2.78").await.expect(200);
    drop(dawdlers);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_send_a_byte_now_and_then_do_not_hold_all_imports() {
    let app = TestApp::sqlite()
        .limits(behind_a_proxy())
        .request_timeout(Duration::from_secs(1))
        .start()
        .await;
    let ada = app.sign_up("ada").await;
    let file = export(&ada).await;
    let mut dribblers = Vec::new();
    for name in ["ben", "eve"] {
        dribblers.push(dribble(dawdling(&app, &app.sign_up(name).await).await));
    }
    in_the_end("import", async || import(&ada, &file).await).await;
    for dribbler in dribblers {
        timeout(A_LONG_TIME, dribbler).await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_keeps_the_pace_has_an_end_all_the_same() {
    let app = TestApp::sqlite().archive_timeout(Duration::from_secs(2)).start().await;
    let ada = app.sign_up("ada").await;
    let stream = begin_import(&app, &ada, "192.0.2.1", 10_000_000).await;
    let (mut read, mut write) = stream.into_split();
    let sending = tokio::spawn(async move {
        while write.write_all(&[b' '; 20_000]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let mut answer = vec![0; 12];
    timeout(A_LONG_TIME, read.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(answer, b"HTTP/1.1 408");
    drop(read);
    timeout(A_LONG_TIME, sending).await.unwrap().unwrap();
}

/// Each has more to read than the system holds for them.
#[tokio::test(flavor = "multi_thread")]
async fn those_who_read_nothing_do_not_hold_all_exports() {
    let app = TestApp::sqlite()
        .limits(behind_a_proxy())
        .request_timeout(Duration::from_secs(2))
        .start()
        .await;
    let ada = app.sign_up("ada").await;
    let mut hoarders = Vec::new();
    for name in ["ben", "eve", "joe", "sue"] {
        hoarders.push(hoarder(&app, name).await);
    }
    let mut silent = Vec::new();
    for hoarder in &hoarders {
        silent.push(begin_export(&app, hoarder).await);
    }
    in_the_end("export", async || ada.get("/api/me/export").await).await;
    let mut whole = Vec::new();
    for stream in silent {
        whole.push(is_whole(&rest_of(stream).await));
    }
    assert!(whole.contains(&false), "nobody was cut off: {whole:?}");
}

on_both_stores! {
    async fn an_export_ends_when_its_token_is_not_good_any_more(app) {
        let app = app.limits(behind_a_proxy()).start().await;
        let password = json!({ "current_password": "correct horse", "new_password": "battery staple" });
        for (name, path, body) in [
            ("ada", "/api/auth/signout", json!({})),
            ("ben", "/api/auth/signout-all", json!({})),
            ("eve", "/api/auth/password", password),
        ] {
            let user = hoarder(&app, name).await;
            let stream = begin_export(&app, &user).await;
            assert!(user.post(path, &body).await.status.is_success());
            let read = rest_of(stream).await;
            assert!(read.starts_with("HTTP/1.1 200") && !is_whole(&read), "{path}");
        }
        let user = hoarder(&app, "joe").await;
        let stream = begin_export(&app, &user).await;
        app.accounts.disable(UserId::new(user.id).unwrap()).await.unwrap().unwrap();
        assert!(!is_whole(&rest_of(stream).await), "disabled");
    }

    async fn an_import_stores_nothing_when_its_token_is_not_good_any_more(app) {
        let app = app.limits(behind_a_proxy()).start().await;
        let ada = app.sign_up("ada").await;
        let other = busy(&app, "busy").await;
        let file = export(&other).await;
        let mut stream = import_going_on(&app, &ada, &other, file.len()).await;
        ada.post("/api/auth/signout", &json!({})).await.expect(204);
        stream.write_all(&file.as_bytes()[1..]).await.unwrap();
        let answer = rest_of(stream).await;
        assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("invalid_token"), "{answer}");
        let body = json!({ "email": "ada@example.org", "password": "correct horse" });
        let again = app.stranger().post("/api/auth/signin", &body).await.expect(200);
        let mut ada = ada;
        ada.token = again["access_token"].as_str().map(str::to_owned);
        assert!(ada.tasks().await.is_empty());
        in_the_end("import", async || import(&ada, &file).await).await;
    }
}
