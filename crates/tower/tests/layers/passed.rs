//! Headers that are forwarded with a request beside its trace.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use traced_actor::sync::mpsc;
use traced_actor::{testkit, traced_actor};
use traced_actor_propagation::{CompositePropagator, Edge, Format};
use traced_actor_tower::{ClientLayer, EdgeLayer, MESH_HEADERS, Passed};

use crate::support::{Function, TRACE, get, traceparent};

/// A client whose requests are kept, and a server whose handler sends one with it.
struct Chain {
    sent: Arc<Mutex<Vec<HeaderMap>>>,
    client: ClientLayer,
    server: EdgeLayer,
}

impl Chain {
    fn new(server: EdgeLayer, client: ClientLayer) -> Self {
        Self { sent: Arc::default(), client, server }
    }

    /// Returns the headers of the request that this one causes.
    async fn send(&self, request: Request<()>) -> HeaderMap {
        let (sent, client) = (self.sent.clone(), self.client.clone());
        let handler = move |_| {
            let (sent, client) = (sent.clone(), client.clone());
            async move {
                let keep = move |request: Request<()>| {
                    sent.lock().unwrap().push(request.headers().clone());
                    async { Ok::<_, Infallible>(Response::new(String::new())) }
                };
                client.layer(Function(keep)).call(get("http://push/", &[])).await
            }
        };
        self.server.layer(Function(handler)).call(request).await.unwrap();
        self.sent.lock().unwrap().pop().unwrap()
    }
}

#[tokio::test]
async fn the_id_of_a_request_goes_on_whether_it_is_sampled_or_not() {
    let _spans = testkit::record();
    let chain = Chain::new(EdgeLayer::new(Edge::new("http")), ClientLayer::new());
    for flags in ["00", "01"] {
        let request = get("/", &[("traceparent", &traceparent(flags)), ("X-Request-Id", "r-1")]);
        let sent = chain.send(request).await;
        assert_eq!(sent["x-request-id"], "r-1", "{flags}");
        assert!(sent["traceparent"].to_str().unwrap().ends_with(if flags == "00" { "-02" } else { "-01" }));
    }
    assert!(!chain.send(get("/", &[])).await.contains_key("x-request-id"), "the last one's is gone");
}

#[tokio::test]
async fn what_a_mesh_asks_for_goes_on_within_bounds() {
    let _spans = testkit::record();
    let chain = Chain::new(EdgeLayer::new(Edge::new("http")).pass(MESH_HEADERS), ClientLayer::new());
    let long = "x".repeat(1025);
    let request = get(
        "/",
        &[
            ("x-request-id", "a"),
            ("x-request-id", "b"),
            ("x-ot-span-context", "c"),
            ("grpc-trace-bin", &long),
        ],
    );
    let sent = chain.send(request).await;
    assert_eq!(sent["x-ot-span-context"], "c");
    for name in ["x-request-id", "grpc-trace-bin", "x-cloud-trace-context"] {
        assert!(!sent.contains_key(name), "{name}");
    }
}

/// Istio with Zipkin's headers: the ids of what is not sampled go on, so that the mesh's own spans stay one trace.
#[tokio::test]
async fn b3_goes_in_and_out() {
    let _spans = testkit::record();
    let formats = CompositePropagator::new([Format::B3Multi]);
    let edge = Edge::new("http").formats(formats.clone()).keep_unsampled(true);
    let chain = Chain::new(EdgeLayer::new(edge), ClientLayer::new().formats(formats));
    for sampled in ["0", "1"] {
        let request = get(
            "/",
            &[("x-b3-traceid", TRACE), ("x-b3-spanid", "b7ad6b7169203331"), ("x-b3-sampled", sampled)],
        );
        let sent = chain.send(request).await;
        assert_eq!(sent["x-b3-traceid"], TRACE);
        assert_eq!(sent["x-b3-sampled"], sampled);
        assert_ne!(sent["x-b3-spanid"], "b7ad6b7169203331");
        assert!(!sent.contains_key("traceparent"));
    }
}

// ----- through an actor -----

#[traced_actor]
struct Push {
    passed: Passed,
}

#[tokio::test]
async fn it_goes_through_an_actor_in_the_message() {
    let _spans = testkit::record();
    let (sender, mut receiver) = mpsc::channel::<Push>(1);
    let handler = move |_| {
        let sender = sender.clone();
        async move {
            sender.send(Push { passed: Passed::current() }).await.ok().unwrap();
            Ok::<_, Infallible>(Response::new(String::new()))
        }
    };
    let layer = EdgeLayer::new(Edge::new("http"));
    layer.layer(Function(handler)).call(get("/", &[("x-request-id", "r-1")])).await.unwrap();

    let push = receiver.recv().await.unwrap();
    let sent = push.passed.scope(async {
        let mut headers = HeaderMap::new();
        traced_actor_tower::inject(&mut headers);
        headers
    });
    assert_eq!(sent.await["x-request-id"], "r-1");
    assert_eq!(Passed::current().header("x-request-id"), None);
}
