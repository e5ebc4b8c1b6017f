//! A scope's share of the thread's state, exchanged at each poll.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::{Content, Frame, INSTANCE, Mode, OPTIONS, SLOT, Slot, TOP, exit, give_back, instance, tell, top};
use crate::record::recorder::{Failure, recorder};
use crate::sampling::Options;

/// The state of a scope while it is not running; while it runs within another, the state of that.
pub(crate) struct Saved {
    slot: Slot,
    options: Option<&'static Options>,
    top: Option<Arc<Frame>>,
    instance: Option<Arc<str>>,
    /// What was on top when the scope began; frames above it are the scope's own.
    base: Option<Arc<Frame>>,
}

impl Saved {
    /// A scope that goes on with what the thread is doing that enters it first.
    pub(crate) const fn fresh(options: Option<&'static Options>) -> Self {
        Self { slot: Slot::FRESH, options, top: None, instance: None, base: None }
    }

    /// A scope that goes on with what this thread is doing.
    pub(crate) fn inherit(options: Option<&'static Options>) -> Self {
        give_back();
        let slot = SLOT.get();
        let mode = match slot.mode() {
            // Somebody may record when the scope runs.
            Mode::Outside | Mode::Unrecorded => Mode::Absent,
            mode => mode,
        };
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
        let frame = Frame::new(content, None);
        (Self::new(Mode::Framed, Some(frame.clone()), options), Some(frame))
    }

    fn new(mode: Mode, top: Option<Arc<Frame>>, options: Option<&'static Options>) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let instance = instance();
        // 0 is taken; after four billion scopes, numbers come again.
        let scope = NEXT.fetch_add(1, Relaxed).max(1);
        let slot = Slot::new(scope, mode).with_instance(instance.is_some());
        Self { slot, options: options.or(super::options()), base: top.clone(), top, instance }
    }

    /// Names the instance of the scope's actor.
    pub(crate) fn name(&mut self, instance: Arc<str>) {
        (self.instance, self.slot) = (Some(instance), self.slot.with_instance(true));
    }

    /// Runs the scope on this thread until the guard is dropped.
    #[inline]
    pub(crate) fn enter(&mut self) -> Entered<'_> {
        // Outside of any scope there is nothing to put back but that.
        if SLOT.get() == Slot::OUTSIDE && self.slot.is_light() {
            SLOT.set(self.slot);
            OPTIONS.set(self.options);
        } else {
            self.enter_slow();
        }
        Entered { saved: self }
    }

    /// Puts back what was running before. Whether anything but words was involved.
    #[inline]
    pub(crate) fn leave(&mut self) -> bool {
        let own = SLOT.get();
        let quiet = own.is_quiet();
        if quiet {
            self.slot = own;
            SLOT.set(Slot::OUTSIDE);
        } else {
            self.leave_slow();
        }
        !quiet
    }

    // ----- for the first time, within another scope, with frames, names, or a recorder to be told -----

    #[cold]
    fn enter_slow(&mut self) {
        if self.slot.is_fresh() {
            self.begin();
        }
        let (own, outer) = (self.slot, SLOT.get());
        if outer == Slot::OUTSIDE {
            SLOT.set(own);
            OPTIONS.set(self.options);
        } else {
            SLOT.set(own.with_nested(true));
            self.slot = outer;
            self.options = OPTIONS.replace(self.options);
        }
        if !(own.is_light() && outer.is_light()) {
            self.exchange_frames();
            self.enter_recorder(outer);
        }
    }

    #[cold]
    fn leave_slow(&mut self) {
        give_back();
        let own = SLOT.get();
        if own.entered() {
            exit();
        }
        let outer = if own.nested() {
            self.options = OPTIONS.replace(self.options);
            self.slot
        } else {
            Slot::OUTSIDE
        };
        SLOT.set(outer);
        self.slot = own.with_entered(false).with_nested(false);
        if !(own.is_light() && outer.is_light()) {
            self.exchange_frames();
        }
    }

    fn begin(&mut self) {
        let mut scope = Self::inherit(self.options);
        if let Some(name) = self.instance.take() {
            scope.name(name);
        }
        *self = scope;
    }

    fn exchange_frames(&mut self) {
        let _ = TOP.try_with(|top| std::mem::swap(&mut *top.borrow_mut(), &mut self.top));
        let _ = INSTANCE.try_with(|name| std::mem::swap(&mut *name.borrow_mut(), &mut self.instance));
    }

    /// Tells the recorder what runs from here on. Also where only the `outer` state has a frame: what runs now does not
    /// belong to that.
    fn enter_recorder(&self, outer: Slot) {
        if let Some(recorder) = recorder() {
            let top = top();
            let own = top.as_deref().is_none_or(|top| !top.is_transparent());
            if !own && !outer.is(Mode::Framed) {
                return;
            }
            // A fan-out within its message, of which the recorder was told by the scope around.
            if outer.entered() && top.as_deref().is_some_and(|top| top.is_fanout_within(self.top.as_ref())) {
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

#[cfg(test)]
mod tests {
    use super::super::{options, set_slot, slot};
    use super::*;

    const OUTER: &Options = &Options::new().name("Outer");
    const INNER: &Options = &Options::new().name("Inner");

    fn now() -> (Mode, Option<&'static str>) {
        (slot().mode(), options().and_then(Options::get_name))
    }

    fn set_mode(mode: Mode) {
        set_slot(slot().with_mode(mode));
    }

    #[test]
    fn each_scope_finds_what_it_left_and_leaves_what_was_around() {
        let mut outer = Saved::fresh(Some(OUTER));
        let mut inner = Saved::fresh(Some(INNER));

        let entered = outer.enter();
        assert_eq!(now(), (Mode::Absent, Some("Outer")));
        set_mode(Mode::Unsampled);
        {
            let _entered = inner.enter();
            assert_eq!(now(), (Mode::Unsampled, Some("Inner")), "it goes on with what is around it first");
            set_mode(Mode::Settled);
        }
        assert_eq!(now(), (Mode::Unsampled, Some("Outer")));
        drop(entered);
        assert_eq!(now(), (Mode::Outside, None));

        // Elsewhere, with nothing around.
        drop(inner.enter());
        let entered = inner.enter();
        assert_eq!(now(), (Mode::Settled, Some("Inner")));
        {
            let _entered = outer.enter();
            assert_eq!(now(), (Mode::Unsampled, Some("Outer")));
        }
        assert_eq!(now(), (Mode::Settled, Some("Inner")));
        drop(entered);
        assert_eq!(now(), (Mode::Outside, None));
    }

    #[test]
    fn what_is_spawned_while_nobody_records_may_be_recorded_later() {
        let mut scope = Saved::absent(None);
        let _entered = scope.enter();
        set_mode(Mode::Unrecorded);
        assert_eq!(Saved::here().slot.mode(), Mode::Absent);
    }
}
