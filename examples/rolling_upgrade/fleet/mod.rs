//! The operator: starts the nodes, restarts them with another release, switches their phases, and keeps the ledger.

pub(crate) mod child;
pub(crate) mod crash;
pub(crate) mod ledger;
mod report;
pub(crate) mod story;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use crate::node::NODES;
use child::{Process, Said, Version};
use ledger::{Form, Ledger};

/// An error, as text.
pub(crate) type Failure = String;

/// The maximum time of a whole run, on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The number of messages from each node to each other one before the operator continues.
const FLOW: u32 = 4;

struct Node {
    process: Option<Process>,
    /// Whether it was killed. Then its end and an incomplete line are expected.
    crashed: bool,
    address: Option<String>,
    drained: bool,
    ended: bool,
    /// The counts of its incarnations, by number, from their last lines.
    counts: HashMap<u32, BTreeMap<String, u64>>,
    incarnation: u32,
}

struct Fleet {
    codec: &'static str,
    naive: bool,
    nodes: Vec<Node>,
    said: Receiver<Said>,
    sender: Sender<Said>,
    ledger: Ledger,
    /// The messages handled since the operator's last action, by sender and receiver; and those of them in envelopes.
    flow: HashMap<(u8, u8), u32>,
    enveloped: u64,
    switched: usize,
    hushed: usize,
    counted: usize,
    stalled: usize,
    /// The number of nodes that reported how many messages wait to be sent or answered, and their sum.
    pending: (usize, u64),
    /// The number of messages that were recognized as duplicates, and of those that could not be delivered before a
    /// node stopped.
    again: u64,
    undelivered: Vec<(ledger::Id, u8)>,
    /// The folder in which nodes store the ids of handled messages.
    ids: Option<PathBuf>,
    restarts: u32,
    failed: u64,
    deadline: Instant,
}

fn wrong(error: &std::io::Error) -> Failure {
    format!("a node could not be started or told something: {error}")
}

impl Fleet {
    fn new(codec: &'static str, naive: bool) -> Self {
        let (sender, said) = channel();
        let node = |_| Node {
            process: None,
            crashed: false,
            address: None,
            drained: false,
            ended: false,
            counts: HashMap::new(),
            incarnation: 0,
        };
        Self {
            codec,
            naive,
            nodes: (0..NODES).map(node).collect(),
            said,
            sender,
            ledger: Ledger::default(),
            flow: HashMap::new(),
            enveloped: 0,
            switched: 0,
            hushed: 0,
            counted: 0,
            stalled: 0,
            pending: (0, 0),
            again: 0,
            undelivered: Vec::new(),
            ids: None,
            restarts: 0,
            failed: 0,
            deadline: Instant::now() + PATIENCE,
        }
    }

    /// Starts a node, and tells all others its address.
    fn start(&mut self, node: u8, version: Version) -> Result<(), Failure> {
        let one = &mut self.nodes[usize::from(node)];
        one.incarnation += 1;
        (one.address, one.drained, one.ended, one.crashed) = (None, false, false, false);
        let (said, naive) = (self.sender.clone(), self.naive);
        let ids = self.ids.as_ref().map(|folder| folder.join(format!("node-{node}")));
        let process = Process::start(node, version, self.codec, one.incarnation, naive, ids.as_deref(), said);
        one.process = Some(process.map_err(|error| wrong(&error))?);
        self.until("a node listens", |fleet| fleet.nodes[usize::from(node)].address.is_some())?;
        let addresses: Vec<_> = self.nodes.iter().map(|node| node.address.clone()).collect();
        for other in (0..NODES).filter(|other| *other != node) {
            if let (Some(here), Some(there)) = (&addresses[usize::from(node)], &addresses[usize::from(other)])
            {
                self.tell(other, &format!("peer {node} {here}"))?;
                self.tell(node, &format!("peer {other} {there}"))?;
            }
        }
        Ok(())
    }

    /// Kills a node.
    fn kill(&mut self, node: u8) -> Result<Version, Failure> {
        let one = &mut self.nodes[usize::from(node)];
        one.crashed = true;
        one.address = None;
        let process = one.process.take().ok_or("a node that is not there cannot crash")?;
        let version = process.version;
        process.crash().map_err(|error| wrong(&error))?;
        self.until("a node has ended", |fleet| fleet.nodes[usize::from(node)].ended)?;
        Ok(version)
    }

    /// Kills a node, and starts it again.
    fn crash(&mut self, node: u8) -> Result<(), Failure> {
        let version = self.kill(node)?;
        self.restarts += 1;
        self.start(node, version)
    }

    /// Drains a node, and waits for its end.
    fn stop(&mut self, node: u8) -> Result<(), Failure> {
        self.stop_as(node, "drain")
    }

    fn stop_as(&mut self, node: u8, command: &str) -> Result<(), Failure> {
        self.tell(node, command)?;
        self.until("a node has drained", |fleet| fleet.nodes[usize::from(node)].ended)?;
        let one = &mut self.nodes[usize::from(node)];
        one.address = None;
        match one.process.take().map(Process::wait) {
            Some(Ok(true)) => Ok(()),
            ended => Err(format!("node {node} drained and then failed: {ended:?}")),
        }
    }

    /// Restarts a node, as one step of an upgrade or a rollback, while messages flow.
    fn restart(&mut self, node: u8, version: Version) -> Result<(), Failure> {
        self.restarts += 1;
        self.stop(node)?;
        self.start(node, version)
    }

    fn tell(&mut self, node: u8, command: &str) -> Result<(), Failure> {
        match &mut self.nodes[usize::from(node)].process {
            Some(process) => process.tell(command).map_err(|error| wrong(&error)),
            None => Err(format!("node {node} is not there to be told: {command}")),
        }
    }

    fn all(&self, version: Version) -> Vec<u8> {
        (0..NODES).filter(|node| self.version(*node) == Some(version)).collect()
    }

    fn version(&self, node: u8) -> Option<Version> {
        self.nodes[usize::from(node)].process.as_ref().map(|process| process.version)
    }

    /// Changes the phase of running nodes.
    fn switch(&mut self, nodes: &[u8], phase: &str) -> Result<(), Failure> {
        self.switched = 0;
        for node in nodes {
            self.tell(*node, &format!("phase {phase}"))?;
        }
        let all = nodes.len();
        self.until("all nodes have switched", |fleet| fleet.switched == all)
    }

    /// Waits until messages have gone from each node to each other one since the call.
    fn flow(&mut self) -> Result<(), Failure> {
        self.flow.clear();
        self.enveloped = 0;
        let pairs = usize::from(NODES) * usize::from(NODES - 1);
        self.until("messages flow in every direction", |fleet| {
            fleet.flow.len() == pairs && fleet.flow.values().all(|count| *count >= FLOW)
        })
    }

    /// Stops new messages, and waits until the old ones have reached their last node.
    fn hush(&mut self) -> Result<(), Failure> {
        self.hushed = 0;
        for node in 0..NODES {
            self.tell(node, "hush")?;
        }
        self.until("nothing new begins", |fleet| fleet.hushed == fleet.nodes.len())?;
        self.until("all has been handled", |fleet| fleet.ledger.under_way() == 0)
    }

    /// Stops new messages, and waits until none waits to be sent or answered. A message that has not been handled by
    /// then never will be.
    fn settle(&mut self) -> Result<(), Failure> {
        self.hushed = 0;
        for node in 0..NODES {
            self.tell(node, "hush")?;
        }
        self.until("nothing new begins", |fleet| fleet.hushed == fleet.nodes.len())?;
        // Twice in a row, so that the second time also counts messages that one node passed to another in between.
        let mut quiet = 0;
        while quiet < 3 {
            let before = self.ledger.events();
            self.pending = (0, 0);
            for node in 0..NODES {
                self.tell(node, "pending")?;
            }
            self.until("all nodes have answered", |fleet| fleet.pending.0 == fleet.nodes.len())?;
            let is_quiet = self.pending.1 == 0 && self.ledger.events() == before;
            quiet = if is_quiet { quiet + 1 } else { 0 };
        }
        Ok(())
    }

    /// Asks all nodes for their counts.
    fn count(&mut self) -> Result<(), Failure> {
        self.counted = 0;
        let running: Vec<u8> = (0..NODES).filter(|node| self.version(*node).is_some()).collect();
        for node in &running {
            self.tell(*node, "counts")?;
        }
        self.until("all nodes have counted", |fleet| fleet.counted == running.len())
    }

    /// Returns the sum of a count over all incarnations.
    fn total(&self, name: &str) -> u64 {
        let incarnations = self.nodes.iter().flat_map(|node| node.counts.values());
        incarnations.filter_map(|counts| counts.get(name)).sum()
    }

    /// Reads the nodes' output until a condition holds.
    fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) -> Result<(), Failure> {
        while !holds(self) {
            let left = self.deadline.saturating_duration_since(Instant::now());
            let said = self.said.recv_timeout(left).map_err(|_| format!("waited too long until {what}"))?;
            self.hear(said)?;
        }
        Ok(())
    }

    fn hear(&mut self, said: Said) -> Result<(), Failure> {
        let Said { node, version, incarnation, line } = said;
        let one = &mut self.nodes[usize::from(node)];
        let Some(line) = line else {
            // The end of an earlier incarnation says nothing about the current one.
            one.ended |= incarnation == one.incarnation;
            let expected = one.drained || one.crashed || incarnation != one.incarnation;
            return if expected { Ok(()) } else { Err(format!("node {node} ended before it drained")) };
        };
        let words: Vec<&str> = line.split(' ').collect();
        let id = || {
            let [_, id, hop, ..] = words[..] else { return None };
            Some((id.parse().ok()?, hop.parse().ok()?))
        };
        let nonsense = || format!("node {node} said `{line}`");
        match words[..] {
            ["listening", address] => one.address = Some(address.to_owned()),
            ["drained"] => one.drained = true,
            ["switched"] => self.switched += 1,
            ["hushed"] => self.hushed += 1,
            ["stalled"] => self.stalled += 1,
            ["pending", count] => {
                self.pending.0 += 1;
                self.pending.1 += count.parse().unwrap_or(u64::MAX / 64);
            }
            ["again", ..] => self.again += 1,
            ["undelivered", .., to] => {
                let to = to.parse().map_err(|_| nonsense())?;
                self.undelivered.push((id().ok_or_else(nonsense)?, to));
            }
            ["counts", ref counts @ ..] => {
                self.counted += 1;
                let parse = |count: &&str| {
                    let (name, count) = count.split_once('=')?;
                    Some((name.to_owned(), count.parse().ok()?))
                };
                one.counts.insert(one.incarnation, counts.iter().filter_map(parse).collect());
            }
            ["failed", ..] => {
                self.failed += 1;
                return Err(format!("node {node} ({version:?}) could not read or write: {}", &line[7..]));
            }
            ["sent", .., to, kind] => {
                let to = to.parse().map_err(|_| nonsense())?;
                self.ledger.sent(id().ok_or_else(nonsense)?, to, kind, version);
            }
            ["handled", .., from, kind] => {
                let id = id().ok_or_else(nonsense)?;
                let from = from.parse().map_err(|_| nonsense())?;
                self.ledger.handled(id, node, kind, version);
                if id.1 > 0 {
                    *self.flow.entry((from, node)).or_default() += 1;
                }
            }
            ["came", .., form] => {
                let form = match form {
                    "bare" => Form::Bare,
                    "unsampled" => Form::Unsampled,
                    _ => Form::Sampled,
                };
                self.enveloped += u64::from(form != Form::Bare);
                self.ledger.came(id().ok_or_else(nonsense)?, form);
            }
            ["span", .., trace] => self.ledger.span(id().ok_or_else(nonsense)?, trace),
            // The last line of a killed node may be incomplete.
            _ if one.crashed => {}
            _ => return Err(nonsense()),
        }
        Ok(())
    }
}
