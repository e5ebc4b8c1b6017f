//! What this thread is working on: the state that a send captures, as a stack of frames.
//!
//! Almost always the stack is empty and the state is one of three words, read and written without a branch
//! on anything else (the *light* modes). A [`Frame`] exists only where something sampled is, or something
//! unsampled within something sampled.
//!
//! ```text
//!   thread ── SLOT: scope 7, Framed          receivers own their frame, too: the next `recv`
//!          └─ TOP ─► Frame(Session/Deliver)   ends its span and takes it off, and whatever
//!                      └ outer ► Frame(…)     was put on top of it meanwhile
//!                                  └ outer ► light mode
//! ```
//!
//! A scope ([`Saved`]) exchanges all of it at each poll, so nothing leaks from task to task.

mod announced;
mod fanouts;
mod frame;
mod scope;
mod slot;

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::recorder::{Ambient, Recorder, recorder};
use crate::context::{Carried, SampledContext, Timestamp};
use crate::sampling::{self, Kind, Options};

pub(super) use announced::Announced;
pub(crate) use fanouts::{Waiting, send_failed};
pub(super) use frame::OpenSpan;
use frame::PassedOver;
pub(crate) use frame::{Content, Frame, Received};
pub(crate) use scope::{Entered, Saved};
pub(crate) use slot::{Mode, Slot};

thread_local! {
    static SLOT: Cell<Slot> = const { Cell::new(Slot::OUTSIDE) };
    /// Of the scope that is running; outside of any, those of one that has run.
    static OPTIONS: Cell<Option<&'static Options>> = const { Cell::new(None) };
    static TOP: RefCell<Option<Arc<Frame>>> = const { RefCell::new(None) };
    static INSTANCE: RefCell<Option<Arc<str>>> = const { RefCell::new(None) };
}

// ===== reading =====

#[inline]
pub(crate) fn slot() -> Slot {
    SLOT.get()
}

/// The options of the actor that is running, if the macro has named any.
pub(super) fn options() -> Option<&'static Options> {
    if SLOT.get().scope() == 0 { None } else { OPTIONS.get() }
}

/// The fan-out budget of what is running: of the message's kind, or of its actor.
pub(crate) fn budget(n: u64) -> u64 {
    let curve = top().and_then(|top| top.open_span()?.curve);
    sampling::budget(curve.or_else(|| options()?.fanout()), n)
}

pub(super) fn instance() -> Option<Arc<str>> {
    if SLOT.get().instance() { INSTANCE.try_with(|name| name.borrow().clone()).ok().flatten() } else { None }
}

/// The topmost frame; none in a light mode.
pub(crate) fn top() -> Option<Arc<Frame>> {
    if SLOT.get().is(Mode::Framed) { TOP.try_with(|top| top.borrow().clone()).ok().flatten() } else { None }
}

/// Whether what runs here was decided about, and the answer was no.
#[cfg(feature = "otel")]
pub(crate) fn is_unsampled() -> bool {
    match slot().mode() {
        Mode::Unsampled | Mode::Settled => true,
        Mode::Absent | Mode::Unrecorded | Mode::Outside => false,
        Mode::Framed => {
            top().is_some_and(|top| matches!(top.content, Content::Light(Mode::Unsampled | Mode::Settled)))
        }
    }
}

/// Whether something sampled is current here: ours, or another library's where nobody here has decided.
pub(crate) fn is_sampled() -> bool {
    match slot().mode() {
        Mode::Unsampled | Mode::Settled => false,
        Mode::Framed => top().is_some_and(|top| top.sampled().is_some()),
        Mode::Absent | Mode::Unrecorded | Mode::Outside => {
            matches!(recorder().map(Recorder::ambient), Some(Ambient::Sampled(_)))
        }
    }
}

/// The context for a message of this kind that is sent now.
#[inline]
pub(crate) fn capture(kind: impl FnOnce() -> &'static Kind) -> Carried {
    let slot = SLOT.get();
    if slot.is(Mode::Unsampled) {
        Carried::UNSAMPLED
    } else if let Some(passed) = slot.passed() {
        SLOT.set(passed);
        Carried::UNSELECTED
    } else {
        capture_other(slot.mode(), kind)
    }
}

#[inline(never)]
fn capture_other(mode: Mode, kind: impl FnOnce() -> &'static Kind) -> Carried {
    match mode {
        Mode::Unsampled => Carried::UNSAMPLED,
        Mode::Settled => Carried::SETTLED,
        Mode::Absent | Mode::Unrecorded | Mode::Outside => match recorder() {
            None => Carried::ABSENT,
            Some(recorder) => recorder.ambient().into(),
        },
        Mode::Framed => capture_framed(kind()),
    }
}

/// What the topmost frame says. Nothing that might change the stack may be asked of it.
#[inline]
fn with_top<T>(ask: impl FnOnce(&Frame) -> T) -> Option<T> {
    TOP.try_with(|top| top.borrow().as_deref().map(ask)).ok().flatten()
}

#[cold]
fn capture_framed(kind: &'static Kind) -> Carried {
    let captured = with_top(|frame| match frame.next(kind) {
        // First of all, since who is passed over costs as little as what is not sampled: no clock, no share of the frame.
        Err(passed) => Captured::PassedOver(passed),
        // Next, since almost all that is sampled leaves so.
        Ok(chance) => match frame.sampled() {
            Some(context) if recorder().is_some_and(|recorder| recorder.is_current(context.context)) => {
                let _timing = sampling::time_recording();
                Captured::Context(leaving(context, chance))
            }
            _ => Captured::ToAsk(chance),
        },
    });
    match captured {
        Some(Captured::Context(carried)) => carried,
        Some(Captured::ToAsk(chance)) => capture_asking(chance),
        Some(Captured::PassedOver(PassedOver { next })) => {
            SLOT.set(SLOT.get().with_to_pass(next));
            Carried::UNSELECTED
        }
        None => Carried::ABSENT,
    }
}

/// What the topmost frame has for a send.
enum Captured {
    /// The context of its span, which is the current one for the recorder, too.
    Context(Carried),
    /// The recorder may know of a later span. Chosen with this probability, if a fan-out chose it.
    ToAsk(Option<f64>),
    PassedOver(PassedOver),
}

/// As the recorder says, of which anything may be asked while nothing is borrowed.
fn capture_asking(chance: Option<f64>) -> Carried {
    let Some(frame) = top() else { return Carried::ABSENT };
    let _timing = sampling::time_recording();
    if let Some(context) = frame.sampled() {
        return departing(&frame, context, chance);
    }
    match &frame.content {
        Content::Light(Mode::Unsampled) => Carried::UNSAMPLED,
        Content::Light(Mode::Settled) => Carried::SETTLED,
        Content::Light(_) => recorder().map_or(Carried::ABSENT, |recorder| recorder.ambient().into()),
        // Chosen, below somebody else's span, which `fanout` found.
        Content::Fanout(_) if frame.is_transparent() => match recorder().map(Recorder::ambient) {
            Some(Ambient::Sampled(context)) => leaving(&context, chance),
            Some(Ambient::Unsampled) => Carried::UNSAMPLED,
            Some(Ambient::None) | None => Carried::ABSENT,
        },
        // Chosen, of what is not sampled itself.
        _ => Carried::UNSAMPLED,
    }
}

/// The context of `frame` as a message carries it that leaves now, chosen with probability `chance` if a fan-out
/// chose it.
fn departing(frame: &Frame, context: &SampledContext, chance: Option<f64>) -> Carried {
    // OpenTelemetry was told of the frame's span; where it knows a later one, that is the sender. What was
    // around the frame already is none: between a scope and its loop it is made current again at each poll.
    match recorder().map(Recorder::ambient) {
        Some(ambient) if ambient.around() == frame.around() => leaving(context, chance),
        Some(Ambient::Unsampled) => Carried::UNSAMPLED,
        Some(Ambient::Sampled(ambient)) if ambient.context.trace_id == context.context.trace_id => {
            leaving(&SampledContext { context: ambient.context, ..context.clone() }, chance)
        }
        Some(Ambient::Sampled(ambient)) => leaving(&ambient, chance),
        Some(Ambient::None) | None => leaving(context, chance),
    }
}

fn leaving(context: &SampledContext, chance: Option<f64>) -> Carried {
    let SampledContext { probability, independent, .. } = *context;
    let (probability, independent) = match chance {
        Some(chance) => (probability.map(|probability| probability * chance), part(independent, chance)),
        None => (probability, independent),
    };
    let selected = chance.is_some_and(|chance| chance < 1.0);
    let sent = Some(Timestamp::now());
    Carried::made(|| SampledContext {
        remote: false,
        selected,
        probability,
        independent,
        sent,
        ..context.clone()
    })
}

/// A part of a probability times a chance that the trace id had no share in.
#[expect(clippy::cast_possible_truncation, reason = "seven digits are enough to tell the parts")]
fn part(independent: f32, chance: f64) -> f32 {
    (f64::from(independent) * chance) as f32
}

// ===== changing what runs in this scope =====

/// Puts a slot with a light mode in the place of another one. Only where the current mode is light.
#[inline]
pub(crate) fn set_slot(slot: Slot) {
    debug_assert!(!SLOT.get().is(Mode::Framed) && !slot.is(Mode::Framed));
    SLOT.set(slot);
}

/// What the fan-out on top has counted and this scope has not sent goes back to it: others may send from now on, or
/// something else is on top.
fn give_back() {
    let slot = SLOT.get();
    let unsent = slot.to_pass();
    if unsent > 0 {
        SLOT.set(slot.with_to_pass(0));
        with_top(|top| top.give_back(unsent));
    }
}

/// Puts `frame` on top.
pub(crate) fn push(frame: Arc<Frame>) {
    set_top(Mode::Framed, Some(frame));
}

/// Takes `frame` off, and what is above it; nothing if it is not on this thread's stack.
pub(crate) fn truncate(frame: &Arc<Frame>) {
    let is_top =
        |top: &RefCell<Option<Arc<Frame>>>| top.borrow().as_ref().is_some_and(|top| Arc::ptr_eq(top, frame));
    if SLOT.get().is(Mode::Framed) && TOP.try_with(is_top) == Ok(true) {
        return set_top(frame.outer_mode, frame.outer.clone());
    }
    let top = top();
    let mut above = top.as_ref();
    while let Some(candidate) = above {
        if Arc::ptr_eq(candidate, frame) {
            return set_top(frame.outer_mode, frame.outer.clone());
        }
        above = candidate.outer.as_ref();
    }
}

/// Puts `outer` in the place of the light mode `own`, with every frame above it taken off; nothing where another
/// mode is at the bottom, as after the end of what was handled when `own` was put there.
pub(crate) fn truncate_to(own: Mode, outer: Mode) {
    let mut bottom = SLOT.get().mode();
    let mut above = top();
    while let Some(frame) = above.take() {
        bottom = frame.outer_mode;
        above.clone_from(&frame.outer);
    }
    if bottom == own {
        set_top(outer, None);
    }
}

fn set_top(mode: Mode, frame: Option<Arc<Frame>>) {
    give_back();
    let slot = SLOT.get();
    if slot.entered() {
        exit();
    }
    let entered = enter(mode, frame.as_deref());
    SLOT.set(slot.with_mode(mode).with_entered(entered));
    let _ = TOP.try_with(|top| top.replace(frame));
}

/// Tells the recorder what runs from here on; whether it was told.
fn enter(mode: Mode, frame: Option<&Frame>) -> bool {
    match recorder() {
        Some(recorder) if mode == Mode::Framed => {
            tell(recorder, frame);
            true
        }
        _ => false,
    }
}

fn tell(recorder: &dyn Recorder, frame: Option<&Frame>) {
    match frame.and_then(Frame::carrier).map(|frame| &frame.content) {
        Some(Content::Span(open)) => recorder.enter(Some(&*open.span)),
        Some(Content::Passing(context)) => recorder.enter_passing(context),
        _ => recorder.enter(None),
    }
}

fn exit() {
    if let Some(recorder) = recorder() {
        recorder.exit();
    }
}

/// Names the instance of the actor whose scope is running; nothing outside of a scope.
pub(crate) fn set_instance(name: Arc<str>) {
    let slot = SLOT.get();
    if slot.scope() != 0 {
        SLOT.set(slot.with_instance(true));
        let _ = INSTANCE.try_with(|instance| instance.replace(Some(name)));
    }
}
