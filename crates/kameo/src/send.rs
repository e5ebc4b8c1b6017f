//! Captures the context of a message when kameo asks for its name.

use traced_actor::__private::capture;

use crate::names::NameId;
use crate::token;

/// Returns the name for a message of type `M` that is sent now.
///
/// kameo calls this once for each `ask` and `tell`. If there is a context, the text stands for it until the actor takes
/// the message out. Then the message has its own name again.
pub fn name<M>(id: &NameId, name: impl FnOnce() -> &'static str) -> &'static str {
    let context = capture::<M>();
    let name = name();
    match context.to_tag() {
        Some(_) if context.is_absent() => name,
        Some(tag) => token::of_tag(tag, id, name),
        None => token::of_context(context, name),
    }
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

    struct Join;

    /// Is the only test with an observer, because a process has one.
    #[test]
    fn an_observer_is_told_of_the_message_s_own_type() {
        let sent = Sent::default();
        observe(sent.clone()).unwrap();
        name::<Join>(&NameId::new(), || "a name of its own");
        drop(Join.enveloped());
        let own = (std::any::type_name::<Join>(), "Join");
        assert_eq!(*sent.0.lock().unwrap(), [own, own]);
    }
}
