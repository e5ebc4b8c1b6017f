//! Encodes contexts as bytes and as text. A malformed context is dropped and counted by reason. Its message is never
//! lost.

pub mod binary;
#[cfg(feature = "serde")]
mod serde;
#[cfg(feature = "serde")]
pub mod text;

#[cfg(feature = "serde")]
pub(super) use self::serde::ReadContextSeed;
#[cfg(feature = "serde")]
pub use self::serde::{ReadContext, WriteContext};

use super::Malformed;
use super::counters::count_malformed;
use crate::context::MessageContext;

/// The longest `tracestate` that is read, in bytes. W3C requires at least 512.
pub(super) const MAX_TRACESTATE: usize = 1024;
/// The longest `baggage` that is read, in bytes: W3C's limit.
pub(super) const MAX_BAGGAGE: usize = 8192;

/// Returns the context, or counts the error and returns an absent context.
pub(super) fn or_absent(form: &'static str, read: Result<MessageContext, Malformed>) -> MessageContext {
    read.unwrap_or_else(|reason| {
        count_malformed(form, reason);
        MessageContext::ABSENT
    })
}

/// Returns whether `text` may be put into a header unchanged: printable ASCII.
fn is_header_text(text: &[u8]) -> bool {
    text.iter().all(|byte| matches!(byte, 0x20..=0x7e))
}
