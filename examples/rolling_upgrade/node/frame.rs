//! Frames on a connection: a length, a kind, and bytes. A release skips kinds that it does not know.

use std::io::{Error, ErrorKind, Result};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// The number of the node that made the connection.
pub(crate) const NAME: u8 = 1;
/// A number and a message. One of the next three frames answers it, with the same number.
pub(crate) const MESSAGE: u8 = 2;
/// The peer has taken the message.
pub(crate) const TAKEN: u8 = 3;
/// The peer has not taken the message. The sender keeps it.
pub(crate) const NOT_NOW: u8 = 4;
/// This node stops. It still reads the messages that were sent, and the peer should send no more.
pub(crate) const GOING: u8 = 5;
/// The peer could not read the message. The sender keeps it.
pub(crate) const UNREADABLE: u8 = 6;

/// The maximum length of a frame.
const MAX: usize = 1 << 16;
const HEAD: usize = 5;

/// Reads frames. [`next`](Self::next) is cancellation safe.
pub(crate) struct Frames {
    stream: OwnedReadHalf,
    buffer: Vec<u8>,
}

impl Frames {
    pub(crate) fn new(stream: OwnedReadHalf) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    /// Reads the next frame. Returns `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<(u8, Vec<u8>)>> {
        loop {
            if let Some((head, rest)) = self.buffer.split_first_chunk::<HEAD>() {
                let [a, b, c, d, kind] = *head;
                let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX);
                if length > MAX {
                    return Err(Error::new(ErrorKind::InvalidData, format!("a frame of {length} bytes")));
                }
                if let Some(bytes) = rest.get(..length) {
                    let frame = (kind, bytes.to_vec());
                    self.buffer.drain(..HEAD + length);
                    return Ok(Some(frame));
                }
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return if self.buffer.is_empty() { Ok(None) } else { Err(ErrorKind::UnexpectedEof.into()) };
            }
        }
    }
}

/// Writes a frame.
pub(crate) async fn write(stream: &mut OwnedWriteHalf, kind: u8, bytes: &[u8]) -> Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| ErrorKind::InvalidInput)?;
    let frame = [&length.to_le_bytes(), &[kind][..], bytes].concat();
    stream.write_all(&frame).await
}

/// Splits a numbered frame into the number and the bytes after it.
pub(crate) fn numbered(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}
