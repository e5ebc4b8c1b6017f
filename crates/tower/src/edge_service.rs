//! Handles an incoming request: reads its context, opens its span, or follows the span of another layer.

use std::fmt;
use std::task::{Context, Poll};

use http::{HeaderMap, Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;
use traced_actor::context::{ContextState, MessageContext, Timestamp};
use traced_actor::{Envelope, Kind, Message, current_span};
use traced_actor_propagation::carrier::WriteCarrier;
use traced_actor_propagation::{Extraction, Outcome, Outgoing, jaeger};

use crate::exchange::Exchange;
use crate::head::{Head, Side};
use crate::passed::Passed;
use crate::reply::Reply;
use crate::response_body::ResponseBody;
use crate::response_future::ResponseFuture;
use crate::server::{EdgeLayer, Shared};
use crate::serving;

/// The service that an [`EdgeLayer`] creates.
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
        } else if serving::is_unsampled() {
            Exchange::new(Side::Server, Passed::current(), Reply::default())
        } else if is_followed() {
            let passed = Passed::read(request.headers(), &shared.names, None);
            Exchange::new(Side::Server, passed, shared.reply)
        } else {
            open(shared, &mut request)
        };
        // The work of the service before it returns its future belongs to the request as well.
        let inner = {
            let _running = exchange.enter();
            self.inner.call(request)
        };
        ResponseFuture::new(inner, exchange)
    }
}

/// Reads the context of a request, and opens its span.
fn open<B>(shared: &Shared, request: &mut Request<B>) -> Exchange {
    let (context, unsampled) = match shared.edge.accept_at(request.headers(), &Timestamp::now) {
        None => (MessageContext::UNSAMPLED_REMOTE, None),
        Some(extraction) => {
            if !shared.has_span {
                rewrite(shared, &extraction, request.headers_mut());
            }
            (extraction.context, extraction.unsampled)
        }
    };
    let passed = Passed::read(request.headers(), &shared.names, unsampled);
    let mut exchange = Exchange::new(Side::Server, passed, shared.reply);
    if exchange.drops(&context, shared.options) {
        // Most requests that are not sampled: nothing else about them is looked at.
    } else if shared.has_span {
        open_span(shared, request, context, &mut exchange);
    } else {
        let context = if is_to_begin(context.state()) { MessageContext::ABSENT } else { context };
        let (_, span) = Envelope::new(Followed, context).open_in(shared.options);
        exchange.follow(span);
    }
    // The first extension of a request allocates, which costs more than everything else here. Without a span there can
    // be no second one.
    if shared.has_span && (exchange.is_recording() || !request.extensions().is_empty()) {
        request.extensions_mut().insert(Served);
    }
    exchange
}

fn open_span<B>(shared: &Shared, request: &Request<B>, context: MessageContext, exchange: &mut Exchange) {
    // Nothing records the route of an unsampled request.
    let route = if context.is_unsampled() { None } else { shared.route(request.extensions()) };
    let head = Head::of(Side::Server, request, route, 0);
    let context =
        if context.is_absent() { shared.edge.begin(head.kind(), request.headers()) } else { context };
    exchange.open(&head, context, shared.options, None);
}

/// Marks a request that has a span of this crate. A layer below, such as that of a nested router, then creates none.
#[derive(Debug, Clone, Copy)]
struct Served;

/// A request whose span another crate creates.
struct Followed;

impl Message for Followed {
    fn kind(&self) -> &'static Kind {
        static SKIPPED: Kind = Kind::new("request").skip();
        &SKIPPED
    }
}

/// Returns whether the request has the span of another crate, because such a span is current.
fn is_followed() -> bool {
    match Envelope::capture_unobserved(Followed).state() {
        ContextState::Absent => false,
        // It does not if the span is that of an actor in which this server runs.
        ContextState::Unsampled => !MessageContext::current().is_unsampled(),
        ContextState::Sampled(sampled) => current_span().context() != Some(sampled.context),
    }
}

/// Changes the headers to those that the edge accepted.
fn rewrite(shared: &Shared, extraction: &Extraction, headers: &mut HeaderMap) {
    let formats = shared.edge.propagator();
    let is_trusting = shared.edge.is_trusting();
    let baggage = shared.edge.read_baggage(headers);
    if !is_trusting {
        // These are not among the headers of the format, since the sender chooses their names.
        headers.unset(jaeger::BAGGAGE);
        headers.unset_prefix(jaeger::BAGGAGE_PREFIX);
    }
    match (extraction.outcome, extraction.context.state()) {
        (Outcome::Continued | Outcome::Unsampled, _) => return,
        (Outcome::Nothing, ContextState::Absent) if is_trusting => return,
        // There is no context to continue. The layer below starts a trace, with the accepted baggage.
        (Outcome::Nothing | Outcome::Ignored | Outcome::Malformed(..), state) if is_to_begin(state) => {
            formats.inject_context(ContextState::Absent, headers);
            formats.inject_baggage(baggage.as_deref(), headers);
            return;
        }
        _ => {}
    }
    match (extraction.context.state(), &extraction.unsampled) {
        (ContextState::Unsampled, Some(unsampled)) => {
            formats.inject_outgoing(&Outgoing::unsampled_of(unsampled), headers);
        }
        (state, _) => formats.inject_context(state, headers),
    }
}

/// Returns whether the request has no trace yet.
fn is_to_begin(state: ContextState<'_>) -> bool {
    match state {
        ContextState::Absent => true,
        ContextState::Unsampled => false,
        ContextState::Sampled(context) => context.is_root,
    }
}
