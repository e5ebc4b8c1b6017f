//! What a node says of its messages on its standard output, for the fleet's ledger. Written by the actors
//! themselves; the wire has no part in it. And the ids of what it has handled, in a file that outlives a crash, where it
//! was given one.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{Read, Result, Write};
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

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

/// Says that a message is handled; false, where it was before, as the ids say that this node keeps. Asked by the handler
/// itself: two copies of a message may wait in one mailbox.
pub(crate) fn handled(ticket: &Ticket, kind: &str) -> bool {
    if let Some(handled) = HANDLED.get()
        && !handled.lock().unwrap_or_else(PoisonError::into_inner).add(ticket)
    {
        println!("again {} {}", ticket.id, ticket.hop);
        return false;
    }
    println!("handled {} {} {} {kind}", ticket.id, ticket.hop, ticket.from);
    true
}

/// What this node has handled, in whatever incarnation; none where no file was given.
static HANDLED: OnceLock<Mutex<Handled>> = OnceLock::new();

struct Handled {
    ids: HashSet<(u64, u8)>,
    file: File,
}

impl Handled {
    /// Whether it is new. Written before the process does anything else with the message. (What a machine loses that
    /// loses its power is another matter: then a file is to be synced, too.)
    fn add(&mut self, ticket: &Ticket) -> bool {
        if !self.ids.insert((ticket.id, ticket.hop)) {
            return false;
        }
        let mut record = [0; RECORD];
        record[..8].copy_from_slice(&ticket.id.to_le_bytes());
        record[8] = ticket.hop;
        if let Err(error) = self.file.write_all(&record) {
            super::failed(&error.to_string());
        }
        true
    }
}

const RECORD: usize = 9;

/// Knows what is handled from here on, and what was before, from a file.
pub(crate) fn remember(path: &Path) -> Result<()> {
    let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let records = bytes.as_chunks::<RECORD>().0.iter();
    let id = |record: &[u8; RECORD]| record.first_chunk().map(|id| (u64::from_le_bytes(*id), record[8]));
    HANDLED.set(Mutex::new(Handled { ids: records.filter_map(id).collect(), file })).ok();
    Ok(())
}

/// A message that a node could not deliver before it stopped.
pub(crate) fn undelivered(ticket: &Ticket, to: usize) {
    println!("undelivered {} {} {to}", ticket.id, ticket.hop);
}
