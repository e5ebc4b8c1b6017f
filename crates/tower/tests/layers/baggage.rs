//! The baggage of a request: which keys get in, what begins with it, and what another layer finds.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use traced_actor::Envelope;
use traced_actor::context::ContextState;
use traced_actor::record::FinishedSpan;
use traced_actor::sampling::{AlwaysOff, AlwaysOn, Decision, Key, Operation, Sampler};
use traced_actor::{testkit, traced_actor};
use traced_actor_propagation::{CompositePropagator, Edge, Format, Trust};
use traced_actor_tower::{EdgeLayer, inject};

use crate::filter::below;
use crate::support::{Function, get, traceparent};

const BAGGAGE: (&str, &str) = ("baggage", "tenant=acme,role=admin");

#[traced_actor(name = "Sent")]
struct Sent;

/// Serves a request; the baggage of a message that the handler sends, and of a request that it makes.
async fn serve(
    edge: Edge,
    headers: &[(&str, &str)],
    sampler: impl Sampler + 'static,
) -> (Vec<FinishedSpan>, Option<String>, HeaderMap) {
    let spans = testkit::record_sampled(sampler);
    let found = Arc::new(Mutex::new((None, HeaderMap::new())));
    let seen = found.clone();
    let look = move |_: Request<()>| {
        let (_, context) = Envelope::capture(Sent).into_parts();
        let baggage = match context.state() {
            ContextState::Sampled(context) => context.baggage.as_deref().map(str::to_owned),
            _ => None,
        };
        let mut headers = HeaderMap::new();
        inject(&mut headers);
        *seen.lock().unwrap() = (baggage, headers);
        async { Ok::<_, Infallible>(Response::new(String::new())) }
    };
    let mut service = EdgeLayer::new(edge).layer(Function(look));
    service.call(get("/", headers)).await.unwrap();
    let (baggage, headers) = std::mem::take(&mut *found.lock().unwrap());
    (spans.all(), baggage, headers)
}

/// The server's span is the root, and what it sends has the baggage.
#[tokio::test]
async fn a_request_with_baggage_and_no_context_begins_with_it() {
    for (edge, expected) in [
        (Edge::new("http"), Some(BAGGAGE.1)),
        (Edge::new("http").trust(Trust::Ids), None),
        (Edge::new("http").trust(Trust::Ids).accept_baggage(["tenant"]), Some("tenant=acme")),
        (Edge::new("http").trust(Trust::Ignore).accept_baggage(["tenant"]), Some("tenant=acme")),
    ] {
        let (spans, baggage, headers) = serve(edge, &[BAGGAGE], AlwaysOn).await;
        let server = &spans[0];
        assert_eq!((server.name, server.parent, spans.len()), ("GET", None, 1));
        assert_eq!(baggage.as_deref(), expected);
        assert_eq!(headers.get("baggage").map(|list| list.to_str().unwrap()), expected);
        assert!(headers["traceparent"].to_str().unwrap().contains(&server.context.span_id.to_string()));
    }
    let (spans, baggage, headers) = serve(Edge::new("http"), &[BAGGAGE], AlwaysOff).await;
    assert_eq!((spans.len(), baggage, headers.get("baggage")), (0, None, None));
    assert!(headers["traceparent"].to_str().unwrap().ends_with("-02"));
}

#[derive(Debug)]
struct Tenant;

impl Sampler for Tenant {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        match operation.key {
            Some(Key::Str("acme")) => Decision::Keep { probability: None, reason: "tenant" },
            _ => Decision::Drop { reason: "others" },
        }
    }
}

#[tokio::test]
async fn the_edge_s_key_decides_about_a_request_without_a_context() {
    let edge = || Edge::new("http").trust(Trust::Ids).accept_baggage(["tenant"]).sample_by("tenant");
    let (spans, baggage, _) = serve(edge(), &[BAGGAGE], Tenant).await;
    assert_eq!((spans.len(), baggage.as_deref()), (1, Some("tenant=acme")));
    assert_eq!(spans[0].attribute("sampling.reason").unwrap().to_string(), "edge");
    for headers in [&[("baggage", "tenant=other")][..], &[("baggage", "role=acme")], &[]] {
        assert_eq!(serve(edge(), headers, Tenant).await.0.len(), 0, "{headers:?}");
    }
}

/// The other layer reads baggage by itself, so what is not accepted is removed whatever else the request has.
#[tokio::test]
async fn another_layer_finds_what_is_accepted() {
    let formats = CompositePropagator::new([Format::TraceContext, Format::Baggage, Format::Jaeger]);
    let sent = traceparent("01");
    let context = ("traceparent", sent.as_str());
    let bad = ("traceparent", "00-zz");
    let jaeger = [("uberctx-role", "admin"), ("jaeger-baggage", "role=admin")];
    for first in [None, Some(context), Some(bad)] {
        let headers: Vec<_> = first.into_iter().chain([BAGGAGE]).chain(jaeger).collect();
        for trust in [Trust::Ids, Trust::Ignore] {
            let edge = || Edge::new("http").formats(formats.clone()).trust(trust);
            let found = below(edge(), &headers, AlwaysOn).await;
            let names: Vec<&str> = found.keys().map(http::HeaderName::as_str).collect();
            assert!(names.iter().all(|name| ["traceparent", "uber-trace-id"].contains(name)), "{names:?}");
            let found = below(edge().accept_baggage(["tenant"]), &headers, AlwaysOn).await;
            assert_eq!(found["baggage"], "tenant=acme", "{first:?} {trust:?}");
            assert!(!found.contains_key("uberctx-role") && !found.contains_key("jaeger-baggage"));
        }
        // A sender that is trusted keeps its baggage, also beside a context that is none.
        let found = below(Edge::new("http"), &headers, AlwaysOn).await;
        assert_eq!(found["baggage"], BAGGAGE.1, "{first:?}");
    }
    // A decision by a key is the other layer's to make: there is no span that it could be below.
    let edge = Edge::new("http").sample_by("tenant");
    let found = below(edge, &[BAGGAGE], AlwaysOn).await;
    assert_eq!((found.get("traceparent"), &found["baggage"]), (None, &BAGGAGE.1.parse().unwrap()));
}
