//! W3C trace flags.

/// The flags of a trace context (W3C Trace Context level 2, [`trace-flags`][w3c]).
///
/// [w3c]: https://www.w3.org/TR/trace-context-2/#trace-flags
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct TraceFlags(u8);

impl TraceFlags {
    /// No flags.
    pub const NONE: Self = Self(0);
    /// Bit 0: the caller may have recorded the trace.
    pub const SAMPLED: Self = Self(0x01);
    /// Bit 1: the right-most seven bytes of the trace id are random.
    pub const RANDOM: Self = Self(0x02);

    /// Creates flags with these bits. Unknown bits are kept.
    pub const fn new(bits: u8) -> Self {
        Self(bits)
    }

    /// Returns all bits.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Returns whether bit 0, the sampled flag, is set.
    pub const fn is_sampled(self) -> bool {
        self.0 & Self::SAMPLED.0 != 0
    }

    /// Returns whether bit 1, the random flag, is set.
    pub const fn is_random(self) -> bool {
        self.0 & Self::RANDOM.0 != 0
    }

    /// Returns the union of both sets of flags.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
