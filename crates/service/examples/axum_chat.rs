//! The chat inside a service of axum: a message is answered word by word, as server-sent events.
//!
//! The lists are in the SQLite file `axum-chat.db`, and the offline assistant answers.
//!
//! ```sh
//! cargo run -p todo-service --example axum_chat
//! curl -N http://127.0.0.1:3000/chat -d 'add buy milk'
//! ```
//!
//! A turn runs apart from the request: it ends also when nobody reads any more.
#![expect(clippy::print_stdout, reason = "it is a whole program")]

use std::{convert::Infallible, error::Error, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::sse::{Event, KeepAlive, Sse},
    routing::post,
};
use futures_util::{Stream, stream};
use todo_adapters::DatabaseUrl;
use todo_app::{Chat, ChatRequest, SignUp};
use todo_domain::{
    Email, MessageText, Password, RecordedCall, TimeZone, UserId, UserName, ports::DeltaSink,
};
use todo_metrics::Metrics;
use todo_service::{Parts, Service, ServiceSettings, StorageSettings};
use tokio::{net::TcpListener, sync::mpsc};

/// Passes what happens in a turn on to whoever reads the answer. It never waits: the length of an
/// answer is bounded, and so is what may lie in the channel.
struct ToReader(mpsc::UnboundedSender<Event>);

impl DeltaSink for ToReader {
    fn text(&self, delta: &str) {
        // Nobody reads any more. The turn goes on.
        let _ = self.0.send(Event::default().event("delta").data(delta));
    }

    fn called(&self, call: &RecordedCall) {
        let _ = self.0.send(Event::default().event("call").data(&call.name));
    }

    fn is_read(&self) -> bool {
        !self.0.is_closed()
    }
}

/// Who asks. A real service takes the user from its session.
#[derive(Clone)]
struct App {
    chat: Chat,
    user: UserId,
}

async fn say(
    State(App { chat, user }): State<App>,
    text: String,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, (StatusCode, String)> {
    let text = MessageText::new(text);
    let text = text.map_err(|error| (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))?;
    let (told, events) = mpsc::unbounded_channel();
    let sink = Arc::new(ToReader(told.clone()));
    tokio::spawn(async move {
        let end = match chat.send(ChatRequest { sink, ..ChatRequest::new(user, text) }).await {
            Ok(reply) => Event::default().event("answer").data(reply.text.as_str()),
            Err(error) => Event::default().event("error").data(error.to_string()),
        };
        let _ = told.send(end);
    });
    let events = stream::unfold(events, |mut events| async {
        events.recv().await.map(|event| (Ok(event), events))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// The routes over a file, for one user who is made when the file is new.
pub(crate) async fn routes(file: &str) -> Result<Router, Box<dyn Error>> {
    let url = DatabaseUrl::parse(&format!("sqlite://{file}"))?;
    let settings = ServiceSettings::new(StorageSettings::new(url));
    let service = Service::open(settings, Parts::default(), &Metrics::none()).await?;
    let email: Email = "ada@example.org".parse()?;
    let accounts = &service.use_cases.accounts;
    let user = match accounts.find(email.clone()).await? {
        Some(user) => user,
        None => {
            let (name, password) = (UserName::new("Ada")?, Password::new("correct horse battery")?);
            accounts
                .sign_up(SignUp { name, email, password, time_zone: TimeZone::UTC }, None)
                .await?
        }
    };
    let app = App { chat: service.use_cases.chat.clone(), user: user.id };
    Ok(Router::new().route("/chat", post(say)).with_state(app))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://{}/chat", listener.local_addr()?);
    Ok(axum::serve(listener, routes("axum-chat.db").await?).await?)
}
