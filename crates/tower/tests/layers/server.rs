//! The span of a request that is served.

use std::convert::Infallible;
use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use tower_layer::Layer;
use tower_service::Service;
use traced_actor::context::SpanKind;
use traced_actor::testkit;
use traced_actor_propagation::Edge;
use traced_actor_tower::EdgeLayer;

use crate::support::{
    Function, Guild, PARENT, TRACE, ask, attribute, attributes, get, names, ok, traceparent,
};

fn layer() -> EdgeLayer {
    EdgeLayer::new(Edge::new("http"))
}

#[derive(Clone)]
struct Matched(&'static str);

#[tokio::test]
async fn a_sampled_request_is_a_server_span_and_its_messages_are_below() {
    let spans = testkit::record();
    let guild = Guild::start();
    let layer = layer().route(|extensions| extensions.get::<Matched>().map(|matched| matched.0));
    let mut service = layer.layer(Function(move |_| ask(guild.clone())));
    let mut request = get(
        "/users/7?token=secret",
        &[("traceparent", &traceparent("01")), ("host", "chat.example:8080"), ("user-agent", "test/1")],
    );
    request.extensions_mut().insert(Matched("/users/{id}"));
    service.call(request).await.unwrap();
    spans.ended("Guild/Get", 1).await;

    assert_eq!(names(&spans), "GET /users/{id}\n  Guild/Get");
    let server = &spans.named("GET /users/{id}")[0];
    assert_eq!(server.span_kind, SpanKind::Server);
    assert_eq!(server.context.trace_id.to_string(), TRACE);
    assert_eq!(server.parent.unwrap().to_string(), PARENT);
    assert_eq!(server.error, None);
    let expected = [
        ("http.request.method", "GET"),
        ("url.path", "/users/7"),
        ("url.scheme", "http"),
        ("http.route", "/users/{id}"),
        ("user_agent.original", "test/1"),
        ("network.protocol.version", "1.1"),
        ("server.address", "chat.example"),
        ("server.port", "8080"),
        ("http.response.status_code", "200"),
    ];
    assert_eq!(attributes(server), expected.map(|(name, value)| (name, value.to_owned())));
}

/// The decision is not made again: neither for the request, nor for the messages that it causes.
#[tokio::test]
async fn an_unsampled_request_has_no_spans_below_it() {
    let spans = testkit::record();
    let guild = Guild::start();
    let mut service = layer().layer(Function(move |_| ask(guild.clone())));
    service.call(get("/", &[("traceparent", &traceparent("00"))])).await.unwrap();
    spans.idle().await;
    assert!(spans.all().is_empty());
}

#[tokio::test]
async fn a_request_without_a_context_is_a_root() {
    let spans = testkit::record();
    layer().layer(Function(ok)).call(get("/", &[])).await.unwrap();
    let server = &spans.named("GET")[0];
    assert_eq!(server.parent, None);
}

#[tokio::test]
async fn a_malformed_context_costs_the_context_and_not_the_request() {
    let spans = testkit::record();
    for value in ["", "00", "00-zz-yy-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01"] {
        layer().layer(Function(ok)).call(get("/", &[("traceparent", value)])).await.unwrap();
    }
    assert_eq!(spans.named("GET").iter().filter(|span| span.parent.is_none()).count(), 4);
}

#[tokio::test]
async fn a_method_that_is_not_known_is_not_in_the_name() {
    let spans = testkit::record();
    let request = Request::builder().method(Method::from_bytes(b"BREW").unwrap()).body(()).unwrap();
    layer().layer(Function(ok)).call(request).await.unwrap();
    let server = &spans.named("HTTP")[0];
    assert_eq!(attribute(server, "http.request.method").as_deref(), Some("_OTHER"));
    assert_eq!(attribute(server, "http.request.method_original").as_deref(), Some("BREW"));
}

#[tokio::test]
async fn a_server_fails_with_a_status_of_500_or_more() {
    let spans = testkit::record();
    for status in [404, 503] {
        let answer = move |_| async move {
            Ok::<_, Infallible>(
                Response::builder()
                    .status(StatusCode::from_u16(status).unwrap())
                    .body(String::new())
                    .unwrap(),
            )
        };
        layer().layer(Function(answer)).call(get("/", &[])).await.unwrap();
    }
    let errors: Vec<_> = spans.named("GET").iter().map(|span| span.error.clone()).collect();
    assert_eq!(errors, [None, Some("503".to_owned())]);
    let failed = &spans.named("GET")[1];
    assert_eq!(attribute(failed, "error.type").as_deref(), Some("503"));
    assert_eq!(attribute(failed, "http.response.status_code").as_deref(), Some("503"));
}

#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is gone")
    }
}

#[tokio::test]
async fn an_error_of_the_service_is_on_the_span() {
    let spans = testkit::record();
    let fail = |_| async { Err::<Response<String>, _>(Broken) };
    assert!(layer().layer(Function(fail)).call(get("/", &[])).await.is_err());
    let server = &spans.named("GET")[0];
    assert_eq!(server.error.as_deref(), Some("the connection is gone"));
    assert!(attribute(server, "error.type").unwrap().ends_with("Broken"));
}

#[tokio::test]
async fn a_request_that_is_given_up_is_cancelled_and_one_that_panics_says_so() {
    let spans = testkit::record();
    let guild = Guild::start();
    /// Sends when it is dropped: that is the request's work still.
    struct Goodbye(traced_actor::sync::mpsc::Sender<crate::support::GuildMessage>);
    impl Drop for Goodbye {
        fn drop(&mut self) {
            let (respond_to, _) = traced_actor::sync::oneshot::channel();
            self.0.try_send(crate::support::GuildMessage::Get { respond_to }).ok();
        }
    }
    let wait = move |_| {
        let goodbye = Goodbye(guild.clone());
        async move {
            std::future::pending::<()>().await;
            drop(goodbye);
            ok(get("/", &[])).await
        }
    };
    let mut service = layer().layer(Function(wait));
    let cancelled = tokio::time::timeout(Duration::from_millis(1), service.call(get("/", &[]))).await;
    assert!(cancelled.is_err());
    spans.ended("Guild/Get", 1).await;
    assert_eq!(names(&spans), "GET\n  Guild/Get");
    assert_eq!(spans.named("GET")[0].error.as_deref(), Some("cancelled"));

    let panics = |_| async {
        let response = ok(get("/", &[])).await;
        assert!(response.is_err(), "on purpose");
        response
    };
    let call = layer().layer(Function(panics)).call(get("/panics", &[]));
    assert!(traced_actor::actor::task::spawn(call).await.is_err());
    assert_eq!(spans.named("GET")[1].error.as_deref(), Some("panic"));
}

fn grpc(path: &str) -> Request<()> {
    get(path, &[("content-type", "application/grpc")])
}

fn answer(status: &'static str) -> Response<String> {
    Response::builder().header("grpc-status", status).body(String::new()).unwrap()
}

#[tokio::test]
async fn a_call_of_grpc_is_named_after_its_method() {
    let spans = testkit::record();
    layer().layer(Function(ok)).call(grpc("/chat.Guild/Post")).await.unwrap();
    let server = &spans.named("chat.Guild/Post")[0];
    assert_eq!(server.span_kind, SpanKind::Server);
    assert_eq!(attribute(server, "rpc.system.name").as_deref(), Some("grpc"));
    assert_eq!(attribute(server, "rpc.method").as_deref(), Some("chat.Guild/Post"));
    assert_eq!(server.attribute("http.request.method"), None);
}

#[tokio::test]
async fn a_call_of_grpc_fails_by_its_status() {
    let spans = testkit::record();
    let of_http = |status| Response::builder().status(status).body("no gRPC".to_owned()).unwrap();
    let of_both = Response::builder().status(503).header("grpc-status", "5").body(String::new()).unwrap();
    let answers = [
        (answer("5"), "NOT_FOUND", None),
        (answer("13"), "INTERNAL", Some("INTERNAL")),
        // A layer below has answered as for any request.
        (of_http(401), "UNAUTHENTICATED", None),
        (of_http(503), "UNAVAILABLE", Some("UNAVAILABLE")),
        (of_both, "NOT_FOUND", None),
    ];
    for (response, name, error) in answers {
        let mut response = Some(response);
        let answer = move |_| std::future::ready(Ok::<_, Infallible>(response.take().unwrap()));
        drop(layer().layer(Function(answer)).call(grpc("/chat.Guild/Post")).await.unwrap());
        let server = spans.named("chat.Guild/Post").pop().unwrap();
        assert_eq!(attribute(&server, "rpc.response.status_code").as_deref(), Some(name));
        assert_eq!(server.error.as_deref(), error);
    }
}

/// The span is named after the method, because the handler, and so the server, has it.
#[tokio::test]
async fn a_call_that_panics_is_named_after_its_method() {
    let spans = testkit::record();
    let panics = |_| async {
        let response = ok(get("/", &[])).await;
        assert!(response.is_err(), "on purpose");
        response
    };
    let call = layer().layer(Function(panics)).call(grpc("/chat.Guild/Post"));
    assert!(traced_actor::actor::task::spawn(call).await.is_err());
    let server = &spans.named("chat.Guild/Post")[0];
    assert_eq!(server.error.as_deref(), Some("panic"));
    assert_eq!(attribute(server, "rpc.method").as_deref(), Some("chat.Guild/Post"));
}

/// A layer turns the panic into a response. The span has already ended, with the panic.
#[tokio::test]
async fn a_panic_that_is_caught_above_is_the_end_of_the_span() {
    let spans = testkit::record();
    let panics = |_| async {
        tokio::task::yield_now().await;
        let response = ok(get("/", &[])).await;
        assert!(response.is_err(), "on purpose");
        response
    };
    let mut call = Box::pin(layer().layer(Function(panics)).call(get("/", &[])));
    let caught = std::future::poll_fn(|cx| {
        let poll = std::panic::AssertUnwindSafe(|| call.as_mut().poll(cx).map(|_| ()));
        match std::panic::catch_unwind(poll) {
            Ok(std::task::Poll::Pending) => std::task::Poll::Pending,
            other => std::task::Poll::Ready(other.is_err()),
        }
    });
    assert!(caught.await);
    drop(call);
    let servers = spans.named("GET");
    assert_eq!(servers.len(), 1);
    assert_eq!(servers[0].error.as_deref(), Some("panic"));
    assert_eq!(attribute(&servers[0], "error.type").as_deref(), Some("panic"));
}

/// A stranger could make names without end.
#[tokio::test]
async fn a_method_that_the_server_does_not_have_is_not_in_the_name() {
    let spans = testkit::record();
    // The router of gRPC, and one of HTTP beside it.
    let not_found = Response::builder().status(404).body("no such page".to_owned()).unwrap();
    for response in [answer("12"), not_found] {
        let mut response = Some(response);
        let answer = move |_| std::future::ready(Ok::<_, Infallible>(response.take().unwrap()));
        drop(layer().layer(Function(answer)).call(grpc("/made.Up/Method")).await.unwrap());
        let server = spans.named("grpc").pop().unwrap();
        assert_eq!(attribute(&server, "rpc.response.status_code").as_deref(), Some("UNIMPLEMENTED"));
        assert_eq!(attribute(&server, "rpc.method").as_deref(), Some("_OTHER"));
        assert_eq!(attribute(&server, "rpc.method_original").as_deref(), Some("made.Up/Method"));
    }
}

/// A server that an actor runs is not part of the messages that the actor handles.
#[tokio::test]
async fn a_request_within_a_handler_has_a_span_of_its_own() {
    let spans = testkit::record();
    let (_, mut handling) =
        traced_actor::Envelope::capture(crate::support::GuildMessage::Get { respond_to: oneshot() }).open();
    handling
        .run(layer().layer(Function(ok)).call(get("/", &[("traceparent", &traceparent("01"))])))
        .await
        .unwrap();
    handling.end_ok();
    assert_eq!(spans.named("GET")[0].parent.unwrap().to_string(), PARENT);
}

fn oneshot() -> traced_actor::sync::oneshot::Sender<()> {
    traced_actor::sync::oneshot::channel().0
}

#[tokio::test]
async fn a_response_says_which_trace_it_belongs_to_if_it_is_asked_to() {
    let spans = testkit::record();
    let plain = layer().layer(Function(ok)).call(get("/", &[])).await.unwrap();
    assert!(plain.headers().is_empty());

    let layer = layer().reply_traceresponse().reply_server_timing().reply_request_id();
    let own = |_| async {
        Ok::<_, Infallible>(
            Response::builder().header("server-timing", "db;dur=1").body(String::new()).unwrap(),
        )
    };
    let request = get("/", &[("traceparent", &traceparent("01")), ("x-request-id", "r-1")]);
    let response = layer.layer(Function(own)).call(request).await.unwrap();
    let server = spans.named("GET").pop().unwrap();
    let ids = format!("00-{TRACE}-{}-01", server.context.span_id);
    assert_eq!(response.headers()["traceresponse"], ids);
    assert_eq!(response.headers()["x-request-id"], "r-1");
    let timings = response.headers().get_all("server-timing");
    let timings: Vec<_> = timings.iter().map(|value| value.to_str().unwrap().to_owned()).collect();
    assert_eq!(timings, ["db;dur=1".to_owned(), format!("traceparent;desc=\"{ids}\"")]);

    let unsampled = get("/", &[("traceparent", &traceparent("00"))]);
    let response = layer.layer(Function(ok)).call(unsampled).await.unwrap();
    assert!(response.headers().is_empty());
}
