//! The new release's messages on the wire: a post has a language, and another name; the old shape is read and
//! written for old nodes. The impls name things and forward.

use serde::de::VariantAccess;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use traced_actor::wire::shapes::{self, Content, Older, Retired, Shapes, Upgrade, Variant, Written};

use super::Message;
use crate::node::ledger::Ticket;

/// A post as the old release knows it.
#[derive(Serialize, Deserialize)]
struct PostV1 {
    ticket: Ticket,
    text: String,
}

impl PostV1 {
    fn up(self) -> Message {
        Message::Send { ticket: self.ticket, text: self.text, language: "und".into() }
    }

    fn down(message: &Message) -> Option<Self> {
        match message {
            Message::Send { ticket, text, .. } => Some(Self { ticket: ticket.clone(), text: text.clone() }),
            Message::Tick(_) | Message::Join { .. } => None,
        }
    }
}

/// The messages as serde's derive sees them.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Message")]
enum Wire {
    Send { ticket: Ticket, text: String, language: String },
    Tick(Ticket),
    Join { ticket: Ticket, user: u64 },
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        shapes::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        shapes::deserialize(deserializer)
    }
}

impl Shapes for Message {
    const NAME: &'static str = "Message";
    const NAMES: &'static [&'static str] = &["Send", "Tick", "Join"];
    const TODAY: &'static [Variant] = &[Variant::at(3).since(1), Variant::at(2), Variant::at(0)];
    const RETIRED: &'static [Retired] = &[Retired::new("PostV1").at(1).named("Post")];

    fn serialize_today<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire::serialize(self, serializer)
    }

    fn downgrade<S: Serializer>(&self, _: usize, older: Older<S>) -> Written<S> {
        older.write(PostV1::down(self))
    }
}

impl<'de> Upgrade<'de> for Message {
    fn deserialize_today<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Wire::deserialize(deserializer)
    }

    fn upgrade<A: VariantAccess<'de>>(_: usize, content: Content<A>) -> Result<Self, A::Error> {
        content.read().map(PostV1::up)
    }
}
