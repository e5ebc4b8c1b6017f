//! The client's layer: creates a span for each request, and writes its context into the headers.

use std::fmt;
use std::task::{Context, Poll};

use http::{HeaderMap, Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;
use traced_actor::context::ContextState;
use traced_actor::{Envelope, Kind, Message, Options};
use traced_actor_propagation::{CompositePropagator, Outgoing};

use crate::exchange::Exchange;
use crate::head::{Head, Side};
use crate::passed::Passed;
use crate::reply::Reply;
use crate::response_body::ResponseBody;
use crate::response_future::ResponseFuture;
use crate::tries::Tries;

/// The name of the actor for samplers.
static OPTIONS: Options = Options::new().name("http client");

/// A layer for clients. Each request has a `CLIENT` span, and carries its context in the headers.
///
/// ```
/// use tower_layer::Layer;
/// use traced_actor_tower::ClientLayer;
///
/// let layer = ClientLayer::new();
/// // tonic: GuildClient::new(layer.layer(channel))
/// // hyper: layer.layer(hyper_util::client::legacy::Client::builder(executor).build_http())
/// # let _ = layer.layer(());
/// ```
///
/// The span is a child of the span that sends the request: that of an actor's message, of a request being served, or
/// OpenTelemetry's current span. It has the attributes of OpenTelemetry's conventions for HTTP or gRPC. It ends when
/// the [body](ResponseBody) of the response has been read or is dropped. The query of the URL is left out, since it may
/// be secret.
///
/// Headers that are [passed on](Passed) from an incoming request are written as well, if the request has no header with
/// that name.
///
/// Put the layer above a buffer of tower: `ServiceBuilder::new().layer(ClientLayer::new()).buffer(64)`. The buffer's worker
/// calls the service below it in a task of its own, which has no span of the sender.
///
/// reqwest's client becomes a service over `http::Request` by tower's `map_request` and `map_response`; the guide's chapter *Edges* has it. For a client that is no
/// tower service, write the headers with [`inject`].
#[derive(Debug, Clone)]
pub struct ClientLayer {
    formats: CompositePropagator,
    has_span: bool,
}

impl ClientLayer {
    /// Creates a layer that writes W3C's `traceparent`, `tracestate` and `baggage`.
    pub fn new() -> Self {
        Self { formats: CompositePropagator::default(), has_span: true }
    }

    /// Sets the formats that are written.
    #[must_use]
    pub fn formats(mut self, formats: CompositePropagator) -> Self {
        self.formats = formats;
        self
    }

    /// Creates no span, and writes the context of the sender. For use beside another crate that creates the span.
    #[must_use]
    pub fn without_span(mut self) -> Self {
        self.has_span = false;
        self
    }
}

impl Default for ClientLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = ClientService<S>;

    fn layer(&self, inner: S) -> ClientService<S> {
        ClientService { settings: self.clone(), inner }
    }
}

/// The service that a [`ClientLayer`] creates.
#[derive(Debug, Clone)]
pub struct ClientService<S> {
    settings: ClientLayer,
    inner: S,
}

impl<S, B, R> Service<Request<B>> for ClientService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: fmt::Display,
    R: Body,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let ClientLayer { formats, has_span } = &self.settings;
        let mut exchange = Exchange::new(Side::Client, Passed::current(), Reply::default());
        if *has_span {
            let tries = Tries::of(&request);
            let head = Head::of(Side::Client, &request, None, tries.as_ref().map_or(0, Tries::count));
            let (head, context) = Envelope::capture_unobserved(head).into_parts();
            if tries.is_some() || !exchange.drops(&context, &OPTIONS) {
                exchange.open(&head, context, &OPTIONS, tries);
            }
        }
        let inner = {
            let running = exchange.enter();
            write(formats, running.facts.passed(), request.headers_mut());
            self.inner.call(request)
        };
        ResponseFuture::new(inner, exchange)
    }
}

/// Writes the current context into the headers of a request, without creating a span.
///
/// These are W3C's headers, and the [forwarded](Passed) ones. For clients without the [layer](ClientLayer). With reqwest:
///
/// ```
/// # use http::HeaderMap;
/// # struct Client;
/// # struct Builder;
/// # impl Client { fn get(&self, _: &str) -> Builder { Builder } }
/// # impl Builder { fn headers(self, _: HeaderMap) -> Self { self } }
/// # let client = Client;
/// let mut headers = HeaderMap::new();
/// traced_actor_tower::inject(&mut headers);
/// let request = client.get("http://push.internal/").headers(headers);
/// # let _ = request;
/// ```
///
/// If a middleware of OpenTelemetry already writes the headers, keep using that.
pub fn inject(headers: &mut HeaderMap) {
    write(&CompositePropagator::default(), &Passed::current(), headers);
}

fn write(formats: &CompositePropagator, passed: &Passed, headers: &mut HeaderMap) {
    let envelope = Envelope::capture_unobserved(Sent);
    match (envelope.state(), passed.unsampled()) {
        // The ids of the incoming request, for the logs of later services.
        (ContextState::Unsampled | ContextState::Absent, Some(unsampled)) => {
            formats.inject_outgoing(&Outgoing::unsampled_of(unsampled), headers);
        }
        (state, _) => formats.inject_context(state, headers),
    }
    passed.write(headers);
}

/// A request that is sent.
struct Sent;

impl Message for Sent {
    fn kind(&self) -> &'static Kind {
        static REQUEST: Kind = Kind::new("request");
        &REQUEST
    }
}
