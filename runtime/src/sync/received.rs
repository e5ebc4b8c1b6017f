//! The message that a receiver handed out last: opened at the receive, closed at the next one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::context::Carried;
use crate::envelope::Describe;
use crate::record::{
    self, Content, Description, Failure, Frame, Mode, begin, begin_batch, count_dropped, count_out_of_scope,
    push, set_mode, slot, truncate, truncate_to,
};
use crate::sampling;

/// A receiver's last message, as far as this thread's state knows of it.
///
/// Each receiver owns one, so a nested receive on another channel does not end the outer message.
#[derive(Default)]
pub(crate) struct Received(Last);

#[derive(Default)]
enum Last {
    /// None, or one that left no state.
    #[default]
    Nothing,
    /// A message without span, in a scope without one.
    Light {
        scope: u32,
        own: Mode,
        /// What was there before.
        outer: Mode,
    },
    /// A message with a frame.
    Framed { scope: u32, frame: Arc<Frame> },
}

impl Received {
    // ----- hot path: nothing is sampled -----

    /// The receiver hands `message` out, which came with `carried`.
    #[inline]
    pub(crate) fn open<M>(&mut self, carried: Carried, message: &M, describe: Describe<M>) {
        let slot = slot();
        let light = matches!(slot.mode, Mode::Absent | Mode::Unsampled);
        if light && carried.is_unsampled() && !sampling::asks_everyone() {
            count_dropped(if carried.is_unselected() { "fanout" } else { "parent" });
            std::mem::forget(carried); // a tag: nothing to free, and no drop glue here
            self.0 = Last::Light { scope: slot.scope, own: Mode::Unsampled, outer: slot.mode };
            set_mode(Mode::Unsampled);
        } else {
            self.open_slow(carried, message, describe, false);
        }
    }

    /// The next message is asked for, so the last one is done.
    #[inline]
    pub(crate) fn close(&mut self) {
        match self.0 {
            Last::Nothing => {}
            Last::Light { scope, own, outer } if slot().scope == scope && slot().mode == own => {
                set_mode(outer);
                self.0 = Last::Nothing;
            }
            _ => self.close_slow(),
        }
    }

    // ----- everything else -----

    /// As [`open`](Self::open), on a thread that runs nothing but the receiver's loop.
    pub(crate) fn open_blocking<M>(&mut self, carried: Carried, message: &M, describe: Describe<M>) {
        let in_scope = slot().scope != 0;
        if in_scope {
            self.open(carried, message, describe);
        } else {
            self.open_slow(carried, message, describe, true);
        }
    }

    /// As [`open`](Self::open), for messages that are handled together.
    pub(crate) fn open_batch<M>(&mut self, carried: &mut [Carried], first: &M, describe: Describe<M>) {
        let content = describe.with(first, |first| begin_batch(carried, first));
        self.put(content, None, false);
    }

    /// As [`open_blocking`](Self::open_blocking), for messages that are handled together.
    pub(crate) fn open_batch_blocking<M>(
        &mut self,
        carried: &mut [Carried],
        first: &M,
        describe: Describe<M>,
    ) {
        let in_scope = slot().scope != 0;
        let content = describe.with(first, |first| begin_batch(carried, first));
        self.put(content, None, !in_scope);
    }

    /// Whether nothing works on the message any more: no stack of any scope has its frame. A message without
    /// a frame leaves no trace by which to tell, and counts as over.
    #[cfg(any(feature = "async-channel", feature = "flume"))]
    pub(crate) fn is_over(&self) -> bool {
        match &self.0 {
            Last::Nothing | Last::Light { .. } => true,
            Last::Framed { frame, .. } => Arc::strong_count(frame) == 1,
        }
    }

    #[cold]
    fn open_slow<M>(&mut self, carried: Carried, message: &M, describe: Describe<M>, thread: bool) {
        let begun = |description: &Description<'_>| begin(carried, description, None);
        let content = describe.with(message, begun);
        self.put(content, Some(record::Received::new::<M>(describe.kind(message))), thread);
    }

    fn put(&mut self, content: Content, received: Option<record::Received>, thread: bool) {
        let slot = slot();
        match content {
            // A thread without scope has no end at which a light mode would be undone; a frame has an owner.
            Content::Light(mode) if slot.mode != Mode::Framed && !thread => {
                if slot.scope != 0 {
                    self.0 = Last::Light { scope: slot.scope, own: mode, outer: slot.mode };
                    set_mode(mode);
                }
            }
            content => {
                let is_span = matches!(content, Content::Span(_));
                let frame = Arc::new(Frame::new(content, received));
                if slot.scope != 0 || thread {
                    push(frame.clone());
                } else if is_span {
                    count_out_of_scope();
                    warn_once();
                }
                self.0 = Last::Framed { scope: slot.scope, frame };
            }
        }
    }

    #[cold]
    fn close_slow(&mut self) {
        let failure = if std::thread::panicking() { Some(Failure::PANIC) } else { None };
        let here = slot().scope;
        match std::mem::take(&mut self.0) {
            Last::Light { scope, own, outer } if here == scope => truncate_to(own, outer),
            Last::Nothing | Last::Light { .. } => {}
            Last::Framed { scope, frame } => {
                frame.finish(failure);
                if here == scope {
                    truncate(&frame);
                }
            }
        }
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        self.close();
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
