//! axum and hyper, from client to actor.

use std::convert::Infallible;

use axum::Router;
use axum::extract::{MatchedPath, Path};
use axum::routing::get;
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use opentelemetry::trace::{SpanKind, Status};
use tokio::net::TcpListener;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use traced_actor_propagation::Edge;
use traced_actor_tower::{ClientLayer, EdgeLayer};

use crate::support::{
    Guild, PARENT, TRACE, ask, attribute, client, ended, install, is_message_of, is_server, request, serve,
    traceparent,
};

/// One trace: the client's span, the server's, the actor's.
#[tokio::test]
async fn a_request_is_one_trace_from_the_client_through_axum_to_the_actor() {
    install();
    let guild = Guild::start();
    let handler = move |Path(user): Path<String>| ask(guild, user);
    let layer = EdgeLayer::new(Edge::new("axum"))
        .route(|extensions| extensions.get::<MatchedPath>().map(MatchedPath::as_str));
    let address = serve(Router::new().route("/axum-users/{id}", get(handler)).layer(layer)).await;

    let mut client = ServiceBuilder::new().layer(ClientLayer::new()).service(client());
    let request = request(address, "/axum-users/chain?token=secret", &[]);
    assert_eq!(client.ready().await.unwrap().call(request).await.unwrap().status(), 200);

    let message = ended(1, is_message_of("chain")).await.remove(0);
    let server = ended(1, |span| is_server(span) && span.name == "GET /axum-users/{id}").await.remove(0);
    let path = |span: &opentelemetry_sdk::trace::SpanData| {
        span.span_kind == SpanKind::Client
            && attribute(span, "url.full").is_some_and(|url| url.ends_with("/axum-users/chain"))
    };
    let sent = ended(1, path).await.remove(0);
    assert_eq!(sent.name, "GET");
    assert_eq!(sent.parent_span_id.to_string(), "0000000000000000");
    assert_eq!((server.parent_span_id, server.parent_span_is_remote), (sent.span_context.span_id(), true));
    assert_eq!(message.parent_span_id, server.span_context.span_id());
    let traces = [&sent, &server, &message].map(|span| span.span_context.trace_id());
    assert!(traces.iter().all(|trace| *trace == traces[0]));

    assert_eq!(attribute(&server, "http.route").as_deref(), Some("/axum-users/{id}"));
    assert_eq!(attribute(&server, "server.port"), Some(address.port().to_string()));
    assert_eq!(attribute(&server, "http.response.status_code").as_deref(), Some("200"));
    assert_eq!(server.status, Status::Unset);
    assert!(!server.attributes.iter().any(|attribute| attribute.key.as_str().starts_with("messaging.")));
    assert!(!format!("{server:?}{sent:?}").contains("secret"));
}

#[tokio::test]
async fn hyper_serves_through_the_layer() {
    install();
    let guild = Guild::start();
    let service = service_fn(move |_: http::Request<Incoming>| {
        let guild = guild.clone();
        async move {
            ask(guild, "hyper".into()).await;
            Ok::<_, Infallible>(http::Response::new(Empty::<Bytes>::new()))
        }
    });
    let service = ServiceBuilder::new().layer(EdgeLayer::new(Edge::new("hyper"))).service(service);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        http1::Builder::new().serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).await
    });
    client().request(request(address, "/hyper", &[("traceparent", &traceparent("01"))])).await.unwrap();

    let server = |span: &_| is_server(span) && attribute(span, "url.path").as_deref() == Some("/hyper");
    let server = ended(1, server).await.remove(0);
    assert_eq!(server.span_context.trace_id().to_string(), TRACE);
    assert_eq!(server.parent_span_id.to_string(), PARENT);
    let message = ended(1, is_message_of("hyper")).await.remove(0);
    assert_eq!(message.parent_span_id, server.span_context.span_id());
}
