//! Carries contexts between nodes, in the bytes of a message, and decides how far they are trusted.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde::ser::{Error as _, Serialize, Serializer};
use traced_actor::Envelope;
use traced_actor::context::Timestamp;
use traced_actor::wire::hook::{Asks, asks};
use traced_actor_propagation::{Edge, EdgeAlreadySet, ProcessEdge};
use traced_actor_wire::{Encoding, read_sidecar, write_sidecar};

use crate::Enveloped;
use crate::enveloped::Sent;
use crate::promotions;

pub(crate) static EDGE: ProcessEdge = ProcessEdge::new("kameo");
static ENVELOPES: AtomicBool = AtomicBool::new(false);

/// Sets how far contexts from other nodes are trusted. By default, they are trusted fully.
///
/// Call it once, before the node joins the swarm. See [`Trust`](traced_actor_propagation::Trust).
///
/// ```
/// use traced_actor_propagation::{Edge, Trust};
///
/// // Traces go on over nodes, and each node decides by itself whether it records them.
/// traced_actor_kameo::set_edge(Edge::new("swarm").trust(Trust::Ids))?;
/// # Ok::<(), traced_actor_propagation::EdgeAlreadySet>(())
/// ```
///
/// # Errors
///
/// Returns an error if it was called before, or if a context has already arrived.
pub fn set_edge(edge: Edge) -> Result<(), EdgeAlreadySet> {
    EDGE.set(edge)
}

/// Sets how messages that are enums are sent to other nodes: bare, which is the default, or in envelopes.
///
/// A node without this crate, or without [`Enveloped`] around the message, cannot read an envelope and would lose the
/// message. So first deploy this crate to every node, and then send envelopes. A struct needs no such step: its context
/// is an additional key, which such a node ignores.
///
/// ```
/// use traced_actor_wire::Encoding;
///
/// traced_actor_kameo::set_enum_encoding(Encoding::Envelope);
/// # traced_actor_kameo::set_enum_encoding(Encoding::Bare);
/// ```
pub fn set_enum_encoding(encoding: Encoding) {
    ENVELOPES.store(encoding == Encoding::Envelope, Relaxed);
}

/// Writes the message, with its context as an additional key. An enum is written as set by [`set_enum_encoding`].
impl<M: Serialize + DeserializeOwned> Serialize for Enveloped<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Sent::One(envelope) = &self.0 else {
            return Err(S::Error::custom(
                "a message to many is for actors of this process: send `Enveloped::from(message)` to each node, in a `fanout`",
            ));
        };
        promotions::note(envelope.state());
        match asks::<M>(serializer.is_human_readable()) {
            Asks::Enum if ENVELOPES.load(Relaxed) => envelope.serialize(serializer),
            Asks::Enum => envelope.message().serialize(serializer),
            _ => write_sidecar(envelope, serializer),
        }
    }
}

/// Reads a message with or without a context, from nodes with and without this crate.
impl<'de, M: Deserialize<'de>> Deserialize<'de> for Enveloped<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (message, context) = match asks::<M>(deserializer.is_human_readable()) {
            Asks::Enum => Envelope::deserialize(deserializer)?.into_parts(),
            _ => read_sidecar(deserializer)?,
        };
        let arrived = EDGE.get().accept_context(context, Timestamp::now());
        promotions::note(arrived.context.state());
        Ok(Envelope::new(message, arrived.context).into())
    }
}
