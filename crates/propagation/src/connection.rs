//! Traces for connections that live for hours: a WebSocket, a stream, a device's session.
//!
//! A span that stays open that long would be exported too late, and a trace of that length would have no end. So a
//! connection has two short spans, and each of its messages has its own trace:
//!
//! ```text
//! trace A   gateway/open
//!             ▲ link          ▲ link                     ▲ link              ▲ link
//! trace B   gateway/message   │                          │                   │
//!             └ Guild/Post …  │                          │                   │
//! trace C                   gateway/message └ …          │                   │
//! trace D                                              gateway/close         │
//! trace E                                                         gateway/open (the reconnect)
//! ```

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use traced_actor::actor::short_span;
use traced_actor::context::{
    ContextState, MessageContext, SampledContext, Timestamp, new_trace_id, shortened,
};
use traced_actor::record;
use traced_actor::sampling::{self, Decision, Kind, Operation, Options};

static OPEN: Kind = Kind::new("open");
static REOPEN: Kind = Kind::new("open").link();
static MESSAGE: Kind = Kind::new("message");
static LINKED_MESSAGE: Kind = Kind::new("message").link();
static CLOSE: Kind = Kind::new("close").link();

/// An open connection. Dropping it closes it.
///
/// ```
/// use traced_actor::context::{MessageContext, Timestamp};
/// use traced_actor_propagation::{Connection, Edge};
///
/// let edge = Edge::new("gateway");
/// # let (handshake, frames): ([(&str, &str); 0], [([(&str, &str); 0], &str); 0]) = ([], []);
/// let connection = Connection::open("gateway", edge.accept(&handshake, Timestamp::now()).context);
/// for (headers, text) in &frames {
///     let context = connection.message(edge.accept(headers, Timestamp::now()).context);
///     // send Envelope::new(message, context) to the actor
/// }
/// let last = connection.close();
/// // … the client comes back, with the token that it was given …
/// let connection = Connection::reopen("gateway", MessageContext::ABSENT, &last);
/// ```
#[derive(Debug)]
pub struct Connection {
    name: &'static str,
    opened: Timestamp,
    /// The context of the opening span, if it was kept.
    context: Option<SampledContext>,
    messages: AtomicU64,
    /// The reason for closing it.
    reason: Option<(u16, String)>,
}

/// The remains of a closed connection. Pass them to [`Connection::reopen`] to link the next connection.
#[derive(Debug, Clone, Default)]
pub struct ClosedConnection(Option<SampledContext>);

impl Connection {
    /// Opens a connection with the context of its handshake.
    ///
    /// Its span `name/open` continues the trace of the handshake, or starts a trace.
    pub fn open(name: &'static str, handshake: MessageContext) -> Self {
        Self::with(name, &OPEN, handshake)
    }

    /// Opens a connection in place of one that was lost.
    ///
    /// Its span starts a trace, linked to the span of the last connection. If that has no recorded span, it works like
    /// [`open`](Self::open).
    pub fn reopen(name: &'static str, handshake: MessageContext, last: &ClosedConnection) -> Self {
        match &last.0 {
            Some(last) if !handshake.is_unsampled() => Self::with(name, &REOPEN, last.clone().into()),
            _ => Self::open(name, handshake),
        }
    }

    fn with(name: &'static str, kind: &'static Kind, context: MessageContext) -> Self {
        let context = short_span(name, kind, context, |_| {});
        Self { name, opened: Timestamp::now(), context, messages: AtomicU64::new(0), reason: None }
    }

    /// Returns the context for a message that was received over the connection.
    ///
    /// A message with its own context keeps it. For other messages the process-wide sampler decides. If a message
    /// is sampled, a short span `name/message` starts its trace, linked to the opening of the connection.
    ///
    /// While nothing is sampled, it costs a count and a sampling decision.
    pub fn message(&self, own: MessageContext) -> MessageContext {
        self.messages.fetch_add(1, Relaxed);
        if !own.is_absent() || !record::is_recording() {
            return own;
        }
        let root = match &self.context {
            // The connection was not kept, so there is no span to link to.
            None => short_span(self.name, &MESSAGE, MessageContext::ABSENT, |_| {}),
            Some(opening) => {
                // Decided like a root, because whether the connection was kept does not matter for its messages.
                let operation = Operation::root(self.name, &MESSAGE, new_trace_id());
                let Decision::Keep { probability, .. } = sampling::decide(&operation, &Options::new()) else {
                    return MessageContext::UNSAMPLED;
                };
                let mut linked = opening.clone();
                linked.probability = probability;
                short_span(self.name, &LINKED_MESSAGE, linked.into(), |_| {})
            }
        };
        root.map_or(MessageContext::UNSAMPLED, Into::into)
    }

    /// Returns the context for a message, like [`message`](Self::message), and records a span for each sampled one.
    ///
    /// A message with its own sampled context gets a short span `name/message` below it, with the ids of the opening as the attributes
    /// `connection.trace_id` and `connection.span_id`.
    pub fn message_span(&self, own: MessageContext) -> MessageContext {
        if !matches!(own.state(), ContextState::Sampled(_)) {
            return self.message(own);
        }
        self.messages.fetch_add(1, Relaxed);
        let span = short_span(self.name, &MESSAGE, own.clone(), |fields| {
            if let Some(opening) = &self.context {
                fields.record("connection.trace_id", &opening.context.trace_id.to_string());
                fields.record("connection.span_id", &opening.context.span_id.to_string());
            }
        });
        span.map_or(own, Into::into)
    }

    /// Returns the context of the opening span, if it was recorded.
    pub fn context(&self) -> Option<&SampledContext> {
        self.context.as_ref()
    }

    /// Sets the reason for closing: a code and a text, as for a WebSocket. Both are recorded on the span of the close.
    ///
    /// The first reason is kept. Without a reason, the span has neither.
    pub fn set_close_reason(&mut self, code: u16, reason: &str) {
        if self.reason.is_none() {
            self.reason = Some((code, shortened(reason).into_owned()));
        }
    }

    /// Closes the connection.
    ///
    /// Its span `name/close` is linked to the opening span. It has the number of messages, and how long the connection
    /// was open.
    pub fn close(mut self) -> ClosedConnection {
        self.record_close();
        // Nothing is left for `drop` to record.
        ClosedConnection(self.context.take())
    }

    fn record_close(&self) {
        if let Some(opening) = &self.context {
            let seconds = Timestamp::now().since(self.opened).as_secs_f64();
            let messages = self.messages.load(Relaxed);
            let mut now = opening.clone();
            now.sent = Some(Timestamp::now());
            short_span(self.name, &CLOSE, now.into(), |fields| {
                fields.record("connection.messages", &messages);
                fields.record("connection.duration", &seconds);
                if let Some((code, reason)) = &self.reason {
                    fields.record("connection.close.code", &u64::from(*code));
                    fields.record("connection.close.reason", reason.as_str());
                }
            });
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.record_close();
    }
}

impl ClosedConnection {
    /// Restores a connection from the stored result of [`to_context`](Self::to_context).
    pub fn from_context(context: MessageContext) -> Self {
        Self(context.into_sampled().ok())
    }

    /// Returns the context of the opening span, to be stored with the client's session.
    pub fn to_context(&self) -> MessageContext {
        self.0.clone().map_or(MessageContext::ABSENT, MessageContext::sampled)
    }
}
