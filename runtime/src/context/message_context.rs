//! The eight bytes beside a message: its trace context in one of three states.
//!
//! This file has the only `unsafe` code of the crate. A safe `enum { Absent, Unsampled, Sampled(Box<_>) }` takes 16
//! bytes, because a `Box` leaves the compiler only one invalid value to use. Every queued message would pay for the
//! difference (`benches/` has the figures).
#![allow(unsafe_code)]

use std::fmt;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::ptr::{self, NonNull};

use super::TraceContext;
use super::scope::ScopeId;
use super::{SampledContext, Timestamp};

/// The trace context of a message: absent, unsampled or sampled, in eight bytes.
///
/// * **Absent**: no sampling decision has been made.
/// * **Unsampled**: the decision was not to sample. No ids are kept, and receivers do not decide again.
/// * **Sampled**: the decision was to sample. The sender's context is in its own allocation.
///
/// ```
/// use traced_actor::context::{MessageContext, ContextState};
///
/// assert!(matches!(MessageContext::ABSENT.state(), ContextState::Absent));
/// assert!(matches!(MessageContext::UNSAMPLED.state(), ContextState::Unsampled));
/// assert_eq!(size_of::<Option<MessageContext>>(), 8);
/// ```
pub struct MessageContext {
    /// `ABSENT`, `UNSAMPLED`, or the pointer of a `Box<SampledContext>` that this value owns.
    word: NonNull<SampledContext>,
    _owns: PhantomData<Box<SampledContext>>,
}

/// The three states of a [`MessageContext`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ContextState<'a> {
    /// An absent context: no sampling decision has been made.
    Absent,
    /// An unsampled context: the decision was not to sample.
    Unsampled,
    /// A sampled context: the decision was to sample.
    Sampled(&'a SampledContext),
}

// Addresses that no `Box<SampledContext>` can have: they are odd, and so not aligned. The lowest two bits of absent
// tags are 01, and those of unsampled tags are 11.
const ABSENT: NonNull<SampledContext> = tag(0b0001);
/// Also absent: the message is not the one that was received last, whatever its kind.
const ASIDE: NonNull<SampledContext> = tag(0b0101);
/// Also absent: the lower half of a word whose upper half is the scope in which the message was sent.
const SCOPED: usize = 0b1001;
/// Like `SCOPED`, but the sender may have lost its context.
const STRAY: usize = 0b1101;

const UNSAMPLED: NonNull<SampledContext> = tag(0b0011);
/// Also unsampled: the context came from another process.
const UNSAMPLED_REMOTE: NonNull<SampledContext> = tag(0b0111);
/// Also unsampled: the sampled sender's fan-out did not select this recipient.
const NOT_SELECTED: NonNull<SampledContext> = tag(0b1011);
/// Also unsampled: a message caused by a recipient that was not selected, or one in a trace that was given up.
const FINAL_DROP: NonNull<SampledContext> = tag(0b1111);

const STATE: usize = 0b11;
/// The bits that distinguish the tags.
///
/// The bits above them hold the number of a scope, the time that an observer gave the send, or nothing.
const TAG: usize = 0b1111;
const TIME: u32 = 4;

const fn tag(address: usize) -> NonNull<SampledContext> {
    assert!(address % 2 == 1 && align_of::<SampledContext>() >= 2);
    // `Some`, since the address is not zero.
    NonNull::new(ptr::without_provenance_mut(address)).unwrap()
}

impl MessageContext {
    /// An absent context: no sampling decision has been made.
    pub const ABSENT: Self = Self { word: ABSENT, _owns: PhantomData };
    /// An unsampled context: the decision was not to sample.
    pub const UNSAMPLED: Self = Self { word: UNSAMPLED, _owns: PhantomData };

    /// An unsampled context that was decided by another process.
    pub const UNSAMPLED_REMOTE: Self = Self { word: UNSAMPLED_REMOTE, _owns: PhantomData };

    /// An unsampled context, decided by the fan-out of a sampled sender. No sampler is asked again.
    pub(crate) const NOT_SELECTED: Self = Self { word: NOT_SELECTED, _owns: PhantomData };
    /// An unsampled context for which no sampler is asked again.
    ///
    /// The sampled messages of the trace stand for this message. If it started its own trace, it would be counted
    /// twice.
    pub(crate) const FINAL_DROP: Self = Self { word: FINAL_DROP, _owns: PhantomData };

    /// Creates an absent context of a message that is sent in this scope.
    ///
    /// `stray` is true if the sender may have lost its context.
    pub(crate) fn absent_in(scope: ScopeId, stray: bool) -> Self {
        if scope.is_process() {
            return Self::ABSENT;
        }
        let lower = if stray { STRAY } else { SCOPED };
        Self { word: tag((scope.get() as usize) << 32 | lower), _owns: PhantomData }
    }

    /// Returns the scope that the message was sent in, if it is known.
    pub(crate) fn scope(&self) -> ScopeId {
        match self.state() {
            ContextState::Sampled(context) => context.scope,
            ContextState::Absent => self.scope_of_absent(),
            ContextState::Unsampled => ScopeId::PROCESS,
        }
    }

    fn scope_of_absent(&self) -> ScopeId {
        if !matches!(self.tag(), SCOPED | STRAY) {
            return ScopeId::PROCESS;
        }
        #[expect(clippy::cast_possible_truncation, reason = "the upper half is a u32")]
        let upper = (self.word.addr().get() >> 32) as u32;
        ScopeId::from_number(upper)
    }

    /// Returns whether a sender in a scope may have lost its context.
    pub(crate) fn is_stray(&self) -> bool {
        self.tag() == STRAY
    }

    /// Creates a sampled context. Allocates.
    pub fn sampled(context: SampledContext) -> Self {
        Self::made(|| context)
    }

    /// Creates a sampled context directly in its allocation.
    ///
    /// Without this, the context would be copied there. The copy would read in pieces of sixteen bytes what was just
    /// written in pieces of eight, and the processor would stall until the writes are done. The difference is
    /// measurable when an envelope is decoded.
    #[inline]
    pub(crate) fn made(make: impl FnOnce() -> SampledContext) -> Self {
        let context = Box::write(Box::new_uninit(), make());
        Self { word: NonNull::from(Box::leak(context)), _owns: PhantomData }
    }

    /// Creates the context of a message from another process.
    #[inline]
    pub(crate) fn arrived(context: TraceContext) -> Self {
        if context.is_sampled() {
            Self::made(|| SampledContext::arrived(context))
        } else {
            Self::UNSAMPLED_REMOTE
        }
    }

    /// Returns the context as a number below 16, or `None` if it contains more than its state.
    ///
    /// For adapters of frameworks that have no room for eight bytes beside a message. A sampled context has no number.
    /// Neither has an absent context in the scope of a test. The number is only valid in this process.
    ///
    /// ```
    /// use traced_actor::context::MessageContext;
    ///
    /// let tag = MessageContext::UNSAMPLED.to_tag().unwrap();
    /// assert!(MessageContext::from_tag(tag).unwrap().is_unsampled());
    /// ```
    #[inline]
    pub fn to_tag(&self) -> Option<u8> {
        u8::try_from(self.word.addr().get()).ok().filter(|tag| *tag < 16 && tag % 2 == 1)
    }

    /// Returns the context that has this number, or `None` for a number that [`to_tag`](Self::to_tag) never returns.
    #[inline]
    pub fn from_tag(number: u8) -> Option<Self> {
        let number = usize::from(number);
        let is_known = number <= TAG && number % 2 == 1 && number != SCOPED && number != STRAY;
        is_known.then(|| Self { word: tag(number), _owns: PhantomData })
    }

    /// Returns the state: absent, unsampled or sampled.
    #[inline]
    pub fn state(&self) -> ContextState<'_> {
        if self.owns() {
            // SAFETY: a word that is not a tag comes from `Box::leak` in `made` and is owned by this value alone. It is
            // freed only by `into_box` and `drop`, which consume this value.
            ContextState::Sampled(unsafe { self.word.as_ref() })
        } else if self.is_absent() {
            ContextState::Absent
        } else {
            ContextState::Unsampled
        }
    }

    /// Returns whether the state is unsampled.
    #[inline]
    pub fn is_unsampled(&self) -> bool {
        self.word.addr().get() & STATE == 0b11
    }

    /// Returns whether the state is absent.
    #[inline]
    pub fn is_absent(&self) -> bool {
        self.word.addr().get() & STATE == 0b01
    }

    /// Returns whether the context is absent, and the message was not sent in a scope.
    #[inline]
    pub(crate) fn is_plainly_absent(&self) -> bool {
        self.is(ABSENT) || self.is(ASIDE)
    }

    /// Marks the context of a message that is not the last received one.
    ///
    /// The word is changed before it is stored beside the message.
    #[inline]
    pub(crate) fn aside(mut self) -> Self {
        self.set_aside();
        self
    }

    /// Marks the context like [`aside`](Self::aside), in place.
    #[inline]
    pub(crate) fn set_aside(&mut self) {
        if self.is(ABSENT) {
            // One tag replaces another, so nothing has to be dropped.
            self.word = tag(self.word.addr().get() & !TAG | ASIDE.addr().get());
        }
    }

    /// Returns whether the message may be the one that was received last.
    #[inline]
    pub(crate) fn may_claim(&self) -> bool {
        self.is(ABSENT)
    }

    /// Returns whether it is unsampled because a fan-out did not select it.
    #[inline]
    pub(crate) fn is_not_selected(&self) -> bool {
        self.is(NOT_SELECTED)
    }

    /// Returns whether it is unsampled and no sampler is to be asked again.
    #[inline]
    pub(crate) fn is_final_drop(&self) -> bool {
        self.is(FINAL_DROP) || self.is(NOT_SELECTED)
    }

    /// Returns whether its sender was in another process, as far as known.
    pub(crate) fn is_remote(&self) -> bool {
        match self.state() {
            ContextState::Sampled(context) => context.remote,
            _ => self.is(UNSAMPLED_REMOTE),
        }
    }

    /// Sets the time of the send, unless it was set before.
    #[inline]
    pub(crate) fn set_sent(&mut self) {
        if self.owns() {
            // SAFETY: as in `state`; the reference to this value is an exclusive one.
            let context = unsafe { self.word.as_mut() };
            if context.sent.is_none() {
                context.sent = Some(Timestamp::now());
            }
        }
    }

    /// Sets the time that an observer gave the send.
    ///
    /// A sampled context has its own time, and a context of a scope has no room for one.
    #[expect(clippy::cast_possible_truncation, reason = "a word has 64 bits")]
    pub(crate) fn observe(&mut self, time: u64) {
        if !self.owns() && !matches!(self.tag(), SCOPED | STRAY) {
            // One tag replaces another.
            self.word = tag((time as usize) << TIME | self.tag());
        }
    }

    /// Returns a copy of the context if it is not sampled, and an absent context otherwise.
    pub(crate) fn clone_unsampled(&self) -> Self {
        if self.owns() { Self::ABSENT } else { Self { word: self.word, _owns: PhantomData } }
    }

    /// Returns the time that an observer gave the send, if there is one.
    pub(crate) fn observed(&self) -> Option<u64> {
        let time = (self.word.addr().get() >> TIME) as u64;
        (time != 0 && !self.owns() && !matches!(self.tag(), SCOPED | STRAY)).then_some(time)
    }

    /// Returns the sampled context.
    ///
    /// # Errors
    ///
    /// Returns the value itself if it is not sampled.
    pub fn into_sampled(self) -> Result<SampledContext, Self> {
        self.into_box().map(|context| *context)
    }

    /// Returns the sampled context like [`into_sampled`](Self::into_sampled), still in its allocation.
    pub(crate) fn into_box(self) -> Result<Box<SampledContext>, Self> {
        if !self.owns() {
            return Err(self);
        }
        let this = ManuallyDrop::new(self);
        // SAFETY: `owns`, so the word comes from `Box::leak`; `ManuallyDrop` keeps `drop` from freeing it again.
        Ok(unsafe { Box::from_raw(this.word.as_ptr()) })
    }

    #[inline]
    fn tag(&self) -> usize {
        self.word.addr().get() & TAG
    }

    /// Returns whether it has the same tag as `other`, which has no bits above its tag.
    #[inline]
    fn is(&self, other: NonNull<SampledContext>) -> bool {
        self.tag() == other.addr().get()
    }

    #[inline]
    fn owns(&self) -> bool {
        self.word.addr().get().is_multiple_of(2)
    }
}

impl Drop for MessageContext {
    #[inline]
    fn drop(&mut self) {
        if self.owns() {
            // SAFETY: as in `into_box`. A value is dropped only once.
            free(unsafe { Box::from_raw(self.word.as_ptr()) });
        }
    }
}

/// Frees a sampled context.
///
/// This is a separate function, so that dropping an unsampled context takes a single test wherever a message is
/// dropped.
#[inline(never)]
fn free(context: Box<SampledContext>) {
    if context.tracestate.is_some() || context.baggage.is_some() {
        return free_texts(context);
    }
    // Tells the compiler, which would otherwise test both again.
    let SampledContext { tracestate, baggage, .. } = *context;
    mem::forget((tracestate, baggage));
}

#[inline(never)]
fn free_texts(context: Box<SampledContext>) {
    drop(context);
}

impl Clone for MessageContext {
    fn clone(&self) -> Self {
        match self.state() {
            ContextState::Absent | ContextState::Unsampled => Self { word: self.word, _owns: PhantomData },
            ContextState::Sampled(context) => Self::sampled(context.clone()),
        }
    }
}

impl From<SampledContext> for MessageContext {
    fn from(context: SampledContext) -> Self {
        Self::sampled(context)
    }
}

impl Default for MessageContext {
    fn default() -> Self {
        Self::ABSENT
    }
}

impl fmt::Debug for MessageContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state().fmt(f)
    }
}

// SAFETY: a `MessageContext` is a `Box<SampledContext>` or nothing, and `SampledContext` is `Send` and `Sync`
// (asserted beside its definition).
unsafe impl Send for MessageContext {}
// SAFETY: as above; a shared reference gives out only `&SampledContext`.
unsafe impl Sync for MessageContext {}

const _: () = assert!(size_of::<MessageContext>() == 8 && size_of::<Option<MessageContext>>() == 8);

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::context::{TraceContext, TraceFlags, new_span_id, new_trace_id};

    fn context(tracestate: &Arc<str>) -> SampledContext {
        let context = TraceContext::new(new_trace_id(), new_span_id(), TraceFlags::SAMPLED);
        SampledContext { tracestate: Some(tracestate.clone()), ..SampledContext::new(context) }
    }

    #[test]
    fn a_sampled_context_comes_out_as_it_went_in() {
        let context = context(&"a=1".into());
        assert_eq!(MessageContext::sampled(context.clone()).state(), ContextState::Sampled(&context));
        assert_eq!(MessageContext::sampled(context.clone()).into_sampled().unwrap(), context);
    }

    #[test]
    fn the_tags_own_nothing() {
        let tags = [
            (MessageContext::ABSENT, ContextState::Absent),
            (MessageContext::ABSENT.aside(), ContextState::Absent),
            (MessageContext::absent_in(ScopeId::from_number(1), false), ContextState::Absent),
            (MessageContext::absent_in(ScopeId::from_number(u32::MAX), true), ContextState::Absent),
            (MessageContext::UNSAMPLED, ContextState::Unsampled),
            (MessageContext::UNSAMPLED_REMOTE, ContextState::Unsampled),
            (MessageContext::NOT_SELECTED, ContextState::Unsampled),
            (MessageContext::FINAL_DROP, ContextState::Unsampled),
        ];
        for (tag, state) in tags {
            assert_eq!(tag.clone().state(), state);
            assert_eq!(tag.is_unsampled(), state == ContextState::Unsampled);
            assert_eq!(tag.is_absent(), state == ContextState::Absent);
            assert_eq!(tag.into_sampled().unwrap_err().state(), state);
        }
    }

    #[test]
    fn what_says_nothing_but_its_state_is_a_number() {
        for tag in [
            MessageContext::ABSENT,
            MessageContext::ABSENT.aside(),
            MessageContext::UNSAMPLED,
            MessageContext::UNSAMPLED_REMOTE,
            MessageContext::NOT_SELECTED,
            MessageContext::FINAL_DROP,
        ] {
            let number = tag.to_tag().unwrap();
            let back = MessageContext::from_tag(number).unwrap();
            assert!(number < 16 && back.word == tag.word);
        }
        let scoped = MessageContext::absent_in(ScopeId::from_number(1), false);
        let sampled = MessageContext::sampled(context(&"a=1".into()));
        assert_eq!((scoped.to_tag(), sampled.to_tag()), (None, None));
        let numbers = (0..=u8::MAX).filter(|number| MessageContext::from_tag(*number).is_some());
        assert_eq!(numbers.count(), 6);
    }

    #[test]
    fn what_is_absent_says_in_which_scope_it_was_sent() {
        for number in [1, 7, u32::MAX] {
            let scope = ScopeId::from_number(number);
            for stray in [false, true] {
                let context = MessageContext::absent_in(scope, stray);
                assert_eq!((context.scope(), context.is_stray()), (scope, stray));
                assert!(!context.may_claim() && !context.is_plainly_absent());
            }
        }
        for plain in [
            MessageContext::absent_in(ScopeId::PROCESS, true),
            MessageContext::ABSENT.aside(),
            MessageContext::UNSAMPLED,
            MessageContext::FINAL_DROP,
        ] {
            assert_eq!((plain.scope(), plain.is_stray()), (ScopeId::PROCESS, false));
        }
        assert!(MessageContext::absent_in(ScopeId::PROCESS, false).may_claim());
    }

    #[test]
    fn the_time_of_a_send_changes_no_state() {
        let longest = (1 << 60) - 1;
        for time in [1, 7, longest] {
            for plain in [
                MessageContext::ABSENT,
                MessageContext::ABSENT.aside(),
                MessageContext::UNSAMPLED,
                MessageContext::UNSAMPLED_REMOTE,
                MessageContext::NOT_SELECTED,
                MessageContext::FINAL_DROP,
            ] {
                let mut timed = plain.clone();
                timed.observe(time);
                assert_eq!((timed.observed(), plain.observed()), (Some(time), None));
                assert_eq!(timed.clone().aside().observed(), Some(time));
                let what = |context: &MessageContext| {
                    let absent = (
                        context.is_absent(),
                        context.is_plainly_absent(),
                        context.may_claim(),
                        context.is_stray(),
                    );
                    let unsampled =
                        (context.is_unsampled(), context.is_not_selected(), context.is_final_drop());
                    (absent, unsampled, context.is_remote(), context.scope())
                };
                assert_eq!(what(&timed), what(&plain));
                assert_eq!(what(&timed.aside()), what(&plain.aside()));
            }
        }
        let mut scoped = MessageContext::absent_in(ScopeId::from_number(7), true);
        scoped.observe(longest);
        assert_eq!((scoped.scope(), scoped.observed()), (ScopeId::from_number(7), None));
    }

    /// The `Arc`'s count sees a leak (stays high) and a double free (underflows, or crashes under a sanitizer).
    #[test]
    fn every_way_out_frees_the_context_once() {
        let counted: Arc<str> = "vendor=value".into();
        drop(MessageContext::sampled(context(&counted)));
        drop(MessageContext::sampled(context(&counted)).clone());
        drop(MessageContext::sampled(context(&counted)).into_sampled());
        drop(MessageContext::sampled(context(&counted)).into_box());
        let other_thread = MessageContext::sampled(context(&counted));
        std::thread::spawn(move || drop(other_thread)).join().unwrap();
        assert_eq!(Arc::strong_count(&counted), 1);
    }
}
