//! The body of a response, which is streamed in the span of its request and ends that span.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use traced_actor::record::Failure;

use crate::exchange::Exchange;

pin_project! {
    /// The body of a response, as returned by the layers of this crate.
    ///
    /// The code that produces the body runs in the span of its request, and its sends continue that span. The span ends
    /// with the last frame, and records the status of a gRPC call from the trailers. An error of the body fails the
    /// span. If a server's body is dropped earlier, because the client is gone, the span fails as `cancelled`. A client
    /// may drop a body that it does not need.
    #[must_use = "a body does nothing unless it is read"]
    pub struct ResponseBody<B> {
        // `None` once this is dropped.
        #[pin]
        inner: Option<B>,
        // `None` once the body has ended.
        open: Option<Open>,
    }

    impl<B> PinnedDrop for ResponseBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let Some(mut open) = this.open.take() else { return };
            // Messages that its locals send from `Drop` still belong to the request.
            let running = open.exchange.enter();
            this.inner.set(None);
            drop(running);
            // If the thread is panicking, the span records the panic itself.
            if !std::thread::panicking() {
                open.end_early();
            }
        }
    }
}

/// A body that has not ended.
struct Open {
    exchange: Exchange,
    /// The number of bytes that are still expected, if the head contains the length and the end is recorded or observed.
    left: Option<u64>,
}

impl Open {
    /// Ends the span of a body that is not read to its end.
    fn end_early(self) {
        if self.left == Some(0) || !self.exchange.needs_end() {
            self.exchange.end();
        } else {
            self.exchange.fail(Failure::CANCELLED);
        }
    }
}

impl<B: Body> ResponseBody<B> {
    /// Wraps the body of a response together with the span of its request. If no body follows, the span ends now.
    pub(crate) fn attach(response: Response<B>, exchange: Exchange) -> Response<Self> {
        let (head, body) = response.into_parts();
        let open = if exchange.is_answered(head.status) || body.is_end_stream() {
            exchange.end();
            None
        } else {
            let left = || body.size_hint().exact().or_else(|| content_length(&head.headers));
            Some(Open { left: if exchange.is_noted() { left() } else { None }, exchange })
        };
        Response::from_parts(head, Self { inner: Some(body), open })
    }
}

/// Returns the number of bytes in a piece of a body.
fn remaining(data: &impl Buf) -> u64 {
    data.remaining() as u64
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl<B: Body> Body for ResponseBody<B>
where
    B::Error: fmt::Display,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(mut inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let Some(Open { exchange, left }) = this.open.as_mut() else { return inner.poll_frame(cx) };
        let poll;
        let is_end = {
            let _running = exchange.enter();
            poll = inner.as_mut().poll_frame(cx);
            match &poll {
                Poll::Ready(Some(Ok(frame))) => {
                    if let Some(data) = frame.data_ref() {
                        *left = left.map(|left| left.saturating_sub(remaining(data)));
                    }
                    frame.trailers_ref().is_some() || inner.is_end_stream()
                }
                Poll::Ready(_) => true,
                Poll::Pending => false,
            }
        };
        if is_end && let Some(Open { mut exchange, .. }) = this.open.take() {
            match &poll {
                Poll::Ready(Some(Err(error))) => {
                    exchange.fail(Failure::new(std::any::type_name::<B::Error>(), Some(error)));
                }
                Poll::Ready(Some(Ok(frame))) => {
                    if let Some(trailers) = frame.trailers_ref() {
                        exchange.set_trailers(trailers);
                    }
                    exchange.end();
                }
                _ => exchange.end(),
            }
        }
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B: Default> Default for ResponseBody<B> {
    /// Creates the body of a response that has no span.
    fn default() -> Self {
        Self { inner: Some(B::default()), open: None }
    }
}

impl<B> fmt::Debug for ResponseBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").field("is_open", &self.open.is_some()).finish_non_exhaustive()
    }
}
