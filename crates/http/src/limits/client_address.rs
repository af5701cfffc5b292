//! Where a request comes from.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
    sync::Once,
};

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderMap, HeaderName},
};
use ipnet::{IpNet, Ipv4Net};

/// How much of an IPv6 address tells one customer from another: the rest is theirs to choose.
const IPV6_SITE: u8 = 64;

/// Where proxies name the client.
const PROXY_HEADERS: [HeaderName; 2] = [header::X_FORWARDED_FOR, header::FORWARDED];

/// Why a text names no proxy. One that could never be met is no better than one that can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TrustedProxyError {
    /// Neither an address nor a network.
    #[error("must be an IP address or a network such as 10.0.0.0/8")]
    Malformed,
    /// An address of a network that is longer than its prefix: either of them is a slip.
    #[error("must be a network whose address ends where its prefix does, such as 10.0.0.0/8")]
    HostBits,
    /// Unspecified or multicast.
    #[error("must be an address that a proxy can have, or 0.0.0.0/0 and ::/0 for all there are")]
    Unreachable,
}

/// Who is believed about where a request comes from: an address, or all addresses of a network.
///
/// ```
/// use todo_http::TrustedProxy;
///
/// assert!("10.0.0.0/8".parse::<TrustedProxy>().is_ok());
/// assert!("::1".parse::<TrustedProxy>().is_ok());
/// assert!("proxy.example.org".parse::<TrustedProxy>().is_err());
/// // IPv4 in the clothes of IPv6 is IPv4.
/// assert_eq!("::ffff:10.0.0.0/104".parse::<TrustedProxy>(), "10.0.0.0/8".parse());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

impl TrustedProxy {
    fn is(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

impl FromStr for TrustedProxy {
    type Err = TrustedProxyError;

    fn from_str(text: &str) -> Result<Self, TrustedProxyError> {
        let address = || text.parse().map(|address: IpAddr| address.into());
        let network: IpNet =
            text.parse().or_else(|_| address()).map_err(|_| TrustedProxyError::Malformed)?;
        if network.addr() != network.network() {
            return Err(TrustedProxyError::HostBits);
        }
        let network = canonical(network);
        let is_one = network.prefix_len() == network.max_prefix_len();
        if network.addr().is_multicast() || (is_one && network.addr().is_unspecified()) {
            return Err(TrustedProxyError::Unreachable);
        }
        Ok(Self(network))
    }
}

/// The network as peers are compared with it: addresses of IPv4 that are written as IPv6 are IPv4.
fn canonical(network: IpNet) -> IpNet {
    let IpAddr::V4(address) = network.addr().to_canonical() else { return network };
    match network {
        IpNet::V4(_) => network,
        // Nothing shorter ends where its prefix does.
        IpNet::V6(mapped) => {
            let prefix = mapped.prefix_len().saturating_sub(Ipv6Addr::BITS as u8 - 32);
            Ipv4Net::new(address, prefix).map_or(network, IpNet::V4)
        }
    }
}

/// Whether one of these proxies has this address.
pub(super) fn is_trusted(address: IpAddr, trusted: &[TrustedProxy]) -> bool {
    let address = address.to_canonical();
    trusted.iter().any(|proxy| proxy.is(address))
}

/// Where a request comes from: an IPv4 address, or the network of an IPv6 address, which one
/// customer has for themselves.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ClientAddress(IpAddr);

/// Addresses are personal: they never appear in a log through `{:?}`.
impl fmt::Debug for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAddress(…)")
    }
}

impl ClientAddress {
    /// Whose connection this is; `None` for a trusted proxy, which has those of many.
    pub(crate) fn of_connection(peer: IpAddr, trusted: &[TrustedProxy]) -> Option<Self> {
        let peer = peer.to_canonical();
        (!is_trusted(peer, trusted)).then(|| Self::site(peer))
    }

    /// The peer's, unless it is trusted and tells another one.
    pub(super) fn of(request: &HttpRequest, trusted: &[TrustedProxy]) -> Self {
        let peer = request.peer_addr().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip());
        Self::from_headers(peer, request.headers(), trusted)
    }

    fn from_headers(peer: IpAddr, headers: &HeaderMap, trusted: &[TrustedProxy]) -> Self {
        let peer = peer.to_canonical();
        let is_trusted = |address: IpAddr| is_trusted(address, trusted);
        if !is_trusted(peer) {
            if PROXY_HEADERS.iter().any(|name| headers.contains_key(name)) {
                warn_of_unnamed_proxy();
            }
            return Self::site(peer);
        }
        let client = match (
            named_by(headers, &header::X_FORWARDED_FOR, x_forwarded_for, is_trusted),
            named_by(headers, &header::FORWARDED, forwarded, is_trusted),
        ) {
            (Forwarded::Absent, Forwarded::Address(client))
            | (Forwarded::Address(client), Forwarded::Absent) => client,
            // Proxies write one of the two and pass the other one on as the client wrote it: where
            // they differ, we can't know which is which.
            (Forwarded::Address(one), Forwarded::Address(other)) if one == other => one,
            _ => peer,
        };
        Self::site(client)
    }

    fn site(address: IpAddr) -> Self {
        Self(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => {
                let bits = address.to_bits() >> (128 - IPV6_SITE) << (128 - IPV6_SITE);
                Ipv6Addr::from_bits(bits).into()
            }
        })
    }

    pub(super) fn text(self) -> String {
        self.0.to_string()
    }

    #[cfg(test)]
    pub(super) fn of_peer(peer: &str) -> Self {
        Self::from_headers(peer.parse().unwrap(), &HeaderMap::new(), &[])
    }
}

/// Most likely a proxy is not named in the settings, and all who come through it count as one
/// address. But anybody can send these headers, so that one line is all they can cause.
fn warn_of_unnamed_proxy() {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            "A header X-Forwarded-For or Forwarded from an unnamed proxy is ignored; name your \
             proxies in TRUSTED_PROXIES"
        );
    });
}

/// What a header says about the client.
enum Forwarded {
    /// It is not there.
    Absent,
    /// The address nearest to us that is no trusted proxy's.
    Address(IpAddr),
    /// It can't be understood.
    Invalid,
}

/// Walks from our end of the way to the client's, past the trusted proxies. What comes after the
/// first other address is hearsay and not looked at.
fn named_by(
    headers: &HeaderMap,
    name: &HeaderName,
    parse: impl Fn(&str) -> Option<IpAddr>,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> Forwarded {
    let mut forwarded = Forwarded::Absent;
    let lines: Vec<_> = headers.get_all(name).collect();
    for line in lines.into_iter().rev() {
        let Ok(line) = line.to_str() else { return Forwarded::Invalid };
        for hop in line.rsplit(',') {
            let Some(address) = parse(hop.trim()) else { return Forwarded::Invalid };
            let address = address.to_canonical();
            forwarded = Forwarded::Address(address);
            if !is_trusted(address) {
                return forwarded;
            }
        }
    }
    forwarded
}

/// An entry of `X-Forwarded-For`: an address, in practice sometimes with a port.
fn x_forwarded_for(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let with_port = || text.parse().map(|address: SocketAddr| address.ip());
    bare.unwrap_or(text).parse().or_else(|_| with_port()).ok()
}

/// An element of `Forwarded` (RFC 7239). A quoted text with a comma or a semicolon in it is no
/// address, and comes out as nonsense.
fn forwarded(element: &str) -> Option<IpAddr> {
    let mut clients = element.split(';').filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for").then_some(value)
    });
    let client = clients.next().filter(|_| clients.next().is_none())?;
    let quoted = client.strip_prefix('"').and_then(|client| client.strip_suffix('"'));
    x_forwarded_for(quoted.unwrap_or(client))
}

#[cfg(test)]
#[path = "client_address_tests.rs"]
mod tests;
