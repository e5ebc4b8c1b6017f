//! The node's reports of its messages on the standard output, for the fleet's ledger. The actors write them, and not
//! the wire. Also the ids of handled messages, in a file that outlives a crash, if there is one.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{Read, Result, Write};
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

/// The id of a message, and its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ticket {
    pub(crate) id: u64,
    /// The number of nodes that handled it before.
    pub(crate) hop: u8,
    /// The last sender.
    pub(crate) from: u8,
    /// The nodes that have not handled it yet.
    pub(crate) route: Vec<u8>,
}

impl Ticket {
    /// Returns the next node, and the ticket for it.
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

/// Reports that a message is handled. Returns false if the stored ids say that it was handled before. The handler calls
/// it, because two copies of a message may wait in one mailbox.
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

/// The messages that this node has handled, in any incarnation. Unset if there is no file.
static HANDLED: OnceLock<Mutex<Handled>> = OnceLock::new();

struct Handled {
    ids: HashSet<(u64, u8)>,
    file: File,
}

impl Handled {
    /// Adds a message, and returns whether it is new. The id is written before the process does anything else with the
    /// message. (To survive a loss of power, the file would have to be synced as well.)
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

/// Reads the ids of handled messages from a file, and stores new ones in it.
pub(crate) fn remember(path: &Path) -> Result<()> {
    let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let records = bytes.as_chunks::<RECORD>().0.iter();
    let id = |record: &[u8; RECORD]| record.first_chunk().map(|id| (u64::from_le_bytes(*id), record[8]));
    HANDLED.set(Mutex::new(Handled { ids: records.filter_map(id).collect(), file })).ok();
    Ok(())
}

/// Reports a message that the node could not deliver before it stopped.
pub(crate) fn undelivered(ticket: &Ticket, to: usize) {
    println!("undelivered {} {} {to}", ticket.id, ticket.hop);
}
