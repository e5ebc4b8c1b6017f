//! The parts of an encoded envelope, for the layout that this crate writes.
//!
//! The context comes first. The message follows with the same bytes as a bare message, so the format's own function can
//! read it.

use serde::de::value::StrDeserializer;
use serde::de::{Deserialize, IntoDeserializer};

use crate::Peek;
use traced_actor::context::MessageContext;
use traced_actor::w3c::traceparent;
use traced_actor::wire::{ReadContext, binary, text};

/// The parts of an encoded envelope: the context and the message.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    context: Context<'a>,
    message: &'a [u8],
}

#[derive(Debug, Clone, Copy)]
enum Context<'a> {
    Binary(&'a [u8]),
    /// A `traceparent`, or `None` for unsampled.
    Text(Option<&'a [u8; traceparent::LEN]>),
    #[cfg_attr(not(feature = "json"), expect(dead_code, reason = "JSON alone has it"))]
    /// A text of the length of a `traceparent`, between quotation marks. It may contain other quotation marks.
    Quoted(&'a [u8; traceparent::LEN]),
    #[cfg_attr(not(feature = "json"), expect(dead_code, reason = "JSON alone has it"))]
    /// Any value of a text format, such as an object with more than a `traceparent`, and the function that reads it.
    Value(&'a [u8], fn(&[u8]) -> Option<MessageContext>),
}

impl<'a> Parts<'a> {
    /// Splits an envelope of a binary format, whose `rest` begins with a context of `length` bytes.
    ///
    /// Returns `None` if `rest` is shorter.
    #[inline]
    pub fn binary(length: usize, rest: &'a [u8]) -> Option<Self> {
        let (context, message) = rest.split_at_checked(length)?;
        Some(Self { context: Context::Binary(context), message })
    }

    /// Creates the parts of an envelope in a text format. `context` is a `traceparent`, or `None` for unsampled.
    ///
    /// If `context` is not a valid `traceparent`, the envelope is decoded the general way.
    #[inline]
    pub const fn text(context: Option<&'a [u8; traceparent::LEN]>, message: &'a [u8]) -> Self {
        Self { context: Context::Text(context), message }
    }

    #[cfg(feature = "json")]
    #[inline]
    pub(super) const fn quoted(context: &'a [u8; traceparent::LEN], message: &'a [u8]) -> Self {
        Self { context: Context::Quoted(context), message }
    }

    #[cfg(feature = "json")]
    pub(super) const fn value(
        value: &'a [u8],
        read: fn(&[u8]) -> Option<MessageContext>,
        message: &'a [u8],
    ) -> Self {
        Self { context: Context::Value(value, read), message }
    }

    /// Returns the bytes of the message, which are those of a bare message.
    #[inline]
    pub const fn message(&self) -> &'a [u8] {
        self.message
    }

    /// Returns whether the format is a text format.
    #[inline]
    pub(super) const fn is_text(&self) -> bool {
        !matches!(self.context, Context::Binary(_))
    }

    /// Returns the context, or `None` for a text that is not a `traceparent`.
    ///
    /// Such a text may not be a context at all. Malformed bytes are counted and become an absent context.
    #[inline]
    pub(super) fn context(&self) -> Option<MessageContext> {
        match self.context {
            Context::Binary(bytes) => Some(binary::read(bytes)),
            Context::Text(None) => Some(MessageContext::UNSAMPLED_REMOTE),
            Context::Text(Some(parent)) => text::read_traceparent(parent),
            Context::Quoted(parent) => text::read_traceparent(parent).or_else(|| read_unusual(parent)),
            Context::Value(value, read) => read(value),
        }
    }

    /// Returns the sampled flag, or `None` for a malformed context.
    #[inline]
    pub(super) fn peek(&self) -> Option<Peek> {
        match self.context {
            Context::Binary(bytes) => binary::peek(bytes).map(Peek::of_sampled),
            Context::Text(None) => Some(Peek::Unsampled),
            Context::Text(Some(parent)) | Context::Quoted(parent) => text::peek(parent).map(Peek::of_sampled),
            Context::Value(value, _) => peek_object(value),
        }
    }
}

/// Reads a text that is not an ordinary `traceparent`. Returns `None` if it does not end where it seems to.
#[cold]
fn read_unusual(text: &[u8]) -> Option<MessageContext> {
    let text = std::str::from_utf8(text).ok()?;
    if text.bytes().any(|byte| byte < b' ' || matches!(byte, b'"' | b'\\')) {
        return None;
    }
    let text: StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
    ReadContext::deserialize(text).ok().map(|ReadContext(context)| context)
}

/// Returns the sampled flag of an object in the layout that this crate writes: with one `traceparent`, at its start.
fn peek_object(object: &[u8]) -> Option<Peek> {
    const KEY: &[u8] = br#""traceparent""#;
    let text = object.strip_prefix(br#"{"traceparent":""#)?;
    let (parent, rest) = text.split_first_chunk::<{ traceparent::LEN }>()?;
    let is_ours = matches!(rest, [b'"', ..])
        && !object.contains(&b'\\')
        && !rest.windows(KEY.len()).any(|window| window == KEY);
    if is_ours { text::peek(parent).map(Peek::of_sampled) } else { None }
}
