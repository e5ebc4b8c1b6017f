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
            // Messages that its locals send still belong to the request.
            exchange.run(|_| this.inner.set(None));
            // If the thread is panicking, the span already records that.
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
        let Some(mut exchange) = this.exchange.take() else {
            panic!("a future was polled after it was done");
        };
        // The other crate's span records the rest.
        let is_own = exchange.span.is_some();
        let done = exchange.run(|exchange| {
            let Poll::Ready(mut result) = this.inner.as_mut().as_pin_mut()?.poll(cx) else { return None };
            this.inner.set(None);
            if let Ok(response) = &mut result {
                if is_own {
                    exchange.respond(response.status(), response.headers());
                }
                exchange.reply.write(response.headers_mut(), &exchange.passed);
            }
            Some(result)
        });
        let Some(result) = done else {
            *this.exchange = Some(exchange);
            return Poll::Pending;
        };
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
