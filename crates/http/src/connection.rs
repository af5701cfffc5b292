//! Connections that are held although nothing is asked on them.
//!
//! The server bounds the head of the first request of a connection, and the silence between two
//! requests. It does not bound the heads after the first, nor how long a client takes to read its
//! answers: either would hold a connection for good. Nor does it know whose they are: one address
//! could hold them all.

use std::{
    any::Any,
    cell::Cell,
    collections::HashMap,
    net::{self, Shutdown},
    num::NonZeroUsize,
    os::fd::AsFd,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use actix_web::{
    Error, HttpRequest,
    body::MessageBody,
    dev::{Extensions, ServiceRequest, ServiceResponse},
    middleware::Next,
    rt::{self, net::TcpStream, task::JoinHandle},
};
use parking_lot::Mutex;
use socket2::SockRef;
use todo_metrics::HttpMetrics;
use tokio::time::{Instant, sleep_until};

use crate::limits::{ClientAddress, TrustedProxy};

/// What connections have to keep to.
pub(crate) struct ConnectionRules {
    /// For how long no request may be being answered.
    pub(crate) longest_idle: Duration,
    /// How many an address may have.
    pub(crate) per_address: Option<NonZeroUsize>,
    /// Who has those of many.
    pub(crate) trusted_proxies: Vec<TrustedProxy>,
    pub(crate) metrics: HttpMetrics,
}

/// What is known of a connection for as long as it lasts.
struct Connection {
    idle_since: IdleSince,
    socket: Rc<net::TcpStream>,
    watch: JoinHandle<()>,
    _of_address: Option<OfAddress>,
}

/// When the last request ended; none while one is being answered.
type IdleSince = Rc<Cell<Option<Instant>>>;

/// Has every new connection closed once no request was being answered on it for so long, and at
/// once where its address has as many as it may have.
pub(crate) fn watch(rules: ConnectionRules) -> impl Fn(&dyn Any, &mut Extensions) + Send + Sync {
    let counts = ConnectionCounts::default();
    move |stream, data| {
        let Some(stream) = stream.downcast_ref::<TcpStream>() else { return };
        let socket: net::TcpStream = match stream.as_fd().try_clone_to_owned() {
            Ok(socket) => socket.into(),
            Err(error) => return tracing::warn!(%error, "A connection can't be watched"),
        };
        match rules.admit(stream, &counts) {
            Ok(of_address) => {
                drop(data.insert(Connection::watch(socket, rules.longest_idle, of_address)));
            }
            Err(TooMany) => {
                rules.metrics.connection_refused();
                // Whoever has gone already can't be sent away.
                drop(socket.shutdown(Shutdown::Both));
            }
        }
    }
}

/// How many connections each address has.
type ConnectionCounts = Arc<Mutex<HashMap<ClientAddress, usize>>>;

/// A connection that counts for its address.
struct OfAddress {
    address: ClientAddress,
    counts: ConnectionCounts,
}

/// The address has as many connections as it may have.
struct TooMany;

impl ConnectionRules {
    fn admit(
        &self,
        stream: &TcpStream,
        counts: &ConnectionCounts,
    ) -> Result<Option<OfAddress>, TooMany> {
        let Some(most) = self.per_address else { return Ok(None) };
        let Ok(peer) = stream.peer_addr() else { return Ok(None) };
        let address = ClientAddress::of_connection(peer.ip(), &self.trusted_proxies);
        address.map(|address| OfAddress::count(address, most, counts)).transpose()
    }
}

impl OfAddress {
    fn count(
        address: ClientAddress,
        most: NonZeroUsize,
        counts: &ConnectionCounts,
    ) -> Result<Self, TooMany> {
        let mut open = counts.lock();
        let of_address = open.entry(address).or_default();
        if *of_address >= most.get() {
            return Err(TooMany);
        }
        *of_address += 1;
        Ok(Self { address, counts: Arc::clone(counts) })
    }
}

impl Drop for OfAddress {
    fn drop(&mut self) {
        let mut open = self.counts.lock();
        if let Some(of_address) = open.get_mut(&self.address) {
            *of_address -= 1;
            if *of_address == 0 {
                open.remove(&self.address);
            }
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
    fn watch(socket: net::TcpStream, bound: Duration, of_address: Option<OfAddress>) -> Self {
        let idle_since = Rc::new(Cell::new(Some(Instant::now())));
        let socket = Rc::new(socket);
        let watch = close_when_idle(Rc::clone(&socket), Rc::clone(&idle_since), bound);
        Self { idle_since, socket, watch: rt::spawn(watch), _of_address: of_address }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // It holds the socket.
        self.watch.abort();
    }
}

async fn close_when_idle(socket: Rc<net::TcpStream>, idle_since: IdleSince, bound: Duration) {
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

/// How much of an answer the system may hold that is sent piece by piece: what the client has not
/// taken beyond that shows here.
const SEND_BUFFER: usize = 128 * 1024;

/// An answer that is being sent piece by piece, after its request has been answered as far as the
/// middleware can tell.
pub(crate) struct Sending(Option<(IdleSince, Rc<net::TcpStream>)>);

impl Sending {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let connection = request.conn_data::<Connection>();
        if let Some(connection) = connection
            && let Err(error) = SockRef::from(&*connection.socket).set_send_buffer_size(SEND_BUFFER)
        {
            tracing::warn!(%error, "A connection can't be given a small buffer");
        }
        Self(connection.map(|it| (Rc::clone(&it.idle_since), Rc::clone(&it.socket))))
    }

    /// The client has taken what there was: from now on it has the whole time again.
    pub(crate) fn goes_on(&self) {
        if let Some((idle_since, _)) = &self.0 {
            idle_since.set(Some(Instant::now()));
        }
    }

    /// Breaks the answer off, although the client takes nothing of it.
    pub(crate) fn break_off(&self) {
        if let Some((_, socket)) = &self.0 {
            // Whoever has gone already can't be sent away.
            drop(socket.shutdown(Shutdown::Both));
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
