//! A request and its response: created, handled, and read to its end.

use std::convert::Infallible;
use std::fmt::Debug;
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use http::{Request, Response};
use http_body_util::BodyExt;
use opentelemetry::global;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tokio::runtime::Builder;
use tower::{Layer, Service};
use traced_actor_benches::{Contestant, Measure, Row, Set, timed};
use traced_actor_propagation::Edge;
use traced_actor_tower::EdgeLayer;

use crate::world::{recorded, untraced};
use crate::{SAMPLED as SAMPLED_PARENT, UNSAMPLED as UNSAMPLED_PARENT, subscriber};

const NONE: &str = "no layer";
const OURS: &str = "traced-actor-tower";
const AXUM: &str = "axum-tracing-opentelemetry";
const CONTRIB: &str = "opentelemetry-instrumentation-tower";

pub(crate) const UNSAMPLED: Set = Set {
    name: "http, unsampled",
    world: || {
        global::set_text_map_propagator(TraceContextPropagator::new());
        subscriber::install_off();
    },
    contestants: &[
        (NONE, || untraced(none(UNSAMPLED_PARENT))),
        (OURS, || untraced(through(edge(), UNSAMPLED_PARENT))),
        (AXUM, || through(OtelAxumLayer::default(), UNSAMPLED_PARENT)),
        (CONTRIB, || untraced(through(contrib(), UNSAMPLED_PARENT))),
    ],
    rows: &[
        Row::new("http: unsampled request", OURS, NONE, Measure::AddedNs, Some(100.0)),
        Row::new("http: unsampled request: allocations", OURS, NONE, Measure::AddedAllocations, Some(0.0)),
        Row::new(
            "http: unsampled request: what axum-tracing-opentelemetry adds",
            OURS,
            AXUM,
            Measure::TimesCheaperInAdded(NONE),
            None,
        ),
        Row::new(
            "http: unsampled request: what opentelemetry-instrumentation-tower adds",
            OURS,
            CONTRIB,
            Measure::TimesCheaperInAdded(NONE),
            None,
        ),
        Row::new("http: unsampled request: axum-tracing-opentelemetry", AXUM, NONE, Measure::AddedNs, None),
        Row::new(
            "http: unsampled request: opentelemetry-instrumentation-tower",
            CONTRIB,
            NONE,
            Measure::AddedNs,
            None,
        ),
    ],
};

pub(crate) const SAMPLED: Set = Set {
    name: "http, sampled",
    world: || {
        global::set_text_map_propagator(TraceContextPropagator::new());
        subscriber::install_on();
    },
    contestants: &[
        (NONE, || untraced(none(SAMPLED_PARENT))),
        (OURS, || recorded(untraced(through(edge(), SAMPLED_PARENT)))),
        (AXUM, || recorded(through(OtelAxumLayer::default(), SAMPLED_PARENT))),
        (CONTRIB, || recorded(untraced(through(contrib(), SAMPLED_PARENT)))),
    ],
    rows: &[
        Row::new("http: sampled request", OURS, NONE, Measure::AddedNs, None),
        Row::new("http: sampled request: of axum-tracing-opentelemetry", OURS, AXUM, Measure::Ratio, None),
        Row::new(
            "http: sampled request: of opentelemetry-instrumentation-tower",
            OURS,
            CONTRIB,
            Measure::Ratio,
            None,
        ),
    ],
};

fn edge() -> EdgeLayer {
    EdgeLayer::new(Edge::new("bench"))
}

fn contrib() -> opentelemetry_instrumentation_tower::http::server::Layer {
    opentelemetry_instrumentation_tower::http::server::Layer::new()
}

/// Answers each request after one wait.
async fn answer(request: Request<Body>) -> Result<Response<Body>, Infallible> {
    tokio::task::yield_now().await;
    black_box(request);
    Ok(Response::new(Body::from(Bytes::from_static(b"an answer"))))
}

/// The handler as a service with a `Send` future.
#[derive(Clone)]
struct Handler;

impl Service<Request<Body>> for Handler {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(answer(request))
    }
}

fn none(parent: &'static str) -> Contestant {
    requests(Handler, parent)
}

fn through<L, B>(layer: L, parent: &'static str) -> Contestant
where
    L: Layer<Handler>,
    L::Service: Service<Request<Body>, Response = Response<B>> + 'static,
    <L::Service as Service<Request<Body>>>::Error: Debug,
    B: axum::body::HttpBody,
    B::Error: Debug,
{
    requests(layer.layer(Handler), parent)
}

fn requests<S, B>(mut service: S, parent: &'static str) -> Contestant
where
    S: Service<Request<Body>, Response = Response<B>> + 'static,
    S::Error: Debug,
    B: axum::body::HttpBody,
    B::Error: Debug,
{
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    timed(move |times| {
        runtime.block_on(async {
            for _ in 0..times {
                let request =
                    Request::get("/users/7").header("host", "chat.example").header("traceparent", parent);
                let request = request.body(Body::empty()).expect("it is a request");
                let response = service.call(request).await.expect("it answers");
                black_box(response.into_body().collect().await.expect("it has a body").to_bytes());
            }
        });
    })
}
