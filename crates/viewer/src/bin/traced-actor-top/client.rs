//! A client of the viewer's API.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use serde_json::Value;

use crate::address::with_host;

/// The time-out of a request.
const PATIENCE: Duration = Duration::from_secs(5);
/// The maximum number of bytes of an answer.
const BYTES: u64 = 32 << 20;

/// A viewer.
pub(crate) struct Client {
    address: String,
    token: Option<String>,
}

impl Client {
    /// Creates a client of the viewer at this address, which may be that of its page.
    pub(crate) fn new(address: &str, token: Option<String>) -> Self {
        let token = token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
        Self { address: with_host(address), token }
    }

    /// Connects with the first address that answers: `localhost` has two.
    fn connect(&self) -> io::Result<TcpStream> {
        let mut failed = io::Error::from(io::ErrorKind::NotFound);
        for address in self.address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, PATIENCE) {
                Ok(stream) => return Ok(stream),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Returns the JSON at this path.
    pub(crate) fn get(&self, path: &str) -> io::Result<Value> {
        let mut stream = self.connect()?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let token =
            self.token.as_ref().map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let host = &self.address;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n{token}Connection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.take(BYTES).read_to_end(&mut answer)?;
        let end =
            answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").ok_or(io::ErrorKind::InvalidData)?;
        let (head, body) = answer.split_at(end + 4);
        if !head.starts_with(b"HTTP/1.1 200") {
            let status =
                String::from_utf8_lossy(head.split(|byte| *byte == b'\r').next().unwrap_or_default())
                    .into_owned();
            return Err(io::Error::other(status));
        }
        serde_json::from_slice(body).map_err(io::Error::other)
    }
}
