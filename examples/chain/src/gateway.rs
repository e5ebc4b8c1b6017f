//! The gateway: serves the page, accepts its socket, and passes the posts to the room.

use std::sync::Arc;

use axum::extract::ws::{Message as Frame, WebSocketUpgrade};
use axum::extract::{DefaultBodyLimit, MatchedPath, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode, Uri};
use serde::Deserialize;
use tokio::net::TcpListener;
use traced_actor::Envelope;
use traced_actor::context::{Timestamp, TraceContext, TraceFlags};
use traced_actor::record::FinishedSpan;
use traced_actor::sync::{mpsc, oneshot};
use traced_actor_example_shared::node::Node;
use traced_actor_propagation::{Edge, Trust};
use traced_actor_tower::EdgeLayer;
use traced_actor_tower::ws::{Handshake, TracedSocket};
use tracing::info;

use crate::Failure;
use crate::post::Post;
use crate::room::{Message, Room};
use crate::settings::Settings;

const PAGE: &str = include_str!("page.html");
const MODULE: &str = include_str!("../../../crates/tower/browser/traced-socket.js");

#[derive(Clone)]
struct App {
    /// The edge of the sockets. It accepts a browser's ids, and decides here whether the trace is sampled.
    edge: Arc<Edge>,
    room: mpsc::Sender<Message>,
    node: Node,
}

pub(crate) async fn run(node: &Node, settings: &Settings) -> Result<(), Failure> {
    let edge = Arc::new(Edge::new("gateway").trust(Trust::Ids));
    let app = App { edge, room: Room::start(&settings.kafka)?, node: node.clone() };
    let module = || async { ([("content-type", "text/javascript")], MODULE) };
    let layer = EdgeLayer::new(Edge::new("gateway").trust(Trust::Ids))
        .route(|extensions| extensions.get::<MatchedPath>().map(MatchedPath::as_str));
    let router = Router::new()
        .route("/", get(|| async { Html(PAGE) }))
        .route("/traced-socket.js", get(module))
        .route("/ws", get(socket))
        .route("/spans", post(spans).layer(DefaultBodyLimit::max(1024)))
        .layer(layer)
        .with_state(app);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    node.say(format!("listens {}", listener.local_addr()?));
    Ok(axum::serve(listener, router).await?)
}

async fn socket(State(app): State<App>, uri: Uri, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    let handshake = Handshake::read(&app.edge, &uri, &headers);
    upgrade.on_upgrade(async move |socket| {
        let mut socket = TracedSocket::open("gateway", socket, app.edge, handshake).await;
        while let Some(Ok(envelope)) = socket.recv().await {
            let (frame, context) = envelope.into_parts();
            let Frame::Text(text) = frame else { continue };
            let Ok(post) = serde_json::from_str::<Post>(&text) else { continue };
            let (id, (respond_to, sent)) = (post.id, oneshot::channel());
            let message = Envelope::new(Message::Post { post, respond_to }, context);
            if app.room.send_envelope(message).await.is_err() || sent.await.is_err() {
                break;
            }
            if socket.send(Frame::Text(format!("posted {id}").into())).await.is_err() {
                break;
            }
        }
        info!("a socket is closed");
    })
}

/// A span that the page has made, as OpenTelemetry in a browser would export it.
#[derive(Deserialize)]
struct PageSpan {
    post: u64,
    trace: String,
    span: String,
    /// Microseconds since 1970.
    start: u64,
    end: u64,
}

async fn spans(State(app): State<App>, Json(span): Json<PageSpan>) -> impl IntoResponse {
    let (Ok(trace), Ok(id)) = (span.trace.parse(), span.span.parse()) else { return StatusCode::BAD_REQUEST };
    let context = TraceContext::new(trace, id, TraceFlags::SAMPLED);
    let at = |micros: u64| Timestamp::from_unix_nanos(micros.saturating_mul(1_000));
    let mut finished = FinishedSpan::new(context, "page/post", at(span.start), at(span.end));
    finished.attributes =
        vec![("node", "browser".into()), ("post", i64::try_from(span.post).unwrap_or(i64::MAX).into())];
    app.node.span(finished);
    app.node.say(format!("reported {}", span.post));
    StatusCode::NO_CONTENT
}
