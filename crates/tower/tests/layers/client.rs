//! The span of a request that is sent.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use traced_actor::context::SpanKind;
use traced_actor::{Envelope, testkit};
use traced_actor_tower::ClientLayer;

use crate::support::{Function, GuildMessage, attribute, attributes, get, names};

/// Sends a request, and returns the headers with which it went out.
async fn send(layer: &ClientLayer, request: Request<()>, response: Response<String>) -> HeaderMap {
    let sent = Arc::new(Mutex::new(HeaderMap::new()));
    let (kept, mut response) = (sent.clone(), Some(response));
    let answer = move |request: Request<()>| {
        *kept.lock().unwrap() = request.headers().clone();
        let response = response.take().unwrap();
        async { Ok::<_, Infallible>(response) }
    };
    layer.layer(Function(answer)).call(request).await.unwrap();
    std::mem::take(&mut *sent.lock().unwrap())
}

fn response(status: u16) -> Response<String> {
    Response::builder().status(status).body(String::new()).unwrap()
}

#[tokio::test]
async fn a_request_that_is_sent_is_a_client_span_below_its_sender() {
    let spans = testkit::record();
    let (respond_to, _) = traced_actor::sync::oneshot::channel();
    let (_, mut handling) = Envelope::capture(GuildMessage::Get { respond_to }).open();
    let request = get("http://me:secret@push:81/send?token=secret", &[("traceparent", "an old one")]);
    let headers = handling.run(send(&ClientLayer::new(), request, response(200))).await;
    handling.end_ok();

    assert_eq!(names(&spans), "Guild/Get\n  GET");
    let client = &spans.named("GET")[0];
    assert_eq!(client.span_kind, SpanKind::Client);
    let expected = [
        ("http.request.method", "GET"),
        ("url.full", "http://push:81/send"),
        ("network.protocol.version", "1.1"),
        ("server.address", "push"),
        ("server.port", "81"),
        ("http.response.status_code", "200"),
    ];
    assert_eq!(attributes(client), expected.map(|(name, value)| (name, value.to_owned())));
    let written = format!("00-{}-{}-03", client.context.trace_id, client.context.span_id);
    assert_eq!(headers.get_all("traceparent").iter().collect::<Vec<_>>(), [written.as_str()]);
}

#[tokio::test]
async fn a_client_fails_with_a_status_of_400_or_more() {
    let spans = testkit::record();
    for (status, error) in [(302, None), (404, Some("404")), (500, Some("500"))] {
        send(&ClientLayer::new(), get("http://push/", &[]), response(status)).await;
        assert_eq!(spans.named("GET").pop().unwrap().error.as_deref(), error, "{status}");
    }
}

#[tokio::test]
async fn a_call_of_grpc_is_named_after_its_method_and_fails_with_any_status_but_ok() {
    let spans = testkit::record();
    let call = || get("http://guild/chat.Guild/Post", &[("content-type", "application/grpc")]);
    let not_found = Response::builder().header("grpc-status", "5").body(String::new()).unwrap();
    send(&ClientLayer::new(), call(), not_found).await;
    send(&ClientLayer::new(), call(), response(200)).await;
    // A proxy answers, which is no server of gRPC.
    send(&ClientLayer::new(), call(), response(503)).await;
    let all = spans.named("chat.Guild/Post");
    let errors: Vec<_> = all.iter().map(|span| span.error.as_deref()).collect();
    assert_eq!(errors, [Some("NOT_FOUND"), None, Some("UNAVAILABLE")]);
    assert_eq!(attribute(&all[0], "rpc.method").as_deref(), Some("chat.Guild/Post"));
    assert_eq!(attribute(&all[0], "rpc.response.status_code").as_deref(), Some("NOT_FOUND"));
    assert!(all.iter().all(|span| span.span_kind == SpanKind::Client));
}

/// This is for use beside a crate that makes the span.
#[tokio::test]
async fn without_a_span_the_sender_s_context_is_written() {
    let spans = testkit::record();
    let (respond_to, _) = traced_actor::sync::oneshot::channel();
    let (_, mut handling) = Envelope::capture(GuildMessage::Get { respond_to }).open();
    let layer = ClientLayer::new().without_span();
    let headers = handling.run(send(&layer, get("http://push/", &[]), response(200))).await;
    handling.end_ok();
    assert_eq!(names(&spans), "Guild/Get");
    let sender = &spans.named("Guild/Get")[0];
    assert!(headers["traceparent"].to_str().unwrap().contains(&sender.context.span_id.to_string()));
}
