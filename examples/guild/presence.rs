//! The members' status. A small actor without a loop: the library runs it, and it has only a handler.

use std::collections::HashMap;

use traced_actor::sync::oneshot;
use traced_actor::traced_actor;

use traced_actor_example_shared::event::{Snowflake, Status};

/// The messages of the presence actor.
#[traced_actor]
pub(crate) enum Message {
    /// Sets a member's status. The reply is the previous status.
    Update { user: Snowflake, status: Status, respond_to: oneshot::Sender<Option<Status>> },
    /// Asks how many members are not offline.
    Online { respond_to: oneshot::Sender<usize> },
}

#[derive(Debug, Default)]
pub(crate) struct Presence {
    statuses: HashMap<Snowflake, Status>,
}

#[traced_actor]
impl Presence {
    fn handle_message(&mut self, message: Message) {
        // If nobody waits for the reply, it is dropped.
        match message {
            Message::Update { user, status, respond_to } => {
                respond_to.send(self.statuses.insert(user, status)).ok();
            }
            Message::Online { respond_to } => {
                let online = self.statuses.values().filter(|status| **status != Status::Offline).count();
                respond_to.send(online).ok();
            }
        }
    }
}
