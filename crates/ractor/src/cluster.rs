//! Carries contexts between nodes, in ractor's metadata, and decides how far they are trusted.

use ractor::message::SerializedMessage;
use traced_actor::context::{MessageContext, Timestamp};
use traced_actor::wire::binary;
use traced_actor_propagation::{Edge, EdgeAlreadySet, ProcessEdge};

use crate::promotions;

/// The first bytes of our metadata. The last one is the version.
const MARK: &[u8] = &[0xf1, b't', b'a', 1];

pub(crate) static EDGE: ProcessEdge = ProcessEdge::new("ractor_cluster");

/// Sets how far contexts from other nodes are trusted. By default, they are trusted fully.
///
/// Call it once, before the node takes part in a cluster. See [`Trust`](traced_actor_propagation::Trust).
///
/// ```
/// use traced_actor_propagation::{Edge, Trust};
///
/// // Traces go on over nodes, and each node decides by itself whether it records them.
/// traced_actor_ractor::set_edge(Edge::new("cluster").trust(Trust::Ids))?;
/// # Ok::<(), traced_actor_propagation::EdgeAlreadySet>(())
/// ```
///
/// # Errors
///
/// Returns an error if it was called before, or if a context has already arrived.
pub fn set_edge(edge: Edge) -> Result<(), EdgeAlreadySet> {
    EDGE.set(edge)
}

/// Puts the context into the metadata. Foreign metadata is kept, and the context is then left out.
pub(crate) fn depart(mut message: SerializedMessage, context: &MessageContext) -> SerializedMessage {
    // No sampling decision was made, so the bytes are the same as without this crate.
    if !context.is_absent()
        && let Some(metadata @ None) = metadata(&mut message)
    {
        let written = binary::write(context);
        let mut bytes = Vec::with_capacity(MARK.len() + written.len());
        bytes.extend_from_slice(MARK);
        bytes.extend_from_slice(&written);
        *metadata = Some(bytes);
        promotions::note(context);
    }
    message
}

/// Takes the context out of the metadata. Foreign metadata is left to the message.
pub(crate) fn arrive(message: &mut SerializedMessage) -> MessageContext {
    let Some(metadata) = metadata(message) else { return MessageContext::ABSENT };
    let Some(context) = metadata.as_deref().and_then(|bytes| bytes.strip_prefix(MARK)) else {
        return MessageContext::ABSENT;
    };
    let arrived = EDGE.get().accept_context(binary::read(context), Timestamp::now());
    *metadata = None;
    promotions::note(&arrived.context);
    arrived.context
}

/// Returns the metadata of a message, or `None` for a reply, which has none.
fn metadata(message: &mut SerializedMessage) -> Option<&mut Option<Vec<u8>>> {
    match message {
        SerializedMessage::Cast { metadata, .. } | SerializedMessage::Call { metadata, .. } => Some(metadata),
        SerializedMessage::CallReply(..) => None,
    }
}
