//! reqwest as the client, and a redirect: followed by reqwest itself, and by a layer above ours.

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use http::HeaderMap;
use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::trace::SpanData;
use tower::{Service, ServiceBuilder, ServiceExt};
use tower_http::follow_redirect::FollowRedirectLayer;
use traced_actor_propagation::Edge;
use traced_actor_tower::{ClientLayer, CountTries, EdgeLayer};

use crate::support::{attribute, ended, finished, install, is_server, serve};

/// Serves `/test/old`, which has moved to `/test/new`.
async fn moved(test: &'static str) -> String {
    let new = format!("/{test}/new");
    let router = Router::new()
        .route(
            &format!("/{test}/old"),
            get(move || async move { Redirect::temporary(&format!("/{test}/new")) }),
        )
        .route(&new, get(|| async { "here" }))
        .layer(EdgeLayer::new(Edge::new("redirects")));
    format!("http://{}/{test}/old", serve(router).await)
}

/// reqwest as a service over `http::Request`, as the documentation of `ClientLayer` has it.
fn service(
    client: reqwest::Client,
) -> impl Service<
    http::Request<reqwest::Body>,
    Response = http::Response<reqwest::Body>,
    Error = reqwest::Error,
    Future: Send,
> + Clone {
    ServiceBuilder::new()
        .map_request(|request: http::Request<reqwest::Body>| {
            reqwest::Request::try_from(request).expect("the URL is a whole one")
        })
        .map_response(<http::Response<reqwest::Body> as From<reqwest::Response>>::from)
        .service(client)
}

fn request(url: &str) -> http::Request<reqwest::Body> {
    http::Request::get(url).body(reqwest::Body::default()).unwrap()
}

/// The CLIENT spans whose URL is in this test, in the order of their starts, and the SERVER spans below each.
async fn spans(test: &str, clients: usize) -> Vec<(SpanData, Vec<String>)> {
    let is_client = |span: &SpanData| {
        span.span_kind == SpanKind::Client
            && attribute(span, "url.full").is_some_and(|url| url.contains(&format!("/{test}/")))
    };
    let is_of = |span: &SpanData| {
        is_server(span)
            && attribute(span, "url.path").is_some_and(|path| path.starts_with(&format!("/{test}/")))
    };
    let servers = ended(2, is_of).await;
    let mut found = ended(clients, is_client).await;
    assert_eq!(found.len(), clients, "{found:#?}");
    found.sort_by_key(|span| span.start_time);
    let below = |client: &SpanData| {
        let mut below: Vec<_> =
            servers.iter().filter(|server| server.parent_span_id == client.span_context.span_id()).collect();
        below.sort_by_key(|span| span.start_time);
        below.iter().filter_map(|server| attribute(server, "url.path")).collect()
    };
    found
        .into_iter()
        .map(|client| {
            let below = below(&client);
            (client, below)
        })
        .collect()
}

/// Our layer cannot see what is sent: one span for all of it, and both servers below that.
#[tokio::test]
async fn what_reqwest_follows_by_itself_is_one_span() {
    install();
    let url = moved("rd-inner").await;
    let client = ServiceBuilder::new().layer(ClientLayer::new()).service(service(reqwest::Client::new()));
    let response = client.oneshot(request(&url)).await.unwrap();
    assert_eq!(response.status(), 200);
    drop(response);
    let all = spans("rd-inner", 1).await;
    let (client, below) = &all[0];
    assert_eq!(attribute(client, "http.response.status_code").as_deref(), Some("200"));
    assert_eq!(attribute(client, "http.request.resend_count"), None);
    assert_eq!(below, &["/rd-inner/old", "/rd-inner/new"]);
}

/// OpenTelemetry's conventions demand a span for each try. All but the first have their number.
#[tokio::test]
async fn what_a_layer_above_ours_follows_is_a_span_for_each_try() {
    install();
    let url = moved("rd-above").await;
    let none = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let client = ServiceBuilder::new()
        .layer(CountTries::new())
        .layer(FollowRedirectLayer::new())
        .layer(ClientLayer::new())
        .service(service(none));
    let response = client.oneshot(request(&url)).await.unwrap();
    assert_eq!(response.status(), 200);
    drop(response);
    let all = spans("rd-above", 2).await;
    let said = |name: &str| all.iter().map(|(client, _)| attribute(client, name)).collect::<Vec<_>>();
    assert_eq!(said("http.response.status_code"), [Some("307".to_owned()), Some("200".to_owned())]);
    assert_eq!(said("http.request.resend_count"), [None, Some("1".to_owned())]);
    assert_eq!(
        all.iter().map(|(_, below)| below.clone()).collect::<Vec<_>>(),
        [["/rd-above/old"], ["/rd-above/new"]]
    );
}

/// Without a layer: the headers alone, which reqwest sends to where it is redirected as well.
#[tokio::test]
async fn the_headers_of_inject_go_with_a_redirect() {
    install();
    let url = moved("rd-inject").await;
    let span = opentelemetry::global::tracer("test");
    let span = opentelemetry::trace::Tracer::start(&span, "rd-sender");
    let cx = opentelemetry::trace::TraceContextExt::with_span(&opentelemetry::Context::current(), span);
    let headers = {
        let _current = cx.clone().attach();
        let mut headers = HeaderMap::new();
        traced_actor_tower::inject(&mut headers);
        headers
    };
    let response = reqwest::Client::new().get(&url).headers(headers).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "here");
    let sender = opentelemetry::trace::TraceContextExt::span(&cx).span_context().span_id();
    let is_of = |span: &SpanData| {
        is_server(span) && attribute(span, "url.path").is_some_and(|path| path.starts_with("/rd-inject/"))
    };
    let servers = ended(2, is_of).await;
    assert!(servers.iter().all(|server| server.parent_span_id == sender), "{:#?}", finished());
}
