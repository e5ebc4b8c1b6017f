//! Frames on a connection: a length, a kind, and bytes. Kinds that a release does not know are skipped.

use std::io::{Error, ErrorKind, Result};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// The number of the node that made the connection.
pub(crate) const NAME: u8 = 1;
/// A number, and a message; answered under this number by one of the next three.
pub(crate) const MESSAGE: u8 = 2;
/// It was taken over.
pub(crate) const TAKEN: u8 = 3;
/// It was not; it is still the sender's.
pub(crate) const NOT_NOW: u8 = 4;
/// This node stops. What was sent is still read, nothing more should be.
pub(crate) const GOING: u8 = 5;
/// It could not be read; it is still the sender's.
pub(crate) const UNREADABLE: u8 = 6;

/// Nothing longer is read.
const MAX: usize = 1 << 16;
const HEAD: usize = 5;

/// Reads frames. [`next`](Self::next) can be given up and called again; nothing is lost.
pub(crate) struct Frames {
    stream: OwnedReadHalf,
    buffer: Vec<u8>,
}

impl Frames {
    pub(crate) fn new(stream: OwnedReadHalf) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    /// The next frame; none at the end.
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

/// A numbered frame: the number, and what stands behind it.
pub(crate) fn numbered(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}
