//! A message that contains its context, for paths on which kameo's signal does not carry it.

use std::fmt;

use kameo::actor::ActorRef;
use traced_actor::__private::capture;
use traced_actor::Envelope;
use traced_actor::sync::wrap::{BroadcastMessage, Describe};

use crate::handover::{self, Arrived};

/// A message together with the context of its sender.
///
/// Use it for a message to another node, for a broker or a pool between the sender and the actor, and for an actor with
/// its own `on_message`.
///
/// An actor that handles `M` in an annotated `impl Message<M>` also handles `Enveloped<M>`, in the same span.
///
/// ```
/// # use kameo::prelude::*;
/// # use traced_actor::traced_actor;
/// use traced_actor_kameo::{IntoEnveloped, Enveloped};
///
/// # #[traced_actor(kameo)]
/// # #[derive(Actor)]
/// # struct Guild;
/// # struct Join { user: u64 }
/// # #[traced_actor(kameo)]
/// # impl Message<Join> for Guild {
/// #     type Reply = ();
/// #     async fn handle(&mut self, _: Join, _: &mut Context<Self, ()>) {}
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// # let guild = Guild::spawn(Guild);
/// guild.tell(Enveloped::from(Join { user: 7 })).await.unwrap();
/// guild.tell(Join { user: 8 }.enveloped()).await.unwrap();
/// # }
/// ```
pub struct Enveloped<M>(pub(crate) Sent<M>);

pub(crate) enum Sent<M> {
    One(Envelope<M>),
    /// Each clone goes to another actor.
    Many(BroadcastMessage<M>),
}

impl<M> Enveloped<M> {
    /// Captures the current context for a message that is cloned for this number of actors.
    ///
    /// The clones are the recipients of one [fan-out](mod@traced_actor::fanout): at most as many as its budget allows are traced.
    pub fn to_many(message: M, receivers: usize) -> Self {
        let (attempt, message) = BroadcastMessage::send(message, Describe::type_name(), receivers);
        attempt.sent();
        Self(Sent::Many(message))
    }

    /// Returns the message with the context that it carries.
    pub fn into_envelope(self) -> Envelope<M> {
        match self.0 {
            Sent::One(envelope) => envelope,
            Sent::Many(message) => message.into_envelope(),
        }
    }

    /// Returns the message without the context.
    pub fn into_message(self) -> M {
        match self.0 {
            Sent::One(envelope) => envelope.into_message(),
            Sent::Many(message) => message.into_message(),
        }
    }
}

/// Captures the current context, like a send.
impl<M> From<M> for Enveloped<M> {
    fn from(message: M) -> Self {
        Self(Sent::One(Envelope::new(message, capture::<M>())))
    }
}

/// Keeps the context that the message has.
impl<M> From<Envelope<M>> for Enveloped<M> {
    fn from(envelope: Envelope<M>) -> Self {
        Self(Sent::One(envelope))
    }
}

/// Clones the message with its context. After [`to_many`](Enveloped::to_many), the clone has that of the next recipient.
impl<M: Clone> Clone for Enveloped<M> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Sent::One(envelope) => Sent::One(envelope.clone()),
            Sent::Many(message) => Sent::Many(message.clone()),
        })
    }
}

/// Never prints the message.
impl<M> fmt::Debug for Enveloped<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enveloped(..)")
    }
}

/// Puts a message into [`Enveloped`].
pub trait IntoEnveloped: Sized {
    /// Captures the current context, like a send.
    fn enveloped(self) -> Enveloped<Self> {
        self.into()
    }
}

impl<M> IntoEnveloped for M {}

/// Takes the message out for the handler of `M`, which is called next, and stores its context for that handler.
pub fn unwrapped<A: kameo::Actor, M>(actor: &ActorRef<A>, message: Enveloped<M>) -> M {
    let (message, context) = message.into_envelope().into_parts();
    let (is_ask, ask) = match handover::take(actor.id()) {
        Some(arrived) => (arrived.is_ask, arrived.ask),
        None => (false, None),
    };
    handover::put(Arrived::new(actor.id(), context, is_ask, ask));
    message
}
