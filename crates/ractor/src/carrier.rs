//! The contents of ractor's mailbox: a message with its context.

use ractor::message::{BoxedDowncastErr, BoxedMessage, SerializedMessage};
use ractor::{ActorId, Message};
use traced_actor::__private::{Ask, current_handling};
use traced_actor::Envelope;
use traced_actor::context::MessageContext;
use traced_actor::observe::{AskEnd, Known};
use traced_actor::sync::wrap::{Describe, SendAttempt};

use crate::failure::undelivered;
use crate::message::TracedMessage;
use crate::{cluster, handover, message_span};

/// A message in transit.
///
/// Within a process, ractor boxes this value. To another node, the message is sent as its own bytes, with the context
/// in the metadata.
struct Carrier<M: TracedMessage> {
    envelope: Unread<M>,
    /// The local actor that it is sent to, or [`OTHER_NODE`].
    to: u64,
    /// The ask that it belongs to, if somebody observes it.
    ask: Option<Ask>,
}

/// The actor of a message that came from another node.
const OTHER_NODE: u64 = u64::MAX;

/// An envelope that was not taken out yet. Dropping it means that it was left in the mailbox of an actor that ended.
struct Unread<M: TracedMessage>(Option<Envelope<M>>);

impl<M: TracedMessage> Unread<M> {
    fn new(envelope: Envelope<M>) -> Self {
        // The cost of each message in a mailbox.
        const { assert!(size_of::<Carrier<M>>() <= size_of::<M>().next_multiple_of(8) + 24) };
        Self(Some(envelope))
    }

    fn into_parts(mut self) -> Result<(M, MessageContext), BoxedDowncastErr> {
        self.0.take().map(Envelope::into_parts).ok_or(BoxedDowncastErr)
    }
}

impl<M: TracedMessage> Drop for Unread<M> {
    fn drop(&mut self) {
        if let Some(envelope) = self.0.take() {
            undelivered(envelope);
        }
    }
}

impl<M: TracedMessage> Message for Carrier<M> {
    fn serializable() -> bool {
        M::serializable()
    }

    fn serialize(self) -> Result<SerializedMessage, BoxedDowncastErr> {
        let (message, context) = self.envelope.into_parts()?;
        Ok(cluster::depart(message.serialize()?, &context))
    }

    fn deserialize(mut bytes: SerializedMessage) -> Result<Self, BoxedDowncastErr> {
        let context = cluster::arrive(&mut bytes);
        let envelope = Unread::new(Envelope::new(M::deserialize(bytes)?, context));
        Ok(Self { envelope, to: OTHER_NODE, ask: None })
    }
}

/// Boxes a message with the sender's current context. This is [`ractor::Message::box_message`] of a traced message.
///
/// Used by the code that `#[traced_actor(ractor)]` generates, and by a hand-written impl of [`ractor::Message`]: see
/// [`from_boxed`].
///
/// # Errors
///
/// Returns ractor's error if the actor is on another node and the message cannot be serialized.
pub fn box_message<M: TracedMessage>(message: M, to: &ActorId) -> Result<BoxedMessage, BoxedDowncastErr> {
    let local = to.is_local();
    let ask = (local && message.is_call()).then(|| ask(&message)).flatten();
    let (attempt, envelope) = SendAttempt::start(message, Describe::message());
    let to_pid = if local { to.pid() } else { OTHER_NODE };
    let carrier = Carrier { envelope: Unread::new(envelope), to: to_pid, ask };
    if local {
        attempt.sent();
        message_span::boxing(|| carrier.box_message(to))
    } else {
        // The message may be one that cannot be written for another node.
        attempt.finish(carrier.box_message(to), |_| None)
    }
}

/// Takes a message out of its box. This is [`ractor::Message::from_boxed`] of a traced message.
///
/// The context is stored for the actor's `handle`, which ractor calls next.
///
/// ```
/// use ractor::ActorId;
/// use ractor::message::{BoxedDowncastErr, BoxedMessage, SerializedMessage};
/// use traced_actor::traced_actor;
/// use traced_actor_ractor::TracedMessage;
///
/// #[traced_actor]
/// struct Ping(u8);
///
/// impl TracedMessage for Ping {}
///
/// impl ractor::Message for Ping {
///     fn box_message(self, to: &ActorId) -> Result<BoxedMessage, BoxedDowncastErr> {
///         traced_actor_ractor::box_message(self, to)
///     }
///
///     fn from_boxed(boxed: BoxedMessage) -> Result<Self, BoxedDowncastErr> {
///         traced_actor_ractor::from_boxed(boxed)
///     }
///
///     fn serializable() -> bool {
///         true
///     }
///
///     fn serialize(self) -> Result<SerializedMessage, BoxedDowncastErr> {
///         let (variant, args) = ("Ping".to_owned(), vec![self.0]);
///         Ok(SerializedMessage::Cast { variant, args, metadata: None })
///     }
///
///     fn deserialize(bytes: SerializedMessage) -> Result<Self, BoxedDowncastErr> {
///         match bytes {
///             SerializedMessage::Cast { args, .. } => Ok(Self(*args.first().ok_or(BoxedDowncastErr)?)),
///             _ => Err(BoxedDowncastErr),
///         }
///     }
/// }
/// ```
///
/// # Errors
///
/// Returns ractor's error if the message, or its bytes, have another type.
pub fn from_boxed<M: TracedMessage>(boxed: BoxedMessage) -> Result<M, BoxedDowncastErr> {
    let Carrier { envelope, to, ask } = <Carrier<M> as Message>::from_boxed(boxed)?;
    let (message, context) = envelope.into_parts()?;
    // In a handler, ractor gives back a message that it could not send.
    let ask = ask.and_then(|ask| {
        if current_handling().is_none() {
            Some(ask)
        } else {
            ask.end(AskEnd::Closed);
            None
        }
    });
    handover::put::<M>((to != OTHER_NODE).then_some(to), context, ask);
    Ok(message)
}

/// Starts the ask of a message with a reply port, if somebody observes it.
#[inline]
fn ask<M: TracedMessage>(message: &M) -> Option<Ask> {
    Ask::by_message(|| Describe::message().message_type(message), Known::Ask)
}
