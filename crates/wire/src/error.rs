//! Errors of encoding and decoding. They name the message type, the codec, and the expected variants.

use std::error::Error;
use std::fmt;

use traced_actor::wire::Expected;
#[cfg(feature = "serde")]
use traced_actor::wire::take_refusal;

type Source = Box<dyn Error + Send + Sync>;

/// The error of encoding a message. Nothing was sent, and the caller still owns the message.
#[derive(Debug)]
pub struct EncodeError {
    message: &'static str,
    codec: &'static str,
    source: Source,
}

/// The bytes could not be decoded as a message. A malformed trace context never causes this error.
#[derive(Debug)]
pub struct DecodeError(Box<NotRead>); // boxed: a result is moved wherever a message is

#[derive(Debug)]
struct NotRead {
    message: &'static str,
    codec: &'static str,
    expected: Option<Expected>,
    source: Source,
}

impl EncodeError {
    /// Explains a `write` that failed. Calls it again, to find out whether the refusal came from this crate.
    #[cfg(feature = "serde")]
    #[cold]
    pub(super) fn explained<M>(codec: &'static str, write: impl FnOnce() -> Result<Vec<u8>, Source>) -> Self {
        let message = std::any::type_name::<M>();
        super::counters::count_encode_error(message, codec);
        take_refusal();
        let source = write().err();
        let source = match take_refusal() {
            Some(reason) => reason.into(),
            None => source.unwrap_or_else(|| "the format failed once and succeeded when asked again".into()),
        };
        Self { message, codec, source }
    }

    /// Returns the type of the message.
    pub fn message_type(&self) -> &'static str {
        self.message
    }

    /// Returns the name of the codec.
    pub fn codec(&self) -> &'static str {
        self.codec
    }
}

impl DecodeError {
    #[cfg(any(feature = "serde", feature = "prost"))]
    #[cold]
    pub(super) fn new<M>(codec: &'static str, expected: Option<Expected>, source: impl Into<Source>) -> Self {
        let message = std::any::type_name::<M>();
        super::counters::count_decode_error(message, codec);
        Self(Box::new(NotRead { message, codec, expected, source: source.into() }))
    }

    /// Returns the type of the message that was expected.
    pub fn message_type(&self) -> &'static str {
        self.0.message
    }

    /// Returns the name of the codec.
    pub fn codec(&self) -> &'static str {
        self.0.codec
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write a `{}` as {}: {}", self.message, self.codec, self.source)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NotRead { message, codec, expected, source } = &*self.0;
        write!(f, "cannot read a `{message}` from {codec}: {source}")?;
        if let Some(expected) = expected {
            write!(f, "; expected one of the variants {}", expected.variants.join(", "))?;
            if let Some(index) = expected.index {
                write!(f, ", found number {index}")?;
            }
        }
        Ok(())
    }
}

impl Error for EncodeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

impl Error for DecodeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0.source)
    }
}
