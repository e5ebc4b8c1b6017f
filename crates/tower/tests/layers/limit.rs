//! A stranger who forces traces.

use std::time::Instant;

use tower_layer::Layer;
use tower_service::Service;
use traced_actor::record::FinishedSpans;
use traced_actor::sampling::{AlwaysOff, ParentBased};
use traced_actor::testkit::Scope;
use traced_actor_propagation::{CompositePropagator, Edge, Format, RateLimit, Tag};
use traced_actor_tower::EdgeLayer;

use crate::support::{Function, get, ok, traceparent};

/// Sends 10,000 requests with each of these headers, which all ask for a trace, and checks that the limit held.
async fn stays_within_the_limit(edge: Edge, headers: &[(&str, &str)]) {
    const RATE: f64 = 10.0;
    const BURST: u32 = 10;
    let (sender, spans) = std::sync::mpsc::channel();
    let scope = Scope::with_sampler(
        FinishedSpans::new(move |span| drop(sender.send(span))),
        ParentBased::new(AlwaysOff),
    );
    let layer = EdgeLayer::new(edge.force_limit(RateLimit::new(RATE, BURST)));
    let began = Instant::now();
    let all = scope.wrap(async move {
        for _ in 0..10_000 {
            layer.layer(Function(ok)).call(get("/", headers)).await.unwrap();
        }
    });
    all.await;
    let servers = spans.try_iter().filter(|span| span.name == "GET").count();
    let most = f64::from(BURST) + RATE * began.elapsed().as_secs_f64() + 1.0;
    #[expect(clippy::cast_precision_loss, reason = "few")]
    let few = servers as f64;
    assert!(few <= most, "{servers} of 10,000, of at most {most}");
    assert!(servers >= BURST as usize, "{headers:?}: {servers} of 10,000: up to the limit all are kept");
}

#[tokio::test]
async fn of_ten_thousand_forced_requests_no_more_are_traced_than_the_limit_allows() {
    let sampled = traceparent("01");
    stays_within_the_limit(Edge::new("w3c"), &[("traceparent", &sampled)]).await;
    let b3 = || Edge::new("b3").formats(CompositePropagator::new([Format::B3, Format::Jaeger]));
    stays_within_the_limit(b3(), &[("b3", "d")]).await;
    stays_within_the_limit(b3(), &[("jaeger-debug-id", "me")]).await;
    let tagged = || Edge::new("tag").forced_by(Tag::header("x-capture"));
    stays_within_the_limit(tagged(), &[("x-capture", "1")]).await;
    stays_within_the_limit(tagged(), &[("x-capture", "1"), ("traceparent", &traceparent("00"))]).await;
}
