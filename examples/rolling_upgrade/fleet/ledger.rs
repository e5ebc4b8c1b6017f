//! The sent and handled messages of all nodes, as the nodes report them, independently of the wire's counters.

use std::collections::HashMap;

use super::child::Version;
use crate::node::HOPS;

/// A message at one step of its way: its id, and the number of nodes that handled it before.
pub(crate) type Id = (u64, u8);

/// The form in which it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Bare,
    Unsampled,
    Sampled,
}

#[derive(Debug, Default)]
struct Entry {
    sent: u32,
    handled: u32,
    to: u8,
    at: u8,
    sender: Option<Version>,
    receiver: Option<Version>,
    form: Option<Form>,
    trace: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: HashMap<Id, Entry>,
    begun: u64,
    ended: u64,
    events: u64,
    /// Messages of the changed kind that old nodes sent.
    pub(crate) posts_sent_by_old: u64,
    pub(crate) posts_handled_by_old: u64,
}

/// The messages between nodes of which some crashed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Crashes {
    pub(crate) once: u64,
    pub(crate) lost_taken: u64,
    pub(crate) lost_unsent: u64,
    pub(crate) twice: u64,
}

/// Messages between nodes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) sent: u64,
    pub(crate) handled: u64,
    pub(crate) sent_by_old: u64,
    pub(crate) handled_by_old: u64,
    pub(crate) bare: u64,
    pub(crate) enveloped: u64,
    /// Messages from a new node to a new one that are sampled at both ends: those in one trace, and those in two.
    pub(crate) continued: u64,
    pub(crate) cut: u64,
    /// Messages from a new node through an old one to a new one: those in one trace, and those in two.
    pub(crate) continued_by_old: u64,
    pub(crate) cut_by_old: u64,
}

impl Ledger {
    pub(crate) fn sent(&mut self, id: Id, to: u8, kind: &str, by: Version) {
        let entry = self.entries.entry(id).or_default();
        entry.sent += 1;
        self.events += 1;
        self.begun += u64::from(id.1 == 0);
        entry.to = to;
        entry.sender = Some(by);
        self.posts_sent_by_old += u64::from(by == Version::Old && kind == "Post" && id.1 > 0);
    }

    pub(crate) fn handled(&mut self, id: Id, at: u8, kind: &str, by: Version) {
        let entry = self.entries.entry(id).or_default();
        entry.handled += 1;
        self.events += 1;
        self.ended += u64::from(id.1 == HOPS);
        entry.at = at;
        entry.receiver = Some(by);
        self.posts_handled_by_old += u64::from(by == Version::Old && kind == "Post" && id.1 > 0);
    }

    pub(crate) fn came(&mut self, id: Id, form: Form) {
        self.entries.entry(id).or_default().form = Some(form);
    }

    pub(crate) fn span(&mut self, id: Id, trace: &str) {
        self.entries.entry(id).or_default().trace = Some(trace.to_owned());
    }

    /// Returns the number of messages that have not reached their last node.
    pub(crate) fn under_way(&self) -> u64 {
        self.begun.saturating_sub(self.ended)
    }

    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for (&(id, hop), entry) in self.entries.iter().filter(|((_, hop), _)| *hop > 0) {
            tally.sent += u64::from(entry.sent);
            tally.handled += u64::from(entry.handled);
            tally.sent_by_old += u64::from(entry.sent * u32::from(entry.sender == Some(Version::Old)));
            tally.handled_by_old +=
                u64::from(entry.handled * u32::from(entry.receiver == Some(Version::Old)));
            match entry.form {
                Some(Form::Sampled | Form::Unsampled) => tally.enveloped += 1,
                Some(Form::Bare) => tally.bare += 1,
                None => tally.bare += u64::from(entry.handled), // by an old node
            }
            match self.continued((id, hop), 1) {
                Some(true) => tally.continued += 1,
                Some(false) => tally.cut += 1,
                None => {}
            }
            if hop > 1 && self.receiver((id, hop - 1)) == Some(Version::Old) {
                match self.continued((id, hop), 2) {
                    Some(true) => tally.continued_by_old += 1,
                    Some(false) => tally.cut_by_old += 1,
                    None => {}
                }
            }
        }
        tally
    }

    /// Returns the number of reports so far.
    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// Returns the messages between nodes that were received and not handled, those that were never received, and those
    /// that were handled more than once. Call it when nothing waits any more.
    pub(crate) fn crashes(&self) -> Crashes {
        let mut crashes = Crashes::default();
        for entry in self.entries.iter().filter(|((_, hop), _)| *hop > 0).map(|(_, entry)| entry) {
            match (entry.sent, entry.handled, entry.form) {
                (1.., 0, Some(_)) => crashes.lost_taken += 1,
                (1.., 0, None) => crashes.lost_unsent += 1,
                (_, 2.., _) => crashes.twice += 1,
                _ => crashes.once += 1,
            }
        }
        crashes
    }

    /// Returns whether a message was handled.
    pub(crate) fn is_handled(&self, id: Id) -> bool {
        self.entries.get(&id).is_some_and(|entry| entry.handled > 0)
    }

    fn receiver(&self, id: Id) -> Option<Version> {
        self.entries.get(&id)?.receiver
    }

    /// Returns whether the span of this message is in the trace of the message `before` hops earlier, or `None` if one
    /// of them has no span.
    fn continued(&self, (id, hop): Id, before: u8) -> Option<bool> {
        let trace = |hop| self.entries.get(&(id, hop))?.trace.as_deref();
        Some(trace(hop)? == trace(hop.checked_sub(before)?)?)
    }

    /// Returns all errors. Call it when no message is in transit.
    pub(crate) fn defects(&self) -> Vec<String> {
        let mut defects = Vec::new();
        for (id, entry) in &self.entries {
            if (entry.sent, entry.handled) != (1, 1) {
                defects
                    .push(format!("{id:x?} was sent {} times, handled {} times", entry.sent, entry.handled));
            } else if entry.to != entry.at {
                defects.push(format!("{id:x?} was sent to {}, handled by {}", entry.to, entry.at));
            }
            if entry.form.is_some_and(|form| form != Form::Bare) && entry.sender != Some(Version::New) {
                defects.push(format!("{id:x?} came in an envelope from an old node"));
            }
            // A message in an envelope continues the trace; a bare one does not.
            let continued = self.continued(*id, 1);
            if continued.is_some_and(|continued| continued != (entry.form == Some(Form::Sampled))) {
                defects.push(format!("{id:x?} came {:?}, trace continued: {continued:?}", entry.form));
            }
            if entry.form == Some(Form::Sampled) && continued.is_none() {
                defects.push(format!("{id:x?} came sampled and left no span"));
            }
        }
        defects
    }
}
