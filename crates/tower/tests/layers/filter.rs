//! The headers that another layer finds below ours.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use traced_actor::record::FinishedSpans;
use traced_actor::sampling::{AlwaysOff, AlwaysOn, Sampler};
use traced_actor::testkit::{self, Scope};
use traced_actor_propagation::{CompositePropagator, Edge, Format, RateLimit, Trust};
use traced_actor_tower::EdgeLayer;

use crate::support::{Function, PARENT, TRACE, get, traceparent};

/// Returns the headers that another layer finds, which lies below ours.
pub(crate) async fn below(
    edge: Edge,
    headers: &[(&str, &str)],
    sampler: impl Sampler + 'static,
) -> HeaderMap {
    let found = Arc::new(Mutex::new(HeaderMap::new()));
    let kept = found.clone();
    let look = move |request: Request<()>| {
        *kept.lock().unwrap() = request.headers().clone();
        async { Ok::<_, Infallible>(Response::new(String::new())) }
    };
    let scope = Scope::with_sampler(FinishedSpans::new(|span| panic!("a span: {span:?}")), sampler);
    let mut service = EdgeLayer::filter(edge).layer(Function(look));
    scope.wrap(async move { service.call(get("/", headers)).await.unwrap() }).await;
    std::mem::take(&mut *found.lock().unwrap())
}

#[tokio::test]
async fn what_is_believed_stays_as_it_is() {
    for flags in ["00", "01"] {
        let sent = traceparent(flags);
        let headers = [("traceparent", sent.as_str()), ("tracestate", "a=1"), ("baggage", "k=v")];
        let found = below(Edge::new("http"), &headers, AlwaysOn).await;
        assert_eq!(found["traceparent"], sent);
        assert_eq!(
            (&found["tracestate"], &found["baggage"]),
            (&"a=1".parse().unwrap(), &"k=v".parse().unwrap())
        );
    }
}

#[tokio::test]
async fn what_is_not_believed_or_malformed_is_removed() {
    let formats = CompositePropagator::new([Format::TraceContext, Format::B3, Format::Baggage]);
    let edge = || Edge::new("http").formats(formats.clone());
    let sent = traceparent("01");
    let all =
        [("traceparent", sent.as_str()), ("tracestate", "a=1"), ("baggage", "k=v"), ("x-b3-sampled", "1")];
    let found = below(edge().trust(Trust::Ignore), &all, AlwaysOn).await;
    assert!(found.is_empty(), "{found:?}");
    let found = below(edge(), &[("traceparent", "00-zz"), ("tracestate", "a=1")], AlwaysOn).await;
    assert!(found.is_empty(), "{found:?}");
}

/// A sender that is not believed to decide: the other layer finds our decision.
#[tokio::test]
async fn what_we_decide_is_written() {
    let edge = || Edge::new("http").trust(Trust::Ids).keep_unsampled(true);
    for flags in ["00", "01"] {
        let found = below(edge(), &[("traceparent", &traceparent(flags))], AlwaysOn).await;
        assert_eq!(found["traceparent"], traceparent("01"), "{flags}");
        let found = below(edge(), &[("traceparent", &traceparent(flags))], AlwaysOff).await;
        let written = found["traceparent"].to_str().unwrap();
        assert!(written.starts_with(&format!("00-{TRACE}-")) && written.ends_with("-00"), "{written}");
        assert!(!written.contains(PARENT));
    }
}

#[tokio::test]
async fn what_is_beyond_the_limit_says_that_it_is_not_sampled() {
    let edge = Edge::new("http").force_limit(RateLimit::new(0.0, 0));
    let found = below(edge, &[("traceparent", &traceparent("01"))], AlwaysOff).await;
    assert!(found["traceparent"].to_str().unwrap().ends_with("-02"), "{found:?}");
}

/// Messages that are sent below go on with the sender's trace where no other crate has made a span.
#[tokio::test]
async fn the_context_is_followed_below_without_a_span() {
    let spans = testkit::record();
    let guild = crate::support::Guild::start();
    let mut service =
        EdgeLayer::filter(Edge::new("http")).layer(Function(move |_| crate::support::ask(guild.clone())));
    service.call(get("/", &[("traceparent", &traceparent("01"))])).await.unwrap();
    spans.ended("Guild/Get", 1).await;
    assert_eq!(spans.named("Guild/Get")[0].parent.unwrap().to_string(), PARENT);
}
