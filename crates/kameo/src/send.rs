//! Captures the context of a message when kameo asks for its name.

use kameo::Actor;
use kameo::message::Message;
use kameo::reply::Reply;
use traced_actor::__private::{self, Ask, capture, current_handling, is_observed};
use traced_actor::Options;

use crate::names::NameId;
use crate::token::{self, Sent};

/// Returns the name for a message of type `M` that is sent to an actor `A` now.
///
/// kameo calls this once for each `ask` and `tell`. If there is a context, the text stands for it until the actor takes
/// the message out. Then the message has its own name again.
pub fn name<A, M>(
    id: &'static NameId,
    actor: &'static Options,
    name: impl FnOnce() -> &'static str,
) -> &'static str
where
    A: Actor + Message<M>,
    M: Send + 'static,
{
    let context = capture::<M>();
    let name = name();
    if let Some(ask) = ask::<A, M>(id, actor) {
        return token::of_sent(Sent { context, name, ask: Some(Box::new((ask, id))) });
    }
    match context.to_tag() {
        Some(_) if context.is_absent() => name,
        Some(tag) => token::of_tag(tag, id, name),
        None => token::of_sent(Sent { context, name, ask: None }),
    }
}

/// Starts what may be an ask, for a handler that somebody observes.
///
/// kameo does not tell here whether its sender waits for the reply. It is taken for an ask if the last message of its
/// kind was one, or, for the first one, if there is something in the reply.
#[inline]
fn ask<A, M>(id: &NameId, actor: &'static Options) -> Option<Ask>
where
    A: Actor + Message<M>,
    M: Send + 'static,
{
    if !is_observed() {
        return None;
    }
    current_handling()?;
    let has_reply = || size_of::<<A::Reply as Reply>::Ok>() > 0;
    if id.is_ask().unwrap_or_else(has_reply) { __private::ask::<M>(actor) } else { None }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, PoisonError};

    use traced_actor::observe::{HandlingId, Mailbox, MessageType, Observer, Received, Unsent, observe};
    use traced_actor::record::Failure;

    use super::*;
    use crate::IntoEnveloped;

    /// The types and kinds of the messages that were sent.
    #[derive(Clone, Default)]
    struct Sent(Arc<Mutex<Vec<(&'static str, &'static str)>>>);

    impl Observer for Sent {
        fn sent(&self, message: MessageType, _: Option<&Mailbox>, _: Option<HandlingId>) -> u64 {
            let sent = (message.type_name, message.kind.name());
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
            0
        }

        fn now(&self) -> u64 {
            0
        }

        fn send_waited(&self, _: MessageType, _: Option<&Mailbox>, _: u64) {}

        fn send_failed(&self, _: MessageType, _: Option<&Mailbox>, _: Unsent) {}

        fn received(&self, _: &Received<'_>) -> Option<HandlingId> {
            None
        }

        fn ended(&self, _: HandlingId, _: Option<&Failure<'_>>) {}

        fn held(&self, _: HandlingId) {}
    }

    struct Guild;
    struct Join;

    impl kameo::Actor for Guild {
        type Args = Self;
        type Error = kameo::error::Infallible;

        async fn on_start(this: Self, _: kameo::actor::ActorRef<Self>) -> Result<Self, Self::Error> {
            Ok(this)
        }
    }

    impl Message<Join> for Guild {
        type Reply = ();

        async fn handle(&mut self, _: Join, _: &mut kameo::message::Context<Self, ()>) {}
    }

    /// Is the only test with an observer, because a process has one.
    #[test]
    fn an_observer_is_told_of_the_message_s_own_type() {
        let sent = Sent::default();
        observe(sent.clone()).unwrap();
        static ID: NameId = NameId::new();
        name::<Guild, Join>(&ID, &const { Options::new() }, || "a name of its own");
        drop(Join.enveloped());
        let own = (std::any::type_name::<Join>(), "Join");
        assert_eq!(*sent.0.lock().unwrap(), [own, own]);
    }
}
