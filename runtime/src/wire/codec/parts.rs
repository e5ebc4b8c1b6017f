//! An envelope as bytes, taken apart where its layout is the one that we write: a context, and behind it a message in
//! just the bytes that it has when it is bare. So it is read by the format's own function, with nothing in between.

use crate::TraceContext;
use crate::context::Carried;
use crate::wire::Peek;
use crate::wire::carrier::{binary, or_absent, text};

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
    Text(Option<TraceContext>),
}

impl<'a> Parts<'a> {
    /// Of a binary format: `rest` begins with a context of this length, and goes on with the message. `None` when
    /// it is shorter.
    #[inline]
    pub fn binary(length: usize, rest: &'a [u8]) -> Option<Self> {
        let (context, message) = rest.split_at_checked(length)?;
        Some(Self { context: Context::Binary(context), message })
    }

    /// Of a text format; `None` is unsampled.
    #[inline]
    pub const fn text(context: Option<TraceContext>, message: &'a [u8]) -> Self {
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

    /// The context. One that is malformed is counted, and absent.
    #[inline]
    pub(super) fn carried(&self) -> Carried {
        match self.context {
            Context::Binary(bytes) => or_absent(binary::FORM, binary::read(bytes)),
            Context::Text(None) => Carried::UNSAMPLED_REMOTE,
            Context::Text(Some(context)) => text::carried(context, None, None),
        }
    }

    /// The sampled flag; `None` for a context whose bytes are malformed.
    #[inline]
    pub(super) fn peek(&self) -> Option<Peek> {
        match self.context {
            Context::Binary(bytes) => binary::peek(bytes),
            Context::Text(Some(context)) if context.is_sampled() => Some(Peek::Sampled),
            Context::Text(_) => Some(Peek::Unsampled),
        }
    }
}
