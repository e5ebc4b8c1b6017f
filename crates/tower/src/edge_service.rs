//! A request comes in: its context, its span, and what of both is followed.

use std::fmt;
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderName, Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;
use traced_actor::context::{ContextState, MessageContext, Timestamp};
use traced_actor::{Envelope, Kind, Message, current_span};
use traced_actor_propagation::{CompositePropagator, Extraction, Outcome, Outgoing, b3, jaeger};

use crate::exchange::Exchange;
use crate::head::{Head, Side};
use crate::passed::Passed;
use crate::reply::Reply;
use crate::response_body::ResponseBody;
use crate::response_future::ResponseFuture;
use crate::server::{EdgeLayer, Shared};

/// The service that an [`EdgeLayer`] makes.
#[derive(Debug, Clone)]
pub struct EdgeService<S> {
    settings: EdgeLayer,
    inner: S,
}

impl<S> Layer<S> for EdgeLayer {
    type Service = EdgeService<S>;

    fn layer(&self, inner: S) -> EdgeService<S> {
        EdgeService { settings: self.clone(), inner }
    }
}

impl<S, B, R> Service<Request<B>> for EdgeService<S>
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
        let shared = &*self.settings.shared;
        let mut exchange = if let Some(Served) = request.extensions().get() {
            shared.name_route(&request);
            Exchange::new(Side::Server, Passed::current(), Reply::default())
        } else if is_followed() {
            let passed = Passed::read(request.headers(), &shared.names, None);
            Exchange::new(Side::Server, passed, shared.reply)
        } else {
            open(shared, &mut request)
        };
        // What the service does before it returns its future is the request's work as well.
        let inner = exchange.run(|_| self.inner.call(request));
        ResponseFuture::new(inner, exchange)
    }
}

/// Reads the context of a request, and opens its span.
fn open<B>(shared: &Shared, request: &mut Request<B>) -> Exchange {
    let extraction = if shared.edge.is_unsampled(request.headers()) {
        None
    } else {
        Some(shared.edge.accept(request.headers(), Timestamp::now()))
    };
    if let Some(extraction) = extraction.as_ref().filter(|_| !shared.has_span) {
        rewrite(shared, extraction, request.headers_mut());
    }
    let (context, unsampled) = match extraction {
        None => (MessageContext::UNSAMPLED_REMOTE, None),
        Some(extraction) => (extraction.context, extraction.unsampled),
    };
    let passed = Passed::read(request.headers(), &shared.names, unsampled);
    let mut exchange = Exchange::new(Side::Server, passed, shared.reply);
    if !shared.has_span {
        let context = if is_to_begin(context.state()) { MessageContext::ABSENT } else { context };
        let (_, span) = Envelope::new(Followed, context).open_in(shared.options);
        exchange.span = Some(span);
        // The span is the other layer's, whose ids are not known here.
        exchange.reply = exchange.reply.without_ids();
        return exchange;
    }
    let route = shared.route(request.extensions());
    let head = Head::of(Side::Server, request, route);
    let context =
        if context.is_absent() { shared.edge.begin(head.kind(), request.headers()) } else { context };
    exchange.open(Envelope::new(head, context), shared.options);
    // Extensions that are the first allocate, which is more than all else here costs; without a span there can be no second one.
    if exchange.is_recording() || !request.extensions().is_empty() {
        request.extensions_mut().insert(Served);
    }
    exchange
}

/// Marks a request that has a span of ours. A layer below, as that of a nested router, leaves it alone.
#[derive(Debug, Clone, Copy)]
struct Served;

/// A request whose span another crate makes.
struct Followed;

impl Message for Followed {
    fn kind(&self) -> &'static Kind {
        static SKIPPED: Kind = Kind::new("request").skip();
        &SKIPPED
    }
}

/// Returns whether another crate's span is current, and so that of this request.
fn is_followed() -> bool {
    match Envelope::capture_unobserved(Followed).state() {
        ContextState::Absent => false,
        // Not where it is that of an actor, in which this server runs.
        ContextState::Unsampled => !MessageContext::current().is_unsampled(),
        ContextState::Sampled(sampled) => current_span().context() != Some(sampled.context),
    }
}

/// Changes the headers to what the edge made of them.
fn rewrite(shared: &Shared, extraction: &Extraction, headers: &mut HeaderMap) {
    let formats = shared.edge.propagator();
    let is_trusting = shared.edge.is_trusting();
    let baggage = shared.edge.read_baggage(headers);
    if !is_trusting {
        remove_jaeger_baggage(headers);
    }
    match (extraction.outcome, extraction.context.state()) {
        (Outcome::Continued | Outcome::Unsampled, _) => return,
        (Outcome::Nothing, ContextState::Absent) if is_trusting => return,
        // There is no context to go on with: the layer below begins, with the baggage that is accepted.
        (Outcome::Nothing | Outcome::Ignored | Outcome::Malformed(..), state) if is_to_begin(state) => {
            formats.inject_context(ContextState::Absent, headers);
            formats.inject_baggage(baggage.as_deref(), headers);
            return remove_other_b3(formats, headers);
        }
        _ => {}
    }
    match (extraction.context.state(), &extraction.unsampled) {
        (ContextState::Unsampled, Some(unsampled)) => {
            formats.inject_outgoing(&Outgoing::unsampled_of(unsampled), headers);
        }
        (state, _) => formats.inject_context(state, headers),
    }
    remove_other_b3(formats, headers);
}

/// Returns whether the request has no trace yet that its span could be a part of.
fn is_to_begin(state: ContextState<'_>) -> bool {
    match state {
        ContextState::Absent => true,
        ContextState::Unsampled => false,
        ContextState::Sampled(context) => context.is_root,
    }
}

/// Removes the headers of Jaeger's baggage, which are not among those of the format: their names are the sender's.
fn remove_jaeger_baggage(headers: &mut HeaderMap) {
    let is_baggage =
        |name: &&HeaderName| name.as_str().starts_with(jaeger::BAGGAGE_PREFIX) || *name == jaeger::BAGGAGE;
    let names: Vec<HeaderName> = headers.keys().filter(is_baggage).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

/// Removes the form of B3 that is read as well, and is not written.
fn remove_other_b3(formats: &CompositePropagator, headers: &mut HeaderMap) {
    let written = formats.formats().iter().flat_map(|format| format.headers());
    let is_written = |name: &str| written.clone().any(|written| *written == name);
    if is_written(b3::HEADER) || is_written(b3::MULTI[0]) {
        for name in b3::MULTI.iter().chain([&b3::HEADER]).filter(|name| !is_written(name)) {
            headers.remove(*name);
        }
    }
}
