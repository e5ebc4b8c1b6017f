//! What an operator chooses, in one word.

use crate::Encoding;
use traced_actor::context::{ContextState, TraceId, random_below};

/// How far a process, an actor or a peer has moved. Messages are decoded bare and in envelopes in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Stage {
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
    /// [`undecided`](super::Counts::undecided).
    ///
    /// An old node that drains cannot deliver here what it has for this node. So a drain needs a deadline, after which it
    /// says what it could not deliver; the example `rolling_upgrade` has one.
    Require,
}

impl Stage {
    /// How to send on a connection whose peer said, or did not say, that it reads envelopes.
    ///
    /// ```
    /// use traced_actor_wire::{Encoding, rollout::Stage};
    ///
    /// assert_eq!(Stage::PerPeer.sends(true), Encoding::Envelope);
    /// assert_eq!(Stage::Require.sends(false), Encoding::Bare, "an old node is never sent an envelope");
    /// ```
    pub const fn sends(self, capable: bool) -> Encoding {
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
    /// use traced_actor_wire::rollout::Stage;
    ///
    /// assert!(Stage::Require.refuses_bare(false));
    /// assert!(!Stage::Require.refuses_bare(true));
    /// assert!(!Stage::PerPeer.refuses_bare(false));
    /// ```
    pub const fn refuses_bare(self, capable: bool) -> bool {
        matches!(self, Self::Require) && !capable
    }
}

/// A [`Stage`], and the share of the messages that take part in it.
///
/// ```
/// use traced_actor_wire::rollout::{Setting, Stage};
///
/// let careful = Setting::PER_PEER.share(2.5);
/// assert_eq!((careful.stage(), careful.percent()), (Stage::PerPeer, 2.5));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Setting {
    stage: Stage,
    /// Of 10,000.
    share: u16,
    by_message: bool,
}

const ALL: u16 = 10_000;

impl Setting {
    /// [`Stage::Accept`]
    pub const ACCEPT: Self = Self::new(Stage::Accept);
    /// [`Stage::PerPeer`], for all messages.
    pub const PER_PEER: Self = Self::new(Stage::PerPeer);
    /// [`Stage::Require`]
    pub const REQUIRE: Self = Self::new(Stage::Require);

    /// A stage, for all messages.
    pub const fn new(stage: Stage) -> Self {
        Self { stage, share: ALL, by_message: false }
    }

    /// In [`Stage::PerPeer`] only this percentage goes in envelopes, to a hundredth; it is 0 if it is no number.
    /// The other stages have no share. Traces take part whole, at every node with the same share or a greater one;
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

    /// The stage.
    pub const fn stage(self) -> Stage {
        self.stage
    }

    /// The share, as a percentage.
    pub fn percent(self) -> f64 {
        f64::from(self.share) / 100.0
    }

    /// Whether a message takes part. No allocation; at 0 and 100 % nothing is computed.
    pub(super) fn admits(self, state: ContextState<'_>) -> bool {
        if self.stage != Stage::PerPeer || self.share == ALL {
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

    /// The more careful of two: the earlier stage, and in the same stage the smaller share.
    pub(super) fn careful(self, other: Self) -> Self {
        if (other.stage, other.share) < (self.stage, self.share) { other } else { self }
    }

    /// Never 0, which is "not set".
    pub(super) fn to_bits(self) -> u32 {
        let stage = match self.stage {
            Stage::Accept => 1,
            Stage::PerPeer => 2,
            Stage::Require => 3,
        };
        stage | u32::from(self.by_message) << 2 | u32::from(self.share) << 16
    }

    pub(super) fn from_bits(bits: u32) -> Option<Self> {
        let stage = match bits & 3 {
            0 => return None,
            1 => Stage::Accept,
            2 => Stage::PerPeer,
            _ => Stage::Require,
        };
        let share = u16::try_from(bits >> 16).unwrap_or(0);
        Some(Self { stage, share, by_message: bits & 4 != 0 })
    }
}

impl Default for Setting {
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

    fn admitted(setting: Setting, ids: impl Iterator<Item = u128>) -> usize {
        let admits = |id| {
            let ids = (TraceId::new(id).unwrap(), SpanId::new(1).unwrap());
            let sampled = SampledContext::new(TraceContext::new(ids.0, ids.1, TraceFlags::SAMPLED));
            setting.admits(ContextState::Sampled(&sampled))
        };
        ids.filter(|id| admits(*id)).count()
    }

    #[test]
    fn a_share_of_the_traces_is_of_those_that_a_consistent_sampler_keeps_too() {
        let setting = Setting::PER_PEER.share(10.0);
        let kept = |i: u128| 0x00ff_ffff_0000_0000 + i; // the greatest of the 56 bits that they compare
        assert!((900..1100).contains(&admitted(setting, (0..10_000).map(kept))));
        assert!((900..1100).contains(&admitted(setting, 1..10_001)));
    }

    #[test]
    fn a_trace_takes_part_whole_and_stays_when_the_share_grows() {
        for id in 1..1000 {
            let at = |percent| admitted(Setting::PER_PEER.share(percent), std::iter::repeat_n(id, 5));
            assert!(matches!((at(20.0), at(50.0)), (0, 0 | 5) | (5, 5)));
        }
    }

    #[test]
    fn messages_without_a_trace_take_part_one_by_one() {
        let unsampled =
            |setting: Setting| (0..10_000).filter(|_| setting.admits(ContextState::Unsampled)).count();
        assert!((2200..2800).contains(&unsampled(Setting::PER_PEER.share(25.0))));
        let mut same = std::iter::repeat_n(7, 10_000);
        assert!((2200..2800).contains(&admitted(Setting::PER_PEER.share(25.0).by_message(), &mut same)));
    }

    #[test]
    fn the_ends_of_the_share_are_exact_and_nonsense_is_nothing() {
        let unsampled = |percent| {
            (0..1000).filter(|_| Setting::PER_PEER.share(percent).admits(ContextState::Unsampled)).count()
        };
        assert_eq!([0.0, f64::NAN, -1.0, 100.0, f64::INFINITY].map(unsampled), [0, 0, 0, 1000, 1000]);
    }

    #[test]
    fn a_setting_survives_its_word() {
        for stage in [Stage::Accept, Stage::PerPeer, Stage::Require] {
            for setting in [Setting::new(stage), Setting::new(stage).share(0.01).by_message()] {
                assert_eq!(Setting::from_bits(setting.to_bits()), Some(setting));
            }
        }
        assert_eq!(Setting::from_bits(0), None);
    }
}
