//! The part of a flow's state that every send and every receive reads, packed into one word.

use crate::context::MessageContext;
use crate::sampling::Kind;

/// The state of a flow that a send reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum SamplingMode {
    /// Outside of any known flow.
    Outside = 0,
    /// A flow without a sampling decision.
    Absent = 1,
    /// An unsampled flow.
    Unsampled = 2,
    /// A flow without a sampling decision, for a message that was received while no recorder was installed.
    Unrecorded = 3,
    /// An unsampled flow in which no sampler is asked again: [`MessageContext::FINAL_DROP`].
    FinalDrop = 6,
    /// The current span decides.
    Current = 8,
}

impl SamplingMode {
    /// Returns the mode for handling an unsampled message that came with this context.
    #[inline]
    pub(crate) fn of_unsampled(context: &MessageContext) -> Self {
        if context.is_final_drop() { Self::FinalDrop } else { Self::Unsampled }
    }

    /// Returns the context of a message that is sent in this mode. It is absent if the mode does not determine it.
    pub(super) fn context(self) -> MessageContext {
        match self {
            Self::Unsampled => MessageContext::UNSAMPLED,
            Self::FinalDrop => MessageContext::FINAL_DROP,
            Self::Outside | Self::Absent | Self::Unrecorded | Self::Current => MessageContext::ABSENT,
        }
    }

    /// Returns the mode of a flow that continues this one. A recorder may be installed by the time it runs.
    pub(super) const fn inherited(self) -> Self {
        match self {
            Self::Outside | Self::Unrecorded => Self::Absent,
            other => other,
        }
    }

    const fn of(bits: u64) -> Self {
        match bits & MODE {
            0 => Self::Outside,
            1 => Self::Absent,
            2 => Self::Unsampled,
            3 => Self::Unrecorded,
            6 => Self::FinalDrop,
            _ => Self::Current,
        }
    }
}

/// The mode of a flow, the mode that remains when no message is open, and flags for the rest of the flow's state.
///
/// This is a word and not a struct, so that it is moved and compared by single instructions.
///
/// ```text
///   63 … 32         31 … 21      20 … 8   7 … 4   3 … 0
///   epoch, passes   kind's tag   flags    floor   mode
/// ```
///
/// If an unsampled message is open ([`Word::is_open`]), the upper half is the epoch of its slot. Otherwise it is the
/// number of sends until a fan-out has to be asked again.
///
/// If no message is open and the mode is not the floor, the flow [continues](super::claim::Claimed::continue_here) one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Word(u64);

/// The part of a kind that a word has room for: eleven bits of the hash of its name, in their place in the word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Tag(u32);

impl Tag {
    #[inline]
    pub(super) const fn of(kind: &Kind) -> Self {
        Self((kind.hash() << TAG) & TAGS)
    }
}

const MODE: u64 = 15;
/// The bit that `Unsampled`, `Unrecorded` and `FinalDrop` have.
const PLAIN: u64 = 2;
/// The bit that `Current` alone has.
const CURRENT: u64 = 8;
const FLOOR: u32 = 4;
const SCOPED: u64 = 1 << 8;
const OPEN: u64 = 1 << 9;
const LISTED: u64 = 1 << 10;
const REST: u64 = 1 << 11;
const ENTERED: u64 = 1 << 12;
const INSTANCE: u64 = 1 << 13;
const FANOUT: u64 = 1 << 14;
const FRESH: u64 = 1 << 15;
const WAITS: u64 = 1 << 16;
const TASK: u64 = 1 << 17;
const APART: u64 = 1 << 18;
const SHARING: u64 = 1 << 19;
const CONTINUES: u64 = 1 << 20;
const TAG: u32 = 21;
const TAGS: u32 = 0x7ff << TAG;
const TAG_MASK: u64 = TAGS as u64;
const UPPER: u32 = 32;
/// The flags of state that does not fit into words.
const HEAVY: u64 = LISTED | ENTERED | INSTANCE | FANOUT | FRESH | APART | CURRENT | CURRENT << FLOOR;

impl Word {
    /// Outside of any flow, with no open message.
    pub(crate) const OUTSIDE: Self = Self(0);
    /// A task without a flow, with no open message.
    pub(super) const TASK: Self = Self(TASK);
    /// A flow that has not run yet.
    pub(super) const FRESH: Self = Self(SCOPED | FRESH);

    /// Foreign code runs and the flow is set aside: nothing is traced, and nothing is opened. No flow has this floor.
    pub(super) const ASIDE: Self = Self(SCOPED | MODE << FLOOR | SamplingMode::FinalDrop as u64);

    /// Returns a flow in which no message is open, and whose remaining mode is `floor`.
    #[inline]
    pub(super) const fn flow(floor: SamplingMode) -> Self {
        Self(SCOPED | (floor as u64) << FLOOR | floor as u64)
    }

    #[inline]
    pub(crate) const fn mode(self) -> SamplingMode {
        SamplingMode::of(self.0)
    }

    #[inline]
    pub(super) const fn is(self, mode: SamplingMode) -> bool {
        self.0 & MODE == mode as u64
    }

    /// Returns whether the flow is set aside while foreign code runs.
    #[inline]
    pub(super) const fn is_aside(self) -> bool {
        self.0 & MODE << FLOOR == MODE << FLOOR
    }

    /// Returns whether entering or leaving the flow exchanges words only.
    #[inline]
    pub(super) const fn is_light(self) -> bool {
        self.0 & HEAVY == 0
    }

    /// Returns whether opening an unsampled message changes words only.
    ///
    /// This is true in a flow in which nothing is open, and whose mode does not come from a span.
    #[inline]
    pub(super) const fn takes_light(self) -> bool {
        self.0 & (SCOPED | OPEN | LISTED | CURRENT | CURRENT << FLOOR | FANOUT | APART) == SCOPED
    }

    /// Returns whether a handler call changes words only: nothing is sampled, and no other message can be the
    /// handler's.
    #[inline]
    pub(super) const fn takes_plain(self) -> bool {
        self.is_plain() && self.0 & (SCOPED | WAITS | LISTED) == SCOPED
    }

    /// Returns the epoch of the open message.
    #[inline]
    pub(super) const fn epoch(self) -> u32 {
        (self.0 >> UPPER) as u32
    }

    /// Returns the number of sends until the fan-out must be asked again. None of them is selected.
    #[inline]
    pub(super) const fn skip_next(self) -> u32 {
        if self.0 & OPEN == 0 { self.epoch() } else { 0 }
    }

    #[inline]
    pub(super) const fn with_skip_next(self, sends: u32) -> Self {
        debug_assert!(self.0 & OPEN == 0);
        self.with_upper(sends)
    }

    /// Returns the tag of the open message's kind.
    #[inline]
    pub(super) const fn tag(self) -> Tag {
        Tag((self.0 & TAG_MASK) as u32)
    }

    /// Returns the word with an open unsampled message.
    #[inline]
    pub(super) const fn opened(self, mode: SamplingMode, tag: Tag, epoch: u32) -> Self {
        Self(self.0 & !(MODE | TAG_MASK) | OPEN | tag.0 as u64 | mode as u64).with_upper(epoch)
    }

    /// Returns the word with no open message.
    #[inline]
    pub(super) const fn settled(self) -> Self {
        Self(self.0 & !(MODE | OPEN | LISTED | TAG_MASK) | (self.0 >> FLOOR & MODE)).with_upper(0)
    }

    /// Returns the word of a flow that continues a handled message, in this mode.
    pub(super) const fn continuing(self, mode: SamplingMode) -> Self {
        Self(self.0 & !MODE | mode as u64)
    }

    /// Returns the word with a span on top of the list, or an unsampled message that has no slot here.
    pub(super) const fn listed(self, mode: SamplingMode) -> Self {
        Self(self.0 & !(MODE | OPEN | TAG_MASK) | LISTED | mode as u64).with_upper(0)
    }

    #[inline]
    const fn with_upper(self, upper: u32) -> Self {
        Self(self.0 & 0xffff_ffff | (upper as u64) << UPPER)
    }

    #[inline]
    const fn with(self, flag: u64, set: bool) -> Self {
        Self(if set { self.0 | flag } else { self.0 & !flag })
    }

    /// Returns the flags of both flows, to test for either.
    #[inline]
    pub(super) const fn either(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Defines a method for each flag, or for several flags of which one is enough, and one that sets the flag.
macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident $(/ $set:ident)?: $flags:expr;)*) => {
        impl Word {$(
            $(#[$doc])*
            #[inline]
            pub(super) const fn $name(self) -> bool {
                self.0 & ($flags) != 0
            }

            $(
                /// Returns the word with or without this flag.
                pub(super) const fn $set(self, set: bool) -> Self {
                    self.with($flags, set)
                }
            )?
        )*}
    };
}

flags! {
    /// Returns whether the handled message is unsampled, by a decision or because no recorder is installed.
    is_plain: PLAIN;
    /// Returns whether it is the state of a task without a flow, whose polls are not known.
    is_task: TASK;
    /// Returns whether a flow runs that is polled or entered.
    is_scoped: SCOPED;
    /// Returns whether the mode is that of an open unsampled message, whose slot and epoch are here.
    is_open: OPEN;
    /// Returns whether further open messages are in the list.
    is_listed / with_listed: LISTED;
    /// Returns whether the bridge was told to enter, and not yet to exit.
    is_entered / with_entered: ENTERED;
    has_rest / with_rest: REST;
    /// Returns whether the end of this poll withdraws a chance to claim a message.
    waits / with_waits: WAITS;
    /// Returns whether a message is open.
    has_list: OPEN | LISTED;
    /// Returns whether anything is open, or the end of this poll withdraws a chance to claim.
    has_open: OPEN | LISTED | WAITS;
    has_instance / with_instance: INSTANCE;
    /// Returns whether a separate scope records it.
    is_apart / with_apart: APART;
    /// Returns whether the flow shares its receiver with other workers.
    is_sharing / with_sharing: SHARING;
    /// Returns whether the loop continues each message behind its handler, until it asks for the next one.
    continues / with_continues: CONTINUES;
    is_fanout / with_fanout: FANOUT;
    is_fresh: FRESH;
    /// Returns whether the slot or the rest is exchanged as well.
    has_slot_or_rest: OPEN | REST;
}

#[cfg(test)]
mod tests {
    use super::*;
    use SamplingMode::{Absent, Current, FinalDrop, Outside, Unrecorded, Unsampled};

    fn floor_of(word: Word) -> SamplingMode {
        word.settled().mode()
    }

    #[test]
    fn the_parts_do_not_touch_one_another() {
        for floor in [Absent, Unsampled, Unrecorded, FinalDrop, Current] {
            let word = Word::flow(floor);
            assert_eq!((word.mode(), floor_of(word), word.is_scoped()), (floor, floor, true));
            assert_eq!(word.is_light(), floor != Current);
            assert_eq!(word.is_plain(), matches!(floor, Unsampled | Unrecorded | FinalDrop));
            for mode in [Unsampled, Unrecorded, FinalDrop] {
                let tag = Tag::of(&Kind::new("Post"));
                let open = word.with_rest(true).opened(mode, tag, u32::MAX);
                assert_eq!(open.tag(), tag);
                assert_eq!((open.mode(), floor_of(open), open.epoch()), (mode, floor, u32::MAX));
                assert_eq!((open.skip_next(), open.is_open()), (0, true), "an epoch is no number of sends");
                assert!(open.with_rest(false).settled() == word);
            }
            let listed = word.listed(Current);
            assert_eq!((listed.mode(), floor_of(listed), listed.is_listed()), (Current, floor, true));
            assert!(listed.settled() == word);
            let passing = word.with_fanout(true).with_skip_next(7);
            assert_eq!((passing.skip_next(), passing.mode(), passing.is_fanout()), (7, floor, true));
        }
        let aside = Word::ASIDE;
        assert_eq!((aside.mode(), aside.is_scoped(), aside.is_aside()), (FinalDrop, true, true));
        assert!(!aside.takes_light() && !aside.is_light() && aside.takes_plain());
        assert!(!Word::flow(Current).is_aside());
        assert_eq!(Word::OUTSIDE.mode(), Outside);
        assert!(Word::OUTSIDE.is_light() && !Word::FRESH.is_light());
    }
}
