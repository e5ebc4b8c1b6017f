//! A message of which several receivers get a copy.

use std::fmt;
use std::sync::Arc;

use super::SendAttempt;
use crate::Envelope;
use crate::context::MessageContext;
use crate::envelope::Describe;
use crate::flow::{Copied, observe_send};
use crate::observe::is_observed;

/// A message of which several receivers get a copy. A broadcast sends it in place of an [`Envelope`].
///
/// The copies are the recipients of one [fan-out](mod@crate::fanout), whose size is the number of receivers. At most
/// as many copies as the fan-out budget allows are traced, each with its weight. Copies are selected in the order in
/// which they become envelopes.
///
/// # Cost
///
/// Takes sixteen bytes more than the message. A sampled message allocates once, and once for each copy that is
/// traced.
pub struct BroadcastMessage<M> {
    message: M,
    /// The context of each copy, if nothing is sampled.
    context: MessageContext,
    sampled: Option<Arc<Copied>>,
}

const _: () = assert!(size_of::<BroadcastMessage<[u64; 8]>>() == 64 + 16);

impl<M> BroadcastMessage<M> {
    /// Starts to send a message to this number of receivers.
    pub fn send(message: M, describe: Describe<M>, receivers: usize) -> (SendAttempt, Self) {
        let (mut context, sampled) = match Copied::capture(|| describe.kind(&message), receivers) {
            Ok(copied) => (MessageContext::ABSENT, Some(copied)),
            Err(context) => (context, None),
        };
        let mut attempt = SendAttempt::captured();
        if is_observed() {
            let message_type = describe.message_type(&message);
            observe_send(&mut context, message_type, None);
            attempt.waiting.tell(Some(message_type), None, false);
        }
        (attempt, Self { message, context, sampled })
    }

    /// Returns the envelope of one receiver's copy. Call it once for each copy that is received.
    pub fn into_envelope(self) -> Envelope<M> {
        let context = self.sampled.map_or(self.context, |copied| copied.next());
        Envelope::carrying(self.message, context)
    }

    /// Returns the context of each copy, which is absent if it is sampled.
    #[doc(hidden)]
    pub fn message_context(&self) -> &MessageContext {
        &self.context
    }

    /// Returns the message without its context, for example for an error.
    pub fn into_message(self) -> M {
        self.message
    }
}

impl<M: Clone> Clone for BroadcastMessage<M> {
    fn clone(&self) -> Self {
        Self { message: self.message.clone(), context: self.context.clone(), sampled: self.sampled.clone() }
    }
}

/// Never prints the message.
impl<M> fmt::Debug for BroadcastMessage<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BroadcastMessage").field("sampled", &self.sampled.is_some()).finish_non_exhaustive()
    }
}
