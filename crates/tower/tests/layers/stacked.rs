//! Layers on layers: of a nested router, and of what sends a request again.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use traced_actor::testkit;
use traced_actor_propagation::Edge;
use traced_actor_tower::{ClientLayer, CountTries, EdgeLayer};

use crate::support::{Function, Guild, PARENT, ask, attribute, get, names, ok, traceparent};

#[derive(Clone)]
struct Matched(&'static str);

fn layer() -> EdgeLayer {
    EdgeLayer::new(Edge::new("http"))
}

/// The layer of a nested router lies below that of the whole, and knows the route.
#[tokio::test]
async fn two_layers_make_one_span_and_the_one_below_adds_the_route() {
    let spans = testkit::record();
    let guild = Guild::start();
    let below = layer().route(|extensions| extensions.get::<Matched>().map(|matched| matched.0));
    let mut service = layer().layer(below.layer(Function(move |_| ask(guild.clone()))));
    let mut request = get("/users/7", &[("traceparent", &traceparent("01")), ("x-request-id", "r-1")]);
    request.extensions_mut().insert(Matched("/users/{id}"));
    service.call(request).await.unwrap();
    spans.ended("Guild/Get", 1).await;
    assert_eq!(names(&spans), "GET /users/{id}\n  Guild/Get");
    let server = &spans.named("GET /users/{id}")[0];
    assert_eq!(server.parent.unwrap().to_string(), PARENT);
    assert_eq!(attribute(server, "http.route").as_deref(), Some("/users/{id}"));

    let unsampled = get("/", &[("traceparent", &traceparent("00"))]);
    layer().layer(layer().layer(Function(ok))).call(unsampled).await.unwrap();
    assert_eq!(spans.all().len(), 2, "{}", spans.tree());
}

/// What came with the request is passed on from below both.
#[tokio::test]
async fn below_two_layers_headers_are_passed_on() {
    let _spans = testkit::record();
    let sent = Arc::new(Mutex::new(None));
    let kept = sent.clone();
    let handler = move |_| {
        let mut headers = http::HeaderMap::new();
        traced_actor_tower::inject(&mut headers);
        *kept.lock().unwrap() = headers.get("x-request-id").cloned();
        async { Ok::<_, Infallible>(Response::new(String::new())) }
    };
    let request = get("/", &[("x-request-id", "r-1")]);
    layer().layer(layer().layer(Function(handler))).call(request).await.unwrap();
    assert_eq!(sent.lock().unwrap().as_ref().unwrap(), "r-1");
}

/// Sends a request again, as a retry and a redirect do.
#[derive(Clone)]
struct Again<S>(S);

impl<S: Service<Request<()>> + Clone + Send + 'static> Service<Request<()>> for Again<S>
where
    S::Future: Send,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let mut inner = self.0.clone();
        Box::pin(async move {
            drop(inner.call(request.clone()).await?);
            drop(inner.call(request.clone()).await?);
            inner.call(request).await
        })
    }
}

#[tokio::test]
async fn each_try_of_a_request_is_a_span_with_its_number() {
    let spans = testkit::record();
    let below = ClientLayer::new().layer(Function(ok));
    let mut client = CountTries::new().layer(Again(below.clone()));
    client.call(get("http://push/", &[])).await.unwrap();
    client.call(get("http://push/", &[])).await.unwrap();
    let counts = |from: usize| -> Vec<_> {
        spans.named("GET")[from..].iter().map(|span| attribute(span, "http.request.resend_count")).collect()
    };
    let three = [None, Some("1".to_owned()), Some("2".to_owned())];
    assert_eq!(counts(0), [three.clone(), three].concat(), "each request counts for itself");
    // Where nobody counts, nothing is said.
    Again(below).call(get("http://push/", &[])).await.unwrap();
    assert_eq!(counts(6), [None, None, None]);
}
