//! Encodings for peers, and the result of inspecting the first bytes of a message.

/// The form in which a message is sent to a peer: bare or in an envelope. Decoding accepts both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Encoding {
    /// Sends messages bare, with the same bytes as without this crate. The peer need not know envelopes.
    #[default]
    Bare,
    /// Sends messages with a sampling decision as envelopes. The peer must be able to read them.
    Envelope,
}

/// The kind of an encoded message, as determined from its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Peek {
    /// A bare message.
    Bare,
    /// An envelope of an unsampled trace.
    Unsampled,
    /// An envelope of a sampled trace.
    Sampled,
}

#[cfg(any(feature = "serde", feature = "prost"))]
impl Peek {
    /// Returns the kind of an envelope with this sampled flag.
    #[inline]
    pub(crate) const fn of_sampled(sampled: bool) -> Self {
        if sampled { Self::Sampled } else { Self::Unsampled }
    }
}
