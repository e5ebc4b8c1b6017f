//! The operator's settings, each packed into one word.

use crate::Encoding;
use traced_actor::context::{ContextState, TraceId, random_below};

/// The phase of a process, an actor or a peer in the move to envelopes.
///
/// In every phase, bare messages and envelopes can both be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Phase {
    /// Sends bare messages. Every node must be in this phase before one goes further.
    #[default]
    Accept,
    /// Sends envelopes on connections whose peer said that it can read them.
    PerPeer,
    /// Sends envelopes like [`PerPeer`](Self::PerPeer), and refuses bare messages from peers that sent no hello.
    ///
    /// Once old nodes stop sending bare messages, switch to this phase to reject them. It is safe when
    /// [`RolloutSnapshot::bare_since`](super::RolloutSnapshot::bare_since) has been 0 for longer than any message is stored.
    ///
    /// This phase keeps old nodes out. It does not turn every message into an envelope. A peer that sent a hello may
    /// still send bare messages: those without a sampling decision, those that it sends before it has received this
    /// node's hello, and all messages while its own operator has it in `Accept`. So processes can enter and leave this
    /// phase in any order. Such messages are counted as [`undecided`](super::RouteCounts::undecided).
    ///
    /// An old node that is shutting down cannot deliver its remaining messages to a node in this phase. Set a deadline
    /// after which it reports the messages that it could not deliver, as the example `rolling_upgrade` does.
    Require,
}

impl Phase {
    /// Returns how to send on a connection. `capable` is true if the peer said that it can read envelopes.
    ///
    /// ```
    /// use traced_actor_wire::{Encoding, rollout::Phase};
    ///
    /// assert_eq!(Phase::PerPeer.encoding(true), Encoding::Envelope);
    /// assert_eq!(Phase::Require.encoding(false), Encoding::Bare, "an old node is never sent an envelope");
    /// ```
    pub const fn encoding(self, capable: bool) -> Encoding {
        match self {
            Self::PerPeer | Self::Require if capable => Encoding::Envelope,
            _ => Encoding::Bare,
        }
    }

    /// Returns whether a bare message on a connection is refused.
    ///
    /// A message from a peer that can read envelopes is never refused. Such a peer sends bare messages without a
    /// sampling decision, and all messages while its own operator has it in [`Accept`](Self::Accept).
    ///
    /// ```
    /// use traced_actor_wire::rollout::Phase;
    ///
    /// assert!(Phase::Require.refuses_bare(false));
    /// assert!(!Phase::Require.refuses_bare(true));
    /// assert!(!Phase::PerPeer.refuses_bare(false));
    /// ```
    pub const fn refuses_bare(self, capable: bool) -> bool {
        matches!(self, Self::Require) && !capable
    }
}

/// A [`Phase`], and the share of messages that take part in it.
///
/// ```
/// use traced_actor_wire::rollout::{Phase, PhaseSetting};
///
/// let careful = PhaseSetting::PER_PEER.share(2.5);
/// assert_eq!((careful.phase(), careful.percent()), (Phase::PerPeer, 2.5));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PhaseSetting {
    phase: Phase,
    /// The share, in units of 1/10,000.
    share: u16,
    by_message: bool,
}

const ALL: u16 = 10_000;

impl PhaseSetting {
    /// [`Phase::Accept`].
    pub const ACCEPT: Self = Self::new(Phase::Accept);
    /// [`Phase::PerPeer`], for all messages.
    pub const PER_PEER: Self = Self::new(Phase::PerPeer);
    /// [`Phase::Require`].
    pub const REQUIRE: Self = Self::new(Phase::Require);

    /// Creates a setting with this phase for all messages.
    pub const fn new(phase: Phase) -> Self {
        Self { phase, share: ALL, by_message: false }
    }

    /// Creates a setting in [`Phase::PerPeer`] with this percentage of messages in envelopes.
    ///
    /// The percentage has a precision of 0.01, and NaN counts as 0. The other phases have no share. A trace takes part
    /// as a whole, at every node with the same or a greater share. Messages that are not sampled have no trace, so each
    /// is selected at random.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped; no number becomes 0"
    )]
    pub fn share(self, percent: f64) -> Self {
        Self { share: (percent.clamp(0.0, 100.0) * 100.0).round() as u16, ..self }
    }

    /// Selects messages one by one instead of by trace.
    #[must_use]
    pub const fn by_message(self) -> Self {
        Self { by_message: true, ..self }
    }

    /// Returns the phase.
    pub const fn phase(self) -> Phase {
        self.phase
    }

    /// Returns the share of messages that take part, in percent.
    pub fn percent(self) -> f64 {
        f64::from(self.share) / 100.0
    }

    /// Returns how to send a message to a peer that reads envelopes.
    pub(super) fn encoding(self, state: ContextState<'_>) -> Encoding {
        if self.admits(state) { self.phase.encoding(true) } else { Encoding::Bare }
    }

    /// Returns whether a message takes part. Does not allocate, and computes nothing at 0 and 100 %.
    fn admits(self, state: ContextState<'_>) -> bool {
        if self.phase != Phase::PerPeer || self.share == ALL {
            return true;
        }
        match state {
            _ if self.share == 0 => false,
            ContextState::Sampled(sampled) if !self.by_message => {
                position(sampled.context.trace_id) < u64::from(self.share)
            }
            _ => random_below(u64::from(ALL)) < u64::from(self.share),
        }
    }

    /// Returns the more careful of two settings: the earlier phase, or the smaller share in the same phase.
    pub(super) fn careful(self, other: Self) -> Self {
        if (other.phase, other.share) < (self.phase, self.share) { other } else { self }
    }

    /// Returns the setting as bits, which are never 0, since 0 means "not set".
    pub(super) fn to_bits(self) -> u32 {
        let phase = match self.phase {
            Phase::Accept => 1,
            Phase::PerPeer => 2,
            Phase::Require => 3,
        };
        phase | u32::from(self.by_message) << 2 | u32::from(self.share) << 16
    }

    pub(super) fn from_bits(bits: u32) -> Option<Self> {
        let phase = match bits & 3 {
            0 => return None,
            1 => Phase::Accept,
            2 => Phase::PerPeer,
            _ => Phase::Require,
        };
        let share = u16::try_from(bits >> 16).unwrap_or(0);
        Some(Self { phase, share, by_message: bits & 4 != 0 })
    }
}

impl Default for PhaseSetting {
    fn default() -> Self {
        Self::ACCEPT
    }
}

/// Returns the position of a trace among 10,000.
///
/// Its id is mixed first, with the finalizer of `SplitMix64`. Consistent samplers keep the traces with the greatest
/// ids, and without mixing all of those would have the last positions.
#[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
fn position(trace: TraceId) -> u64 {
    let id = trace.get();
    let mut mixed = (id as u64) ^ ((id >> 64) as u64);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) % u64::from(ALL)
}

#[cfg(test)]
mod tests {
    use super::*;
    use traced_actor::context::{SampledContext, SpanId, TraceContext, TraceFlags};

    fn admitted(setting: PhaseSetting, ids: impl Iterator<Item = u128>) -> usize {
        let admits = |id| {
            let ids = (TraceId::new(id).unwrap(), SpanId::new(1).unwrap());
            let sampled = SampledContext::new(TraceContext::new(ids.0, ids.1, TraceFlags::SAMPLED));
            setting.admits(ContextState::Sampled(&sampled))
        };
        ids.filter(|id| admits(*id)).count()
    }

    #[test]
    fn a_share_of_the_traces_is_of_those_that_a_consistent_sampler_keeps_too() {
        let setting = PhaseSetting::PER_PEER.share(10.0);
        let kept = |i: u128| 0x00ff_ffff_0000_0000 + i; // the greatest of the 56 bits that they compare
        assert!((900..1100).contains(&admitted(setting, (0..10_000).map(kept))));
        assert!((900..1100).contains(&admitted(setting, 1..10_001)));
    }

    #[test]
    fn a_trace_takes_part_whole_and_stays_when_the_share_grows() {
        for id in 1..1000 {
            let at = |percent| admitted(PhaseSetting::PER_PEER.share(percent), std::iter::repeat_n(id, 5));
            assert!(matches!((at(20.0), at(50.0)), (0, 0 | 5) | (5, 5)));
        }
    }

    #[test]
    fn messages_without_a_trace_take_part_one_by_one() {
        let unsampled =
            |setting: PhaseSetting| (0..10_000).filter(|_| setting.admits(ContextState::Unsampled)).count();
        assert!((2200..2800).contains(&unsampled(PhaseSetting::PER_PEER.share(25.0))));
        let mut same = std::iter::repeat_n(7, 10_000);
        assert!((2200..2800).contains(&admitted(PhaseSetting::PER_PEER.share(25.0).by_message(), &mut same)));
    }

    #[test]
    fn the_ends_of_the_share_are_exact_and_nonsense_is_nothing() {
        let unsampled = |percent| {
            (0..1000)
                .filter(|_| PhaseSetting::PER_PEER.share(percent).admits(ContextState::Unsampled))
                .count()
        };
        assert_eq!([0.0, f64::NAN, -1.0, 100.0, f64::INFINITY].map(unsampled), [0, 0, 0, 1000, 1000]);
    }

    #[test]
    fn a_setting_survives_its_word() {
        for phase in [Phase::Accept, Phase::PerPeer, Phase::Require] {
            for setting in [PhaseSetting::new(phase), PhaseSetting::new(phase).share(0.01).by_message()] {
                assert_eq!(PhaseSetting::from_bits(setting.to_bits()), Some(setting));
            }
        }
        assert_eq!(PhaseSetting::from_bits(0), None);
    }
}
