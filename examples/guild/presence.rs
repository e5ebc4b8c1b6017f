//! Who is online. A small actor that the library runs: a handler is all there is to write.

use std::collections::HashMap;

use traced_actor::sync::oneshot;
use traced_actor::traced_actor;

use traced_actor_example_shared::event::{Snowflake, Status};

/// What can be asked.
#[traced_actor]
pub(crate) enum Message {
    /// Sets a member's status; the answer is the one before.
    Update { user: Snowflake, status: Status, respond_to: oneshot::Sender<Option<Status>> },
    /// How many are not offline?
    Online { respond_to: oneshot::Sender<usize> },
}

#[derive(Debug, Default)]
pub(crate) struct Presence {
    statuses: HashMap<Snowflake, Status>,
}

#[traced_actor]
impl Presence {
    fn handle_message(&mut self, message: Message) {
        // Where nobody waits for the answer any more, it is dropped.
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
