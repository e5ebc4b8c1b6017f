//! The retired shape of a message: a post without a language. It is read from and written for nodes of the old release.

use serde::{Deserialize, Serialize};

use super::Message;
use crate::node::ledger::Ticket;

/// A post of the old release.
#[derive(Serialize, Deserialize)]
pub(super) struct PostV1 {
    ticket: Ticket,
    text: String,
}

impl PostV1 {
    pub(super) fn up(self) -> Message {
        Message::Send { ticket: self.ticket, text: self.text, language: "und".into() }
    }

    pub(super) fn down(message: &Message) -> Option<Self> {
        match message {
            Message::Send { ticket, text, .. } => Some(Self { ticket: ticket.clone(), text: text.clone() }),
            Message::Tick(_) | Message::Join { .. } => None,
        }
    }
}
