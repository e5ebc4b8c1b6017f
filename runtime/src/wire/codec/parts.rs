//! An envelope as bytes, taken apart where its layout is the one that we write: a context, and behind it a message in
//! just the bytes that it has when it is bare. So it is read by the format's own function, with nothing in between.

use crate::context::Carried;
use crate::propagation::traceparent;
use crate::wire::Peek;
use crate::wire::carrier::{binary, text};

/// What an envelope consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a> {
    context: Context<'a>,
    message: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Context<'a> {
    Binary(&'a [u8]),
    /// A `traceparent`; `None` is unsampled.
    Text(Option<&'a [u8; traceparent::LEN]>),
}

impl<'a> Parts<'a> {
    /// Of a binary format: `rest` begins with a context of this length, and goes on with the message. `None` when
    /// it is shorter.
    #[inline]
    pub fn binary(length: usize, rest: &'a [u8]) -> Option<Self> {
        let (context, message) = rest.split_at_checked(length)?;
        Some(Self { context: Context::Binary(context), message })
    }

    /// Of a text format: `context` is a `traceparent`, and `None` for unsampled. Where it is none after all, the envelope is
    /// read the long way.
    #[inline]
    pub const fn text(context: Option<&'a [u8; traceparent::LEN]>, message: &'a [u8]) -> Self {
        Self { context: Context::Text(context), message }
    }

    /// The message, as bare.
    #[inline]
    pub const fn message(&self) -> &'a [u8] {
        self.message
    }

    /// Whether the format is one for people.
    #[inline]
    pub(super) const fn is_text(&self) -> bool {
        matches!(self.context, Context::Text(_))
    }

    /// The context; `None` for a text that is no `traceparent`, and so may not be the text that it was taken for. Bytes
    /// that are malformed are counted, and the context absent.
    #[inline]
    pub(super) fn carried(&self) -> Option<Carried> {
        match self.context {
            Context::Binary(bytes) => Some(binary::carried(bytes)),
            Context::Text(None) => Some(Carried::UNSAMPLED_REMOTE),
            Context::Text(Some(parent)) => text::carried(parent),
        }
    }

    /// The sampled flag; `None` for a context that is malformed.
    #[inline]
    pub(super) fn peek(&self) -> Option<Peek> {
        match self.context {
            Context::Binary(bytes) => binary::peek(bytes),
            Context::Text(None) => Some(Peek::Unsampled),
            Context::Text(Some(parent)) => text::peek(parent),
        }
    }
}
