//! The message that a receiver handed out last: opened at the receive, closed at the next one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::context::Carried;
use crate::envelope::Describe;
use crate::record::{
    self, Content, Failure, Frame, Mode, Slot, begin, begin_batch, count_dropped_by_fanout,
    count_dropped_by_parent, count_out_of_scope, count_skipped, drops_root, is_recording, push, set_slot,
    slot, truncate, truncate_to,
};
use crate::sampling;

/// A receiver's last message, as far as this thread's state knows of it.
///
/// Each receiver owns one, so a nested receive on another channel does not end the outer message.
#[derive(Default)]
pub(crate) struct Received {
    light: Light,
    framed: Option<Framed>,
}

/// A message without span, in a scope without one. Without a destructor, for the hot path.
#[derive(Clone, Copy, Default)]
struct Light {
    /// What the message made of the scope's state; outside of any scope where there is none, or it left no state.
    own: Slot,
    /// What was there before.
    outer: Slot,
}

/// A message with a frame.
struct Framed {
    scope: u32,
    frame: Arc<Frame>,
}

impl Received {
    // ----- hot path: nothing is sampled -----

    /// The receiver hands `message` out, which came with `carried`.
    #[inline]
    pub(crate) fn open<M>(&mut self, carried: Carried, message: &M, describe: Describe<M>) {
        let slot = slot();
        // Asked only here: it counts, and so does the slow way.
        let light = if slot.is(Mode::Framed) { None } else { light_mode(&carried, message, describe) };
        match light {
            Some(mode) => {
                std::mem::forget(carried); // a tag: nothing to free, and no drop glue here
                self.put_light(slot, mode);
            }
            None => self.open_slow(carried, message, describe, false),
        }
    }

    #[inline]
    fn put_light(&mut self, outer: Slot, mode: Mode) {
        if outer.scope() != 0 {
            self.light = Light { own: outer.with_mode(mode), outer };
            set_slot(self.light.own);
        }
    }

    /// The next message is asked for, so the last one is done.
    #[inline]
    pub(crate) fn close(&mut self) {
        let Light { own, outer } = self.light;
        if own.scope() != 0 && own == slot() {
            set_slot(outer);
            self.light = Light::default();
        } else if own.scope() != 0 || self.framed.is_some() {
            self.close_slow();
        }
    }

    // ----- everything else -----

    /// As [`open`](Self::open), on a thread that runs nothing but the receiver's loop.
    pub(crate) fn open_blocking<M>(&mut self, carried: Carried, message: &M, describe: Describe<M>) {
        let in_scope = slot().scope() != 0;
        if in_scope {
            self.open(carried, message, describe);
        } else {
            self.open_slow(carried, message, describe, true);
        }
    }

    /// As [`open`](Self::open), for messages that are handled together.
    pub(crate) fn open_batch<M>(&mut self, carried: &mut [Carried], first: &M, describe: Describe<M>) {
        let content = begin_batch(carried, &describe.of(first));
        self.put(content, None, false);
    }

    /// As [`open_blocking`](Self::open_blocking), for messages that are handled together.
    pub(crate) fn open_batch_blocking<M>(
        &mut self,
        carried: &mut [Carried],
        first: &M,
        describe: Describe<M>,
    ) {
        let in_scope = slot().scope() != 0;
        let content = begin_batch(carried, &describe.of(first));
        self.put(content, None, !in_scope);
    }

    /// Whether nothing works on the message any more: no stack of any scope has its frame. A message without
    /// a frame leaves no trace by which to tell, and counts as over.
    #[cfg(any(feature = "async-channel", feature = "flume"))]
    pub(crate) fn is_over(&self) -> bool {
        self.framed.as_ref().is_none_or(|framed| Arc::strong_count(&framed.frame) == 1)
    }

    #[inline(never)]
    fn open_slow<M>(&mut self, carried: Carried, message: &M, describe: Describe<M>, thread: bool) {
        let description = describe.of(message);
        let received = record::Received::new::<M>(description.kind);
        self.put(begin(carried, &description, None), Some(received), thread);
    }

    #[inline]
    fn put(&mut self, content: Content, received: Option<record::Received>, thread: bool) {
        let slot = slot();
        match &content {
            // A thread without scope has no end at which a light mode would be undone; a frame has an owner.
            Content::Light(mode) if !slot.is(Mode::Framed) && !thread => self.put_light(slot, *mode),
            _ => self.put_frame(content, received, slot, thread),
        }
    }

    #[inline(never)]
    fn put_frame(&mut self, content: Content, received: Option<record::Received>, slot: Slot, thread: bool) {
        let is_span = matches!(content, Content::Span(_));
        let frame = Frame::new(content, received);
        if slot.scope() != 0 || thread {
            push(frame.clone());
        } else if is_span {
            count_out_of_scope();
            warn_once();
        }
        self.framed = Some(Framed { scope: slot.scope(), frame });
    }

    #[cold]
    fn close_slow(&mut self) {
        let failure = if std::thread::panicking() { Some(Failure::PANIC) } else { None };
        let here = slot().scope();
        let Light { own, outer } = std::mem::take(&mut self.light);
        if own.scope() != 0 && own.scope() == here {
            truncate_to(own.mode(), outer.mode());
        }
        if let Some(Framed { scope, frame }) = self.framed.take() {
            frame.finish(failure);
            if scope == here {
                truncate(&frame);
            }
        }
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        self.close();
    }
}

/// The light mode in which a message is handled that needs neither a decision of its own nor a span; counted.
#[inline]
fn light_mode<M>(carried: &Carried, message: &M, describe: Describe<M>) -> Option<Mode> {
    if carried.is_unsampled() && !sampling::asks_everyone() {
        if carried.is_unselected() {
            count_dropped_by_fanout();
        } else {
            count_dropped_by_parent();
        }
        Some(Mode::of_unsampled(carried))
    } else if !carried.is_absent() {
        None
    } else if is_recording() {
        let (kind, options) = describe.kind_and_options(message);
        drops_root(kind, options).then_some(Mode::Unsampled)
    } else {
        count_skipped();
        Some(Mode::Unrecorded)
    }
}

/// Says once per process that a loop has no scope.
fn warn_once() {
    static WARNED: AtomicBool = AtomicBool::new(false);
    if !WARNED.swap(true, Relaxed) {
        eprintln!(
            "traced-actor: a sampled message was received outside of any receive scope, so what is sent while \
             it is handled is not connected with it. Write `#[traced_actor]` on the function with the receive \
             loop, or `.traced()` behind its future. (Said once; `traced_actor::counters().out_of_scope` counts.)"
        );
    }
}
