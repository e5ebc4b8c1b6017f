//! Sends the context in headers, beside the message. The bytes of the message do not change.
//!
//! Use it for a transport with headers (HTTP, Kafka, NATS, AMQP). It works for messages of any shape. Old consumers
//! ignore unknown headers, so there is no [`Encoding`](crate::Encoding) to select. A [`CompositePropagator`] selects the header
//! formats, and an [`Edge`] decides how far to trust incoming headers.
//!
//! ```
//! use traced_actor::Envelope;
//! use traced_actor::context::{MessageContext, Timestamp};
//! use traced_actor_propagation::{CompositePropagator, Edge};
//! use traced_actor_wire::headers;
//!
//! let mut sent: Vec<(String, String)> = Vec::new();
//! headers::write(&Envelope::new("message", MessageContext::UNSAMPLED), &CompositePropagator::default(), &mut sent);
//!
//! let arrived = headers::read("message", &Edge::new("orders"), &sent, Timestamp::now());
//! assert_eq!(arrived.state(), traced_actor::context::ContextState::Unsampled);
//! ```

use traced_actor::Envelope;
use traced_actor::context::Timestamp;
use traced_actor_propagation::carrier::{ReadCarrier, WriteCarrier};
use traced_actor_propagation::{CompositePropagator, Edge};

/// Writes the context of `envelope` to the headers, and removes any previous context.
///
/// The caller writes the message.
pub fn write<M>(envelope: &Envelope<M>, formats: &CompositePropagator, headers: &mut dyn WriteCarrier) {
    formats.inject_context(envelope.state(), headers);
}

/// Returns `message` with the context in `headers`, as far as `edge` trusts it. A malformed context counts as absent.
pub fn read<M>(message: M, edge: &Edge, headers: &dyn ReadCarrier, now: Timestamp) -> Envelope<M> {
    Envelope::new(message, edge.accept(headers, now).context)
}
