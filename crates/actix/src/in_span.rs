//! Runs an actor's future under a message's span.

use std::pin::Pin;
use std::task::{Context as Task, Poll};

use actix::{Actor, ActorFuture};
use pin_project_lite::pin_project;
use traced_actor::actor::{HandlerSpan, span_within};
use traced_actor::context::MessageContext;
use traced_actor::record::{Failure, SendFailure};

use crate::restart;

pin_project! {
    /// A future of an actor, the span that it runs under, and the function to call at its end.
    pub(crate) struct InSpan<F, D> {
        // `None` once it has completed.
        #[pin]
        future: Option<F>,
        // `None` once it has completed, too.
        span: Option<HandlerSpan>,
        finish: Option<D>,
        // Set if the span fails when the future is dropped before it completes.
        owns: bool,
    }

    impl<F, D> PinnedDrop for InSpan<F, D> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(mut span) = this.span.take() {
                // Messages that its locals send still belong to the message.
                span.call(|| this.future.set(None));
                span.end(this.owns.then(interruption));
            }
        }
    }
}

/// Returns the reason why a handler's future is dropped before it completes.
fn interruption() -> Failure<'static> {
    if std::thread::panicking() {
        Failure::PANIC
    } else if restart::is_running() {
        SendFailure::Restarting.count();
        Failure::new(SendFailure::Restarting.error_type(), None)
    } else {
        Failure::CANCELLED
    }
}

impl<F, D> InSpan<F, D> {
    /// Runs a future under its own span, and calls `finish` with both at the end.
    pub(crate) fn owning(span: HandlerSpan, future: F, finish: D) -> Self {
        Self { future: Some(future), span: Some(span), finish: Some(finish), owns: true }
    }
}

impl<F> InSpan<F, fn(HandlerSpan, ())> {
    /// Runs a future under a span of [`inherit`], which ends independently.
    pub(crate) fn within(span: HandlerSpan, future: F) -> Self {
        Self {
            future: Some(future),
            span: Some(span),
            finish: Some(|mut span, ()| span.end(None)),
            owns: false,
        }
    }
}

impl<A, F, D> ActorFuture<A> for InSpan<F, D>
where
    A: Actor,
    F: ActorFuture<A>,
    D: FnOnce(HandlerSpan, F::Output),
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, actor: &mut A, context: &mut A::Context, task: &mut Task<'_>) -> Poll<()> {
        let mut this = self.project();
        let Some(span) = this.span else { return Poll::Ready(()) };
        let poll = span.poll(|| {
            let Some(future) = this.future.as_mut().as_pin_mut() else { return Poll::Pending };
            let poll = future.poll(actor, context, task);
            if poll.is_ready() {
                this.future.set(None);
            }
            poll
        });
        poll.map(|output| {
            if let (Some(span), Some(finish)) = (this.span.take(), this.finish.take()) {
                finish(span, output);
            }
        })
    }
}

/// Creates the span for a future of type `F` that is spawned now.
///
/// The future continues the handled message, in a span that ends independently.
///
/// Returns `None` outside of a message, and for the long-lived futures with which actix reads streams and writes to
/// sockets.
pub(crate) fn inherit<F>() -> Option<HandlerSpan> {
    if is_long_lived(std::any::type_name::<F>()) {
        return None;
    }
    let current = MessageContext::current();
    (!current.is_absent()).then(|| span_within(current).into())
}

/// Returns whether a type is actix's own, and not a combinator around the user's futures.
fn is_long_lived(name: &str) -> bool {
    ["actix::stream::ActorStream<", "actix::io::"].iter().any(|own| name.starts_with(own))
}
