//! A network between service and server that can fall silent.

use tokio::{
    io::{AsyncReadExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Passes on what is said, or swallows it.
pub(crate) struct Proxy {
    /// The database's URL by way of the proxy.
    pub(crate) url: String,
    reachable: watch::Sender<bool>,
}

impl Proxy {
    /// A proxy before the database of this URL.
    pub(crate) async fn before(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (user, server) = rest.split_once('@').unwrap();
        let (server, database) = server.split_once('/').unwrap();
        let port = if server.contains(':') { "" } else { ":5432" };
        let server = format!("{server}{port}");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let reachable = watch::Sender::new(true);
        tokio::spawn({
            let reachable = reachable.clone();
            async move {
                while let Ok((near, _)) = listener.accept().await {
                    tokio::spawn(connect(near, server.clone(), reachable.subscribe()));
                }
            }
        });
        Self { url: format!("{scheme}://{user}@{address}/{database}"), reachable }
    }

    /// From now on connections are neither closed nor answered.
    pub(crate) fn fall_silent(&self) {
        self.reachable.send_replace(false);
    }

    /// New connections are passed on again.
    pub(crate) fn recover(&self) {
        self.reachable.send_replace(true);
    }
}

async fn connect(mut near: TcpStream, server: String, mut reachable: watch::Receiver<bool>) {
    let mut far = TcpStream::connect(server).await.unwrap();
    let silence = async { drop(reachable.wait_for(|reachable| !reachable).await) };
    tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => return,
        () = silence => {}
    }
    // Read on, so that the silence is the server's and not the wire's.
    let mut swallowed = [0; 1024];
    while near.read(&mut swallowed).await.is_ok_and(|count| count > 0) {}
}
