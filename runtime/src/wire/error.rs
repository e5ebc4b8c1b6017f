//! Why a message was not encoded or decoded: the message type, the codec, and what was expected.

use std::error::Error;
use std::fmt;

type Source = Box<dyn Error + Send + Sync>;

/// A message could not be encoded. Nothing was sent; the message is still the caller's.
#[derive(Debug)]
pub struct EncodeError {
    message: &'static str,
    codec: &'static str,
    source: Source,
}

/// Bytes were no message. Never the fault of the trace context: what is wrong with that costs only the context.
#[derive(Debug)]
pub struct DecodeError {
    message: &'static str,
    codec: &'static str,
    expected: Option<Expected>,
    source: Source,
}

/// The enum that was being read, and what stood in the place of its variant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    pub(super) variants: &'static [&'static str],
    /// The number found, where the format writes numbers.
    pub(super) index: Option<u64>,
}

impl EncodeError {
    pub(super) fn new<M>(codec: &'static str, source: impl Into<Source>) -> Self {
        let message = std::any::type_name::<M>();
        super::counters::count_encode_error(message, codec);
        Self { message, codec, source: source.into() }
    }

    /// The type of the message.
    pub fn message_type(&self) -> &'static str {
        self.message
    }

    /// The name of the codec.
    pub fn codec(&self) -> &'static str {
        self.codec
    }
}

impl DecodeError {
    pub(super) fn new<M>(codec: &'static str, expected: Option<Expected>, source: impl Into<Source>) -> Self {
        let message = std::any::type_name::<M>();
        super::counters::count_decode_error(message, codec);
        Self { message, codec, expected, source: source.into() }
    }

    /// The type of the message that was expected.
    pub fn message_type(&self) -> &'static str {
        self.message
    }

    /// The name of the codec.
    pub fn codec(&self) -> &'static str {
        self.codec
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write a `{}` as {}: {}", self.message, self.codec, self.source)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read a `{}` from {}: {}", self.message, self.codec, self.source)?;
        if let Some(expected) = &self.expected {
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
        Some(&*self.source)
    }
}
