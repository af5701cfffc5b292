//! A network between service and server that can fall silent or cut connections.

use tokio::{
    io::{AsyncReadExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What the network does with its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    /// Whether it passes on what is said.
    passes: bool,
    /// How often it has cut all connections.
    cuts: u64,
}

/// Passes on what is said, swallows it, or cuts the connections.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    state: watch::Sender<State>,
}

impl Proxy {
    /// A proxy before the database of this URL.
    ///
    /// # Panics
    /// Where the URL names no user or no database.
    pub async fn before(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").expect("a URL");
        let (user, server) = rest.split_once('@').expect("a user");
        let (server, database) = server.split_once('/').expect("a database");
        let port = if server.contains(':') { "" } else { ":5432" };
        let server = format!("{server}{port}");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let state = watch::Sender::new(State { passes: true, cuts: 0 });
        tokio::spawn({
            let state = state.clone();
            async move {
                while let Ok((near, _)) = listener.accept().await {
                    tokio::spawn(connect(near, server.clone(), state.subscribe()));
                }
            }
        });
        Self { url: format!("{scheme}://{user}@{address}/{database}"), state }
    }

    /// The database's URL by way of the proxy.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now on connections are neither closed nor answered.
    pub fn fall_silent(&self) {
        self.state.send_modify(|state| state.passes = false);
    }

    /// New connections are passed on again.
    pub fn recover(&self) {
        self.state.send_modify(|state| state.passes = true);
    }

    /// Cuts all connections there are. What was on its way is lost; new ones are passed on.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }
}

async fn connect(mut near: TcpStream, server: String, mut state: watch::Receiver<State>) {
    let State { cuts, .. } = *state.borrow_and_update();
    // A server that is gone refuses; so does its proxy.
    let Ok(mut far) = TcpStream::connect(server).await else { return };
    let disturbed = async {
        let disturbed = state.wait_for(|state| !state.passes || state.cuts != cuts).await;
        disturbed.is_ok_and(|state| state.cuts == cuts)
    };
    let silent = tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => return,
        silent = disturbed => silent,
    };
    if silent {
        // Read on, so that the silence is the server's and not the wire's.
        let mut swallowed = [0; 1024];
        while near.read(&mut swallowed).await.is_ok_and(|count| count > 0) {}
    }
}
