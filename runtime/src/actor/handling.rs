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
    Content, Entered, Failure, Frame, Received, Saved, begin, capture, is_recording, slot, top,
};
use crate::sampling::Options;
use crate::sync::interruption;
use crate::{Envelope, Message};

/// A message that is being handled.
///
/// Dropped without [`end`](Self::end) it ends its span all the same: as `cancelled` where a future that
/// [`run`](Self::run) made was dropped before it was done, as `panic` while the thread panics, otherwise well.
#[must_use = "the message is handled while this lives"]
pub struct Handling(Open);

/// What a message came with; `None` for a plain one, of which nothing is sampled: it is bare, and in an unsampled
/// scope, because its sender decided so or the receive did, or received while nobody records.
///
/// One look at this thread. With another one at the recorder, which other threads may install, the message would be moved
/// once more: for all that the compiler knows, what was read before may have changed since.
#[inline]
pub(crate) fn not_plain(carried: Carried) -> Option<Carried> {
    if carried.is_absent() && slot().is_plain() {
        std::mem::forget(carried); // a tag: nothing to free, and no drop glue here
        None
    } else {
        Some(carried)
    }
}

/// What is open while a message is handled.
enum Open {
    /// Nothing is sampled: nothing to run in, and nothing to end.
    Plain,
    /// The span that the receive opened, in the state that it set up. `true` while a future of `run` is not done.
    Adopted(Arc<Frame>, bool),
    /// A state of its own.
    Own(Box<Own>),
}

struct Own {
    /// The span that this handling ends.
    frame: Option<Arc<Frame>>,
    /// The state to run in.
    scope: Saved,
    /// A future was made by `run` and is not done.
    pending: bool,
}

impl Handling {
    /// Settles what the handling of `message` runs in, which came with `carried` and is not plain.
    ///
    /// A bare message of the type and kind that this scope received last is that message: its span is adopted, and
    /// nothing else happens.
    #[cold]
    pub(crate) fn new<M>(
        options: Option<&'static Options>,
        carried: Carried,
        message: &M,
        describe: Describe<M>,
    ) -> Self {
        Self(Open::new(options, carried, message, describe))
    }

    /// Runs a future as the handling of the message.
    #[inline]
    pub fn run<F: Future>(&mut self, future: F) -> Handled<'_, F> {
        self.0.set_pending(true);
        Handled { future, open: &mut self.0 }
    }

    /// Handles the message on this thread until the guard is dropped. Not across an `await`.
    pub fn enter(&mut self) -> EnteredHandling<'_> {
        let entered = match &mut self.0 {
            Open::Own(own) => Some(own.scope.enter()),
            Open::Plain | Open::Adopted(..) => None,
        };
        EnteredHandling { _entered: entered, _not_send: PhantomData }
    }

    /// The message was handled.
    #[inline]
    pub fn end_ok(self) {
        self.end(None);
    }

    /// The message was handled, with this failure if there was one.
    #[inline]
    pub fn end(mut self, failure: Option<Failure<'_>>) {
        match std::mem::replace(&mut self.0, Open::Plain) {
            Open::Plain => {}
            Open::Adopted(frame, _) => frame.finish(failure),
            Open::Own(own) => {
                if let Some(frame) = own.frame {
                    frame.finish(failure);
                }
            }
        }
    }
}

impl Open {
    fn new<M>(
        options: Option<&'static Options>,
        carried: Carried,
        message: &M,
        describe: Describe<M>,
    ) -> Self {
        let carried = if carried.is_absent() {
            if !is_recording() {
                return Self::Plain;
            }
            if let Some(frame) = top().filter(|frame| frame.take(Received::new::<M>(describe.kind(message))))
            {
                return Self::Adopted(frame, false);
            }
            if describe.kind(message).is_skipped() {
                return Self::Plain;
            }
            // A direct call goes on with what its caller is doing, be it ours or OpenTelemetry's.
            capture(|| describe.kind(message))
        } else {
            carried
        };
        let content = begin(carried, &describe.of(message), options);
        if matches!((&content, slot().mode()), (Content::Light(mode), now) if *mode == now) {
            return Self::Plain;
        }
        let (scope, frame) = Saved::of(content, options);
        Self::Own(Box::new(Own { frame, scope, pending: false }))
    }

    /// Whether a future of `run` is not done.
    #[inline]
    fn set_pending(&mut self, is_pending: bool) {
        match self {
            Self::Plain => {}
            Self::Adopted(_, pending) => *pending = is_pending,
            Self::Own(own) => own.pending = is_pending,
        }
    }

    /// The future of `run` is done.
    #[inline]
    fn done(&mut self) {
        self.set_pending(false);
        if let Self::Own(own) = self {
            own.scope.finish(None);
        }
    }

    /// Ends what a handling left open that was dropped.
    #[cold]
    fn abandon(self) {
        let failure = |pending| if pending || std::thread::panicking() { Some(interruption()) } else { None };
        match self {
            Self::Plain => {}
            Self::Adopted(frame, pending) => frame.finish(failure(pending)),
            Self::Own(own) => {
                let Own { frame, mut scope, pending } = *own;
                scope.finish(failure(pending));
                if let Some(frame) = frame {
                    frame.finish(failure(pending));
                }
            }
        }
    }
}

impl Drop for Handling {
    #[inline]
    fn drop(&mut self) {
        if !matches!(self.0, Open::Plain) {
            std::mem::replace(&mut self.0, Open::Plain).abandon();
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
        let (message, carried) = self.into_parts();
        let handling = match not_plain(carried) {
            None => Handling(Open::Plain),
            Some(carried) => Handling::new(None, carried, &message, Describe::message()),
        };
        (message, handling)
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
        future: F,
        open: &'a mut Open,
    }
}

impl<F: Future> Future for Handled<'_, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let poll = match this.open {
            Open::Plain => return this.future.poll(cx),
            Open::Adopted(..) => this.future.poll(cx),
            // In its own scope.
            Open::Own(own) => {
                let _entered = own.scope.enter();
                this.future.poll(cx)
            }
        };
        if poll.is_ready() {
            this.open.done();
        }
        poll
    }
}
