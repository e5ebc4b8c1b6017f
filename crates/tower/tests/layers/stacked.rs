//! Layers on layers: of a nested router, and of what sends a request again.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use traced_actor::sampling::{Decision, Operation, Sampler};
use traced_actor::testkit;
use traced_actor_propagation::{Edge, RateLimit, Trust};
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

/// Drops the first root that it is asked about, and keeps the others.
#[derive(Debug, Default)]
struct DropsFirst(AtomicBool);

impl Sampler for DropsFirst {
    fn sample(&self, _: &Operation<'_>) -> Decision {
        if self.0.swap(true, Ordering::Relaxed) {
            Decision::Keep { probability: None, reason: "later" }
        } else {
            Decision::Drop { reason: "first" }
        }
    }
}

/// Also where the request has no extensions, in which a mark could lie, and where the second layer believes what the first does not.
#[tokio::test]
async fn what_the_layer_above_has_decided_is_not_decided_again_below() {
    let sampled = traceparent("01");
    for headers in [&[][..], &[("traceparent", sampled.as_str())]] {
        let spans = testkit::record_sampled(DropsFirst::default());
        let guild = Guild::start();
        let above = EdgeLayer::new(Edge::new("above").trust(Trust::Ids).force_limit(RateLimit::new(0.0, 0)));
        let mut service = above.layer(layer().layer(Function(move |_| ask(guild.clone()))));
        service.call(get("/", headers)).await.unwrap();
        spans.idle().await;
        assert!(spans.all().is_empty(), "{headers:?}: {}", spans.tree());
        // The next request is another one.
        service.call(get("/", headers)).await.unwrap();
        spans.ended("Guild/Get", 1).await;
        assert_eq!(names(&spans), "GET\n  Guild/Get");
    }
}

/// Headers of the request are forwarded from below both layers.
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
    // Without a counting layer above, there is no attribute.
    Again(below).call(get("http://push/", &[])).await.unwrap();
    assert_eq!(counts(6), [None, None, None]);
}

/// Follows a redirect as tower-http does: by a new request, with the headers of the first one and without its extensions.
#[derive(Clone)]
struct Follows<S, T> {
    inner: S,
    /// A client that asks for a token before each request.
    token: T,
}

impl<S, T> Service<Request<()>> for Follows<S, T>
where
    S: Service<Request<()>, Error = Infallible> + Clone + Send + 'static,
    S::Response: Send,
    S::Future: Send,
    T: Service<Request<()>, Error = Infallible> + Clone + Send + 'static,
    T::Response: Send,
    T::Future: Send,
{
    type Response = S::Response;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<S::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let Self { mut inner, mut token } = self.clone();
        Box::pin(async move {
            let headers = request.headers().clone();
            drop(token.call(get("http://tokens/", &[])).await?);
            drop(inner.call(request).await?);
            let mut next = get("http://push/moved", &[]);
            *next.headers_mut() = headers;
            let answer = inner.call(next).await?;
            // A request that is sent when all is done is none of the tries.
            drop(token.call(get("http://tokens/", &[])).await?);
            Ok(answer)
        })
    }
}

#[tokio::test]
async fn a_redirect_is_a_try_also_without_extensions_and_a_request_beside_it_is_none() {
    let spans = testkit::record();
    let moved = |request: Request<()>| async move {
        let is_first = request.uri().path() == "/";
        let status = if is_first { 307 } else { 200 };
        Ok::<_, Infallible>(Response::builder().status(status).body(String::new()).unwrap())
    };
    let inner = ClientLayer::new().layer(Function(moved));
    let token = ClientLayer::new().layer(Function(ok));
    let mut client = CountTries::new().layer(Follows { inner, token });
    for _ in 0..2 {
        client.call(get("http://push/", &[])).await.unwrap();
    }
    let counts: Vec<_> = spans
        .named("GET")
        .iter()
        .map(|span| (attribute(span, "url.full").unwrap(), attribute(span, "http.request.resend_count")))
        .collect();
    let expected = [
        ("http://tokens/", None),
        ("http://push/", None),
        ("http://push/moved", Some("1")),
        ("http://tokens/", None),
    ];
    let expected = expected.map(|(url, count)| (url.to_owned(), count.map(str::to_owned)));
    assert_eq!(counts, [expected.clone(), expected].concat());
}
