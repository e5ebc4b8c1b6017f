//! Between layers of others that catch panics, give up late requests, and route.

use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Path, Request};
use axum::middleware::{Next, from_fn};
use axum::routing::get;
use http::StatusCode;
use http_body_util::BodyExt;
use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use traced_actor_propagation::Edge;
use traced_actor_tower::EdgeLayer;

use crate::support::{
    Guild, PARENT, TRACE, ask, attribute, client, ended, finished, install, is_message_of, is_server,
    request, serve, traceparent,
};

fn layer() -> EdgeLayer {
    EdgeLayer::new(Edge::new("middleware"))
        .route(|extensions| extensions.get::<MatchedPath>().map(MatchedPath::as_str))
}

/// Sends a request to a path, and returns the status of the answer.
async fn send(router: Router, path: &str) -> StatusCode {
    let address = serve(router).await;
    client().request(request(address, path, &[])).await.unwrap().status()
}

/// The one SERVER span of a path.
async fn only(path: &str) -> SpanData {
    let is = |span: &SpanData| is_server(span) && attribute(span, "url.path").as_deref() == Some(path);
    ended(1, is).await;
    let mut found: Vec<_> = finished().into_iter().filter(is).collect();
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

fn is_code(span: &SpanData, code: &str) -> bool {
    attribute(span, "http.response.status_code").as_deref() == Some(code)
}

fn panics(test: &'static str) -> Router {
    let guild = Guild::start();
    let handler = move || async move {
        ask(guild, test.to_owned()).await;
        assert!(test.is_empty(), "on purpose");
    };
    Router::new().route("/mw-panic/{id}", get(handler))
}

#[tokio::test]
async fn a_panic_that_is_caught_above_is_the_span_s() {
    install();
    let router = panics("mw-caught-above").layer(layer()).layer(CatchPanicLayer::new());
    assert_eq!(send(router, "/mw-panic/above").await, 500);
    let server = only("/mw-panic/above").await;
    assert_eq!(server.name, "GET /mw-panic/{id}");
    assert_eq!(attribute(&server, "error.type").as_deref(), Some("panic"));
    let message = ended(1, is_message_of("mw-caught-above")).await.remove(0);
    assert_eq!(message.parent_span_id, server.span_context.span_id());
}

#[tokio::test]
async fn a_panic_that_is_caught_below_is_an_answer() {
    install();
    let router = panics("mw-caught-below").layer(CatchPanicLayer::new()).layer(layer());
    assert_eq!(send(router, "/mw-panic/below").await, 500);
    let server = only("/mw-panic/below").await;
    assert!(is_code(&server, "500"));
    assert_eq!(attribute(&server, "error.type").as_deref(), Some("500"));
}

/// With nobody to catch it, it ends the connection.
#[tokio::test]
async fn a_panic_that_nobody_catches_is_the_span_s() {
    install();
    let address = serve(panics("mw-uncaught").layer(layer())).await;
    assert!(client().request(request(address, "/mw-panic/uncaught", &[])).await.is_err());
    assert_eq!(attribute(&only("/mw-panic/uncaught").await, "error.type").as_deref(), Some("panic"));
}

fn waits() -> Router {
    Router::new().route("/mw-late/{id}", get(std::future::pending::<()>))
}

#[tokio::test]
async fn a_request_that_is_late_is_cancelled_below_a_timeout_and_answered_above() {
    install();
    let timeout = || TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_millis(20));
    assert_eq!(send(waits().layer(layer()).layer(timeout()), "/mw-late/below").await, 504);
    let below = only("/mw-late/below").await;
    assert_eq!(attribute(&below, "error.type").as_deref(), Some("cancelled"));

    assert_eq!(send(waits().layer(timeout()).layer(layer()), "/mw-late/above").await, 504);
    let above = only("/mw-late/above").await;
    assert!(is_code(&above, "504"));
    assert_eq!(attribute(&above, "error.type").as_deref(), Some("504"));
}

#[tokio::test]
async fn a_client_that_is_gone_before_the_answer_cancels_the_span() {
    install();
    let guild = Guild::start();
    let handler = move || async move {
        ask(guild, "mw-gone".into()).await;
        std::future::pending::<()>().await;
    };
    let address = serve(Router::new().route("/mw-gone", get(handler)).layer(layer())).await;
    let sender = client();
    let sent = tokio::spawn(sender.request(request(address, "/mw-gone", &[])));
    ended(1, is_message_of("mw-gone")).await;
    sent.abort();
    drop(sender);
    assert_eq!(attribute(&only("/mw-gone").await, "error.type").as_deref(), Some("cancelled"));
}

/// One connection, and so one task at the server: nothing of a request is left for the next one.
#[tokio::test]
async fn requests_on_one_connection_have_nothing_of_each_other() {
    install();
    let guild = Guild::start();
    let handler = move |Path(id): Path<String>| ask(guild, id);
    let address = serve(Router::new().route("/mw-keep/{id}", get(handler)).layer(layer())).await;
    let client = client();
    let (yes, no) = (traceparent("01"), traceparent("00"));
    let ways = [Some(&yes), Some(&no), None, Some(&no), None, Some(&yes)];
    for (at, parent) in ways.iter().enumerate() {
        let headers: Vec<_> = parent.iter().map(|parent| ("traceparent", parent.as_str())).collect();
        let response =
            client.request(request(address, &format!("/mw-keep/mw-keep-{at}"), &headers)).await.unwrap();
        response.into_body().collect().await.unwrap();
    }
    for (at, parent) in ways.iter().enumerate() {
        let test = format!("mw-keep-{at}");
        if *parent == Some(&no) {
            assert!(!finished().iter().any(is_message_of(&test)), "{at}");
            continue;
        }
        let server = only(&format!("/mw-keep/{test}")).await;
        let message = ended(1, is_message_of(&test)).await.remove(0);
        assert_eq!(message.parent_span_id, server.span_context.span_id(), "{at}");
        let is_continued = server.span_context.trace_id().to_string() == TRACE;
        assert_eq!(is_continued, parent.is_some(), "{at}");
        assert_eq!(server.parent_span_id.to_string() == PARENT, parent.is_some(), "{at}");
    }
}

/// Routers that are merged, services that are nested, a fallback that is one, and a function between the layers.
#[tokio::test]
async fn every_way_to_a_handler_has_one_span_with_its_messages_below() {
    install();
    let guild = Guild::start();
    let handler = {
        let guild = guild.clone();
        move |request: Request| ask(guild, request.uri().path().trim_start_matches('/').to_owned())
    };
    let before = from_fn(move |request: Request, next: Next| {
        let guild = guild.clone();
        async move {
            ask(guild, "mw-before".into()).await;
            next.run(request).await
        }
    });
    let merged = Router::new().route("/mw-merged/{id}", get(handler.clone())).route_layer(before);
    let nested = Router::new().route("/{id}", get(handler.clone())).layer(layer());
    let router = Router::new()
        .merge(merged)
        .nest_service("/mw-nested", nested)
        .fallback_service(get(handler))
        .layer(layer());
    let address = serve(router).await;
    for (path, name, test) in [
        ("/mw-merged/mw-a", "GET /mw-merged/{id}", "mw-merged/mw-a"),
        ("/mw-nested/mw-b", "GET /mw-nested/{id}", "mw-b"),
        ("/mw-fallback/mw-c", "GET", "mw-fallback/mw-c"),
    ] {
        let response = client().request(request(address, path, &[])).await.unwrap();
        assert_eq!((response.status(), path), (StatusCode::OK, path));
        let server = only(path).await;
        assert_eq!((&*server.name, &server.status), (name, &Status::Unset));
        let message = ended(1, is_message_of(test)).await.remove(0);
        assert_eq!(message.parent_span_id, server.span_context.span_id(), "{path}");
    }
    let merged = only("/mw-merged/mw-a").await;
    let before = ended(1, is_message_of("mw-before")).await.remove(0);
    assert_eq!(before.parent_span_id, merged.span_context.span_id());
}
