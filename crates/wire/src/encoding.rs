//! Whether a sender may send envelopes, and what a look at the first bytes tells.

/// How a message is sent to one peer: bare, or in an envelope.
///
/// Decoding takes both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Encoding {
    /// Messages are sent bare, with the bytes that they always had. The peer may know nothing of envelopes.
    #[default]
    Bare,
    /// Messages about whose trace something was decided are sent as envelopes; this peer is known to read them.
    Envelope,
}

/// What the first bytes of an encoded message say, without decoding it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Peek {
    /// A bare message.
    Bare,
    /// An envelope of a trace that is not sampled.
    Unsampled,
    /// An envelope of a sampled trace.
    Sampled,
}

#[cfg(any(feature = "serde", feature = "prost"))]
impl Peek {
    /// An envelope, by its sampled flag.
    #[inline]
    pub(crate) const fn of_sampled(sampled: bool) -> Self {
        if sampled { Self::Sampled } else { Self::Unsampled }
    }
}
