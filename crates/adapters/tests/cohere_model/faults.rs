//! Everything that Cohere, or the way to it, may do wrong: whether it is asked again, and what a
//! turn fails with.

use std::sync::Arc;

use todo_domain::{ModelFailure, ModelReply, ports::ChatModel};
use tokio::net::{TcpListener, TcpSocket};

use super::{fixture::*, server::*};

const UNAVAILABLE: ModelFailure = ModelFailure::Unavailable { retry_after: None };
const RATE_LIMITED: ModelFailure = ModelFailure::RateLimited { retry_after: None };

fn minute() -> Scene {
    status(
        429,
        message("You are past the per minute request limit, please wait and try again later."),
    )
}

fn invalid_generation() -> Scene {
    status(
        422,
        r#"{"message":"No valid response generated.","error_type":"INVALID_TOOL_GENERATION"}"#,
    )
}

/// Cut inside an event that has begun to say something.
fn cut() -> Scene {
    stream([start(), text("Su"), Step::Send(b"event: content-del".to_vec()), Step::Cut])
}

fn ends_early() -> Scene {
    stream([start(), plan("I will"), call("{\"ti")])
}

/// Plays a fault for ever: what comes of it, after how many calls.
async fn always(fault: Scene) -> (ModelFailure, usize) {
    let server = Server::start(vec![fault; 10]).await;
    let error = ask(&model(&server)).await.unwrap_err();
    (error.failure, server.calls())
}

/// Plays faults, then a good answer: what is said, after how many calls.
async fn first(faults: impl IntoIterator<Item = Scene>) -> (String, usize) {
    let server = Server::start(faults.into_iter().chain([say("Done")])).await;
    (said(ask(&model(&server)).await), server.calls())
}

#[tokio::test]
async fn what_is_wrong_with_us_is_not_asked_twice() {
    for (scene, failure) in [
        (status(400, message("invalid request: temperature")), ModelFailure::RejectedRequest),
        (status(401, message("invalid api token")), ModelFailure::Auth),
        (status(402, message("Please add or update your payment method")), ModelFailure::Auth),
        (status(403, "<html><h1>Forbidden</h1></html>"), ModelFailure::Auth),
        (status(404, message("model 'x' not found")), ModelFailure::ModelNotFound),
        (status(422, message("unknown field: parameter 'index'")), ModelFailure::RejectedRequest),
        (status(501, ""), UNAVAILABLE),
        (status_with(307, &[("location", "http://127.0.0.1:1/")], ""), UNAVAILABLE),
    ] {
        assert_eq!(always(scene.clone()).await, (failure, 1), "{scene:?}");
    }
}

#[tokio::test]
async fn a_limit_of_the_minute_is_waited_for_and_one_of_the_month_is_not() {
    assert_eq!(first([minute(), minute()]).await, ("Done".into(), 3));
    assert_eq!(always(minute()).await, (RATE_LIMITED, 3));
    let month = status(429, message("... which is limited to 1000 API calls / month ..."));
    assert_eq!(always(month).await, (ModelFailure::QuotaExhausted, 1));
}

#[tokio::test]
async fn an_outage_is_asked_again_whatever_its_body_looks_like() {
    for outage in [
        status(500, message("internal server error")),
        status(502, "<html><h1>Bad Gateway</h1></html>"),
        status(503, "upstream connect error or disconnect/reset before headers"),
        status(504, ""),
        nothing_but(Step::Cut),
        nothing_but(Step::Send(b"SSH-2.0-OpenSSH\r\n".to_vec())),
    ] {
        assert_eq!(first([outage.clone()]).await, ("Done".into(), 2), "{outage:?}");
        assert_eq!(always(outage.clone()).await, (UNAVAILABLE, 3), "{outage:?}");
    }
}

#[tokio::test]
async fn an_accident_of_the_model_is_asked_again() {
    for accident in [
        invalid_generation(),
        stream([start(), plan("I will"), failed(), done()]),
        stream([start(), end("COMPLETE"), done()]),
        stream([start(), Step::Send(b"data: {\"type\":\n\n".to_vec())]),
        stream([Step::Send(vec![b'x'; 1 << 20]), Step::Send(b"x".to_vec())]),
        stream([Step::Send(b"<html>Sign in to this network</html>".to_vec())]),
        cut(),
        ends_early(),
    ] {
        assert_eq!(first([accident.clone()]).await, ("Done".into(), 2));
        assert_eq!(always(accident).await, (ModelFailure::InvalidAnswer, 3));
    }
}

#[tokio::test]
async fn calls_that_were_cut_off_are_neither_handed_over_nor_asked_for_again() {
    let truncated = stream([start(), call("{\"ti"), end("MAX_TOKENS"), done()]);
    assert_eq!(always(truncated).await, (ModelFailure::Truncated, 1));
}

#[tokio::test]
async fn a_text_that_was_cut_off_is_kept() {
    let server = Server::start([stream([text("Once upon"), end("MAX_TOKENS"), done()])]).await;
    assert_eq!(said(ask(&model(&server)).await), "Once upon");
}

#[tokio::test]
async fn an_answer_that_somebody_has_begun_to_read_is_never_begun_again() {
    let server = Server::start([cut(), say("Done")]).await;
    let reader = Arc::new(Reader::default());
    let error = model(&server).respond(&question(), Arc::clone(&reader) as _).await.unwrap_err();
    assert_eq!((error.failure, server.calls()), (ModelFailure::InvalidAnswer, 1));
    assert_eq!(reader.read(), ["Su"]);
}

#[tokio::test]
async fn a_plan_that_broke_off_was_not_read_by_anybody() {
    let server = Server::start([ends_early(), add_task()]).await;
    let reader = Arc::new(Reader::default());
    let answer = model(&server).respond(&question(), Arc::clone(&reader) as _).await.unwrap();
    assert!(matches!(answer.reply, ModelReply::ToolCalls { .. }));
    assert_eq!(server.calls(), 2);
}

#[tokio::test]
async fn a_refused_connection_is_tried_again_until_somebody_listens() {
    // Bound but not listening: the port is ours and refuses.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap()).parse().unwrap();
    let mut settings = settings(url);
    settings.retries.min_wait = std::time::Duration::from_millis(100);
    settings.retries.max_wait = std::time::Duration::from_millis(100);
    let model = model_with(settings);
    let listening = async {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let listener: TcpListener = socket.listen(8).unwrap();
        Server::on(listener, [say("Done")])
    };
    let (answer, server) = tokio::join!(ask(&model), listening);
    assert_eq!((said(answer), server.calls()), ("Done".into(), 1));
}

#[tokio::test]
async fn nobody_there_and_no_such_host_is_unavailable() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = format!("http://{}", socket.local_addr().unwrap());
    // No resolver needs to ask anybody about a label of more than 63 letters.
    let no_host = format!("http://{}.invalid", "x".repeat(64));
    for url in [nobody, no_host] {
        let error = ask(&model_with(settings(url.parse().unwrap()))).await.unwrap_err();
        assert_eq!(error.failure, UNAVAILABLE, "{error}");
    }
}
