//! What a node says of its messages on its standard output, for the fleet's ledger. Written by the actors
//! themselves; the wire has no part in it.

use serde::{Deserialize, Serialize};

/// What a message is known by, and where it goes next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ticket {
    pub(crate) id: u64,
    /// How many nodes handled it before.
    pub(crate) hop: u8,
    /// Who sent it last.
    pub(crate) from: u8,
    /// The nodes that are still to handle it.
    pub(crate) route: Vec<u8>,
}

impl Ticket {
    /// The node that comes next, and the ticket for it.
    pub(crate) fn next(mut self, me: u8) -> Option<(u8, Self)> {
        if self.route.is_empty() {
            return None;
        }
        let to = self.route.remove(0);
        Some((to, Self { hop: self.hop + 1, from: me, ..self }))
    }
}

pub(crate) fn sent(ticket: &Ticket, to: u8, kind: &str) {
    println!("sent {} {} {to} {kind}", ticket.id, ticket.hop);
}

pub(crate) fn handled(ticket: &Ticket, kind: &str) {
    println!("handled {} {} {} {kind}", ticket.id, ticket.hop, ticket.from);
}
