//! Less common traffic at an HTTP edge: other methods, refused upgrades, streams in both directions, clients that
//! disconnect, nested routers.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body as AxumBody;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{MatchedPath, Path};
use axum::routing::{any, get, post};
use futures_util::{StreamExt, stream};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::{Body as _, Bytes, Frame, Incoming};
use hyper::server::conn::http2;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower::{ServiceBuilder, service_fn};
use traced_actor_propagation::Edge;
use traced_actor_tower::EdgeLayer;

use crate::support::{
    Guild, ask, attribute, client, ended, finished, install, is_message_of, is_server, serve,
};

fn layer() -> EdgeLayer {
    EdgeLayer::new(Edge::new("neighbours"))
        .route(|extensions| extensions.get::<MatchedPath>().map(MatchedPath::as_str))
}

fn request(method: Method, address: SocketAddr, path: &str) -> Request<Empty<Bytes>> {
    Request::builder().method(method).uri(format!("http://{address}{path}")).body(Empty::new()).unwrap()
}

/// Returns the only SERVER span of a path.
async fn only(path: &str) -> SpanData {
    let is = |span: &SpanData| is_server(span) && attribute(span, "url.path").as_deref() == Some(path);
    ended(1, is).await;
    let mut found: Vec<_> = finished().into_iter().filter(is).collect();
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

fn status(span: &SpanData) -> String {
    attribute(span, "http.response.status_code").unwrap_or_default()
}

#[tokio::test]
async fn a_head_has_no_body_and_a_method_that_is_not_allowed_is_no_failure() {
    install();
    let router = Router::new().route("/nb-head/{id}", get(|| async { "a body" })).layer(layer());
    let address = serve(router).await;
    for (method, path, code) in [
        (Method::HEAD, "/nb-head/1", "200"),
        (Method::OPTIONS, "/nb-head/2", "405"),
        (Method::GET, "/nb-head/3", "200"),
    ] {
        let response = client().request(request(method.clone(), address, path)).await.unwrap();
        response.into_body().collect().await.unwrap();
        let server = only(path).await;
        assert_eq!(server.name, format!("{method} /nb-head/{{id}}"));
        assert_eq!((status(&server).as_str(), &server.status), (code, &Status::Unset));
    }
}

/// One that is no WebSocket is answered with an error, and one that is ends with the head.
#[tokio::test]
async fn an_upgrade_that_is_refused_is_a_request_like_others() {
    install();
    let upgrade = |upgrade: WebSocketUpgrade| async { upgrade.on_upgrade(|_| async {}) };
    let address = serve(Router::new().route("/nb-ws/{id}", any(upgrade)).layer(layer())).await;
    client().request(request(Method::GET, address, "/nb-ws/refused")).await.unwrap();
    let refused = only("/nb-ws/refused").await;
    assert_eq!((status(&refused).as_str(), &refused.status), ("400", &Status::Unset));

    let (socket, _) = tokio_tungstenite::connect_async(format!("ws://{address}/nb-ws/taken")).await.unwrap();
    let taken = only("/nb-ws/taken").await;
    assert_eq!((status(&taken).as_str(), &taken.status), ("101", &Status::Unset));
    drop(socket);
}

/// The handler answers before it has all, and asks an actor for each piece.
#[tokio::test]
async fn a_chunked_upload_and_a_streamed_answer_are_one_span() {
    install();
    let guild = Guild::start();
    let handler = move |upload: AxumBody| async move {
        let pieces = upload.into_data_stream().then(move |piece| {
            let guild = guild.clone();
            async move {
                ask(guild, "nb-upload".into()).await;
                piece
            }
        });
        AxumBody::from_stream(pieces)
    };
    let address = serve(Router::new().route("/nb-upload", post(handler)).layer(layer())).await;
    let pieces =
        stream::iter(["a", "b", "c"]).map(|piece| Ok::<_, Infallible>(Frame::data(Bytes::from(piece))));
    let upload = Request::post(format!("http://{address}/nb-upload")).body(StreamBody::new(pieces)).unwrap();
    let sender: Client<_, _> = Client::builder(TokioExecutor::new()).build_http();
    let answer = sender.request(upload).await.unwrap().into_body().collect().await.unwrap();
    assert_eq!(answer.to_bytes(), "abc");

    let server = only("/nb-upload").await;
    assert_eq!(server.status, Status::Unset);
    // As many as there are frames; hyper may have put pieces together.
    let asked = ended(1, is_message_of("nb-upload")).await;
    assert!(
        asked.iter().all(|message| message.parent_span_id == server.span_context.span_id()),
        "{asked:#?}"
    );
    assert!(asked.iter().all(|message| message.end_time <= server.end_time));
}

/// Answers with a body that never ends, and tells when it is dropped.
fn endless(dropped: oneshot::Sender<()>) -> AxumBody {
    let first = stream::once(async { Ok::<_, Infallible>(Bytes::from("begun")) });
    let rest = stream::once(async move {
        let _dropped = dropped;
        std::future::pending().await
    });
    AxumBody::from_stream(first.chain(rest))
}

#[tokio::test]
async fn a_client_that_resets_its_stream_cancels_the_span() {
    install();
    let (dropped, gone) = oneshot::channel();
    let dropped = std::sync::Arc::new(std::sync::Mutex::new(Some(dropped)));
    let service = service_fn(move |_: Request<Incoming>| {
        let dropped = dropped.lock().unwrap().take().unwrap();
        async move { Ok::<_, Infallible>(Response::new(endless(dropped))) }
    });
    let service = ServiceBuilder::new().layer(layer()).service(service);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let builder = http2::Builder::new(TokioExecutor::new());
        builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).await
    });
    let sender: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let mut body = sender.request(request(Method::GET, address, "/nb-reset")).await.unwrap().into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "begun");
    assert!(!body.is_end_stream());
    drop(body);
    assert!(gone.await.is_err(), "the server drops the body");
    let server = only("/nb-reset").await;
    assert_eq!(attribute(&server, "network.protocol.version").as_deref(), Some("2"));
    assert_eq!(attribute(&server, "error.type").as_deref(), Some("cancelled"));
}

#[tokio::test]
async fn a_client_that_is_gone_in_the_middle_of_a_body_cancels_the_span() {
    install();
    let (dropped, gone) = oneshot::channel();
    let dropped = std::sync::Arc::new(std::sync::Mutex::new(Some(dropped)));
    let handler = move || async move {
        let dropped = dropped.lock().unwrap().take().unwrap();
        endless(dropped)
    };
    let address = serve(Router::new().route("/nb-gone", get(handler)).layer(layer())).await;
    let sender = client();
    let mut body = sender.request(request(Method::GET, address, "/nb-gone")).await.unwrap().into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "begun");
    drop((body, sender));
    assert!(gone.await.is_err(), "the server drops the body");
    assert_eq!(attribute(&only("/nb-gone").await, "error.type").as_deref(), Some("cancelled"));
}

/// A layer on the whole and another on what is nested: one span, with the whole route. Where no route matches, the name is the method.
#[tokio::test]
async fn nested_routers_and_a_fallback_have_one_span() {
    install();
    let guild = Guild::start();
    let handler = move |Path(id): Path<String>| ask(guild, id);
    let users = Router::new().route("/{id}", get(handler)).layer(layer());
    let router =
        Router::new().nest("/nb-users", users).fallback(|| async { StatusCode::NOT_FOUND }).layer(layer());
    let address = serve(router).await;
    client().request(request(Method::GET, address, "/nb-users/nb-nested")).await.unwrap();
    let server = only("/nb-users/nb-nested").await;
    assert_eq!(server.name, "GET /nb-users/{id}");
    assert_eq!(attribute(&server, "http.route").as_deref(), Some("/nb-users/{id}"));
    let message = ended(1, is_message_of("nb-nested")).await.remove(0);
    assert_eq!(message.parent_span_id, server.span_context.span_id());

    client().request(request(Method::GET, address, "/nb-made/up")).await.unwrap();
    let nowhere = only("/nb-made/up").await;
    assert_eq!((&*nowhere.name, status(&nowhere).as_str()), ("GET", "404"));
    assert_eq!(nowhere.status, Status::Unset);
}
