//! The scope around a handler: adopts the span of the message just received, or opens one.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::context::Carried;
use crate::envelope::Describe;
use crate::record::{
    Content, Entered, Failure, Frame, Mode, Received, Saved, begin, capture, is_recording, slot, top,
};
use crate::sampling::Options;
use crate::sync::{Traced, interruption};
use crate::{Envelope, Message};

/// A message that is being handled.
///
/// Dropped without [`end`](Self::end) it ends its span all the same: as `cancelled` where a future that
/// [`run`](Self::run) made was dropped before it was done, as `panic` while the thread panics, otherwise well.
#[must_use = "the message is handled while this lives"]
pub struct Handling {
    /// Nothing, while nothing is sampled.
    open: Option<Box<Open>>,
}

struct Open {
    /// The span that this handling ends.
    frame: Option<Arc<Frame>>,
    /// The state to run in, where it is not the one that the receive set up already.
    scope: Option<Saved>,
    /// A future was made by `run` and is not done.
    pending: bool,
}

impl Handling {
    /// Takes the message out of its envelope, and settles what its handling runs in.
    ///
    /// A bare message of the type and kind that this scope received last is that message: its span is adopted, and
    /// nothing else happens. While nothing is sampled, nothing happens at all.
    #[inline]
    pub(crate) fn start<M>(
        options: Option<&'static Options>,
        envelope: Envelope<M>,
        describe: Describe<M>,
    ) -> (M, Self) {
        let (message, carried) = envelope.into_parts();
        // Bare and in an unsampled scope: the sender decided, or the receive did.
        let open = if carried.is_absent() && slot().mode == Mode::Unsampled {
            std::mem::forget(carried); // a tag: nothing to free, and no drop glue here
            None
        } else {
            Open::new(options, carried, &message, describe)
        };
        (message, Self { open })
    }

    /// Whether there is nothing to run the handler in and nothing to end: nothing is sampled.
    #[inline]
    pub fn is_plain(&self) -> bool {
        self.open.is_none()
    }

    /// Runs a future as the handling of the message.
    #[inline]
    pub fn run<F: Future>(&mut self, future: F) -> Handled<'_, F> {
        match self.open.as_deref_mut() {
            None => Handled { future: MaybeScoped::Plain { future }, open: None },
            Some(open) => {
                open.pending = true;
                let future = match open.scope.take() {
                    None => MaybeScoped::Plain { future },
                    Some(saved) => MaybeScoped::Scoped { future: Traced::with_saved(future, saved) },
                };
                Handled { future, open: Some(open) }
            }
        }
    }

    /// Handles the message on this thread until the guard is dropped. Not across an `await`.
    pub fn enter(&mut self) -> EnteredHandling<'_> {
        let scope = self.open.as_deref_mut().and_then(|open| open.scope.as_mut());
        EnteredHandling { _entered: scope.map(Saved::enter), _not_send: PhantomData }
    }

    /// The message was handled.
    #[inline]
    pub fn end_ok(self) {
        self.end(None);
    }

    /// The message was handled, with this failure if there was one.
    #[inline]
    pub fn end(mut self, failure: Option<Failure<'_>>) {
        if let Some(frame) = self.open.take().and_then(|open| open.frame) {
            frame.finish(failure);
        }
    }
}

impl Open {
    #[cold]
    fn new<M>(
        options: Option<&'static Options>,
        carried: Carried,
        message: &M,
        describe: Describe<M>,
    ) -> Option<Box<Self>> {
        let carried = if carried.is_absent() {
            if let Some(frame) = top().filter(|frame| frame.take(Received::new::<M>(describe.kind(message))))
            {
                return Some(Box::new(Self { frame: Some(frame), scope: None, pending: false }));
            }
            if !is_recording() || describe.kind(message).is_skipped() {
                return None;
            }
            // A direct call goes on with what its caller is doing, be it ours or OpenTelemetry's.
            capture(|| describe.kind(message))
        } else {
            carried
        };
        let content = describe.with(message, |message| begin(carried, message, options));
        if matches!((&content, slot().mode), (Content::Light(mode), now) if *mode == now) {
            return None;
        }
        let (scope, frame) = Saved::of(content, options);
        Some(Box::new(Self { frame, scope: Some(scope), pending: false }))
    }
}

impl Drop for Handling {
    #[inline]
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            open.abandon();
        }
    }
}

impl Open {
    #[cold]
    fn abandon(self) {
        let failure = if self.pending || std::thread::panicking() { Some(interruption()) } else { None };
        if let Some(frame) = self.frame {
            frame.finish(failure);
        }
    }
}

/// What came off a foreign channel or a wire.
impl<M: Message> Envelope<M> {
    /// Takes the message out and opens its span: the recipe for every channel that this crate does not wrap.
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
    pub fn open(self) -> (M, Handling) {
        Handling::start(None, self, Describe::message())
    }
}

/// The thread handles the message until this is dropped.
#[must_use = "dropped at once, it does nothing"]
pub struct EnteredHandling<'a> {
    _entered: Option<Entered<'a>>,
    /// It belongs to its thread.
    _not_send: PhantomData<*const ()>,
}

pin_project! {
    /// A handler's future. Made by [`Handling::run`].
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct Handled<'a, F> {
        #[pin]
        future: MaybeScoped<F>,
        open: Option<&'a mut Open>,
    }
}

pin_project! {
    #[project = MaybeScopedProjection]
    enum MaybeScoped<F> {
        // The receive's scope is the right one already: no wrapper but this branch.
        Plain { #[pin] future: F },
        // The message came by another way.
        Scoped { #[pin] future: Traced<F> },
    }
}

impl<F: Future> Future for Handled<'_, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let poll = match this.future.project() {
            MaybeScopedProjection::Plain { future } => future.poll(cx),
            MaybeScopedProjection::Scoped { future } => future.poll(cx),
        };
        if let (Poll::Ready(_), Some(open)) = (&poll, this.open) {
            open.pending = false;
        }
        poll
    }
}
