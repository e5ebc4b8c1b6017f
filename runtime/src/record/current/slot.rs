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
/// A word and not a struct of four fields: it moves, and is compared, by one instruction.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Slot(u64);

const MODE: u32 = 32;
const MODES: u64 = 15 << MODE;
/// Without what tells `Settled` from `Unsampled`.
const DECISIONS: u64 = 3 << MODE;
/// The bit that no other mode has.
const FRAMED: u64 = 8 << MODE;
const ENTERED: u64 = 16 << MODE;
const INSTANCE: u64 = 32 << MODE;

impl Slot {
    pub(super) const OUTSIDE: Self = Self(0);

    /// A scope that has just begun.
    pub(super) const fn new(scope: u32, mode: Mode) -> Self {
        Self(scope as u64 | (mode as u64) << MODE)
    }

    /// The scope that is running; 0 outside of any.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is the scope")]
    pub(crate) const fn scope(self) -> u32 {
        self.0 as u32
    }

    #[inline]
    pub(crate) const fn mode(self) -> Mode {
        match (self.0 & MODES) >> MODE {
            0 => Mode::Outside,
            1 => Mode::Absent,
            2 => Mode::Unsampled,
            6 => Mode::Settled,
            _ => Mode::Framed,
        }
    }

    #[inline]
    pub(crate) const fn is(self, mode: Mode) -> bool {
        self.0 & MODES == (mode as u64) << MODE
    }

    /// Whether it is unsampled, settled or not.
    #[inline]
    pub(crate) const fn is_unsampled(self) -> bool {
        self.0 & DECISIONS == (Mode::Unsampled as u64) << MODE
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

    /// Whether no frame and no name is involved.
    #[inline]
    pub(super) const fn is_light(self) -> bool {
        self.0 & (FRAMED | INSTANCE) == 0
    }

    /// Whether both are light, and the recorder is to be told nothing.
    #[inline]
    pub(super) const fn are_quiet(one: Self, other: Self) -> bool {
        (one.0 | other.0) & (FRAMED | INSTANCE | ENTERED) == 0
    }

    #[inline]
    pub(crate) const fn with_mode(self, mode: Mode) -> Self {
        Self(self.0 & !MODES | (mode as u64) << MODE)
    }

    pub(super) const fn with_entered(self, entered: bool) -> Self {
        Self(if entered { self.0 | ENTERED } else { self.0 & !ENTERED })
    }

    pub(super) const fn with_instance(self, instance: bool) -> Self {
        Self(if instance { self.0 | INSTANCE } else { self.0 & !INSTANCE })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_do_not_touch_one_another() {
        let modes = [Mode::Outside, Mode::Absent, Mode::Unsampled, Mode::Framed, Mode::Settled];
        for scope in [0, 1, u32::MAX] {
            for mode in modes {
                for (entered, instance) in [(false, false), (false, true), (true, false), (true, true)] {
                    let slot = Slot::new(scope, Mode::Framed)
                        .with_entered(entered)
                        .with_instance(true)
                        .with_mode(mode)
                        .with_instance(instance);
                    assert_eq!((slot.scope(), slot.mode()), (scope, mode));
                    assert_eq!((slot.entered(), slot.instance()), (entered, instance));
                    assert_eq!(modes.map(|other| slot.is(other)), modes.map(|other| other == mode));
                    assert_eq!(slot.is_unsampled(), matches!(mode, Mode::Unsampled | Mode::Settled));
                    assert_eq!(slot.is_light(), mode != Mode::Framed && !instance);
                    for other in [Slot::OUTSIDE, Slot::new(scope, Mode::Settled), slot] {
                        let quiet = slot.is_light() && !entered;
                        assert_eq!(Slot::are_quiet(slot, other), quiet);
                        assert_eq!(Slot::are_quiet(other, slot), quiet);
                    }
                }
            }
        }
    }
}
