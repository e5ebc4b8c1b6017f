//! What an operator chooses, in one word.

use crate::Encoding;
use traced_actor::context::{ContextState, TraceId, random_below};

/// How far a process, an actor or a peer has moved. Messages are decoded bare and in envelopes in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Phase {
    /// Messages are sent bare. Every node must have come here before one goes on.
    #[default]
    Accept,
    /// Envelopes are sent on connections whose peer said that it reads them.
    PerPeer,
    /// As before; and a bare message from a peer that did not say so is refused. Safe once
    /// [`Snapshot::bare_since`](super::Snapshot::bare_since) has been 0 for longer than any message is stored.
    ///
    /// It keeps old nodes out; it does not make every message an envelope. A peer that said hello may send bare what
    /// nobody decided about, what it sends before it has heard this node's hello, and everything while its own operator
    /// is in `Accept`. So processes can come here in any order, and go back; such messages are counted as
    /// [`undecided`](super::RouteCounts::undecided).
    ///
    /// An old node that drains cannot deliver here what it has for this node. So a drain needs a deadline, after which it
    /// says what it could not deliver; the example `rolling_upgrade` has one.
    Require,
}

impl Phase {
    /// How to send on a connection whose peer said, or did not say, that it reads envelopes.
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

    /// Whether a bare message that came on such a connection is refused. Never one of a peer that reads envelopes:
    /// it sends bare what nobody decided about, and everything while its own operator is in
    /// [`Accept`](Self::Accept).
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

/// A [`Phase`], and the share of the messages that take part in it.
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
    /// Of 10,000.
    share: u16,
    by_message: bool,
}

const ALL: u16 = 10_000;

impl PhaseSetting {
    /// [`Phase::Accept`]
    pub const ACCEPT: Self = Self::new(Phase::Accept);
    /// [`Phase::PerPeer`], for all messages.
    pub const PER_PEER: Self = Self::new(Phase::PerPeer);
    /// [`Phase::Require`]
    pub const REQUIRE: Self = Self::new(Phase::Require);

    /// A phase, for all messages.
    pub const fn new(phase: Phase) -> Self {
        Self { phase, share: ALL, by_message: false }
    }

    /// In [`Phase::PerPeer`] only this percentage goes in envelopes, to a hundredth; it is 0 if it is no number.
    /// The other phases have no share. Traces take part whole, at every node with the same share or a greater one;
    /// messages that are not sampled have no trace, and each is decided about at random.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped; no number becomes 0"
    )]
    pub fn share(self, percent: f64) -> Self {
        Self { share: (percent.clamp(0.0, 100.0) * 100.0).round() as u16, ..self }
    }

    /// Each message takes part by itself, not with its trace.
    #[must_use]
    pub const fn by_message(self) -> Self {
        Self { by_message: true, ..self }
    }

    /// The phase.
    pub const fn phase(self) -> Phase {
        self.phase
    }

    /// The share, as a percentage.
    pub fn percent(self) -> f64 {
        f64::from(self.share) / 100.0
    }

    /// Whether a message takes part. No allocation; at 0 and 100 % nothing is computed.
    pub(super) fn admits(self, state: ContextState<'_>) -> bool {
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

    /// The more careful of two: the earlier phase, and in the same phase the smaller share.
    pub(super) fn careful(self, other: Self) -> Self {
        if (other.phase, other.share) < (self.phase, self.share) { other } else { self }
    }

    /// Never 0, which is "not set".
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

/// Where a trace stands among 10,000. Its id is mixed first (the finalizer of `SplitMix64`): consistent samplers
/// keep the traces with the greatest ids, and all of those would stand at the end.
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
