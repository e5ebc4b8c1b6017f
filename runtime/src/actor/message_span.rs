//! The span of a message while its handler runs.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::context::MessageContext;
use crate::envelope::Describe;
use crate::flow::{Claimed, FlowState, claim, claim_batch};
use crate::observe::Handling;
use crate::record::{CountPanic, Failure, SentAs};
use crate::{Envelope, Message, Options};

/// The open span of a message. Created by [`Envelope::open`].
///
/// Dropping it ends the span, too. If a future of [`run`](Self::run) was dropped before it completed, the span fails
/// as `cancelled`. If the thread is panicking, the span fails as `panic`. Otherwise it ends without an error.
///
/// A panic in [`run`](Self::run), or while the span is [entered](Self::enter), is counted in
/// [`Counters::failures`](crate::Counters::failures), even if no span is recorded.
#[must_use = "the message is handled while this lives"]
pub struct MessageSpan {
    pub(super) flow: FlowState,
    /// True while a future of `run` has not completed.
    pending: bool,
    ended: bool,
    /// The observed handling of an unsampled message.
    pub(super) handling: Handling,
}

impl MessageSpan {
    /// Handles a message in the flow that claimed it.
    #[inline]
    pub(crate) fn new(flow: FlowState, handling: Handling) -> Self {
        Self { flow, pending: false, ended: false, handling }
    }

    #[inline]
    pub(crate) fn of(mut claimed: Claimed, options: Option<&'static Options>) -> Self {
        let handling = claimed.take_handling();
        Self::new(claimed.into_flow(options), handling)
    }

    /// Gives the flow away, which ends the span from here on, and the observed handling with it.
    #[inline]
    pub(crate) fn into_flow(mut self) -> (FlowState, Handling) {
        self.ended = true;
        let handling = std::mem::replace(&mut self.handling, Handling::NONE);
        (std::mem::replace(&mut self.flow, FlowState::fresh(None)), handling)
    }

    /// Returns whether a span is recorded, so that attributes and failures have an effect.
    #[inline]
    pub fn is_recording(&self) -> bool {
        self.flow.is_recording()
    }

    /// Runs a future under the span.
    ///
    /// A send takes its context when it is called, not when it is polled. So call it within the future:
    /// `span.run(async { sender.send(message).await })`.
    #[inline]
    pub fn run<F: Future>(&mut self, future: F) -> InSpan<'_, F> {
        self.pending = true;
        InSpan { future: Some(future), handling: self }
    }

    /// Enters the span on this thread until the guard is dropped. Do not hold the guard across an `await`.
    #[inline]
    pub fn enter(&mut self) -> EnteredSpan<'_> {
        let before = self.enter_unguarded();
        EnteredSpan { span: self, before, _counts: CountPanic::new(), _not_send: PhantomData }
    }

    /// Enters the span until [`leave`] is called. Returns the handling that was observed before.
    #[inline]
    pub(super) fn enter_unguarded(&mut self) -> u32 {
        std::mem::forget(self.flow.enter());
        self.handling.enter()
    }

    /// Ends the span without an error.
    #[inline]
    pub fn end_ok(self) {
        self.end(None);
    }

    /// Ends the span, with this failure if there was one.
    #[inline]
    pub fn end(mut self, failure: Option<Failure<'_>>) {
        self.finish(failure);
    }

    #[inline]
    fn finish(&mut self, failure: Option<Failure<'_>>) {
        self.ended = true;
        self.handling.end(|| failure);
        if self.flow.has_open() {
            self.flow.finish(true, failure);
        }
    }
}

impl fmt::Debug for MessageSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageSpan").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl Drop for MessageSpan {
    #[inline]
    fn drop(&mut self) {
        if !self.ended {
            let failed = self.pending || std::thread::panicking();
            self.finish(if failed { Some(Failure::interruption()) } else { None });
        }
    }
}

/// Opens envelopes from another channel or from the wire.
impl<M: Message> Envelope<M> {
    /// Returns the message and opens its span. Use it for channels that this crate does not wrap.
    ///
    /// ```
    /// use traced_actor::{Envelope, Message};
    ///
    /// # fn handle<M>(_: M) {}
    /// # async fn handle_later<M>(_: M) {}
    /// fn in_a_thread<M: Message>(receiver: std::sync::mpsc::Receiver<Envelope<M>>) {
    ///     while let Ok(envelope) = receiver.recv() {
    ///         let (message, mut handling) = envelope.open();
    ///         let _entered = handling.enter();
    ///         handle(message);
    ///     } // the span ends here
    /// }
    ///
    /// async fn in_a_task<M: Message>(envelope: Envelope<M>) {
    ///     let (message, mut handling) = envelope.open();
    ///     handling.run(handle_later(message)).await;
    ///     handling.end_ok();
    /// }
    /// ```
    pub fn open(self) -> (M, MessageSpan) {
        self.open_with(None)
    }

    /// Takes the message out and opens its span, like [`open`](Self::open), in an actor with these options.
    ///
    /// The actor's name becomes part of the span's name. The options also decide about a message that comes without a
    /// trace. For adapters of frameworks, whose actors have no receive loop of this crate.
    ///
    /// ```
    /// use traced_actor::{Envelope, Options, testkit, traced_actor};
    ///
    /// #[traced_actor]
    /// struct Ping;
    ///
    /// let spans = testkit::record();
    /// let (ping, span) = Envelope::capture(Ping).open_in(const { &Options::new().name("Pinger") });
    /// drop((ping, span));
    /// testkit::assert_tree!(spans, "Pinger/Ping");
    /// ```
    pub fn open_in(self, options: &'static Options) -> (M, MessageSpan) {
        self.open_with(Some(options))
    }

    fn open_with(self, options: Option<&'static Options>) -> (M, MessageSpan) {
        let (message, context) = self.into_parts();
        let claimed = claim(options, context, &message, Describe::message(), SentAs::OfKind);
        (message, MessageSpan::of(claimed, options))
    }

    /// Opens one span for an operation on several messages with these `contexts`, and returns the operation.
    ///
    /// Use it for a batch that a consumer of a broker handles at once. The message is an
    /// [operation](crate::Kind::operation). The span is a root with a link to each sampled sender, at most
    /// [`MAX_LINKS`](crate::record::MAX_LINKS). It is kept if one of them is sampled. If nobody has decided, the
    /// sampler decides. The envelope's own context is not used.
    pub fn open_batch(self, contexts: Vec<MessageContext>, options: &'static Options) -> (M, MessageSpan) {
        let (message, _) = self.into_parts();
        let claimed = claim_batch(Some(options), contexts, &message, Describe::message());
        (message, MessageSpan::of(claimed, Some(options)))
    }
}

/// A guard of an entered span. Dropping it leaves the span. Created by [`MessageSpan::enter`].
#[must_use = "if dropped immediately, it has no effect"]
pub struct EnteredSpan<'a> {
    span: &'a mut MessageSpan,
    before: u32,
    _counts: CountPanic,
    /// Keeps the guard on its thread.
    _not_send: PhantomData<*const ()>,
}

impl Drop for EnteredSpan<'_> {
    #[inline]
    fn drop(&mut self) {
        leave(&mut self.span.flow, &mut self.span.handling, self.before);
    }
}

/// Leaves a flow that was entered, and its observed handling. A panic ends both.
#[inline]
pub(super) fn leave(flow: &mut FlowState, handling: &mut Handling, before: u32) {
    let has_open = flow.leave();
    handling.leave(before);
    if std::thread::panicking() {
        if has_open {
            flow.finish(true, Some(Failure::PANIC));
        }
        handling.end(|| Some(Failure::PANIC));
    }
}

pin_project! {
    /// A future that runs under a message's span. Created by [`MessageSpan::run`].
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct InSpan<'a, F> {
        // `None` once it has completed.
        #[pin]
        future: Option<F>,
        handling: &'a mut MessageSpan,
    }

    impl<F> PinnedDrop for InSpan<'_, F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.future.is_some() {
                // Messages that its locals send still belong to the message.
                let _running = this.handling.flow.enter_owning(true);
                this.future.set(None);
            }
        }
    }
}

impl<F: Future> Future for InSpan<'_, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            panic!("a future was polled after it was done");
        };
        let entered = this.handling.enter();
        let poll = future.poll(cx);
        if poll.is_ready() {
            this.future.set(None);
        }
        drop(entered);
        let MessageSpan { flow, pending, .. } = &mut **this.handling;
        *pending = poll.is_pending();
        if *pending {
            flow.end_poll();
        } else {
            flow.end(None);
        }
        poll
    }
}

opaque!(EnteredSpan<'a>);

opaque!(InSpan<'a, F>);
