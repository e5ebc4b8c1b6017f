//! The future of a request, in its span and with its passed-on headers, until the head of the response.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;
use traced_actor::record::Failure;

use crate::exchange::Exchange;
use crate::response_body::ResponseBody;

pin_project! {
    /// The future of a request. Created by [`EdgeService`](crate::EdgeService) and [`ClientService`](crate::ClientService).
    ///
    /// The span continues with the [body](ResponseBody) of the response. Dropping the future ends it as `cancelled`.
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct ResponseFuture<F> {
        // Both are `None` once it has completed.
        #[pin]
        inner: Option<F>,
        exchange: Option<Exchange>,
    }

    impl<F> PinnedDrop for ResponseFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let Some(mut exchange) = this.exchange.take() else { return };
            // Messages that its locals send from `Drop` still belong to the request.
            let running = exchange.enter();
            this.inner.set(None);
            drop(running);
            // If the thread is panicking, the span records the panic itself.
            if !std::thread::panicking() {
                exchange.fail(Failure::CANCELLED);
            }
        }
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(inner: F, exchange: Exchange) -> Self {
        Self { inner: Some(inner), exchange: Some(exchange) }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    E: fmt::Display,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(exchange) = this.exchange.as_mut() else {
            panic!("a future was polled after it was done");
        };
        // It is there for as long as the exchange is.
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Pending };
        let running = exchange.enter();
        let Poll::Ready(mut result) = inner.poll(cx) else { return Poll::Pending };
        this.inner.set(None);
        if let Ok(response) = &mut result {
            running.facts.respond(response);
        }
        drop(running);
        let Some(exchange) = this.exchange.take() else { unreachable!("it was there during the poll") };
        Poll::Ready(match result {
            Ok(response) => Ok(ResponseBody::attach(response, exchange)),
            Err(error) => {
                exchange.fail(Failure::new(std::any::type_name::<E>(), Some(&error)));
                Err(error)
            }
        })
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("is_done", &self.inner.is_none()).finish_non_exhaustive()
    }
}
