//! The layer beside another crate's layer: never a second SERVER span, and one trace down to the actor.

use std::convert::Infallible;

use axum::Router;
use axum::extract::{Path, Request};
use axum::response::IntoResponse;
use axum::routing::get;
use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use opentelemetry_sdk::trace::SpanData;
use tower::{Layer, Service};
use traced_actor_propagation::{Edge, Trust};
use traced_actor_tower::EdgeLayer;
use tracing::Level;

use crate::support::{
    Guild, PARENT, TRACE, ask, attribute, client, ended, finished, install, is_message_of, is_server,
    request, serve, traceparent,
};

/// Sends a request through these two layers to a handler that asks the actor; the second is above the first.
async fn get_through<L, M>(below: L, above: M, path: &str, headers: &[(&str, &str)])
where
    L: Layer<axum::routing::Route> + Clone + Send + Sync + 'static,
    L::Service: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
    <L::Service as Service<Request>>::Response: IntoResponse + 'static,
    <L::Service as Service<Request>>::Future: Send + 'static,
    M: Layer<axum::routing::Route> + Clone + Send + Sync + 'static,
    M::Service: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
    <M::Service as Service<Request>>::Response: IntoResponse + 'static,
    <M::Service as Service<Request>>::Future: Send + 'static,
{
    let guild = Guild::start();
    let handler = move |Path(test): Path<String>| ask(guild, test);
    let router = Router::new().route("/beside/{test}", get(handler)).layer(below).layer(above);
    let address = serve(router).await;
    let response = client().request(request(address, &format!("/beside/{path}"), headers)).await.unwrap();
    assert_eq!(response.status(), 200);
}

fn is_server_of(test: &str) -> impl Fn(&SpanData) -> bool {
    move |span| {
        let path = attribute(span, "url.path");
        is_server(span) && path.as_deref() == Some(&format!("/beside/{test}"))
    }
}

/// Returns the one SERVER span of a test; the actor's message is below it.
async fn only_server(test: &str) -> SpanData {
    let message = ended(1, is_message_of(test)).await.remove(0);
    let servers = ended(1, is_server_of(test)).await;
    assert_eq!(servers.len(), 1, "{servers:#?}");
    assert_eq!(message.parent_span_id, servers[0].span_context.span_id(), "{servers:#?} {message:#?}");
    assert_eq!(message.span_context.trace_id(), servers[0].span_context.trace_id());
    servers.into_iter().next().unwrap()
}

fn assert_none(test: &str) {
    let found: Vec<_> =
        finished().into_iter().filter(|span| is_server_of(test)(span) || is_message_of(test)(span)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

macro_rules! beside {
    ($name:ident, $theirs:expr) => {
        mod $name {
            use super::*;

            #[tokio::test]
            async fn above_ours() {
                install();
                let ours = || EdgeLayer::new(Edge::new("below"));
                let test = |what: &str| format!("{}-above-{what}", stringify!($name));

                get_through(ours(), $theirs, &test("sampled"), &[("traceparent", &traceparent("01"))]).await;
                let server = only_server(&test("sampled")).await;
                assert_eq!(server.parent_span_id.to_string(), PARENT);
                assert_eq!(server.span_context.trace_id().to_string(), TRACE);

                get_through(ours(), $theirs, &test("root"), &[]).await;
                let server = only_server(&test("root")).await;
                assert_eq!(server.parent_span_id.to_string(), "0000000000000000");

                get_through(ours(), $theirs, &test("unsampled"), &[("traceparent", &traceparent("00"))])
                    .await;
                assert_none(&test("unsampled"));
            }

            #[tokio::test]
            async fn below_ours() {
                install();
                let ours = || EdgeLayer::filter(Edge::new("above"));
                let test = |what: &str| format!("{}-below-{what}", stringify!($name));

                get_through($theirs, ours(), &test("sampled"), &[("traceparent", &traceparent("01"))]).await;
                let server = only_server(&test("sampled")).await;
                assert_eq!(server.parent_span_id.to_string(), PARENT);

                get_through($theirs, ours(), &test("root"), &[]).await;
                let server = only_server(&test("root")).await;
                assert_eq!(server.parent_span_id.to_string(), "0000000000000000");

                get_through($theirs, ours(), &test("unsampled"), &[("traceparent", &traceparent("00"))])
                    .await;
                assert_none(&test("unsampled"));

                // Alone it would believe a stranger.
                let stranger = EdgeLayer::filter(Edge::new("strangers").trust(Trust::Ignore));
                get_through($theirs, stranger, &test("stranger"), &[("traceparent", &traceparent("01"))])
                    .await;
                let server = only_server(&test("stranger")).await;
                assert_ne!(server.span_context.trace_id().to_string(), TRACE);
                assert_eq!(server.parent_span_id.to_string(), "0000000000000000");
            }
        }
    };
}

beside!(axum_tracing_opentelemetry_layer, OtelAxumLayer::default());
beside!(
    opentelemetry_instrumentation_tower_layer,
    opentelemetry_instrumentation_tower::http::server::Layer::new()
);
beside!(tower_otel_layer, tower_otel::trace::HttpLayer::server(Level::INFO));
