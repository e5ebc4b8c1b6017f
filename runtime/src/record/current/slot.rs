//! The part of a thread's state that every send and every receive reads, in one word.

use crate::context::Carried;

/// What a send finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Mode {
    /// No scope: whoever runs here is not known.
    Outside = 0,
    /// In a scope, and nobody has decided about a trace.
    Absent = 1,
    /// In a scope, and decided: no.
    Unsampled = 2,
    /// In a scope, and nobody has decided about a message that was received while nobody records.
    Unrecorded = 3,
    /// Unsampled, and no sampler is asked again: [`Carried::SETTLED`].
    Settled = 6,
    /// The topmost frame says it.
    Framed = 8,
}

impl Mode {
    /// The mode in which a message is handled that came so, and is not sampled.
    #[inline]
    pub(crate) fn of_unsampled(carried: &Carried) -> Self {
        if carried.is_settled() { Self::Settled } else { Self::Unsampled }
    }
}

/// The scope that is running and its mode, exchanged at every poll.
///
/// A word and not a struct of its parts: it moves, and is compared, by one instruction. The flags come first, where an
/// instruction can have their masks within itself.
///
/// ```text
///   63 … 32   31 … 8    7      6       5         4        3 … 0
///   scope     to pass   fresh  nested  instance  entered  mode
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Slot(u64);

const MODES: u64 = 15;
/// The bit that `Unsampled`, `Unrecorded` and `Settled` have.
const PLAIN: u64 = 2;
/// The bit that no other mode has.
const FRAMED: u64 = 8;
const ENTERED: u64 = 16;
const INSTANCE: u64 = 32;
const NESTED: u64 = 64;
const FRESH: u64 = 128;
const TO_PASS: u32 = 8;
const SCOPE: u32 = 32;

impl Slot {
    pub(crate) const OUTSIDE: Self = Self(0);
    /// A scope that has not run yet.
    pub(super) const FRESH: Self = Self(FRESH);
    /// As many sends as [`to_pass`](Self::to_pass) can be.
    pub(super) const MOST_TO_PASS: u32 = (1 << (SCOPE - TO_PASS)) - 1;

    /// A scope that has just begun.
    pub(super) const fn new(scope: u32, mode: Mode) -> Self {
        Self((scope as u64) << SCOPE | mode as u64)
    }

    /// The scope that is running; 0 outside of any.
    #[inline]
    pub(crate) const fn scope(self) -> u32 {
        (self.0 >> SCOPE) as u32
    }

    #[inline]
    pub(crate) const fn mode(self) -> Mode {
        match self.0 & MODES {
            0 => Mode::Outside,
            1 => Mode::Absent,
            2 => Mode::Unsampled,
            3 => Mode::Unrecorded,
            6 => Mode::Settled,
            _ => Mode::Framed,
        }
    }

    #[inline]
    pub(crate) const fn is(self, mode: Mode) -> bool {
        self.0 & MODES == mode as u64
    }

    /// Whether nothing of the message is sampled that is handled here: it was decided so, or nobody records.
    #[inline]
    pub(crate) const fn is_plain(self) -> bool {
        self.0 & PLAIN != 0
    }

    /// Whether the recorder was told to enter a span, and not yet to exit it.
    #[inline]
    pub(super) const fn entered(self) -> bool {
        self.0 & ENTERED != 0
    }

    /// Whether the actor has an instance name.
    #[inline]
    pub(super) const fn instance(self) -> bool {
        self.0 & INSTANCE != 0
    }

    /// Whether the scope runs within another one, or within what a thread does outside of any.
    #[inline]
    pub(super) const fn nested(self) -> bool {
        self.0 & NESTED != 0
    }

    /// Whether the scope has not run yet.
    #[inline]
    pub(super) const fn is_fresh(self) -> bool {
        self.0 & FRESH != 0
    }

    /// How many sends there are until the fan-out on top is to be asked again: none of them is chosen.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "24 bits of the lower half")]
    pub(super) const fn to_pass(self) -> u32 {
        self.0 as u32 >> TO_PASS
    }

    /// Whether to enter the scope takes words alone: it has run, and no frame and no name is involved.
    #[inline]
    pub(super) const fn is_light(self) -> bool {
        self.0 & (FRAMED | INSTANCE | FRESH) == 0
    }

    /// Whether to leave the scope takes words alone: as above, nothing is around it, and the recorder was told nothing.
    #[inline]
    pub(super) const fn is_quiet(self) -> bool {
        self.0 & (FRAMED | INSTANCE | ENTERED | NESTED) == 0
    }

    #[inline]
    pub(crate) const fn with_mode(self, mode: Mode) -> Self {
        Self(self.0 & !MODES | mode as u64)
    }

    pub(super) const fn with_entered(self, entered: bool) -> Self {
        self.with(ENTERED, entered)
    }

    pub(super) const fn with_instance(self, instance: bool) -> Self {
        self.with(INSTANCE, instance)
    }

    pub(super) const fn with_nested(self, nested: bool) -> Self {
        self.with(NESTED, nested)
    }

    /// At most [`MOST_TO_PASS`](Self::MOST_TO_PASS).
    #[inline]
    pub(super) const fn with_to_pass(self, sends: u32) -> Self {
        debug_assert!(sends <= Self::MOST_TO_PASS);
        let others = !((Self::MOST_TO_PASS as u64) << TO_PASS);
        Self(self.0 & others | (sends as u64) << TO_PASS)
    }

    /// With one send less to pass, if there is any.
    #[inline]
    pub(super) const fn passed(self) -> Option<Self> {
        if self.to_pass() > 0 { Some(Self(self.0 - (1 << TO_PASS))) } else { None }
    }

    const fn with(self, flag: u64, set: bool) -> Self {
        Self(if set { self.0 | flag } else { self.0 & !flag })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_do_not_touch_one_another() {
        use Mode::{Absent, Framed, Outside, Settled, Unrecorded, Unsampled};
        let modes = [Outside, Absent, Unsampled, Unrecorded, Framed, Settled];
        for scope in [0, 1, u32::MAX] {
            for mode in modes {
                for flags in 0..8 {
                    let [entered, instance, nested] = [1, 2, 4].map(|flag| flags & flag != 0);
                    for sends in [0, 1, Slot::MOST_TO_PASS] {
                        let slot = Slot::new(scope, Framed)
                            .with_entered(entered)
                            .with_instance(true)
                            .with_to_pass(Slot::MOST_TO_PASS)
                            .with_nested(nested)
                            .with_mode(mode)
                            .with_to_pass(sends)
                            .with_instance(instance);
                        let is = (slot.scope(), slot.mode(), slot.to_pass());
                        assert_eq!(is, (scope, mode, sends));
                        assert_eq!(slot.passed().map(Slot::to_pass), sends.checked_sub(1));
                        if let Some(passed) = slot.passed() {
                            assert!(passed.with_to_pass(sends) == slot);
                        }
                        let is = (slot.entered(), slot.instance(), slot.nested());
                        assert_eq!(is, (entered, instance, nested));
                        assert!(!slot.is_fresh());
                        assert_eq!(modes.map(|other| slot.is(other)), modes.map(|other| other == mode));
                        assert_eq!(slot.is_plain(), matches!(mode, Unsampled | Unrecorded | Settled));
                        let light = mode != Framed && !instance;
                        assert_eq!(slot.is_light(), light);
                        assert_eq!(slot.is_quiet(), light && !entered && !nested);
                    }
                }
            }
        }
        assert!(Slot::FRESH.is_fresh() && !Slot::FRESH.is_light());
    }
}
