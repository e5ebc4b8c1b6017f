//! A scope's share of the thread's state, exchanged at each poll.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::{Content, Frame, INSTANCE, Mode, OPTIONS, SLOT, Slot, TOP, exit, instance, tell, top};
use crate::record::recorder::{Failure, recorder};
use crate::sampling::Options;

/// The state of a scope while it is not running; while it runs, the state of what it interrupted.
pub(crate) struct Saved {
    slot: Slot,
    options: Option<&'static Options>,
    top: Option<Arc<Frame>>,
    instance: Option<Arc<str>>,
    /// What was on top when the scope began; frames above it are the scope's own.
    base: Option<Arc<Frame>>,
}

impl Saved {
    /// A scope that goes on with what this thread is doing.
    pub(crate) fn inherit(options: Option<&'static Options>) -> Self {
        let slot = SLOT.get();
        let mode = if slot.is(Mode::Outside) { Mode::Absent } else { slot.mode() };
        let top = top();
        if let Some(top) = &top {
            top.share();
        }
        Self::new(mode, top, options)
    }

    /// A scope that goes on with what this thread is doing, wherever it will run.
    pub(crate) fn here() -> Self {
        Self::inherit(None)
    }

    /// A scope in which nobody has decided.
    pub(crate) fn absent(options: Option<&'static Options>) -> Self {
        let mut saved = Self::new(Mode::Absent, None, options);
        (saved.instance, saved.slot) = (None, saved.slot.with_instance(false));
        saved
    }

    /// A scope of one frame or light mode, within what this thread is doing. Whoever made it ends the frame.
    pub(crate) fn of(content: Content, options: Option<&'static Options>) -> (Self, Option<Arc<Frame>>) {
        if let (Content::Light(mode), None) = (&content, top()) {
            return (Self::new(*mode, None, options), None);
        }
        let frame = Arc::new(Frame::new(content, None));
        (Self::new(Mode::Framed, Some(frame.clone()), options), Some(frame))
    }

    fn new(mode: Mode, top: Option<Arc<Frame>>, options: Option<&'static Options>) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let instance = instance();
        // 0 is taken; after four billion scopes, numbers come again.
        let scope = NEXT.fetch_add(1, Relaxed).max(1);
        let slot = Slot::new(scope, mode).with_instance(instance.is_some());
        Self { slot, options: options.or(OPTIONS.get()), base: top.clone(), top, instance }
    }

    /// Names the instance of the scope's actor.
    pub(crate) fn name(&mut self, instance: Arc<str>) {
        (self.instance, self.slot) = (Some(instance), self.slot.with_instance(true));
    }

    /// Runs the scope on this thread until the guard is dropped.
    #[inline]
    pub(crate) fn enter(&mut self) -> Entered<'_> {
        self.exchange();
        if !Slot::are_quiet(self.slot, SLOT.get()) {
            self.enter_slow();
        }
        Entered { saved: self }
    }

    /// Puts back what was running before. Whether anything but words was involved.
    #[inline]
    pub(crate) fn leave(&mut self) -> bool {
        let quiet = Slot::are_quiet(self.slot, SLOT.get());
        if quiet {
            self.exchange();
        } else {
            self.leave_slow();
        }
        !quiet
    }

    /// Exchanges the words of the thread's state for these.
    #[inline]
    fn exchange(&mut self) {
        self.slot = SLOT.replace(self.slot);
        self.options = OPTIONS.replace(self.options);
    }

    // ----- with frames, names, or a recorder to be told -----

    #[cold]
    fn enter_slow(&mut self) {
        if !(self.slot.is_light() && SLOT.get().is_light()) {
            self.exchange_frames();
            self.enter_recorder();
        }
    }

    #[cold]
    fn leave_slow(&mut self) {
        let slot = SLOT.get();
        if slot.entered() {
            exit();
            SLOT.set(slot.with_entered(false));
        }
        self.exchange();
        if !(self.slot.is_light() && SLOT.get().is_light()) {
            self.exchange_frames();
        }
    }

    fn exchange_frames(&mut self) {
        let _ = TOP.try_with(|top| std::mem::swap(&mut *top.borrow_mut(), &mut self.top));
        let _ = INSTANCE.try_with(|name| std::mem::swap(&mut *name.borrow_mut(), &mut self.instance));
    }

    /// Told also where only the interrupted state has a frame: what runs now does not belong to that.
    fn enter_recorder(&self) {
        if let Some(recorder) = recorder() {
            let top = top();
            let own = top.as_deref().is_none_or(|top| !top.is_transparent());
            if !own && !self.slot.is(Mode::Framed) {
                return;
            }
            tell(recorder, top.as_deref());
            SLOT.set(SLOT.get().with_entered(true));
        }
    }

    /// Ends the spans that the scope opened and that are still open.
    pub(crate) fn finish(&mut self, failure: Option<Failure<'_>>) {
        let top = self.top.take();
        let base = self.base.take();
        let mut frame = top.as_ref();
        while let Some(current) = frame {
            if base.as_ref().is_some_and(|base| Arc::ptr_eq(base, current)) {
                break;
            }
            current.finish(failure);
            frame = current.outer.as_ref();
        }
    }
}

/// Puts back what was running before.
pub(crate) struct Entered<'a> {
    saved: &'a mut Saved,
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        // Without a frame there is nothing that a panic would end.
        if self.saved.leave() && std::thread::panicking() {
            self.saved.finish(Some(Failure::PANIC));
        }
    }
}
