//! The first data that a node sends on a connection.

use super::HelloError;
use crate::RESERVED_INDEX;

/// The name of the header for the [text](Hello::to_text) of a hello, in a handshake with headers.
pub const HELLO_HEADER: &str = "traced-actor-hello";

/// The length of the longest hello, in bytes.
pub const MAX_HELLO: usize = FIXED + u8::MAX as usize;

/// The first bytes of a hello, with which no message begins.
///
/// They are not UTF-8 (JSON), never used in `MessagePack`, and a tag followed by a reserved byte in CBOR. In postcard
/// and bincode, no enum with fewer than 128 variants begins with them.
const MAGIC: [u8; 6] = *b"\xc1\x1ctrac";
/// The length of the magic bytes, the version and the length field.
const FIXED: usize = MAGIC.len() + 2;
const VERSION: u8 = 1;

/// The numbers of the fields. A number is never given another meaning.
mod field {
    /// A byte for each reserved variant that is read as an envelope.
    pub(super) const ENVELOPES: u8 = 1;
    /// A byte for each form of context that is read: 1 the byte string of version 0, 2 text.
    pub(super) const CARRIERS: u8 = 2;
    /// The user's number for the protocol's messages: a `u32`, little endian.
    pub(super) const SCHEMA: u8 = 3;
    /// A byte for each version of a promotion that is read.
    pub(super) const PROMOTIONS: u8 = 4;
}

const CARRIERS: [u8; 2] = [1, 2];
/// The version of the promotions of this crate.
const PROMOTION: u8 = 1;

/// States what a node can read. Each node sends it once on each connection, before anything else.
///
/// ```text
/// c1 1c 't' 'r' 'a' 'c' | version | length of the rest | (field | length | value)*
/// ```
///
/// An old node must ignore the hello. There are two safe ways to send it:
///
/// * Beside the messages: in the metadata of a handshake, in gossip, or in a kind of frame that old nodes skip.
/// * As the first message, if old nodes log and drop a message that they cannot decode. In JSON, postcard, bincode,
///   `MessagePack` and CBOR, these bytes are an error for every enum. The exceptions are an enum with
///   `#[serde(other)]`, and a reader of a stream without frames.
///
/// Later versions can only add fields, and unknown fields are skipped. So each version can read all others.
///
/// ```
/// use traced_actor_wire::rollout::{Hello, HelloError};
///
/// let bytes = Hello::ours().with_schema(4).to_bytes();
/// let hello = Hello::from_bytes(&bytes)?;
/// assert!(hello.reads_envelopes());
/// assert_eq!(hello.schema(), Some(4));
///
/// assert_eq!(Hello::from_bytes(br#"{"Join":{"user":7}}"#), Err(HelloError::NoHello));
/// # Ok::<(), HelloError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hello {
    reads_envelopes: bool,
    reads_promotions: bool,
    schema: Option<u32>,
}

impl Hello {
    /// Returns the hello of a node with this version of the crate.
    pub const fn ours() -> Self {
        Self { reads_envelopes: true, reads_promotions: false, schema: None }
    }

    /// Sets the number of your protocol's schema. This crate only passes it on.
    #[must_use]
    pub const fn with_schema(self, schema: u32) -> Self {
        Self { schema: Some(schema), ..self }
    }

    /// States that the node also reads promotions: requests of a flight recorder to keep a trace.
    ///
    /// Add this only if the node passes what it receives to `PeerConnection::take_promotion` (feature `flight`). A
    /// promotion comes in the place of a message, and is not one.
    #[must_use]
    pub const fn with_promotions(self) -> Self {
        Self { reads_promotions: true, ..self }
    }

    /// Returns whether the node reads promotions.
    pub const fn reads_promotions(&self) -> bool {
        self.reads_promotions
    }

    /// Returns whether the node can read the envelopes of this version of the crate, in all forms.
    pub const fn reads_envelopes(&self) -> bool {
        self.reads_envelopes
    }

    /// Returns the number of the protocol's schema, if the node sent one.
    pub const fn schema(&self) -> Option<u32> {
        self.schema
    }

    /// Returns whether bytes begin like a hello.
    ///
    /// Use it to tell a hello from a message if both arrive in the same place.
    pub fn is_hello(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC)
    }

    /// Encodes the hello as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut fields = Vec::with_capacity(16);
        if self.reads_envelopes {
            fields.extend([field::ENVELOPES, 1, RESERVED]);
            fields.extend([field::CARRIERS, 2]);
            fields.extend(CARRIERS);
        }
        if let Some(schema) = self.schema {
            fields.extend([field::SCHEMA, 4]);
            fields.extend(schema.to_le_bytes());
        }
        if self.reads_promotions {
            fields.extend([field::PROMOTIONS, 1, PROMOTION]);
        }
        let length = u8::try_from(fields.len()).unwrap_or(u8::MAX); // 16 at most
        [&MAGIC[..], &[VERSION, length], &fields].concat()
    }

    /// Decodes a hello. It reads at most [`MAX_HELLO`] bytes and does not allocate.
    ///
    /// The bytes may come from anyone.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are not a hello of any version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, HelloError> {
        let [version, length, fields @ ..] = bytes.strip_prefix(&MAGIC).ok_or(HelloError::NoHello)? else {
            return Err(HelloError::Length);
        };
        if *version == 0 {
            return Err(HelloError::Version);
        }
        if fields.len() != usize::from(*length) {
            return Err(HelloError::Length);
        }
        Self::from_fields(fields)
    }

    /// Encodes the hello as text: its bytes as lower-case hexadecimal digits.
    ///
    /// Use it for a handshake with headers (an HTTP upgrade to a `WebSocket`, the first metadata of a gRPC stream), as
    /// the [`HELLO_HEADER`] of the request and of its answer. Do not put it on single requests, because a proxy may
    /// spread those over several nodes.
    pub fn to_text(&self) -> String {
        use std::fmt::Write;
        self.to_bytes().iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").ok();
            text
        })
    }

    /// Decodes a hello from text. It allocates no more than a hello needs.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a sequence of lower-case hexadecimal bytes, or if these bytes are not a
    /// hello.
    ///
    /// ```
    /// use traced_actor_wire::rollout::{Hello, HelloError};
    ///
    /// let text = Hello::ours().to_text();
    /// assert_eq!(text, "c11c74726163010701017f02020102");
    /// assert_eq!(Hello::from_text(&text)?, Hello::ours());
    /// # Ok::<(), HelloError>(())
    /// ```
    pub fn from_text(text: &str) -> Result<Self, HelloError> {
        let (digits, []) = text.as_bytes().as_chunks::<2>() else { return Err(HelloError::Length) };
        if digits.len() > MAX_HELLO {
            return Err(HelloError::Length);
        }
        let bytes: Result<Vec<u8>, _> =
            digits.iter().map(|[high, low]| Ok(digit(*high)? << 4 | digit(*low)?)).collect();
        Self::from_bytes(&bytes?)
    }

    fn from_fields(mut fields: &[u8]) -> Result<Self, HelloError> {
        let (mut envelope, mut carriers, mut promotions, mut schema) = (false, false, false, None);
        let mut seen = [false; 256];
        while let [tag, length, rest @ ..] = fields {
            let (value, rest) = rest.split_at_checked(usize::from(*length)).ok_or(HelloError::Length)?;
            if std::mem::replace(&mut seen[usize::from(*tag)], true) {
                return Err(HelloError::Twice(*tag));
            }
            match *tag {
                field::ENVELOPES => envelope = value.contains(&RESERVED),
                field::CARRIERS => carriers = CARRIERS.iter().all(|form| value.contains(form)),
                field::SCHEMA => {
                    schema = Some(u32::from_le_bytes(value.try_into().map_err(|_| HelloError::Length)?));
                }
                field::PROMOTIONS => promotions = value.contains(&PROMOTION),
                _ => {}
            }
            fields = rest;
        }
        if !fields.is_empty() {
            return Err(HelloError::Length);
        }
        Ok(Self { reads_envelopes: envelope && carriers, reads_promotions: promotions, schema })
    }
}

/// Returns the value of a lower-case hexadecimal digit.
fn digit(digit: u8) -> Result<u8, HelloError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(HelloError::NoHello),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "127")]
const RESERVED: u8 = RESERVED_INDEX as u8;
const _: () = assert!(RESERVED as u32 == RESERVED_INDEX);

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: &[u8] = b"\xc1\x1ctrac\x01\x0d\x01\x01\x7f\x02\x02\x01\x02\x03\x04\x07\0\0\0";

    fn read(version: u8, fields: &[u8]) -> Result<Hello, HelloError> {
        let length = u8::try_from(fields.len()).unwrap();
        Hello::from_bytes(&[&MAGIC[..], &[version, length], fields].concat())
    }

    #[test]
    fn the_bytes_are_pinned() {
        let hello = Hello::ours().with_schema(7);
        assert_eq!(hello.to_bytes(), BYTES);
        assert_eq!(Hello::from_bytes(BYTES), Ok(hello));
        let hello = Hello::ours().with_promotions();
        assert_eq!(hello.to_bytes(), b"\xc1\x1ctrac\x01\x0a\x01\x01\x7f\x02\x02\x01\x02\x04\x01\x01");
        assert_eq!(Hello::from_bytes(&hello.to_bytes()), Ok(hello));
    }

    #[test]
    fn every_prefix_and_every_longer_hello_is_an_error() {
        for end in 0..BYTES.len() {
            assert!(Hello::from_bytes(&BYTES[..end]).is_err(), "{end}");
        }
        assert_eq!(Hello::from_bytes(&[BYTES, &[0]].concat()), Err(HelloError::Length));
        assert_eq!(Hello::from_bytes(&[BYTES, &[0; 1000]].concat()), Err(HelloError::Length));
    }

    #[test]
    fn every_text_but_its_own_is_an_error() {
        let text = Hello::ours().with_schema(7).to_text();
        assert_eq!(text, "c11c74726163010d01017f020201020304070000 00".replace(' ', ""));
        assert_eq!(Hello::from_text(&text), Hello::from_bytes(BYTES));
        for end in 0..text.len() {
            assert!(Hello::from_text(&text[..end]).is_err(), "{end}");
            let mut other = text.clone().into_bytes();
            for byte in [b'g', b'G', b' ', b'+', b'/', b':', b'`', b'@', 0] {
                other[end] = byte;
                assert!(Hello::from_text(std::str::from_utf8(&other).unwrap()).is_err(), "{end} {byte}");
            }
        }
        assert_eq!(Hello::from_text(&text.to_uppercase()), Err(HelloError::NoHello));
        assert_eq!(Hello::from_text(&format!("{text}00")), Err(HelloError::Length));
        assert_eq!(Hello::from_text(&"c1".repeat(MAX_HELLO + 1)), Err(HelloError::Length));
        assert_eq!(Hello::from_text("ä"), Err(HelloError::NoHello));
    }

    #[test]
    fn later_versions_are_read() {
        let later = [9, 3, 1, 2, 3, 1, 2, 126, 127, 2, 3, 1, 2, 3, 200, 0];
        assert_eq!(read(255, &later), Ok(Hello::ours()));
        assert_eq!(read(0, &later), Err(HelloError::Version));
        let reads_promotions = |versions| read(255, versions).map(|hello| hello.reads_promotions());
        assert_eq!(
            [&[4, 2, 2, 1][..], &[4, 1, 2], &[4, 0], &[]].map(reads_promotions),
            [true, false, false, false].map(Ok)
        );
    }

    #[test]
    fn who_reads_other_envelopes_or_contexts_reads_none_of_ours() {
        let ours = [1, 1, 127, 2, 2, 1, 2];
        assert_eq!(read(1, &ours).map(|hello| hello.reads_envelopes()), Ok(true));
        for fields in [&[1, 1, 126, 2, 2, 1, 2][..], &[1, 1, 127, 2, 1, 2], &[1, 1, 127], &[1, 0, 2, 0], &[]]
        {
            assert_eq!(read(1, fields).map(|hello| hello.reads_envelopes()), Ok(false), "{fields:?}");
        }
    }

    #[test]
    fn fields_are_strict() {
        assert_eq!(read(1, &[1, 1, 127, 1, 1, 127]), Err(HelloError::Twice(1)));
        assert_eq!(read(1, &[77, 0, 77, 0]), Err(HelloError::Twice(77)));
        assert_eq!(read(1, &[3, 3, 0, 0, 0]), Err(HelloError::Length));
        assert_eq!(read(1, &[9, 5, 0]), Err(HelloError::Length));
        assert_eq!(read(1, &[9]), Err(HelloError::Length));
    }
}
