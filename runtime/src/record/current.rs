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

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use super::recorder::{Ambient, End, Failure, Recorder, Span, recorder};
use crate::context::{Carried, SampledContext, Timestamp};
use crate::sampling::{Kind, Options, Selection};

/// What a send finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// No scope: whoever runs here is not known.
    Outside,
    /// In a scope, and nobody has decided about a trace.
    Absent,
    /// In a scope, and decided: no.
    Unsampled,
    /// The topmost frame says it.
    Framed,
}

/// The part of the state that is exchanged at every poll. Eight bytes, so that it moves as one word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Slot {
    /// The scope that is running; 0 outside of any.
    pub(crate) scope: u32,
    pub(crate) mode: Mode,
    /// Whether the recorder was told to enter a span, and not yet to exit it.
    entered: bool,
    /// Whether the actor has an instance name.
    instance: bool,
}

impl Slot {
    const OUTSIDE: Self = Self { scope: 0, mode: Mode::Outside, entered: false, instance: false };

    /// Whether no frame and no name is involved.
    #[inline]
    fn is_light(self) -> bool {
        !matches!(self.mode, Mode::Framed) && !self.instance
    }
}

thread_local! {
    static SLOT: Cell<Slot> = const { Cell::new(Slot::OUTSIDE) };
    static OPTIONS: Cell<Option<&'static Options>> = const { Cell::new(None) };
    static TOP: RefCell<Option<Arc<Frame>>> = const { RefCell::new(None) };
    static INSTANCE: RefCell<Option<Arc<str>>> = const { RefCell::new(None) };
}

const _: () = assert!(size_of::<Slot>() == 8);

// ===== reading =====

#[inline]
pub(crate) fn slot() -> Slot {
    SLOT.get()
}

/// The options of the actor that is running, if the macro has named any.
pub(super) fn options() -> Option<&'static Options> {
    OPTIONS.get()
}

/// The fan-out budget of the actor that is running.
pub(crate) fn budget() -> u64 {
    options().copied().unwrap_or_default().budget()
}

pub(super) fn instance() -> Option<Arc<str>> {
    if SLOT.get().instance { INSTANCE.try_with(|name| name.borrow().clone()).ok().flatten() } else { None }
}

/// The topmost frame; none in a light mode.
pub(crate) fn top() -> Option<Arc<Frame>> {
    if SLOT.get().mode == Mode::Framed { TOP.try_with(|top| top.borrow().clone()).ok().flatten() } else { None }
}

/// Whether what runs here was decided about, and the answer was no.
pub(crate) fn is_unsampled() -> bool {
    match slot().mode {
        Mode::Unsampled => true,
        Mode::Absent | Mode::Outside => false,
        Mode::Framed => top().is_some_and(|top| matches!(top.content, Content::Light(Mode::Unsampled))),
    }
}

/// Whether something sampled is current here: ours, or another library's where nobody here has decided.
pub(crate) fn is_sampled() -> bool {
    match slot().mode {
        Mode::Unsampled => false,
        Mode::Framed => top().is_some_and(|top| top.sampled().is_some()),
        Mode::Absent | Mode::Outside => {
            matches!(recorder().map(Recorder::ambient), Some(Ambient::Sampled(_)))
        }
    }
}

/// The context for a message of this kind that is sent now.
#[inline]
pub(crate) fn capture(kind: impl FnOnce() -> &'static Kind) -> Carried {
    match SLOT.get().mode {
        Mode::Unsampled => Carried::UNSAMPLED,
        Mode::Absent | Mode::Outside => match recorder() {
            None => Carried::ABSENT,
            Some(recorder) => recorder.ambient().into(),
        },
        Mode::Framed => capture_framed(kind()),
    }
}

#[cold]
fn capture_framed(kind: &'static Kind) -> Carried {
    let Some(frame) = top() else { return Carried::ABSENT };
    match &frame.content {
        Content::Light(Mode::Unsampled) => Carried::UNSAMPLED,
        Content::Light(_) => recorder().map_or(Carried::ABSENT, |recorder| recorder.ambient().into()),
        Content::Passing(context) => departing(&frame, context, None),
        Content::Span(open) => match &open.announced {
            None => departing(&frame, &open.context, None),
            Some(announced) => match announced.next(kind) {
                None => Carried::UNSELECTED,
                Some(chance) => departing(&frame, &open.context, Some(chance)),
            },
        },
        Content::Fanout(selection) => {
            if !selection.next() {
                return Carried::UNSELECTED;
            }
            let chance = Some(selection.probability());
            match frame.outer.as_deref() {
                Some(outer) => match outer.sampled() {
                    Some(context) => departing(outer, context, chance),
                    None => Carried::UNSAMPLED,
                },
                // Somebody else's span, which `fanout` found.
                None => match recorder().map(Recorder::ambient) {
                    Some(Ambient::Sampled(context)) => leaving(context, chance),
                    Some(Ambient::Unsampled) => Carried::UNSAMPLED,
                    Some(Ambient::None) | None => Carried::ABSENT,
                },
            }
        }
    }
}

/// The context of `frame` as a message carries it that leaves now, chosen with probability `chance` if a fan-out
/// chose it.
fn departing(frame: &Frame, context: &SampledContext, chance: Option<f64>) -> Carried {
    let mut context = context.clone();
    // OpenTelemetry was told of the frame's span; where it knows a later one, that is the sender. What was
    // around the frame already is none: between a scope and its loop it is made current again at each poll.
    match recorder().map(Recorder::ambient) {
        Some(ambient) if ambient.is_same(frame.around()) => {}
        Some(Ambient::Unsampled) => return Carried::UNSAMPLED,
        Some(Ambient::Sampled(ambient)) if ambient.context.trace_id == context.context.trace_id => {
            context.context = ambient.context;
        }
        Some(Ambient::Sampled(ambient)) => context = ambient,
        Some(Ambient::None) | None => {}
    }
    leaving(context, chance)
}

fn leaving(mut context: SampledContext, chance: Option<f64>) -> Carried {
    context.remote = false;
    context.selected = false;
    if let Some(chance) = chance {
        context.probability = context.probability.map(|probability| probability * chance);
        context.selected = chance < 1.0;
    }
    context.sent = Timestamp::now();
    Carried::sampled(context)
}

// ===== changing what runs in this scope =====

/// Puts a light mode in the place of another one. Only where the current mode is light.
#[inline]
pub(crate) fn set_mode(mode: Mode) {
    let slot = SLOT.get();
    debug_assert!(slot.mode != Mode::Framed && mode != Mode::Framed);
    SLOT.set(Slot { mode, ..slot });
}

/// Puts `frame` on top.
pub(crate) fn push(frame: Arc<Frame>) {
    set_top(Mode::Framed, Some(frame));
}

/// Takes `frame` off, and what is above it; nothing if it is not on this thread's stack.
pub(crate) fn truncate(frame: &Arc<Frame>) {
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
    let mut bottom = SLOT.get().mode;
    let mut above = top();
    while let Some(frame) = above {
        bottom = frame.outer_mode;
        above = frame.outer.clone();
    }
    if bottom == own {
        set_top(outer, None);
    }
}

fn set_top(mode: Mode, frame: Option<Arc<Frame>>) {
    let slot = SLOT.get();
    if slot.entered {
        exit();
    }
    let entered = enter(mode, frame.as_deref());
    SLOT.set(Slot { mode, entered, ..slot });
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
    if slot.scope != 0 {
        SLOT.set(Slot { instance: true, ..slot });
        let _ = INSTANCE.try_with(|instance| instance.replace(Some(name)));
    }
}

// ===== scopes =====

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
        let mode = if slot.mode == Mode::Outside { Mode::Absent } else { slot.mode };
        Self::new(mode, top(), options)
    }

    /// A scope that goes on with what this thread is doing, wherever it will run.
    pub(crate) fn here() -> Self {
        Self::inherit(None)
    }

    /// A scope in which nobody has decided.
    pub(crate) fn absent(options: Option<&'static Options>) -> Self {
        let mut saved = Self::new(Mode::Absent, None, options);
        (saved.instance, saved.slot.instance) = (None, false);
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
        let slot = Slot {
            // 0 is taken; after four billion scopes, numbers come again.
            scope: NEXT.fetch_add(1, Relaxed).max(1),
            mode,
            entered: false,
            instance: instance.is_some(),
        };
        Self { slot, options: options.or(OPTIONS.get()), base: top.clone(), top, instance }
    }

    /// Runs the scope on this thread until the guard is dropped.
    #[inline]
    pub(crate) fn enter(&mut self) -> Entered<'_> {
        let light = self.exchange();
        if !light {
            self.enter_recorder();
        }
        Entered { saved: self }
    }

    /// Puts back what was running before.
    #[inline]
    pub(crate) fn leave(&mut self) {
        let slot = SLOT.get();
        if slot.entered {
            exit();
            SLOT.set(Slot { entered: false, ..slot });
        }
        self.exchange();
    }

    /// Exchanges the thread's state for this one. Whether no frame or name was involved.
    #[inline]
    fn exchange(&mut self) -> bool {
        let theirs = SLOT.replace(self.slot);
        let light = theirs.is_light() && self.slot.is_light();
        self.options = OPTIONS.replace(self.options);
        self.slot = theirs;
        if !light {
            self.exchange_frames();
        }
        light
    }

    #[cold]
    fn exchange_frames(&mut self) {
        let _ = TOP.try_with(|top| std::mem::swap(&mut *top.borrow_mut(), &mut self.top));
        let _ = INSTANCE.try_with(|name| std::mem::swap(&mut *name.borrow_mut(), &mut self.instance));
    }

    /// Told also where only the interrupted state has a frame: what runs now does not belong to that.
    #[cold]
    fn enter_recorder(&self) {
        if let Some(recorder) = recorder() {
            let top = top();
            let own = top.as_deref().is_none_or(|top| !top.is_transparent());
            if !own && self.slot.mode != Mode::Framed {
                return;
            }
            tell(recorder, top.as_deref());
            SLOT.set(Slot { entered: true, ..SLOT.get() });
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
        self.saved.leave();
        if !self.saved.slot.is_light() && std::thread::panicking() {
            self.saved.finish(Some(Failure::PANIC));
        }
    }
}

// ===== frames =====

/// One thing that is being worked on, on top of another.
pub(crate) struct Frame {
    content: Content,
    outer_mode: Mode,
    outer: Option<Arc<Frame>>,
    /// The type of the message that was just received and that no handler has taken yet.
    received: Option<&'static str>,
    taken: AtomicBool,
    /// What was current for the recorder when the frame was made.
    around: Ambient,
}

pub(crate) enum Content {
    /// An open span.
    Span(OpenSpan),
    /// No span of its own: what is sent continues the context that came.
    Passing(SampledContext),
    /// Each send is a recipient of one fan-out.
    Fanout(Selection),
    /// A light mode within a frame.
    Light(Mode),
}

pub(crate) struct OpenSpan {
    span: Box<dyn Span>,
    /// What a message sent under this span carries, but for the time.
    context: SampledContext,
    announced: Option<Announced>,
    fanout_size: AtomicU64,
    fanout_selected: AtomicU64,
    ended: AtomicBool,
}

impl Frame {
    /// A frame to be put on top of what this thread is doing now.
    pub(crate) fn new(content: Content, received: Option<&'static str>) -> Self {
        let around = match &content {
            Content::Span(_) | Content::Passing(_) => recorder().map(Recorder::ambient),
            Content::Fanout(_) | Content::Light(_) => None,
        };
        Self {
            content,
            outer_mode: SLOT.get().mode,
            outer: top(),
            received,
            taken: AtomicBool::new(false),
            around: around.unwrap_or(Ambient::None),
        }
    }

    /// Whether this is the frame of a message of this type that was just received: true once.
    pub(crate) fn take(&self, type_name: &'static str) -> bool {
        self.received == Some(type_name) && !self.taken.swap(true, Relaxed)
    }

    /// The context that sends under this frame continue.
    pub(crate) fn sampled(&self) -> Option<&SampledContext> {
        match &self.content {
            Content::Span(open) => Some(&open.context),
            Content::Passing(context) => Some(context),
            Content::Fanout(_) => self.outer.as_deref().and_then(Frame::sampled),
            Content::Light(_) => None,
        }
    }

    /// The frame, this or one below a fan-out, whose span or context is the current one.
    fn carrier(&self) -> Option<&Self> {
        match &self.content {
            Content::Span(_) | Content::Passing(_) => Some(self),
            Content::Fanout(_) => self.outer.as_deref().and_then(Self::carrier),
            Content::Light(_) => None,
        }
    }

    fn around(&self) -> &Ambient {
        self.carrier().map_or(&Ambient::None, |frame| &frame.around)
    }

    /// Whether it goes on with what another library has made current: a fan-out outside of any message.
    fn is_transparent(&self) -> bool {
        matches!(self.content, Content::Fanout(_)) && self.outer.is_none()
    }

    /// Ends the frame's span, if it has one that is open still. The first outcome stands.
    pub(crate) fn finish(&self, failure: Option<Failure<'_>>) {
        match &self.content {
            Content::Span(open) => open.finish(failure),
            Content::Fanout(selection) => {
                if let Some(open) = self.outer.as_deref().and_then(Frame::open_span) {
                    let (size, selected) = selection.counts();
                    open.fanout_size.fetch_add(size, Relaxed);
                    open.fanout_selected.fetch_add(selected, Relaxed);
                }
            }
            Content::Passing(_) | Content::Light(_) => {}
        }
    }

    fn open_span(&self) -> Option<&OpenSpan> {
        match &self.content {
            Content::Span(open) => Some(open),
            Content::Fanout(_) => self.outer.as_deref().and_then(Frame::open_span),
            Content::Passing(_) | Content::Light(_) => None,
        }
    }
}

impl OpenSpan {
    pub(super) fn new(span: Box<dyn Span>, context: SampledContext, announced: Option<Announced>) -> Self {
        Self {
            span,
            context,
            announced,
            fanout_size: AtomicU64::new(0),
            fanout_selected: AtomicU64::new(0),
            ended: AtomicBool::new(false),
        }
    }

    fn finish(&self, failure: Option<Failure<'_>>) {
        if self.ended.swap(true, Relaxed) {
            return;
        }
        let (mut size, mut selected) = (self.fanout_size.load(Relaxed), self.fanout_selected.load(Relaxed));
        if let Some(announced) = &self.announced {
            let counts = announced.counts();
            size += counts.0;
            selected += counts.1;
        }
        let fanout = if size > 0 { Some((size, selected)) } else { None };
        self.span.finish(&End::now(failure, fanout));
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        self.finish(None);
    }
}

/// A fan-out that the message announced (`#[traced(fanout = …)]`): n messages of one kind will follow, and
/// perhaps others.
///
/// Which kind the n are of is not known. So the first message of every kind is kept for certain, with weight
/// 1, and the others share what is left of the budget: a kind that is sent once is kept, a kind that is sent n
/// times keeps k, and in both cases the weights add up to the number sent.
pub(super) struct Announced {
    n: u64,
    k: u64,
    kinds: Mutex<Vec<(&'static Kind, Selection)>>,
}

impl Announced {
    /// `None` where the budget covers everybody.
    pub(super) fn new(n: u64, k: u64) -> Option<Self> {
        (k < n).then(|| Self { n, k, kinds: Mutex::default() })
    }

    /// The probability with which the next message of this kind is chosen, if it is.
    fn next(&self, kind: &'static Kind) -> Option<f64> {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, rest)) = kinds.iter().find(|(known, _)| std::ptr::eq(*known, kind)) {
            return rest.next().then(|| rest.probability());
        }
        // A budget of one leaves nothing for the others; then the first is not certain either.
        let certain = self.k > 1;
        let rest = if certain { Selection::new(self.n - 1, self.k - 1) } else { Selection::new(self.n, 1) };
        let chance = if certain { Some(1.0) } else { rest.next().then(|| rest.probability()) };
        kinds.push((kind, rest));
        chance
    }

    /// Messages of the kind that was sent most, and how many of them were chosen.
    fn counts(&self) -> (u64, u64) {
        let kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let certain = u64::from(self.k > 1);
        kinds
            .iter()
            .map(|(_, rest)| rest.counts())
            .map(|(sent, selected)| (sent + certain, selected + certain))
            .max()
            .unwrap_or_default()
    }
}
