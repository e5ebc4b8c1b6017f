//! A message that several receivers get a copy of.

use std::fmt;
use std::sync::Arc;

use super::Attempt;
use crate::Envelope;
use crate::context::MessageContext;
use crate::envelope::Describe;
use crate::flow::Copied;

/// A message that several receivers get a copy of, as it lies in their channel: what a broadcast sends in the place of an
/// [`Envelope`].
///
/// Each copy is a recipient of one [fan-out](mod@crate::fanout), whose size is the number of receivers: at most the fan-out budget of
/// the copies are traced, each with its weight. Which ones is settled in the order in which they become envelopes.
///
/// # Cost
///
/// Sixteen bytes. A sampled message is one allocation here, and one for each copy that is traced.
pub struct Copies<M> {
    message: M,
    /// What each copy carries, where nothing is sampled.
    carried: MessageContext,
    sampled: Option<Arc<Copied>>,
}

const _: () = assert!(size_of::<Copies<[u64; 8]>>() == 64 + 16);

impl<M> Copies<M> {
    /// Begins to send a message to so many receivers.
    pub fn send(message: M, describe: Describe<M>, receivers: usize) -> (Attempt, Self) {
        let (carried, sampled) = match Copied::capture(|| describe.kind(&message), receivers) {
            Ok(copied) => (MessageContext::ABSENT, Some(copied)),
            Err(carried) => (carried, None),
        };
        (Attempt::captured(), Self { message, carried, sampled })
    }

    /// Returns the envelope of one receiver's copy. Called once for each that is received.
    pub fn into_envelope(self) -> Envelope<M> {
        let carried = self.sampled.map_or(self.carried, |copied| copied.next());
        Envelope::carrying(self.message, carried)
    }

    /// Returns the message alone, as for an error.
    pub fn into_message(self) -> M {
        self.message
    }
}

impl<M: Clone> Clone for Copies<M> {
    fn clone(&self) -> Self {
        Self { message: self.message.clone(), carried: self.carried.clone(), sampled: self.sampled.clone() }
    }
}

/// Never prints the message.
impl<M> fmt::Debug for Copies<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Copies").field("sampled", &self.sampled.is_some()).finish_non_exhaustive()
    }
}
