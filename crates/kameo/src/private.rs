//! Items that generated code uses. Not part of the public API.

pub use kameo;
use kameo::message::BoxMessage;

pub use crate::enveloped::unwrapped;
pub use crate::failure::{started, undelivered};
pub use crate::handle::open;
pub use crate::handover::forget;
pub use crate::names::NameId;
pub use crate::outcome::{ByNothing, BySendError, ByWords, Outcome};
pub use crate::receive::{Buffered, Handled, Passed, on_message, received};
pub use crate::send::name;

/// The messages that are left in a mailbox.
pub type Undelivered<A> = Vec<BoxMessage<A>>;

/// Handles messages from other nodes, as registered with kameo. Messages arrive with or without a context.
#[cfg(feature = "remote")]
pub mod remote {
    use std::time::Duration;

    use kameo::Actor;
    use kameo::actor::ActorId;
    use kameo::message::Message;
    pub use kameo::remote::_internal::{REMOTE_MESSAGES, const_fnv1a_hash, const_str, linkme};
    use kameo::remote::_internal::{
        RemoteAskFn, RemoteMessageFns, RemoteMessageRegistrationID, RemoteTellFn, RemoteTryAskFn,
        RemoteTryTellFn, ask, tell, try_ask, try_tell,
    };
    use kameo::remote::{RemoteActor, RemoteMessage};
    use kameo::reply::Reply;
    use serde::{Serialize, de::DeserializeOwned};

    /// An entry of kameo's table.
    pub type Entry = (RemoteMessageRegistrationID<'static>, RemoteMessageFns);

    /// Returns the entry for messages of type `M` to actors of type `A`.
    pub const fn entry<A, M>() -> Entry
    where
        A: Actor + RemoteActor + RemoteMessage<M> + Message<M>,
        M: DeserializeOwned + Send + 'static,
        <<A as Message<M>>::Reply as Reply>::Ok: Serialize,
        <<A as Message<M>>::Reply as Reply>::Error: Serialize,
    {
        let id = RemoteMessageRegistrationID {
            actor_remote_id: <A as RemoteActor>::REMOTE_ID,
            message_remote_id: <A as RemoteMessage<M>>::REMOTE_ID,
        };
        type Wait = Option<Duration>;
        let fns = RemoteMessageFns {
            ask: (|actor: ActorId, message: Vec<u8>, mailbox: Wait, reply: Wait| {
                Box::pin(ask::<A, M>(actor, message, mailbox, reply))
            }) as RemoteAskFn,
            try_ask: (|actor: ActorId, message: Vec<u8>, reply: Wait| {
                Box::pin(try_ask::<A, M>(actor, message, reply))
            }) as RemoteTryAskFn,
            tell: (|actor: ActorId, message: Vec<u8>, mailbox: Wait| {
                Box::pin(tell::<A, M>(actor, message, mailbox))
            }) as RemoteTellFn,
            try_tell: (|actor: ActorId, message: Vec<u8>| Box::pin(try_tell::<A, M>(actor, message)))
                as RemoteTryTellFn,
        };
        (id, fns)
    }
}
