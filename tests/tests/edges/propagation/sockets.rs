//! Web sockets over TCP: a server with an edge and an actor behind it, and clients as browsers are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async, client_async};
use traced_actor::context::{MessageContext, Timestamp};
use traced_actor::record::FinishedSpan;
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, testkit, traced_actor};
use traced_actor_propagation::Tag;
use traced_actor_propagation::carrier::ReadCarrier;
use traced_actor_propagation::{ClosedConnection, Connection, Edge, Outcome, RateLimit, browser};

use super::support::{SPAN, TRACE, context, trace_id};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03";

#[traced_actor(name = "SocketRoom")]
enum Message {
    #[traced(fields(text))]
    Say { text: String },
}

#[traced_actor]
async fn room(mut receiver: mpsc::Receiver<Message>) {
    while let Some(Message::Say { text }) = receiver.recv().await {
        drop(text);
    }
}

/// A server's memory between two connections of a client.
struct Server {
    name: &'static str,
    edge: Edge,
    room: mpsc::Sender<Message>,
    sessions: Mutex<HashMap<String, MessageContext>>,
}

impl Server {
    fn new(name: &'static str) -> Arc<Self> {
        testkit::install();
        let (sender, receiver) = mpsc::channel(8);
        tokio::spawn(room(receiver));
        let edge = Edge::new(name).forced_by(Tag::header("x-capture")).force_limit(RateLimit::new(1.0, 1000));
        Arc::new(Self { name, edge, room: sender, sessions: Mutex::default() })
    }

    fn accept(&self, carrier: &dyn ReadCarrier) -> Option<MessageContext> {
        let arrived = self.edge.accept(carrier, Timestamp::now());
        (arrived.outcome != Outcome::Nothing).then_some(arrived.context)
    }

    /// Serves one connection to its end.
    async fn serve(&self, stream: TcpStream) {
        let (mut carried, mut session) = (None, String::new());
        #[expect(clippy::result_large_err, reason = "tungstenite's callback has this type")]
        let handshake = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
            let headers = request.headers();
            let query = request.uri().query().unwrap_or_default();
            let protocols = headers.get("sec-websocket-protocol").map_or("", |list| list.to_str().unwrap());
            let (by_protocol, left) = browser::from_protocols(protocols);
            carried = self
                .accept(headers)
                .or_else(|| self.accept(&browser::from_query(query)))
                .or_else(|| self.accept(&by_protocol));
            if let Some(known) = query.split('&').find_map(|pair| pair.strip_prefix("session=")) {
                known.clone_into(&mut session);
            }
            if let Some(chosen) = left.first() {
                response.headers_mut().insert("sec-websocket-protocol", chosen.parse().unwrap());
            }
            Ok(response)
        };
        let mut socket = accept_hdr_async(stream, handshake).await.unwrap();
        let mut frame = next(&mut socket).await;
        if let Some(headers) = frame.as_deref().and_then(browser::from_first_frame) {
            carried = carried.or_else(|| self.accept(&headers));
            frame = next(&mut socket).await;
        }
        let handshake = carried.unwrap_or_default();
        let last = self.sessions.lock().unwrap().remove(&session);
        let connection = match last {
            Some(last) => Connection::reopen(self.name, handshake, &ClosedConnection::from_context(last)),
            None => Connection::open(self.name, handshake),
        };
        while let Some(text) = frame {
            let message: serde_json::Value = serde_json::from_str(&text).unwrap();
            let own = message["traceparent"].as_str().map(|parent| [("traceparent", parent)]);
            let own = own.and_then(|headers| self.accept(&headers)).unwrap_or_default();
            let say = Message::Say { text: message["text"].as_str().unwrap().to_owned() };
            self.room.send_envelope(Envelope::new(say, connection.message(own))).await.unwrap();
            frame = next(&mut socket).await;
        }
        self.sessions.lock().unwrap().insert(session, connection.close().to_context());
    }

    /// One client's connection, from its handshake to its end.
    async fn visit(self: &Arc<Self>, query: &str, headers: &[(&'static str, &str)], frames: &[String]) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = self.clone();
        let serving = tokio::spawn(async move { server.serve(listener.accept().await.unwrap().0).await });

        let mut request = format!("ws://{address}/chat?{query}").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(address).await.unwrap();
        let (mut socket, response) = client_async(request, stream).await.unwrap();
        let chosen = response.headers().get("sec-websocket-protocol");
        assert!(chosen.is_none_or(|chosen| chosen == "chat.v1"), "{chosen:?}");
        for frame in frames {
            socket.send(Frame::text(frame)).await.unwrap();
        }
        socket.close(None).await.unwrap();
        serving.await.unwrap();
    }
}

/// The next text frame; `None` when the client closes.
async fn next(socket: &mut WebSocketStream<TcpStream>) -> Option<String> {
    loop {
        match socket.next().await?.unwrap() {
            Frame::Text(text) => return Some(text.as_str().to_owned()),
            Frame::Close(_) => return None,
            _ => {}
        }
    }
}

fn spans(name: &str, count: usize) -> Vec<FinishedSpan> {
    let found = testkit::install().wait_for(name, count);
    assert_eq!(found.len(), count, "{name}");
    found
}

/// The room's span for this text.
fn said(text: &str) -> FinishedSpan {
    let said = |span: &FinishedSpan| span.attribute("text").is_some_and(|found| found.to_string() == text);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        if let Some(found) = testkit::install().named("SocketRoom/Say").into_iter().find(said) {
            return found;
        }
        assert!(std::time::Instant::now() < deadline, "nobody said {text}");
        std::thread::yield_now();
    }
}

/// The ways that a browser has, and the one that others have.
#[tokio::test]
async fn the_opening_goes_on_with_the_browser_s_trace_whichever_way_it_comes() {
    let query = format!("room=7&traceparent={PARENT}");
    let protocols = format!("chat.v1, traceparent.{PARENT}");
    let frame = format!("traceparent={PARENT}");
    type Row<'a> = (&'static str, &'a str, &'a [(&'static str, &'a str)], &'a [String]);
    let rows: [Row<'_>; 4] = [
        ("ws_query", &query, &[("sec-websocket-protocol", "chat.v1")], &[]),
        ("ws_protocol", "", &[("sec-websocket-protocol", &protocols)], &[]),
        ("ws_frame", "", &[("sec-websocket-protocol", "chat.v1")], &[frame]),
        ("ws_header", "", &[("traceparent", PARENT)], &[]),
    ];
    for (name, query, headers, frames) in rows {
        Server::new(name).visit(query, headers, frames).await;
        let open = &spans(&format!("{name}/open"), 1)[0];
        assert_eq!((open.context.trace_id, open.parent), (trace_id(TRACE), SPAN.parse().ok()), "{name}");
        let close = &spans(&format!("{name}/close"), 1)[0];
        assert_eq!((close.parent, &close.links), (None, &vec![open.context]), "{name}");
        assert_ne!(close.context.trace_id, trace_id(TRACE), "{name}");
    }
}

#[tokio::test]
async fn each_message_goes_on_with_its_own_trace_or_starts_one_that_is_linked() {
    let server = Server::new("ws_messages");
    let own = json!({ "traceparent": PARENT, "text": "with its own" }).to_string();
    let none = json!({ "text": "without" }).to_string();
    server.visit("", &[], &[own, none]).await;

    let with_own = said("with its own");
    assert_eq!((with_own.context.trace_id, with_own.parent), (trace_id(TRACE), Some(context(3).span_id)));
    let open = &spans("ws_messages/open", 1)[0];
    assert_eq!(open.parent, None);
    let message = &spans("ws_messages/message", 1)[0];
    assert_eq!((message.parent, &message.links), (None, &vec![open.context]));
    assert_ne!(message.context.trace_id, open.context.trace_id);
    let without = said("without");
    assert_eq!(without.context.trace_id, message.context.trace_id);
    assert_eq!(without.parent, Some(message.context.span_id));
    let close = &spans("ws_messages/close", 1)[0];
    assert_eq!(close.attribute("connection.messages").unwrap().to_string(), "2");
}

#[tokio::test]
async fn a_reconnect_is_linked_to_the_connection_before_it() {
    let server = Server::new("ws_again");
    for _ in 0..3 {
        server.visit("session=9", &[], &[]).await;
    }
    let open = spans("ws_again/open", 3);
    assert_eq!(open[0].links, []);
    assert_eq!(open[1].links, [open[0].context]);
    assert_eq!(open[2].links, [open[1].context]);
    let mut traces: Vec<_> = open.iter().map(|span| span.context.trace_id).collect();
    traces.dedup();
    assert_eq!(traces.len(), 3, "no trace without end");
}

/// A header that asks for it, where the client says that its own trace is not sampled.
#[tokio::test]
async fn a_tagged_handshake_is_traced() {
    let unsampled = PARENT.replace("-03", "-02");
    Server::new("ws_untagged").visit("", &[("traceparent", &unsampled)], &[]).await;
    Server::new("ws_tagged").visit("", &[("traceparent", &unsampled), ("x-capture", "1")], &[]).await;
    let open = &spans("ws_tagged/open", 1)[0];
    assert_eq!((open.context.trace_id, open.parent), (trace_id(TRACE), SPAN.parse().ok()));
    assert_eq!(testkit::install().named("ws_untagged"), []);
}
