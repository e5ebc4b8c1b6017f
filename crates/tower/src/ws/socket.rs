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
/// It is a [`Connection`]. The opening and the close are short spans. Each message has a span, in the client's trace or
/// in its own trace with a link to the opening. Dropping the socket closes it.
pub struct TracedSocket {
    name: &'static str,
    socket: WebSocket,
    edge: Arc<Edge>,
    state: State,
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
        let mut this = Self { name, socket, edge, state: State::Waits(handshake) };
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
            let message = match self.socket.recv().await {
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
            let message = match message {
                Message::Text(text) => {
                    if let State::Waits(handshake) = &self.state {
                        let first = handshake.first_frame(&self.edge, &text);
                        let is_ours = first.is_some();
                        self.begin(first).await;
                        if is_ours {
                            continue;
                        }
                    }
                    match browser::from_message(&text) {
                        Some((headers, rest)) => {
                            let own = self.edge.accept(&headers, Timestamp::now()).context;
                            self.envelope(Message::Text(Utf8Bytes::from(rest)), own)
                        }
                        None => self.envelope(Message::Text(text), MessageContext::ABSENT),
                    }
                }
                Message::Binary(_) => {
                    if let State::Waits(_) = self.state {
                        self.begin(None).await;
                    }
                    self.envelope(message, MessageContext::ABSENT)
                }
                Message::Close(frame) => {
                    match &frame {
                        Some(frame) => self.closed(frame.code, &frame.reason),
                        None => self.closed(NO_REASON, ""),
                    }
                    Envelope::bare(Message::Close(frame))
                }
                other => Envelope::bare(other),
            };
            return Some(Ok(message));
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

    /// Opens the connection, with the context of the first frame if there was one.
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
