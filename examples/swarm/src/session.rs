//! A session: one connected client. Sessions continue traces and never start one.

use kameo::prelude::*;
use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

/// The bytes for the client's socket, and the number of messages.
#[traced_actor(kameo, start = never)]
#[derive(Default, Actor, RemoteActor)]
#[remote_actor(id = "session")]
pub(crate) struct Session {
    bytes: Vec<u8>,
    seen: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Deliver {
    pub(crate) author: u64,
    pub(crate) text: String,
}

#[traced_actor(kameo)]
#[remote_message("deliver")]
impl Message<Deliver> for Session {
    type Reply = ();

    async fn handle(&mut self, Deliver { author, text }: Deliver, _: &mut Context<Self, ()>) {
        self.seen += 1;
        self.bytes.clear(); // the client is quick
        self.bytes.extend_from_slice(format!("{author}: {text}").as_bytes());
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct React {
    pub(crate) emoji: String,
}

#[traced_actor(kameo)]
#[remote_message("react")]
impl Message<React> for Session {
    type Reply = ();

    async fn handle(&mut self, React { emoji }: React, _: &mut Context<Self, ()>) {
        self.seen += 1;
        self.bytes.clear();
        self.bytes.extend_from_slice(emoji.as_bytes());
    }
}

/// Asks for the number of messages that it has seen.
#[derive(Serialize, Deserialize)]
pub(crate) struct Seen {}

#[traced_actor(kameo)]
#[remote_message("seen")]
impl Message<Seen> for Session {
    type Reply = u64;

    async fn handle(&mut self, _: Seen, _: &mut Context<Self, u64>) -> u64 {
        self.seen
    }
}
