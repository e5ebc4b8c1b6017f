//! Promotions in the headers of HTTP responses.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use traced_actor::TraceId;
use traced_actor::w3c::traceparent;

use super::flight::{Peer, Triggers};
use super::peers::Promotion;

/// The header of a response that asks the client to keep its part of the trace.
static PROMOTION: HeaderName = HeaderName::from_static("traced-actor-promotion");

/// A layer for HTTP servers and clients. If the server keeps a trace, the client keeps its part as well.
///
/// The server's layer adds a header to the response if its flight recorder keeps the trace of the request by then. The
/// client's layer reads the header. A trigger that fires after the response reaches only
/// [peers](crate::Flight::connect) that are connected in another way.
///
/// Both sides identify the trace by the request's `traceparent`. So put the client's layer below the layer that writes
/// that header, such as `ClientLayer` of `traced-actor-tower`. Use these layers only between processes that trust each
/// other: whoever knows the id of a trace can find out whether the server keeps it.
///
/// ```
/// use std::sync::Arc;
/// use tower_layer::Layer;
/// use traced_actor_flight::{Flight, PromotionLayer};
///
/// # let (service, client) = ((), ());
/// let flight = Flight::builder().start()?;
/// let server = PromotionLayer::server(flight.triggers()).layer(service);
/// // For each server that is called; nothing needs to be told to it by other means.
/// let guilds = Arc::new(flight.connect(|_promotion| {}));
/// let client = PromotionLayer::client(guilds).layer(client);
/// # let _ = (server, client);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PromotionLayer(Side);

#[derive(Clone, Debug)]
enum Side {
    Server(Triggers),
    Client(Arc<Peer>),
}

impl PromotionLayer {
    /// Creates the layer of a server.
    pub fn server(triggers: Triggers) -> Self {
        Self(Side::Server(triggers))
    }

    /// Creates the layer of a client. `server` is the peer that it calls.
    pub fn client(server: Arc<Peer>) -> Self {
        Self(Side::Client(server))
    }
}

impl<S> Layer<S> for PromotionLayer {
    type Service = PromotionService<S>;

    fn layer(&self, inner: S) -> PromotionService<S> {
        PromotionService { side: self.0.clone(), inner }
    }
}

/// The service that a [`PromotionLayer`] makes.
#[derive(Clone, Debug)]
pub struct PromotionService<S> {
    side: Side,
    inner: S,
}

impl<S, B, R> Service<Request<B>> for PromotionService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = PromotionFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let trace = trace_of(request.headers());
        if let (Side::Client(server), Some(trace)) = (&self.side, trace) {
            server.shares(trace);
        }
        PromotionFuture { inner: self.inner.call(request), side: self.side.clone(), trace }
    }
}

pin_project! {
    /// The future of a [`PromotionService`]'s response.
    pub struct PromotionFuture<F> {
        #[pin]
        inner: F,
        side: Side,
        trace: Option<TraceId>,
    }
}

impl<F, R, E> Future for PromotionFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx))?;
        if let Some(trace) = *this.trace {
            match this.side {
                Side::Server(triggers) => write(triggers.promotion(trace), response.headers_mut()),
                Side::Client(server) => {
                    // Only for the requested trace, so that a server cannot make a client keep any other trace.
                    if let Some(promotion) = read(response.headers()).filter(|found| found.trace_id == trace)
                    {
                        server.promote(promotion);
                    }
                }
            }
        }
        Poll::Ready(Ok(response))
    }
}

impl<F> fmt::Debug for PromotionFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PromotionFuture").field("trace", &self.trace).finish_non_exhaustive()
    }
}

fn trace_of(headers: &HeaderMap) -> Option<TraceId> {
    Some(traceparent::parse(headers.get("traceparent")?.as_bytes()).ok()?.trace_id)
}

fn write(promotion: Option<Promotion>, headers: &mut HeaderMap) {
    if let Some(value) = promotion.and_then(|promotion| HeaderValue::try_from(promotion.to_string()).ok()) {
        headers.insert(PROMOTION.clone(), value);
    }
}

fn read(headers: &HeaderMap) -> Option<Promotion> {
    headers.get(&PROMOTION)?.to_str().ok()?.parse().ok()
}
