//! Ports for servers that tests start, stop and start again.

use std::{
    net::TcpListener,
    process::id,
    sync::atomic::{AtomicU32, Ordering},
};

const FIRST: u32 = 20_000;

/// How many there are. The last is below those that Linux gives to outgoing connections (from
/// 32,768 unless asked otherwise): any client may get one of those while its server is down.
const COUNT: u32 = 12_000;

/// A port that nobody listens on and that no outgoing connection gets, so that it stays free until
/// the server starts, and while it is down.
///
/// A process gets none twice before it has had them all; processes with neighbouring numbers begin
/// far apart.
///
/// # Panics
/// Where all of them are in use.
#[must_use]
pub fn free_port() -> u16 {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let next = |_| {
        let call = CALLS.fetch_add(1, Ordering::Relaxed);
        u16::try_from(FIRST + (id() % COUNT * 97 + call) % COUNT).ok()
    };
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (0..COUNT).filter_map(next).find(is_free).expect("a port that nobody listens on")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_outgoing_connection_gets_the_port_of_a_server() {
        let ports = [free_port(), free_port()].map(u32::from);
        assert!(ports[0] != ports[1]);
        assert!(ports.iter().all(|port| (FIRST..FIRST + COUNT).contains(port)), "{ports:?}");
    }
}
