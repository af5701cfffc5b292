//! Asks a server whether it lets us in, in PostgreSQL's own protocol.

use std::{
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

use crate::Result;

/// The oldest version the service supports.
pub(super) const OLDEST: u32 = 15;

const LIMIT: Duration = Duration::from_secs(2);

/// The version of the server at `address`, if `postgres` may use it without a password.
pub(super) fn probe(address: &str) -> Result<String> {
    let mut stream = connect(address)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.write_all(&startup_message())?;
    let mut version = String::new();
    loop {
        let (kind, body) = read_message(&mut stream)?;
        match kind {
            b'R' if body != [0; 4] => return Err("it wants a password".into()),
            b'S' => version = parameter(&body, "server_version").unwrap_or(version),
            b'E' => return Err(String::from_utf8_lossy(&body).replace('\0', " ").into()),
            b'Z' => break,
            _ => {}
        }
    }
    stream.write_all(&[b'X', 0, 0, 0, 4])?;
    match major(&version) {
        Some(major) if major >= OLDEST => Ok(version),
        _ => Err(format!("it is version {version}, older than {OLDEST}").into()),
    }
}

/// Whether anything listens at `address`.
pub(super) fn answers(address: &str) -> bool {
    connect(address).is_ok()
}

/// Host and port of a database URL, which may hold a password before them.
pub(crate) fn authority(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
    let has_port = address.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
    if has_port { address.to_owned() } else { format!("{address}:5432") }
}

/// The first number of `15.2 (Debian …)`.
pub(super) fn major(version: &str) -> Option<u32> {
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn connect(address: &str) -> Result<TcpStream> {
    let mut last = "it has no address".into();
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, LIMIT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

fn startup_message() -> Vec<u8> {
    let mut body = 196_608_u32.to_be_bytes().to_vec();
    body.extend(b"user\0postgres\0database\0postgres\0\0");
    let length = u32::try_from(body.len() + 4).unwrap_or_default();
    [length.to_be_bytes().as_slice(), &body].concat()
}

fn read_message(stream: &mut TcpStream) -> Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    let length = u32::from_be_bytes(length);
    if !(4..=65_536).contains(&length) {
        return Err("it does not speak PostgreSQL's protocol".into());
    }
    let mut body = vec![0; length as usize - 4];
    stream.read_exact(&mut body)?;
    Ok((kind, body))
}

fn parameter(body: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let mut parts = text.split('\0');
    (parts.next() == Some(name)).then(|| parts.next().map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_url_comes_without_its_password() {
        for (url, address) in [
            ("postgres://ada:p@ss@db.example:5433/test?sslmode=require", "db.example:5433"),
            ("postgresql://localhost/test", "localhost:5432"),
            ("postgres://[::1]/test", "[::1]:5432"),
            ("postgres://postgres@[::1]:5433", "[::1]:5433"),
        ] {
            assert_eq!(authority(url), address);
        }
    }

    #[test]
    fn the_major_version_is_the_first_number() {
        assert_eq!(major("15.20 (Debian 15.20-0+deb12u1)"), Some(15));
        assert_eq!(major("17beta1"), Some(17));
        assert_eq!(major(""), None);
    }
}
