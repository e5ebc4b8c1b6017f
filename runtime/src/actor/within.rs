//! Work under a context, without a span of its own.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::context::MessageContext;
use crate::envelope::Describe;
use crate::flow::{FlowState, InFlow, Unjudged, claim};
use crate::sampling::Kind;
use crate::{Message, MessageSpan};

/// Runs a future under a context, without a span of its own: what it sends continues the span that the context names.
///
/// For an adapter of a framework or a broker that has its own envelope, and whose messages are handled by a function that
/// has a span elsewhere, or needs none. Absent: nothing is continued, and each send is decided about as a root. A flow of
/// its own begins: nothing that the caller is working on is seen within. Cancelled by dropping it, its locals still send
/// under the context.
///
/// Cost: as a poll of a handler; one allocation where the context is sampled.
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
    Within { future: InFlow::owning(flow(context), future, Unjudged) }
}

/// Calls a function under a context, as [`within`] runs a future.
///
/// ```
/// use traced_actor::actor::call_within;
/// use traced_actor::context::MessageContext;
///
/// assert!(call_within(MessageContext::UNSAMPLED, || MessageContext::current().is_unsampled()));
/// ```
pub fn call_within<T>(context: MessageContext, work: impl FnOnce() -> T) -> T {
    let mut handling = MessageSpan::new(flow(context));
    let entered = handling.enter();
    let done = work();
    drop(entered);
    done
}

/// A flow that goes on with what is carried.
fn flow(context: MessageContext) -> FlowState {
    claim(None, context.aside(), &NoMessage, Describe::message()).into_flow(None)
}

/// Has no span, as a message that is skipped.
struct NoMessage;

impl Message for NoMessage {
    fn kind(&self) -> &'static Kind {
        static SKIPPED: Kind = Kind::new("within").skip();
        &SKIPPED
    }
}

pin_project! {
    /// A future under a context. Made by [`within`].
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

impl<F> std::fmt::Debug for Within<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Within").finish_non_exhaustive()
    }
}
