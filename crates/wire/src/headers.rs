//! The mode `headers`: the context beside the message's bytes, which stay what they always were.
//!
//! For a transport that has headers (HTTP, Kafka, NATS, AMQP) and for any shape of message. Old consumers do not
//! look at headers that they do not know, so no encoding is chosen. What is written and believed is said by a
//! [`Composite`] of formats and an [`Edge`].
//!
//! ```
//! use traced_actor::Envelope;
//! use traced_actor::context::{MessageContext, Timestamp};
//! use traced_actor_propagation::{Composite, Edge};
//! use traced_actor_wire::headers;
//!
//! let mut sent: Vec<(String, String)> = Vec::new();
//! headers::write(&Envelope::new("message", MessageContext::UNSAMPLED), &Composite::default(), &mut sent);
//!
//! let arrived = headers::read("message", &Edge::new("orders"), &sent, Timestamp::now());
//! assert_eq!(arrived.state(), traced_actor::context::ContextState::Unsampled);
//! ```

use traced_actor::Envelope;
use traced_actor::context::Timestamp;
use traced_actor_propagation::carrier::{ReadCarrier, WriteCarrier};
use traced_actor_propagation::{Composite, Edge};

/// Writes what `envelope` carries, in the place of what was there; the message is the caller's to write.
pub fn write<M>(envelope: &Envelope<M>, formats: &Composite, headers: &mut dyn WriteCarrier) {
    formats.write(envelope.state(), headers);
}

/// `message` with the context in `headers`, as far as `edge` believes it. A malformed one counts as absent there.
pub fn read<M>(message: M, edge: &Edge, headers: &dyn ReadCarrier, now: Timestamp) -> Envelope<M> {
    Envelope::new(message, edge.accept(headers, now).context)
}
