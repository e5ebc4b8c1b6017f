//! The program without traces: a tokio actor, messages with serde, and a codec. It uses no item of `traced_actor`, nor
//! does `node/`, which it shares with the new release.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::node::ledger::{self, Ticket};
use crate::node::{Outboxes, Release, Unread};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Message {
    Join { ticket: Ticket, user: u64 },
    Post { ticket: Ticket, text: String },
    Tick(Ticket),
}

pub(crate) struct Guild {
    me: u8,
    receiver: mpsc::Receiver<Message>,
    outboxes: Outboxes<Message>,
}

impl Guild {
    async fn run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            self.handle_message(message);
        }
    }

    fn handle_message(&mut self, message: Message) {
        let kind = kind(&message);
        if !ledger::handled(ticket(&message), kind) {
            return;
        }
        let Some((to, ticket)) = ticket(&message).clone().next(self.me) else { return };
        ledger::sent(&ticket, to, kind);
        self.outboxes[usize::from(to)].push(match message {
            Message::Join { user, .. } => Message::Join { ticket, user },
            Message::Post { text, .. } => Message::Post { ticket, text },
            Message::Tick(_) => Message::Tick(ticket),
        });
    }
}

fn ticket(message: &Message) -> &Ticket {
    let (Message::Join { ticket, .. } | Message::Post { ticket, .. } | Message::Tick(ticket)) = message;
    ticket
}

fn kind(message: &Message) -> &'static str {
    match message {
        Message::Join { .. } => "Join",
        Message::Post { .. } => "Post",
        Message::Tick(_) => "Tick",
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Codec {
    Json,
    Postcard,
    Msgpack,
}

impl Codec {
    fn write(self, message: &impl Serialize) -> Result<Vec<u8>, String> {
        match self {
            Self::Json => serde_json::to_vec(message).map_err(|error| error.to_string()),
            Self::Postcard => postcard::to_stdvec(message).map_err(|error| error.to_string()),
            Self::Msgpack => rmp_serde::to_vec(message).map_err(|error| error.to_string()),
        }
    }

    fn read<T: DeserializeOwned>(self, bytes: &[u8]) -> Result<T, String> {
        match self {
            Self::Json => serde_json::from_slice(bytes).map_err(|error| error.to_string()),
            Self::Postcard => postcard::from_bytes(bytes).map_err(|error| error.to_string()),
            Self::Msgpack => rmp_serde::from_slice(bytes).map_err(|error| error.to_string()),
        }
    }
}

/// The release.
pub(crate) struct Old {
    pub(crate) me: u8,
    pub(crate) codec: Codec,
}

impl Release for Old {
    type Held = Message;
    type Mailbox = mpsc::Sender<Message>;
    type Peer = ();

    fn start(&self, outboxes: Outboxes<Message>) -> (Self::Mailbox, JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(64);
        (sender, tokio::spawn(Guild { me: self.me, receiver, outboxes }.run()))
    }

    async fn begin(&self, mailbox: &Self::Mailbox, n: u64, ticket: Ticket) {
        let begun = ticket.clone();
        let message = match n % 3 {
            0 => Message::Join { ticket, user: n },
            1 => Message::Post { ticket, text: format!("the {n}th") },
            _ => Message::Tick(ticket),
        };
        ledger::sent(&begun, self.me, kind(&message));
        mailbox.send(message).await.ok();
    }

    async fn deliver(&self, mailbox: &Self::Mailbox, message: Message) {
        mailbox.send(message).await.ok();
    }

    fn meet(&self, _: u8) {}

    fn ticket<'a>(&self, message: &'a Message) -> &'a Ticket {
        ticket(message)
    }

    fn encode(&self, (): &(), message: &Message) -> Result<Vec<u8>, String> {
        self.codec.write(message)
    }

    fn decode(&self, (): &(), bytes: &[u8]) -> Result<Message, Unread> {
        self.codec.read(bytes).map_err(Unread::Invalid)
    }
}
