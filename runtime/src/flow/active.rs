//! A message that has a context: its span, the context of its sends, and its life cycle.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use super::fanouts::{DeclaredFanout, FanoutStats};
use super::guarded::guarded;
use super::life::{Close, Life};
use crate::context::{MessageContext, SampledContext, SpanId, Timestamp, TraceContext, TraceFlags, TraceId};
use crate::observe::{self, Handling, Observer};
use crate::record::{Attribute, CurrentId, Failure, OpenSpan, SpanEnd, now, span_name};
use crate::sampling::{self, FanoutPolicy, Kind, name_hash};

/// The identity by which a handler recognizes a message: its type and its kind.
///
/// Both are texts, because the address of a constant may differ between parts of the program.
#[derive(Clone, Copy)]
pub(crate) struct Identity {
    type_name: &'static str,
    kind: &'static Kind,
}

impl Identity {
    pub(crate) fn new<M>(kind: &'static Kind) -> Self {
        Self { type_name: std::any::type_name::<M>(), kind }
    }

    pub(super) fn kind(self) -> &'static Kind {
        self.kind
    }

    pub(super) fn type_name(self) -> &'static str {
        self.type_name
    }

    /// Returns a hash of the type's name.
    pub(super) fn of_type(self) -> u32 {
        name_hash(self.type_name)
    }

    pub(super) fn is(self, other: Self) -> bool {
        // In the common case, the addresses are equal.
        let same = |one: &str, other: &str| std::ptr::eq(one, other) || one == other;
        (std::ptr::eq(self.kind, other.kind) || same(self.kind.name(), other.kind.name()))
            && same(self.type_name, other.type_name)
    }
}

/// A message whose sends continue a trace, from its receive or its handler's call to its end.
///
/// It is shared by the flow that received it, the handler's flow, and the flows that are spawned from these. It
/// refers to no flow and to no other message.
pub(crate) struct ActiveSpan {
    pub(super) life: Life,
    /// `None` if no handler can claim it, as for a batch or a direct call.
    pub(super) identity: Option<Identity>,
    /// `None` for a message of a kind without a span, whose sends continue its sender's span.
    pub(super) span: Option<OpenSpan>,
    /// The time at which the span started.
    pub(super) start: Timestamp,
    /// The context of messages that are sent under this span, without the time.
    pub(super) context: SampledContext,
    /// The context that the message came with.
    pub(super) sender: MessageContext,
    pub(super) announced: Option<Box<DeclaredFanout>>,
    /// The fan-out policy of the message's kind, its actor or its own attribute.
    pub(super) policy: Option<FanoutPolicy>,
    fanouts: OnceLock<Box<FanoutStats>>,
    /// The recorder's current context when the span was created.
    pub(super) around: CurrentId,
    /// Whether the span is named after its message, because the receive did not know the actor's name.
    pub(super) unnamed: bool,
    /// Whether other flows send under it, too.
    shared: AtomicBool,
    /// Whether a message was sent under it, or a flow was spawned from it.
    used: AtomicBool,
    /// The number of its handling, if it is observed and no handler has claimed it.
    pub(super) handling: AtomicU32,
}

impl ActiveSpan {
    /// Starts a span in the memory of `spare`, or in new memory.
    ///
    /// `fill` writes the span directly into its place. If a struct of this size were moved there after it was written,
    /// the processor would wait for the writes.
    #[expect(clippy::inline_always, reason = "so that no copy is made for the call either")]
    #[inline(always)]
    pub(super) fn start(
        spare: Option<Arc<Self>>,
        life: Life,
        identity: Option<Identity>,
        fill: impl FnOnce(&mut Self),
    ) -> Arc<Self> {
        let mut started = spare.unwrap_or_else(Self::blank);
        if let Some(this) = Arc::get_mut(&mut started) {
            this.clear();
            (this.life, this.identity) = (life, identity);
            (this.shared, this.used) = (AtomicBool::new(false), AtomicBool::new(false));
            (this.unnamed, this.handling) = (false, AtomicU32::new(0));
            fill(this);
        }
        started
    }

    /// Creates a span that has ended and has no data.
    #[inline(never)]
    fn blank() -> Arc<Self> {
        let nobody = TraceContext::new(TraceId::MAX, SpanId::MAX, TraceFlags::NONE);
        let life = Life::claimed();
        life.end();
        Arc::new(Self {
            life,
            identity: None,
            span: None,
            start: Timestamp::from_unix_nanos(0),
            context: SampledContext::unsent(nobody),
            sender: MessageContext::ABSENT,
            announced: None,
            policy: None,
            fanouts: OnceLock::new(),
            around: CurrentId::None,
            unnamed: false,
            shared: AtomicBool::new(false),
            used: AtomicBool::new(false),
            handling: AtomicU32::new(0),
        })
    }

    /// Returns its memory for another span, if it has ended and nobody else refers to it.
    ///
    /// The memory keeps its contents until then, which are those of one message.
    pub(super) fn into_spare(this: Arc<Self>) -> Option<Arc<Self>> {
        (this.life.has_ended() && Arc::strong_count(&this) == 1).then_some(this)
    }

    /// Frees the contents of the span that had this memory.
    fn clear(&mut self) {
        self.span = None;
        self.sender = MessageContext::ABSENT;
        (self.announced, self.policy) = (None, None);
        self.fanouts = OnceLock::new();
        self.context.tracestate = None;
        self.context.baggage = None;
    }

    pub(crate) fn span(&self) -> Option<&OpenSpan> {
        self.span.as_ref()
    }

    pub(crate) fn context(&self) -> &SampledContext {
        &self.context
    }

    /// Notes that another flow continues this span, possibly on another thread.
    pub(super) fn share(&self) {
        self.shared.store(true, Relaxed);
        self.set_used();
    }

    /// Returns whether only one flow, and so one thread at a time, sends under this span.
    #[inline]
    pub(super) fn is_alone(&self) -> bool {
        !self.shared.load(Relaxed)
    }

    #[inline]
    pub(super) fn set_used(&self) {
        self.used.store(true, Relaxed);
    }

    /// Returns whether it has this identity and can be claimed.
    pub(super) fn can_be(&self, message: Identity) -> bool {
        self.identity.is_some_and(|identity| identity.is(message)) && self.life.is_claimable()
    }

    /// Returns whether it has this identity, and was closed before a handler claimed it.
    pub(super) fn is_lost(&self, message: Identity) -> bool {
        self.identity.is_some_and(|identity| identity.is(message)) && self.life.is_unclaimed()
    }

    /// Returns the statistics of fan-outs. Creates them at the first fan-out.
    pub(super) fn fanouts(&self) -> &FanoutStats {
        self.fanouts.get_or_init(Box::default)
    }

    /// Sets the number of its handling, as assigned by the observer.
    pub(super) fn observe(&self, observer: &dyn Observer, number: u32) {
        self.handling.store(number, Relaxed);
        self.tell_sampled(observer, number);
    }

    /// Tells the observer the span of its handling.
    pub(super) fn tell_sampled(&self, observer: &dyn Observer, number: u32) {
        if let (Some(span), Some(id)) = (&self.span, Handling::followed(number)) {
            observe::call(|| observer.sampled(id, span.context()));
        }
    }

    // ----- changes by its handler -----

    pub(crate) fn set_attribute(&self, name: &'static str, value: Attribute<'_>) {
        if let Some(span) = &self.span {
            guarded(|| span.span().set_attribute(span.context(), name, value));
        }
    }

    /// Renames the span after the actor of its handler, if the receive did not know the actor.
    pub(super) fn rename(&self, actor: impl FnOnce() -> Option<&'static str>) {
        if self.unnamed
            && let (Some(actor), Some(span), Some(identity)) = (actor(), &self.span, self.identity)
        {
            let name = span_name(actor, identity.kind().name());
            guarded(|| span.span().rename(span.context(), name, actor));
        }
    }

    pub(crate) fn update_name(&self, name: &str) {
        if let Some(span) = &self.span {
            guarded(|| span.span().update_name(span.context(), name));
        }
    }

    pub(crate) fn add_event(&self, name: &'static str) {
        if let Some(span) = &self.span {
            let now = now().on(self.context.clock);
            guarded(|| span.span().add_event(span.context(), name, now));
        }
    }

    pub(crate) fn record_error(&self, failure: &Failure<'_>) {
        if let Some(span) = &self.span {
            guarded(|| span.span().record_error(span.context(), failure));
        }
    }

    // ----- ending it -----

    /// Closes a message that no handler has claimed: ends it, or lets it wait for flows that may still claim it.
    ///
    /// `gives_up` is true if the caller was one of these flows.
    pub(super) fn close(&self, gives_up: bool, failure: Option<Failure<'_>>) {
        match self.life.close(gives_up, || now().unix_nanos()) {
            Close::Ends => self.record_end(now(), failure),
            Close::NotOpen if gives_up => self.give_up(failure),
            Close::NotOpen | Close::Waits => {}
        }
    }

    /// Notes that a flow that could have claimed it no longer can.
    pub(super) fn give_up(&self, failure: Option<Failure<'_>>) {
        if let Some(closed_at) = self.life.give_up() {
            self.record_end(Timestamp::from_unix_nanos(closed_at), failure);
        }
    }

    /// Ends it, even if it is claimed. Only the first end counts.
    pub(crate) fn finish(&self, failure: Option<Failure<'_>>) {
        if self.life.end() {
            self.record_end(now(), failure);
        }
    }

    #[inline(never)]
    fn record_end(&self, at: Timestamp, failure: Option<Failure<'_>>) {
        observe::end(self.handling.load(Relaxed), failure.as_ref());
        let Some(span) = &self.span else { return };
        let _timing = sampling::time_recording(sampling::RECORD);
        if let Some(announced) = &self.announced {
            let (size, selected) = announced.counts();
            self.fanouts().add(size, selected);
        }
        let fanout = self.fanouts.get().and_then(|fanouts| fanouts.summary());
        let at = at.on(self.context.clock);
        let end = SpanEnd::new(self.start, at, failure, fanout);
        guarded(|| span.span().finish(span.context(), &end));
    }

    // ----- putting it aside -----

    /// Undoes the receive of the message, and returns the context that it came with.
    ///
    /// If the span was already continued, or if the recorder cannot discard it, the span ends, and its own context is
    /// returned.
    pub(super) fn hold(&self) -> MessageContext {
        observe::held(self.handling.swap(0, Relaxed));
        let Some(span) = &self.span else {
            self.life.end();
            return self.sender.clone();
        };
        if !self.used.load(Relaxed) && self.life.end() {
            if guarded(|| span.span().discard(span.context())) == Some(true) {
                return match self.sender.clone().into_sampled() {
                    Ok(sender) => MessageContext::sampled(sender),
                    // The trace is already sampled. The message becomes its root when it is handled.
                    Err(_) => {
                        MessageContext::sampled(SampledContext { is_root: true, ..self.context.clone() })
                    }
                };
            }
            self.record_end(now(), None);
        } else {
            self.finish(None);
        }
        MessageContext::sampled(SampledContext { sent: Some(now()), ..self.context.clone() })
    }
}

impl Drop for ActiveSpan {
    fn drop(&mut self) {
        self.finish(None);
    }
}
