//! A WebSocket whose messages arrive in envelopes.

use std::fmt;
use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use traced_actor::Envelope;
use traced_actor::context::{MessageContext, Timestamp};
use traced_actor_propagation::{ClosedConnection, Connection, Edge, browser, traceparent};

use super::Handshake;

/// The close code if the other side disappeared without closing.
const GONE: u16 = 1006;
/// The close code if the other side gave no reason.
const NO_REASON: u16 = 1005;

/// An axum WebSocket whose messages arrive in envelopes.
///
/// It is a [`Connection`]: the opening and the close are short spans, and each message has one, in the client's trace or in a new one
/// that is linked to the opening. Dropping it closes it; before the first message of one that [waits](Handshake::or_first_frame) for it, no
/// span says so.
pub struct TracedSocket {
    name: &'static str,
    socket: WebSocket,
    edge: Arc<Edge>,
    state: State,
    /// The first message, while the opening is recorded.
    held: Option<Message>,
}

enum State {
    /// The first frame may have the context.
    Waits(Handshake),
    Open(Connection),
}

impl TracedSocket {
    /// Wraps a socket after its handshake. `name` is the actor's part of the span names.
    ///
    /// Tells the client the context of the connection, if it asked for that. If this fails, [`recv`](Self::recv)
    /// returns the error.
    pub async fn open(name: &'static str, socket: WebSocket, edge: Arc<Edge>, handshake: Handshake) -> Self {
        let waits = handshake.waits();
        let mut this = Self { name, socket, edge, state: State::Waits(handshake), held: None };
        if !waits {
            this.begin(None).await;
        }
        this
    }

    /// Receives the next message, with its context. Returns `None` once the connection is closed.
    ///
    /// Frames other than text and binary are returned without a context.
    ///
    /// # Errors
    ///
    /// Returns the errors of axum's `WebSocket::recv`. The connection is then closed.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped before it completes, no message is lost.
    pub async fn recv(&mut self) -> Option<Result<Envelope<Message>, axum::Error>> {
        loop {
            let received = match self.held.take() {
                Some(message) => Some(Ok(message)),
                None => self.socket.recv().await,
            };
            if let State::Waits(handshake) = &self.state
                && !matches!(received, Some(Ok(Message::Ping(_) | Message::Pong(_))))
            {
                let first = match &received {
                    Some(Ok(Message::Text(text))) => handshake.first_frame(&self.edge, text),
                    _ => None,
                };
                let is_ours = first.is_some();
                if let (false, Some(Ok(message))) = (is_ours, &received) {
                    // Keep the message, in case this future is dropped while it sends to the client.
                    self.held = Some(message.clone());
                }
                self.begin(first).await;
                self.held = None;
                if is_ours {
                    continue;
                }
            }
            let message = match received {
                Some(Ok(message)) => message,
                Some(Err(error)) => {
                    self.closed(GONE, &error.to_string());
                    return Some(Err(error));
                }
                None => {
                    self.closed(GONE, "");
                    return None;
                }
            };
            return Some(Ok(match message {
                Message::Text(text) => match browser::from_message(&text) {
                    Some((headers, rest)) => {
                        let own = self.edge.accept(&headers, Timestamp::now()).context;
                        self.envelope(Message::Text(Utf8Bytes::from(rest)), own)
                    }
                    None => self.envelope(Message::Text(text), MessageContext::ABSENT),
                },
                Message::Binary(_) => self.envelope(message, MessageContext::ABSENT),
                Message::Close(frame) => {
                    match &frame {
                        Some(frame) => self.closed(frame.code, &frame.reason),
                        None => self.closed(NO_REASON, ""),
                    }
                    Envelope::bare(Message::Close(frame))
                }
                other => Envelope::bare(other),
            }));
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    ///
    /// Returns the errors of axum's `WebSocket::send`.
    pub async fn send(&mut self, message: Message) -> Result<(), axum::Error> {
        self.socket.send(message).await
    }

    /// Closes the connection for this reason, and returns the context that a later connection can link to.
    pub async fn close(mut self, code: u16, reason: &str) -> ClosedConnection {
        self.begin(None).await;
        self.closed(code, reason);
        let frame = CloseFrame { code, reason: reason.into() };
        // A client that is gone needs no reason.
        let _ = self.socket.send(Message::Close(Some(frame))).await;
        match self.state {
            State::Open(connection) => connection.close(),
            State::Waits(_) => ClosedConnection::default(),
        }
    }

    /// Returns the connection, or `None` while the first frame is awaited.
    pub fn connection(&self) -> Option<&Connection> {
        match &self.state {
            State::Open(connection) => Some(connection),
            State::Waits(_) => None,
        }
    }

    /// Opens the connection if it is not open yet, with what the first frame said if there was one.
    async fn begin(&mut self, first: Option<Handshake>) {
        let State::Waits(handshake) = &mut self.state else { return };
        let Handshake { context, previous, says_hello, .. } =
            first.unwrap_or_else(|| std::mem::take(handshake));
        let connection = Connection::reopen(self.name, context, &previous);
        let hello = connection.context().filter(|_| says_hello).map(|opening| {
            format!("{}={}", traceparent::HEADER, traceparent::write(&opening.context).as_str())
        });
        self.state = State::Open(connection);
        if let Some(hello) = hello {
            // The next receive notices if the client is gone.
            let _ = self.socket.send(Message::Text(hello.into())).await;
        }
    }

    fn envelope(&self, message: Message, own: MessageContext) -> Envelope<Message> {
        let context = match &self.state {
            State::Open(connection) => connection.message_span(own),
            State::Waits(_) => own,
        };
        Envelope::new(message, context)
    }

    fn closed(&mut self, code: u16, reason: &str) {
        if let State::Open(connection) = &mut self.state {
            connection.set_close_reason(code, reason);
        }
    }
}

impl fmt::Debug for TracedSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedSocket").field("name", &self.name).finish_non_exhaustive()
    }
}
