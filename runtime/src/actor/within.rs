//! Runs code under a context, without its own span.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::context::MessageContext;
use crate::envelope::Describe;
use crate::flow::{FlowState, InFlow, Unjudged, claim_unobserved};
use crate::observe::Handling;
use crate::record::SentAs;
use crate::sampling::Kind;
use crate::{Message, MessageSpan};

/// Runs a future under a context, without creating a span. Messages that it sends continue the context's span.
///
/// Use it in an adapter for a framework or a broker that has its own envelope, and whose handler has its own span or
/// needs none.
///
/// If the context is absent, each send is sampled as a root. The future runs in its own flow, so the caller's current
/// span is not visible in it. When the future is dropped, messages that its locals send still belong to the context.
///
/// # Cost
///
/// Each poll costs as much as a poll of a handler. Allocates once if the context is sampled.
///
/// ```
/// use traced_actor::actor::within;
/// use traced_actor::context::MessageContext;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let arrived = MessageContext::UNSAMPLED; // out of a header
/// let answer = within(arrived, async {
///     assert!(MessageContext::current().is_unsampled());
///     42
/// });
/// assert_eq!(answer.await, 42);
/// # }
/// ```
pub fn within<F: Future>(context: MessageContext, future: F) -> Within<F> {
    Within { future: InFlow::owning(flow(context), Handling::NONE, future, Unjudged) }
}

/// Calls a function under a context, without creating a span. See [`within`].
///
/// ```
/// use traced_actor::actor::call_within;
/// use traced_actor::context::MessageContext;
///
/// assert!(call_within(MessageContext::UNSAMPLED, || MessageContext::current().is_unsampled()));
/// ```
pub fn call_within<T>(context: MessageContext, work: impl FnOnce() -> T) -> T {
    let mut handling = span_within(context);
    let _entered = handling.enter();
    work()
}

/// Returns a handle that runs work under a context, without creating a span. See [`within`].
///
/// For an adapter whose framework polls a future by other means.
///
/// ```
/// use traced_actor::actor::span_within;
/// use traced_actor::context::MessageContext;
///
/// let mut handle = span_within(MessageContext::UNSAMPLED);
/// let entered = handle.enter();
/// assert!(MessageContext::current().is_unsampled());
/// # drop(entered);
/// ```
pub fn span_within(context: MessageContext) -> MessageSpan {
    MessageSpan::new(flow(context), Handling::NONE)
}

/// Creates a flow that continues a context.
fn flow(context: MessageContext) -> FlowState {
    claim_unobserved(None, context.aside(), &NoMessage, Describe::message(), SentAs::OfKind).into_flow(None)
}

/// A message without a span, like a skipped one.
struct NoMessage;

impl Message for NoMessage {
    fn kind(&self) -> &'static Kind {
        static SKIPPED: Kind = Kind::new("within").skip();
        &SKIPPED
    }
}

pin_project! {
    /// A future that runs under a context. Created by [`within`].
    #[must_use = "a future does nothing unless it is awaited or spawned"]
    pub struct Within<F> {
        #[pin]
        future: InFlow<F, Unjudged>,
    }
}

impl<F: Future> Future for Within<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(cx)
    }
}

opaque!(Within<F>);
