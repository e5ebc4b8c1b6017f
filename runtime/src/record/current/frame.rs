//! One thing that is being worked on, on top of another.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use super::fanouts::Fanouts;
use super::{Announced, Mode, SLOT, Slot, top};
use crate::context::SampledContext;
use crate::record::recorder::{Around, End, Failure, Span, recorder};
use crate::sampling::{self, Curve, Kind, Selection};

/// One thing that is being worked on, on top of another.
pub(crate) struct Frame {
    pub(super) content: Content,
    pub(super) outer_mode: Mode,
    pub(super) outer: Option<Arc<Frame>>,
    /// The message that was just received and that no handler has taken yet.
    received: Option<Received>,
    taken: AtomicBool,
    /// Further scopes go on with it.
    shared: AtomicBool,
    /// What was current for the recorder when the frame was made.
    around: Around,
}

/// A message as a handler can know it again: by its type and its kind. Texts, because the address of a constant
/// may differ from one part of the program to the other.
#[derive(Clone, Copy)]
pub(crate) struct Received {
    type_name: &'static str,
    kind: &'static str,
}

impl Received {
    pub(crate) fn new<M>(kind: &Kind) -> Self {
        Self { type_name: std::any::type_name::<M>(), kind: kind.name() }
    }

    fn is(self, other: Self) -> bool {
        // The address decides in the common case.
        let same = |one: &str, other: &str| std::ptr::eq(one, other) || one == other;
        same(self.type_name, other.type_name) && same(self.kind, other.kind)
    }
}

/// A recipient of a fan-out is not chosen.
pub(super) struct PassedOver {
    /// Nor are as many after it. They are counted already, so that this scope need not ask for each.
    pub(super) next: u32,
}

pub(crate) enum Content {
    /// An open span.
    Span(OpenSpan),
    /// No span of its own: what is sent continues the context that came.
    Passing(Box<SampledContext>),
    /// Each send is a recipient of one fan-out.
    Fanout(Selection),
    /// A light mode within a frame.
    Light(Mode),
}

pub(crate) struct OpenSpan {
    pub(super) span: Box<dyn Span>,
    /// What a message sent under this span carries, but for the time.
    pub(super) context: Box<SampledContext>,
    pub(super) announced: Option<Box<Announced>>,
    /// What the message's kind, its actor or its own annotation say of fan-outs.
    pub(super) curve: Option<Curve>,
    fanouts: OnceLock<Box<Fanouts>>,
    ended: AtomicBool,
}

impl Frame {
    /// A frame to be put on top of what this thread is doing now.
    pub(crate) fn new(content: Content, received: Option<Received>) -> Arc<Self> {
        let around = match &content {
            Content::Span(_) | Content::Passing(_) => recorder().map(|recorder| recorder.ambient().around()),
            Content::Fanout(_) | Content::Light(_) => None,
        };
        Arc::new(Self {
            content,
            outer_mode: SLOT.get().mode(),
            outer: top(),
            received,
            taken: AtomicBool::new(false),
            shared: AtomicBool::new(false),
            around: around.unwrap_or(Around::None),
        })
    }

    /// Whether this is the frame of such a message, just received: true once.
    pub(crate) fn take(&self, message: Received) -> bool {
        self.received.is_some_and(|received| received.is(message)) && !self.taken.swap(true, Relaxed)
    }

    /// The next send, of this kind, where a fan-out chooses among them: the probability with which it was chosen, if it
    /// was. Counts it. Where there is none to choose, all are sent without a chance.
    pub(super) fn next(&self, kind: &'static Kind) -> Result<Option<f64>, PassedOver> {
        match &self.content {
            Content::Fanout(selection) if selection.next(self.alone()) => Ok(Some(selection.probability())),
            Content::Fanout(selection) => {
                let next = if self.alone() { selection.pass(Slot::MOST_TO_PASS) } else { 0 };
                Err(PassedOver { next })
            }
            Content::Span(OpenSpan { announced: Some(announced), .. }) => {
                announced.next(kind, self.alone()).map(Some).ok_or(PassedOver { next: 0 })
            }
            Content::Span(_) | Content::Passing(_) | Content::Light(_) => Ok(None),
        }
    }

    /// So many of the sends that the last [`next`](Self::next) has counted were not sent.
    pub(super) fn give_back(&self, unsent: u32) {
        if let Content::Fanout(selection) = &self.content {
            selection.give_back(unsent);
        }
    }

    /// Another scope goes on with this frame, on whichever thread.
    pub(super) fn share(&self) {
        let mut frame = Some(self);
        while let Some(current) = frame {
            current.shared.store(true, Relaxed);
            frame = current.outer.as_deref();
        }
    }

    /// Whether one scope alone sends under this frame, and so one thread at a time.
    #[inline]
    fn alone(&self) -> bool {
        !self.shared.load(Relaxed)
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
    pub(super) fn carrier(&self) -> Option<&Self> {
        match &self.content {
            Content::Span(_) | Content::Passing(_) => Some(self),
            Content::Fanout(_) => self.outer.as_deref().and_then(Self::carrier),
            Content::Light(_) => None,
        }
    }

    pub(super) fn around(&self) -> Around {
        self.carrier().map_or(Around::None, |frame| frame.around)
    }

    /// Whether it goes on with what another library has made current: a fan-out outside of any message.
    pub(super) fn is_transparent(&self) -> bool {
        matches!(self.content, Content::Fanout(_)) && self.outer.is_none()
    }

    /// Whether it is a fan-out on top of this frame: its sends are the work of the same span.
    pub(super) fn is_fanout_within(&self, frame: Option<&Arc<Frame>>) -> bool {
        let within = self.outer.as_ref().zip(frame).is_some_and(|(outer, frame)| Arc::ptr_eq(outer, frame));
        within && matches!(self.content, Content::Fanout(_))
    }

    /// Ends the frame's span, if it has one that is open still. The first outcome stands.
    pub(crate) fn finish(&self, failure: Option<Failure<'_>>) {
        match &self.content {
            Content::Span(open) => open.finish(failure),
            Content::Fanout(selection) => {
                if let Some(open) = self.outer.as_deref().and_then(Frame::open_span) {
                    let (size, selected) = selection.counts();
                    open.fanouts().add(size, selected);
                }
            }
            Content::Passing(_) | Content::Light(_) => {}
        }
    }

    pub(super) fn open_span(&self) -> Option<&OpenSpan> {
        match &self.content {
            Content::Span(open) => Some(open),
            Content::Fanout(_) => self.outer.as_deref().and_then(Frame::open_span),
            Content::Passing(_) | Content::Light(_) => None,
        }
    }
}

impl OpenSpan {
    pub(in crate::record) fn new(
        span: Box<dyn Span>,
        context: Box<SampledContext>,
        announced: Option<Box<Announced>>,
        curve: Option<Curve>,
    ) -> Self {
        Self { span, context, announced, curve, fanouts: OnceLock::new(), ended: AtomicBool::new(false) }
    }

    /// Made by the first fan-out.
    pub(super) fn fanouts(&self) -> &Fanouts {
        self.fanouts.get_or_init(Box::default)
    }

    #[inline]
    fn finish(&self, failure: Option<Failure<'_>>) {
        // Most spans are asked to end by their handler, their receiver and their drop. A look costs less than a swap.
        if !self.ended.load(Relaxed) && !self.ended.swap(true, Relaxed) {
            self.end(failure);
        }
    }

    #[inline(never)]
    fn end(&self, failure: Option<Failure<'_>>) {
        let _timing = sampling::time_recording();
        if let Some(announced) = &self.announced {
            let (size, selected) = announced.counts();
            self.fanouts().add(size, selected);
        }
        let fanout = self.fanouts.get().and_then(|fanouts| fanouts.summary());
        self.span.finish(&End::now(failure, fanout));
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        self.finish(None);
    }
}
