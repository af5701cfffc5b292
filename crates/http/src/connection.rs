//! Connections that are held although nothing is asked on them.
//!
//! The server bounds the head of the first request of a connection, and the silence between two
//! requests. It does not bound the heads after the first, nor how long a client takes to read its
//! answers: either would hold a connection for good.

use std::{
    any::Any,
    cell::Cell,
    net::{self, Shutdown},
    os::fd::AsFd,
    rc::Rc,
    time::Duration,
};

use actix_web::{
    Error, HttpRequest,
    body::MessageBody,
    dev::{Extensions, ServiceRequest, ServiceResponse},
    middleware::Next,
    rt::{self, net::TcpStream, task::JoinHandle},
};
use tokio::time::{Instant, sleep_until};

/// What is known of a connection for as long as it lasts.
struct Connection {
    idle_since: IdleSince,
    watch: JoinHandle<()>,
}

/// When the last request ended; none while one is being answered.
type IdleSince = Rc<Cell<Option<Instant>>>;

/// Has every new connection closed once no request was being answered on it for so long.
pub(crate) fn close_after(bound: Duration) -> impl Fn(&dyn Any, &mut Extensions) + Send + Sync {
    move |stream, data| {
        let Some(stream) = stream.downcast_ref::<TcpStream>() else { return };
        match stream.as_fd().try_clone_to_owned() {
            Ok(socket) => drop(data.insert(Connection::watch(socket.into(), bound))),
            Err(error) => tracing::warn!(%error, "A connection can't be watched"),
        }
    }
}

/// Notes when requests begin and end. The outermost middleware.
pub(crate) async fn handle(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let idle_since = request.conn_data::<Connection>().map(|it| Rc::clone(&it.idle_since));
    let _busy = idle_since.map(Busy::begin);
    next.call(request).await
}

impl Connection {
    fn watch(socket: net::TcpStream, bound: Duration) -> Self {
        let idle_since = Rc::new(Cell::new(Some(Instant::now())));
        let watch = rt::spawn(close_when_idle(socket, Rc::clone(&idle_since), bound));
        Self { idle_since, watch }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // It holds the socket.
        self.watch.abort();
    }
}

async fn close_when_idle(socket: net::TcpStream, idle_since: IdleSince, bound: Duration) {
    loop {
        let deadline = idle_since.get().unwrap_or_else(Instant::now) + bound;
        sleep_until(deadline).await;
        if idle_since.get().is_some_and(|since| since + bound <= Instant::now()) {
            break;
        }
    }
    // Whoever has gone already can't be sent away.
    drop(socket.shutdown(Shutdown::Both));
}

/// An answer that is being sent piece by piece, after its request has been answered as far as the
/// middleware can tell.
pub(crate) struct Progress(Option<IdleSince>);

impl Progress {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        Self(request.conn_data::<Connection>().map(|it| Rc::clone(&it.idle_since)))
    }

    /// The client has taken what there was: from now on it has the whole time again.
    pub(crate) fn made(&self) {
        if let Some(idle_since) = &self.0 {
            idle_since.set(Some(Instant::now()));
        }
    }
}

/// A request that is being answered.
struct Busy(IdleSince);

impl Busy {
    fn begin(idle_since: IdleSince) -> Self {
        idle_since.set(None);
        Self(idle_since)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.set(Some(Instant::now()));
    }
}
