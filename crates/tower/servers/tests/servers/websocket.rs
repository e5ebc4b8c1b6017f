//! axum's `WebSocket`: a span a message, linked to the connection.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::any;
use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, Uri};
use opentelemetry_sdk::trace::SpanData;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message as Sent, protocol::frame::coding::CloseCode};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use traced_actor::Envelope;
use traced_actor::sync::{mpsc, oneshot};
use traced_actor_propagation::{Edge, Outcome, RateLimit, Trust};
use traced_actor_tower::ws::{Handshake, TracedSocket};

use crate::support::{
    Get, Guild, PARENT, TRACE, attribute, ended, finished, install, is_message_of, serve, traceparent,
};

#[derive(Clone)]
struct Gateway {
    edge: Arc<Edge>,
    guild: mpsc::Sender<Get>,
    name: &'static str,
    first_frame: bool,
}

async fn upgrade(
    State(gateway): State<Gateway>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let mut handshake = Handshake::read(&gateway.edge, &uri, &headers);
    if gateway.first_frame {
        handshake = handshake.or_first_frame();
    }
    upgrade.protocols(["chat"]).on_upgrade(async move |socket| {
        let mut socket = TracedSocket::open(gateway.name, socket, gateway.edge, handshake).await;
        while let Some(Ok(envelope)) = socket.recv().await {
            let (message, context) = envelope.into_parts();
            let Message::Text(text) = message else { continue };
            if text.as_str() == "kick" {
                socket.close(4001, "kicked").await;
                return;
            }
            let (respond_to, reply) = oneshot::channel();
            let get = Get { test: text.to_string(), respond_to };
            gateway.guild.send_envelope(Envelope::new(get, context)).await.ok();
            reply.await.ok();
            socket.send(Message::Text(text)).await.ok();
        }
    })
}

/// Serves a gateway whose spans are called `name/…`.
pub(crate) async fn gateway(name: &'static str, edge: Edge, first_frame: bool) -> SocketAddr {
    serve(router(name, edge, first_frame)).await
}

pub(crate) fn router(name: &'static str, edge: Edge, first_frame: bool) -> Router {
    let gateway = Gateway { edge: Arc::new(edge), guild: Guild::start(), name, first_frame };
    Router::new().route("/ws", any(upgrade)).with_state(gateway)
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(address: SocketAddr, query: &str, headers: &[(&'static str, &str)]) -> Socket {
    let mut request = format!("ws://{address}/ws{query}").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    connect_async(request).await.unwrap().0
}

/// Sends a text, and waits for its echo.
async fn say(socket: &mut Socket, text: &str) -> String {
    socket.send(Sent::text(text)).await.unwrap();
    socket.next().await.unwrap().unwrap().into_text().unwrap().to_string()
}

async fn only(name: &str) -> SpanData {
    ended(1, |span| span.name == name).await.remove(0)
}

fn links(span: &SpanData) -> Vec<opentelemetry::trace::SpanId> {
    span.links.iter().map(|link| link.span_context.span_id()).collect()
}

fn parent(span: &SpanData) -> String {
    span.parent_span_id.to_string()
}

const NO_PARENT: &str = "0000000000000000";

#[tokio::test]
async fn a_message_is_a_trace_of_its_own_linked_to_the_connection() {
    install();
    let address = gateway("wsown", Edge::new("ws"), false).await;
    let mut socket = connect(address, "", &[]).await;
    assert_eq!(say(&mut socket, "own trace").await, "own trace");
    let close = CloseFrame { code: CloseCode::Normal, reason: "bye".into() };
    socket.close(Some(close)).await.unwrap();

    let (opening, closing) = (only("wsown/open").await, only("wsown/close").await);
    let received = only("wsown/message").await;
    let handled = ended(1, is_message_of("own trace")).await.remove(0);
    assert_eq!(parent(&opening), NO_PARENT);
    assert_eq!(
        (parent(&received), links(&received)),
        (NO_PARENT.to_owned(), vec![opening.span_context.span_id()])
    );
    assert_eq!(links(&closing), [opening.span_context.span_id()]);
    assert_eq!(handled.parent_span_id, received.span_context.span_id());
    let traces = [&opening, &received, &closing].map(|span| span.span_context.trace_id());
    assert!(traces[0] != traces[1] && traces[1] != traces[2] && traces[0] != traces[2]);
    assert_eq!(attribute(&closing, "connection.messages").as_deref(), Some("1"));
    assert_eq!(attribute(&closing, "connection.close.code").as_deref(), Some("1000"));
    assert_eq!(attribute(&closing, "connection.close.reason").as_deref(), Some("bye"));
}

#[tokio::test]
async fn a_message_with_a_context_goes_on_with_it() {
    install();
    let address = gateway("wsgoes", Edge::new("ws"), false).await;
    let mut socket = connect(address, "", &[]).await;
    let text = format!("traceparent={}\nin a trace", traceparent("01"));
    assert_eq!(say(&mut socket, &text).await, "in a trace", "the line is not the application's");
    let unsampled = format!("traceparent={}\nin none", traceparent("00"));
    assert_eq!(say(&mut socket, &unsampled).await, "in none");
    let not_ours = "traceparent=none\nwhole";
    assert_eq!(say(&mut socket, not_ours).await, not_ours);

    let opening = only("wsgoes/open").await;
    let received = only("wsgoes/message").await;
    assert_eq!(
        (received.span_context.trace_id().to_string(), parent(&received)),
        (TRACE.to_owned(), PARENT.to_owned())
    );
    assert_eq!(attribute(&received, "connection.span_id"), Some(opening.span_context.span_id().to_string()));
    let handled = ended(1, is_message_of("in a trace")).await.remove(0);
    assert_eq!(handled.parent_span_id, received.span_context.span_id());
    assert!(!finished().iter().any(is_message_of("in none")), "decided: no");
    ended(1, is_message_of(not_ours)).await;
}

/// Every place from which a browser can tell it, and one from which it cannot.
#[tokio::test]
async fn the_opening_is_below_what_the_handshake_says() {
    install();
    let sampled = traceparent("01");
    let query = format!("?traceparent={sampled}");
    let protocols = format!("chat, traceparent.{sampled}");
    type Way<'a> = (&'static str, &'static str, &'a str, &'a [(&'static str, &'a str)]);
    let ways: [Way<'_>; 3] = [
        ("wsquery", "wsquery/open", &query, &[]),
        ("wsprotocol", "wsprotocol/open", "", &[("sec-websocket-protocol", &protocols)]),
        ("wsheader", "wsheader/open", "", &[("traceparent", &sampled)]),
    ];
    for (name, opening, query, headers) in ways {
        let address = gateway(name, Edge::new("ws"), false).await;
        let mut socket = connect(address, query, headers).await;
        say(&mut socket, name).await;
        let opening = only(opening).await;
        assert_eq!(
            (opening.span_context.trace_id().to_string(), parent(&opening)),
            (TRACE.to_owned(), PARENT.to_owned()),
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_first_frame_may_say_it() {
    install();
    let address = gateway("wsfirst", Edge::new("ws"), true).await;
    let mut socket = connect(address, "", &[]).await;
    socket.send(Sent::text(format!("traceparent={}", traceparent("01")))).await.unwrap();
    assert_eq!(say(&mut socket, "second frame").await, "second frame");
    let opening = only("wsfirst/open").await;
    assert_eq!(
        (opening.span_context.trace_id().to_string(), parent(&opening)),
        (TRACE.to_owned(), PARENT.to_owned())
    );

    // One that says it with its first message: that is the application's.
    let mut both = connect(address, "", &[]).await;
    let text = format!("traceparent={}\nfirst and message", traceparent("01"));
    assert_eq!(say(&mut both, &text).await, "first and message");
    let handled = ended(1, is_message_of("first and message")).await.remove(0);
    assert_eq!(handled.span_context.trace_id().to_string(), TRACE);

    // An old client says nothing: its first frame is the application's.
    let mut old = connect(address, "", &[]).await;
    assert_eq!(say(&mut old, "first frame").await, "first frame");
    let openings = ended(3, |span| span.name == "wsfirst/open").await;
    assert_eq!((parent(&openings[1]), parent(&openings[2])), (NO_PARENT.to_owned(), NO_PARENT.to_owned()));
}

/// A client that closes before its first message is recorded too, and a ping is not a message.
#[tokio::test]
async fn a_connection_without_a_first_frame_is_recorded_when_it_ends() {
    install();
    let code = |span: SpanData| attribute(&span, "connection.close.code").unwrap();
    let mut socket = connect(gateway("wsmute", Edge::new("ws"), true).await, "", &[]).await;
    socket.send(Sent::Ping(Vec::new().into())).await.unwrap();
    assert!(socket.next().await.unwrap().unwrap().is_pong());
    assert!(!finished().iter().any(|span| span.name == "wsmute/open"));
    socket.close(None).await.unwrap();
    let (opening, closing) = (only("wsmute/open").await, only("wsmute/close").await);
    assert_eq!(links(&closing), [opening.span_context.span_id()]);
    assert_eq!(attribute(&closing, "connection.messages").as_deref(), Some("0"));
    assert_eq!(code(closing), "1005");

    drop(connect(gateway("wsmutegone", Edge::new("ws"), true).await, "", &[]).await);
    assert_eq!(code(only("wsmutegone/close").await), "1006");
}

/// With a first frame that is the application's, of each kind, the query still says which connection was before.
#[tokio::test]
async fn a_first_frame_of_the_application_is_a_message_also_if_it_is_binary() {
    install();
    let address = gateway("wsbinary", Edge::new("ws"), true).await;
    let before = traceparent("01");
    let mut socket = connect(address, &format!("?hello=1&previous={before}"), &[]).await;
    socket.send(Sent::Binary(vec![1, 2, 3].into())).await.unwrap();
    let hello = socket.next().await.unwrap().unwrap().into_text().unwrap().to_string();
    assert!(hello.starts_with("traceparent="), "{hello}");
    assert_eq!(say(&mut socket, "after binary").await, "after binary");
    let opening = only("wsbinary/open").await;
    assert_eq!(links(&opening).iter().map(ToString::to_string).collect::<Vec<_>>(), [PARENT]);
    ended(2, |span| span.name == "wsbinary/message").await;
}

#[tokio::test]
async fn a_reconnect_is_linked_to_the_connection_before() {
    install();
    let address = gateway("wsagain", Edge::new("ws"), false).await;
    let mut socket = connect(address, "?hello=1", &[]).await;
    let hello = socket.next().await.unwrap().unwrap().into_text().unwrap().to_string();
    let first = only("wsagain/open").await;
    let told = hello.strip_prefix("traceparent=").unwrap();
    assert!(told.contains(&first.span_context.span_id().to_string()));

    let mut again = connect(address, &format!("?previous={told}"), &[]).await;
    say(&mut again, "again").await;
    let openings = ended(2, |span| span.name == "wsagain/open").await;
    assert_eq!(links(&openings[1]), [first.span_context.span_id()]);
    assert_ne!(openings[1].span_context.trace_id(), first.span_context.trace_id());
}

#[tokio::test]
async fn the_reason_of_a_close_is_recorded_whoever_closes() {
    install();
    let reason = |span: SpanData| {
        (
            attribute(&span, "connection.close.code").unwrap(),
            attribute(&span, "connection.close.reason").unwrap(),
        )
    };
    // The server.
    let mut socket = connect(gateway("wskick", Edge::new("ws"), false).await, "", &[]).await;
    socket.send(Sent::text("kick")).await.unwrap();
    let Sent::Close(Some(frame)) = socket.next().await.unwrap().unwrap() else { panic!("no close frame") };
    assert_eq!((u16::from(frame.code), frame.reason.as_str()), (4001, "kicked"));
    assert_eq!(reason(only("wskick/close").await), ("4001".into(), "kicked".into()));

    // The client, without a reason.
    let mut socket = connect(gateway("wssilent", Edge::new("ws"), false).await, "", &[]).await;
    socket.close(None).await.unwrap();
    assert_eq!(reason(only("wssilent/close").await).0, "1005");

    // Nobody: the connection is gone.
    let socket = connect(gateway("wsgone", Edge::new("ws"), false).await, "", &[]).await;
    drop(socket);
    assert_eq!(reason(only("wsgone/close").await).0, "1006");
}

/// An untrusted client cannot force more traces than the limit, in any of the ways to send a context.
#[tokio::test]
async fn a_stranger_s_messages_are_not_believed_beyond_the_limit() {
    install();
    let edge = Edge::new("ws").trust(Trust::Ignore).force_limit(RateLimit::new(0.0, 0));
    let address = gateway("wsstranger", edge, false).await;
    let mut socket = connect(address, &format!("?traceparent={}", traceparent("01")), &[]).await;
    let text = format!("traceparent={}\nstranger", traceparent("01"));
    assert_eq!(say(&mut socket, &text).await, "stranger");
    let handled = ended(1, is_message_of("stranger")).await.remove(0);
    assert_ne!(handled.span_context.trace_id().to_string(), TRACE);
    assert_ne!(only("wsstranger/open").await.span_context.trace_id().to_string(), TRACE);
}

/// A handshake is one request to be traced, also where it names its own trace and the connection before.
#[test]
fn a_handshake_takes_one_of_the_limit() {
    let edge = Edge::new("ws").force_limit(RateLimit::new(0.001, 3));
    let sampled = traceparent("01");
    let mut headers = HeaderMap::new();
    headers.insert("traceparent", sampled.parse().unwrap());
    let protocols = format!("chat, traceparent.{sampled}, previous.{sampled}");
    headers.insert("sec-websocket-protocol", protocols.parse().unwrap());
    let uri: Uri = format!("/ws?traceparent={sampled}&previous={sampled}").parse().unwrap();
    let _ = Handshake::read(&edge, &uri, &headers);
    // With the connection before alone.
    let _ = Handshake::read(&edge, &format!("/ws?previous={sampled}").parse().unwrap(), &HeaderMap::new());
    let now = traced_actor::context::Timestamp::now();
    let third = edge.accept(&[("traceparent", sampled.as_str())], now).outcome;
    assert_eq!(third, Outcome::Continued);
    let fourth = edge.accept(&[("traceparent", sampled.as_str())], now).outcome;
    assert!(matches!(fourth, Outcome::Limited(_)), "{fourth:?}");
}
