//! Between nodes: the context in ractor's metadata, and what of it is believed.

use ractor::message::SerializedMessage;
use traced_actor::context::{MessageContext, Timestamp};
use traced_actor::wire::binary;
use traced_actor_propagation::{AlreadySet, Edge, ProcessEdge};

/// What metadata begins with that is ours. The last byte is the version.
const MARK: &[u8] = &[0xf1, b't', b'a', 1];

static EDGE: ProcessEdge = ProcessEdge::new("ractor_cluster");

/// Sets what is believed of the contexts that come from other nodes. Without it everything is.
///
/// Call it once, before the node takes part in a cluster. See [`Trust`](traced_actor_propagation::Trust).
///
/// ```
/// use traced_actor_propagation::{Edge, Trust};
///
/// // Traces go on over nodes, and each node decides by itself whether it records them.
/// traced_actor_ractor::set_edge(Edge::new("cluster").trust(Trust::Ids))?;
/// # Ok::<(), traced_actor_propagation::AlreadySet>(())
/// ```
///
/// # Errors
///
/// When it was called before, or a context has come already.
pub fn set_edge(edge: Edge) -> Result<(), AlreadySet> {
    EDGE.set(edge)
}

/// Puts the context into the metadata. What somebody else has put there stays, and the context is left out.
pub(crate) fn depart(mut message: SerializedMessage, carried: &MessageContext) -> SerializedMessage {
    // Nobody has decided: the bytes are those that they always were.
    if !carried.is_absent()
        && let Some(metadata @ None) = metadata(&mut message)
    {
        let context = binary::write(carried);
        let mut bytes = Vec::with_capacity(MARK.len() + context.len());
        bytes.extend_from_slice(MARK);
        bytes.extend_from_slice(&context);
        *metadata = Some(bytes);
    }
    message
}

/// Takes the context out of the metadata. What somebody else has put there is left to the message.
pub(crate) fn arrive(message: &mut SerializedMessage) -> MessageContext {
    let Some(metadata) = metadata(message) else { return MessageContext::ABSENT };
    let Some(context) = metadata.as_deref().and_then(|bytes| bytes.strip_prefix(MARK)) else {
        return MessageContext::ABSENT;
    };
    let arrived = EDGE.get().accept_context(binary::read(context), Timestamp::now());
    *metadata = None;
    arrived.context
}

/// Returns the place of the metadata; a reply has none.
fn metadata(message: &mut SerializedMessage) -> Option<&mut Option<Vec<u8>>> {
    match message {
        SerializedMessage::Cast { metadata, .. } | SerializedMessage::Call { metadata, .. } => Some(metadata),
        SerializedMessage::CallReply(..) => None,
    }
}
