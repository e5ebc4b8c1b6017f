//! The future of a request, in its span and with what it came with, until the head of the response.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;
use traced_actor::record::Failure;
use traced_actor::{Envelope, MessageSpan, Options, current_span};

use crate::exchange::{Head, Side, record_response};
use crate::passed::Passed;
use crate::reply::Reply;

pin_project! {
    /// The future of a request. Created by [`EdgeService`](crate::EdgeService) and [`ClientService`](crate::ClientService).
    ///
    /// The span ends with the head of the response. Dropping the future earlier ends it as `cancelled`.
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct ResponseFuture<F> {
        // Until it is done.
        #[pin]
        inner: Option<F>,
        exchange: Exchange,
    }

    impl<F> PinnedDrop for ResponseFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.inner.is_some() {
                let _passed = this.exchange.passed.enter();
                if let Some(mut span) = this.exchange.span.take() {
                    // What its locals send is its work still.
                    let entered = span.enter();
                    this.inner.set(None);
                    drop(entered);
                    // Where the thread is panicking, the span says so by itself.
                    if !std::thread::panicking() {
                        span.end(Some(Failure::CANCELLED));
                    }
                }
            }
        }
    }
}

/// What is known of an exchange while it runs.
pub(crate) struct Exchange {
    pub(crate) side: Side,
    /// `None` where somebody else's span is followed.
    pub(crate) span: Option<MessageSpan>,
    pub(crate) passed: Passed,
    /// The method of a call of gRPC that has a span.
    pub(crate) call: Option<String>,
    pub(crate) reply: Reply,
}

impl Exchange {
    /// Creates an exchange without a span.
    pub(crate) fn new(side: Side, passed: Passed, reply: Reply) -> Self {
        Self { side, span: None, passed, call: None, reply }
    }

    /// Opens the span of this request, and names it.
    pub(crate) fn open(&mut self, request: Envelope<Head<'_>>, options: &'static Options) {
        let (head, mut span) = request.open_in(options);
        let entered = span.enter();
        let current = current_span();
        if current.context().is_some() {
            if let Some(name) = head.name() {
                current.update_name(&name);
            }
            self.call = head.call();
        }
        drop(entered);
        self.span = Some(span);
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(inner: F, exchange: Exchange) -> Self {
        Self { inner: Some(inner), exchange }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: fmt::Display,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            panic!("a future was polled after it was done");
        };
        let Exchange { side, span, passed, call, reply } = this.exchange;
        let _passed = passed.enter();
        let Some(mut span) = span.take() else {
            let mut poll = inner.poll(cx);
            if let Poll::Ready(result) = &mut poll {
                this.inner.set(None);
                if let Ok(response) = result {
                    reply.write(response.headers_mut(), passed);
                }
            }
            return poll;
        };
        let entered = span.enter();
        let Poll::Ready(mut result) = inner.poll(cx) else {
            drop(entered);
            this.exchange.span = Some(span);
            return Poll::Pending;
        };
        this.inner.set(None);
        let is_sampled = current_span().context().is_some();
        match &mut result {
            Ok(response) => {
                let failure =
                    if is_sampled { record_response(*side, call.as_deref(), response) } else { None };
                reply.write(response.headers_mut(), passed);
                drop(entered);
                span.end(failure);
            }
            Err(error) => {
                drop(entered);
                span.end(Some(Failure::new(std::any::type_name::<E>(), Some(&*error))));
            }
        }
        Poll::Ready(result)
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("span", &self.exchange.span).finish_non_exhaustive()
    }
}
