//! Reads the trace of a client when it connects.

use http::header::SEC_WEBSOCKET_PROTOCOL;
use http::{HeaderMap, Uri};
use traced_actor::context::{MessageContext, Timestamp};
use traced_actor_propagation::carrier::ReadCarrier;
use traced_actor_propagation::{ClosedConnection, Edge, Outcome, browser};

/// The maximum length of a list of sub-protocols that is read.
const LONGEST: usize = 16 * 1024;

/// The context of a WebSocket's handshake, the previous connection, and the client's other requests.
#[derive(Debug, Clone, Default)]
pub struct Handshake {
    pub(super) context: MessageContext,
    pub(super) previous: ClosedConnection,
    /// Whether the client wants to know the connection's own context.
    pub(super) says_hello: bool,
    /// Whether there was a context, whatever the edge decided about it.
    found: bool,
    waits: bool,
}

impl Handshake {
    /// Reads the query, the sub-protocols and the headers of a request. The first of them with a context is used.
    ///
    /// A client that sends its context as a sub-protocol must offer another one, which the server selects. Otherwise
    /// the browser closes the connection. See axum's `WebSocketUpgrade::protocols`, which never selects one of ours.
    pub fn read(edge: &Edge, uri: &Uri, headers: &HeaderMap) -> Self {
        let query = uri.query().unwrap_or_default();
        let (mut own, mut previous) = (browser::from_query(query), browser::previous_from_query(query));
        let mut says_hello = asks_in_query(query);

        if let Ok(Some(protocols)) = headers.combined(SEC_WEBSOCKET_PROTOCOL.as_str(), LONGEST)
            && let Ok(protocols) = std::str::from_utf8(&protocols)
        {
            let (in_protocols, others) = browser::from_protocols(protocols);
            if !has_context(edge, &own) {
                own = in_protocols;
            }
            if previous.is_empty() {
                previous = browser::previous_from_protocols(protocols);
            }
            says_hello |= others.contains(&"hello.1");
        }
        let is_own = has_context(edge, &own);
        let carrier: &dyn ReadCarrier = if is_own { &own } else { headers };
        Self { says_hello, ..Self::of(edge, carrier, &previous) }
    }

    /// Waits for the first frame if none of the other places has a context. See [`browser::from_first_frame`].
    ///
    /// The opening is then recorded when the first frame arrives. A first frame without a context belongs to the
    /// application.
    #[must_use]
    pub fn or_first_frame(mut self) -> Self {
        self.waits = !self.found;
        self
    }

    /// Reads the first frame if it carries a context.
    pub(super) fn first_frame(&self, edge: &Edge, frame: &str) -> Option<Self> {
        let headers = browser::from_first_frame(frame)?;
        let read = Self::of(edge, &headers, &browser::previous_from_query(frame));
        Some(Self { says_hello: asks_in_query(frame), ..read }.or(self.clone()))
    }

    /// Returns whether the first frame has to be read.
    pub(super) fn waits(&self) -> bool {
        self.waits
    }

    /// Creates a handshake from these contexts, as far as the edge trusts them. Both count as one request for the
    /// limit.
    fn of(edge: &Edge, headers: &dyn ReadCarrier, previous: &browser::Headers) -> Self {
        let now = Timestamp::now();
        let found = has_context(edge, headers);
        let extraction = edge.accept(headers, now);
        let previous = match extraction.outcome {
            _ if previous.is_empty() => MessageContext::ABSENT,
            Outcome::Continued => {
                Edge::new("previous").formats(edge.propagator().clone()).accept(previous, now).context
            }
            _ => edge.accept(previous, now).context,
        };
        let previous = ClosedConnection::from_context(previous);
        Self { context: extraction.context, previous, found, ..Self::default() }
    }

    /// Adds the data that is missing from another one.
    fn or(mut self, other: Self) -> Self {
        if !self.found {
            (self.context, self.found) = (other.context, other.found);
        }
        if self.previous.to_context().is_absent() {
            self.previous = other.previous;
        }
        self.says_hello |= other.says_hello;
        self
    }
}

/// Returns whether there is a context, whatever the edge decides about it.
fn has_context(edge: &Edge, headers: &dyn ReadCarrier) -> bool {
    let mut found = false;
    for name in edge.propagator().formats().iter().flat_map(|format| format.headers()) {
        headers.visit_values(name, &mut |_| found = true);
    }
    found
}

fn asks_in_query(query: &str) -> bool {
    query.len() <= LONGEST && query.split('&').any(|pair| pair == "hello=1")
}
