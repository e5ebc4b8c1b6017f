//! The eight bytes that ride beside a message: one of three states.
//!
//! The only `unsafe` code of the crate. A safe `enum { Absent, Unsampled, Sampled(Box<_>) }` has 16 bytes,
//! because a `Box` leaves the compiler a single invalid value to use; every queued message would pay for
//! the difference (`benches/` has the figures).
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

// Addresses that no `Box<SampledContext>` has: they are odd, and so not aligned for it. Of the absent ones the lowest two bits
// are 01, of the unsampled ones 11.
const ABSENT: NonNull<SampledContext> = tag(0b0001);
/// Absent as well: the message is not the one that was received last, whatever its kind.
const ASIDE: NonNull<SampledContext> = tag(0b0101);
/// Absent as well: the lower half of a word whose upper half says in which scope the message was sent.
const SCOPED: usize = 0b1001;
/// Like `SCOPED`, but the sender may have lost its context.
const STRAY: usize = 0b1101;

const UNSAMPLED: NonNull<SampledContext> = tag(0b0011);
/// Unsampled as well: it came from another process.
const UNSAMPLED_REMOTE: NonNull<SampledContext> = tag(0b0111);
/// Unsampled as well: the sampled sender's fan-out did not choose this recipient.
const NOT_SELECTED: NonNull<SampledContext> = tag(0b1011);
/// Unsampled as well: further on from such a recipient, or in a trace that was given up.
const FINAL_DROP: NonNull<SampledContext> = tag(0b1111);

const STATE: usize = 0b11;
const LOWER: usize = 0xffff_ffff;

const fn tag(address: usize) -> NonNull<SampledContext> {
    assert!(address % 2 == 1 && align_of::<SampledContext>() >= 2);
    // `Some`: the address is not zero.
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
    /// An unsampled context for which no sampler is asked again. The sampled messages of the trace stand for this
    /// message. If it started its own trace, it would be counted twice.
    pub(crate) const FINAL_DROP: Self = Self { word: FINAL_DROP, _owns: PhantomData };

    /// Creates an absent context of a message that is sent in this scope. `stray` is true if the sender may have lost
    /// its context.
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
        #[expect(clippy::cast_possible_truncation, reason = "the upper half is a u32")]
        let upper = (self.word.addr().get() >> 32) as u32;
        ScopeId::from_number(upper)
    }

    /// Returns whether a sender in a scope may have lost its context.
    pub(crate) fn is_stray(&self) -> bool {
        self.word.addr().get() & LOWER == STRAY
    }

    /// Creates a sampled context. Allocates.
    pub fn sampled(context: SampledContext) -> Self {
        Self::made(|| context)
    }

    /// Creates a sampled context in its allocation, without copying it there. A copy would read in pieces of sixteen
    /// bytes what was just written in pieces of eight, and the processor would stall until all earlier writes are
    /// done. That is measurable when an envelope is decoded.
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

    /// Returns the state: absent, unsampled or sampled.
    #[inline]
    pub fn state(&self) -> ContextState<'_> {
        if self.owns() {
            // SAFETY: a word that is no tag comes from `Box::leak` in `made`, is owned by this value alone, and
            // is freed only by `into_box` and `drop`, which consume it.
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
        self.word == ABSENT || self.word == ASIDE
    }

    /// Marks the context of a message that is not the last received one. This changes the word before it is stored
    /// beside the message.
    #[inline]
    pub(crate) fn aside(mut self) -> Self {
        self.set_aside();
        self
    }

    /// As [`aside`](Self::aside).
    #[inline]
    pub(crate) fn set_aside(&mut self) {
        if self.word == ABSENT {
            // A tag in the place of a tag: there is nothing to be dropped.
            self.word = ASIDE;
        }
    }

    /// Returns whether the message may be the one that was received last.
    #[inline]
    pub(crate) fn may_claim(&self) -> bool {
        self.word == ABSENT
    }

    /// Returns whether it is unsampled because a fan-out did not choose it.
    #[inline]
    pub(crate) fn is_not_selected(&self) -> bool {
        self.word == NOT_SELECTED
    }

    /// Returns whether it is unsampled and no sampler is to be asked again.
    #[inline]
    pub(crate) fn is_final_drop(&self) -> bool {
        self.word == FINAL_DROP || self.word == NOT_SELECTED
    }

    /// Returns whether its sender was in another process, as far as is known.
    pub(crate) fn is_remote(&self) -> bool {
        match self.state() {
            ContextState::Sampled(context) => context.remote,
            _ => self.word == UNSAMPLED_REMOTE,
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

    /// Returns the sampled context.
    ///
    /// # Errors
    ///
    /// Returns the value itself if it is not sampled.
    pub fn into_sampled(self) -> Result<SampledContext, Self> {
        self.into_box().map(|context| *context)
    }

    /// As [`into_sampled`](Self::into_sampled), in its allocation.
    pub(crate) fn into_box(self) -> Result<Box<SampledContext>, Self> {
        if !self.owns() {
            return Err(self);
        }
        let this = ManuallyDrop::new(self);
        // SAFETY: `owns`, so the word comes from `Box::leak`; `ManuallyDrop` keeps `drop` from freeing it again.
        Ok(unsafe { Box::from_raw(this.word.as_ptr()) })
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
            // SAFETY: as in `into_box`; a value is dropped once.
            free(unsafe { Box::from_raw(self.word.as_ptr()) });
        }
    }
}

/// A separate function, so that dropping an unsampled context is one test wherever a message is dropped.
#[inline(never)]
fn free(context: Box<SampledContext>) {
    if context.tracestate.is_some() || context.baggage.is_some() {
        return free_texts(context);
    }
    // Said to the compiler, which would look at both again.
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
    fn what_is_absent_says_in_which_scope_it_was_sent() {
        for number in [1, 7, u32::MAX] {
            let scope = ScopeId::from_number(number);
            for stray in [false, true] {
                let carried = MessageContext::absent_in(scope, stray);
                assert_eq!((carried.scope(), carried.is_stray()), (scope, stray));
                assert!(!carried.may_claim() && !carried.is_plainly_absent());
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
