//! What must not be seen outside is not seen outside: the key, and what people said.

use std::{
    io,
    sync::{Arc, Mutex},
};

use todo_adapters::{CohereSettings, CohereSetupError};
use todo_domain::ports::ModelHealth;
use tracing_subscriber::fmt::MakeWriter;

use super::{fixture::*, server::*};

/// Keeps all that is logged.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// A refusal that repeats everything it got.
fn echo(code: u16) -> Scene {
    let body = message(&format!(
        "bad token {KEY} (Bearer {KEY}) in request: please add milk to my list\u{1b}[31m\nforged line"
    ));
    status_with(code, &[("x-debug-trace-id", KEY)], body)
}

#[tokio::test]
async fn a_provider_that_repeats_the_key_and_the_message_gets_neither_into_logs_or_errors() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    for code in [400, 401, 429, 503] {
        let server = Server::start(vec![echo(code); 6]).await;
        let model = model(&server);
        let error = ask(&model).await.unwrap_err();
        let seen = format!("{error} {error:?} {model:?}");
        for secret in [KEY, "milk", "\u{1b}", "\n"] {
            assert!(!seen.contains(secret), "{seen}");
        }
        let report = model.check().await;
        assert!(!format!("{report:?}").contains(KEY), "{report:?}");
        assert!(error.detail.contains(&format!("HTTP {code}, trace [key]: bad token")), "{error}");
    }
    let log = log.text();
    assert!(log.contains("Cohere has answered") && log.contains("will be asked again"), "{log}");
    assert!(!log.contains(KEY) && !log.contains("milk"), "{log}");
}

#[tokio::test]
async fn an_error_is_left_to_the_caller_to_log_and_names_trace_and_cause() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let body = message("model 'command-a-03-2025' not found");
    let scene = status_with(404, &[("x-debug-trace-id", "5cc1ab")], body);
    let server = Server::start([scene]).await;
    let error = ask(&model(&server)).await.unwrap_err();
    assert_eq!(error.detail, "HTTP 404, trace 5cc1ab: model 'command-a-03-2025' not found");
    assert!(!log.text().contains("ERROR"));
}

#[tokio::test]
async fn an_endless_refusal_is_told_in_short() {
    let server = Server::start([status(400, "x".repeat(1_000_000))]).await;
    let error = ask(&model(&server)).await.unwrap_err();
    assert!(error.detail.len() < 310, "{}", error.detail.len());
}

#[tokio::test]
async fn the_key_is_not_in_the_settings_debug_output_nor_in_a_setup_error() {
    let settings = settings("https://api.cohere.com".parse().unwrap());
    assert!(!format!("{settings:?}").contains(KEY));
    let wrong = CohereSettings { api_key: Some(format!("{KEY}\n").into()), ..settings };
    let error = try_model_with(wrong).unwrap_err();
    assert!(matches!(error, CohereSetupError::ApiKey));
    assert!(!format!("{error} {error:?}").contains(KEY));
}

#[tokio::test]
async fn a_key_that_is_replaced_is_used_from_the_next_question_on() {
    let server = Server::start([say("One"), say("Two"), say("Three")]).await;
    let model = model(&server);
    said(ask(&model).await);
    model.replace_api_key(Some("co-new".into())).unwrap();
    said(ask(&model).await);
    assert!(matches!(model.replace_api_key(Some("no key".into())), Err(CohereSetupError::ApiKey)));
    said(ask(&model).await);
    let keys: Vec<_> =
        server.received().iter().map(|it| it.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(keys, [&format!("Bearer {KEY}"), "Bearer co-new", "Bearer co-new"]);
}

#[tokio::test]
async fn a_new_key_is_hidden_like_the_first() {
    let refusal = status(401, message("bad token co-new-4711"));
    let server = Server::start([refusal]).await;
    let model = model(&server);
    model.replace_api_key(Some("co-new-4711".into())).unwrap();
    let error = ask(&model).await.unwrap_err();
    assert!(!error.to_string().contains("4711"), "{error}");
}
