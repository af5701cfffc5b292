//! The example of a service of axum answers word by word.

use reqwest::Method;
use todo_testkit::app::Visitor;
use tokio::net::TcpListener;

#[path = "../examples/axum_chat.rs"]
#[expect(dead_code, reason = "the test has a main of its own")]
mod axum_chat;

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_comes_word_by_word() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("todo.db");
    let routes = axum_chat::routes(file.to_str().unwrap()).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let reader = Visitor::of(&format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let say = async |text: &str| {
        let text = text.as_bytes().to_vec();
        reader.send(Method::POST, "/chat", &[("content-type", "text/plain")], Some(text)).await
    };

    let answer = say("add buy milk").await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let told = answer.text;
    let events = |name: &str| told.matches(&format!("event: {name}\n")).count();
    assert_eq!((events("call"), events("answer"), events("error")), (1, 1, 0), "{told}");
    assert!(events("delta") > 1, "{told}");
    assert!(told.contains("data: add_task\n"), "{told}");

    assert_eq!(say(" ").await.status, 422);
}
