//! The model of the rollout: three nodes; a message from the first to the second, one back, and one
//! from the second to the third; and all events that can happen to them.
//!
//! A node is old or new, and comes back as either after a restart or a crash. A sender keeps its messages durably until
//! the receiver has acknowledged them. The receiver acknowledges a message when it takes it into its mailbox, and handles it
//! later. Before a restart it handles all messages in the mailbox; a crash loses them. A connection links one incarnation to
//! one other; when it breaks, the frames in flight are lost. The new nodes decide by `Phase::encoding` and `Phase::refuses_bare`, the code that ships.
//!
//! An old node mistakes an envelope for another message and acknowledges it, as postcard with `#[serde(other)]` does.

use std::hash::{Hash, Hasher};

use stateright::{Model, Property};
use traced_actor_wire::{Encoding, rollout::Phase};

use crate::queue::Queue;

pub(crate) const NODES: usize = 3;

/// The sender and the receiver of each message, which has its own connection.
const ENDS: [[usize; 2]; 3] = [[0, 1], [1, 0], [1, 2]];

fn ends(message: usize) -> [usize; 2] {
    ENDS[message]
}

/// The message that the node at this end of the connection sends to the node at the other.
fn back(message: usize, end: usize) -> Option<usize> {
    let [from, to] = [ends(message)[end], ends(message)[1 - end]];
    ENDS.iter().position(|ends| *ends == [from, to])
}

/// The rule by which a sender knows that a peer reads envelopes, and keeps messages until they are acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// The real rule: a hello on this connection; messages are kept.
    Ours,
    /// Naive: every peer is assumed to read envelopes.
    Nobody,
    /// Naive: a hello on any connection to this address.
    ByAddress,
    /// Naive: the last frame from this address was a hello or an envelope.
    LastSeen,
    /// Naive: our rule, but the encoded bytes are kept and sent again.
    KeepsBytes,
    /// Naive: our rule, but messages are not kept.
    KeepsNothing,
    /// Our rule, and the receiver durably keeps the ids of the messages that it has handled.
    WithIds,
    /// Naive: our rule, but `Require` also refuses the bare messages of peers that read envelopes.
    RefusesAll,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    Hello,
    Message(Encoding),
    Taken,
    Refused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Connection {
    /// The frames in flight to each end.
    flying: [Queue; 2],
    /// Whether each end has received a hello.
    capable: [bool; 2],
    /// `true` if the message was sent on this connection.
    sent: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fleet {
    new: [bool; NODES],
    phases: [Phase; NODES],
    connections: [Option<Connection>; NODES],
    /// Each sender's message: whether the sender still holds it, and its bytes.
    held: [bool; NODES],
    bytes: [Option<Encoding>; NODES],
    /// The number of copies of each message in the receiver's mailbox, and how often it was handled. Each is at most two;
    /// more count as two.
    taken: [u8; NODES],
    pub(crate) handled: [u8; NODES],
    /// `true` if a crash has lost the message in the mailbox.
    pub(crate) lost: [bool; NODES],
    /// The belief of a naive sender about the address that it sends to.
    believed: [bool; NODES],
    /// `true` if an old node was sent an envelope.
    misled: bool,
    /// The numbers of restarts, broken connections, switches and crashes that are still possible.
    left: [u8; 4],
}

/// The state in two numbers, because there are millions of states. Equal numbers mean equal states.
impl Hash for Fleet {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let mut small = 0_u32;
        for i in 0..NODES {
            small = small << 5
                | u32::from(self.taken[i]) << 3
                | u32::from(self.handled[i]) << 1
                | u32::from(self.lost[i]);
        }
        hasher.write_u32(small);
        let mut bits = 0_u128;
        let mut add = |width: u32, value: u32| bits = bits << width | u128::from(value);
        for i in 0..NODES {
            add(1, self.new[i].into());
            add(2, self.phases[i] as u32);
            add(1, self.held[i].into());
            add(2, self.bytes[i].map_or(0, |encoding| 1 + encoding as u32));
            add(1, self.believed[i].into());
            let Some(connection) = &self.connections[i] else {
                add(1, 0);
                continue;
            };
            add(1, 1);
            for end in 0..2 {
                add(Queue::WIDTH, connection.flying[end].bits());
                add(1, connection.capable[end].into());
            }
            add(1, connection.sent.into());
        }
        add(1, self.misled.into());
        for left in self.left {
            add(2, left.into());
        }
        hasher.write_u128(bits);
    }
}

impl Fleet {
    /// Handles the next message of the mailbox, unless its id is known.
    fn handle(&mut self, rule: Rule, message: usize) {
        self.taken[message] -= 1;
        if !(rule == Rule::WithIds && self.handled[message] > 0) {
            self.handled[message] = (self.handled[message] + 1).min(2);
        }
    }

    /// Brings a node back as a new incarnation.
    fn come_back(&mut self, node: usize, new: bool) {
        self.new[node] = new;
        for i in (0..NODES).filter(|i| ends(*i).contains(&node)) {
            self.connections[i] = None;
        }
        for i in (0..NODES).filter(|i| ends(*i)[0] == node) {
            self.believed[i] = false; // it was in memory
        }
    }

    /// `true` if the sender of the message is about to learn that it was refused.
    fn refused(&self, message: usize) -> bool {
        self.connections[message].as_ref().is_some_and(|it| it.flying[0].contains(Frame::Refused))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Event {
    /// An upgrade or a rollback: the node handles its mailbox, and comes back, new or old.
    Restart {
        node: usize,
        new: bool,
    },
    /// A crash: the node comes back too, but the messages in its mailbox are lost.
    Crash {
        node: usize,
        new: bool,
    },
    /// The receiver handles a message in its mailbox.
    Handle(usize),
    Switch {
        node: usize,
        phase: Phase,
    },
    Connect(usize),
    Break(usize),
    Send(usize),
    /// The oldest frame to this end arrives.
    Arrive {
        connection: usize,
        end: usize,
    },
}

/// The set of messages that are sent.
pub(crate) type Sent = [bool; NODES];

/// All messages.
pub(crate) const ALL: Sent = [true; NODES];

#[derive(Debug, Clone)]
pub(crate) struct Rollout {
    pub(crate) rule: Rule,
    pub(crate) left: [u8; 4],
    /// With fewer messages and nodes, more events fit into the same number of states.
    pub(crate) sent: Sent,
}

impl Rollout {
    fn messages(&self) -> impl Iterator<Item = usize> {
        let sent = self.sent;
        (0..NODES).filter(move |i| sent[*i])
    }

    /// Returns `true` if a node sends or receives a message.
    fn takes_part(&self, node: usize) -> bool {
        self.messages().any(|i| ends(i).contains(&node))
    }

    /// Returns the encoding in which `message` is sent now.
    fn encoding(&self, fleet: &Fleet, message: usize, connection: &Connection) -> Encoding {
        let [from, _] = ends(message);
        let capable = match self.rule {
            Rule::Nobody => true,
            Rule::ByAddress | Rule::LastSeen => fleet.believed[message],
            Rule::Ours | Rule::WithIds | Rule::KeepsBytes | Rule::KeepsNothing | Rule::RefusesAll => {
                connection.capable[0]
            }
        };
        if fleet.new[from] { fleet.phases[from].encoding(capable) } else { Encoding::Bare }
    }

    fn send(&self, fleet: &mut Fleet, message: usize) {
        let Some(mut connection) = fleet.connections[message] else { return };
        let fresh = self.encoding(fleet, message, &connection);
        let encoding = fleet.bytes[message].filter(|_| self.rule == Rule::KeepsBytes).unwrap_or(fresh);
        if self.rule == Rule::KeepsBytes {
            fleet.bytes[message] = Some(encoding);
        }
        fleet.held[message] = self.rule != Rule::KeepsNothing;
        fleet.misled |= encoding == Encoding::Envelope && !fleet.new[ends(message)[1]];
        connection.sent = true;
        connection.flying[1].push(Frame::Message(encoding));
        fleet.connections[message] = Some(connection);
    }

    fn arrive(&self, fleet: &mut Fleet, message: usize, end: usize) {
        let node = ends(message)[end];
        let new = fleet.new[node];
        let Some(connection) = &mut fleet.connections[message] else { return };
        match connection.flying[end].pop() {
            Some(Frame::Hello) => {
                connection.capable[end] = true;
                if let Some(back) = back(message, end) {
                    fleet.believed[back] = true;
                }
            }
            Some(Frame::Message(encoding)) => {
                let capable = connection.capable[end] && self.rule != Rule::RefusesAll;
                let bare = encoding == Encoding::Bare;
                let refused = new && bare && fleet.phases[node].refuses_bare(capable);
                connection.flying[0].push(if refused { Frame::Refused } else { Frame::Taken });
                if !refused && (bare || new) {
                    fleet.taken[message] = (fleet.taken[message] + 1).min(2);
                    // If no crash can come, the time of handling makes no difference.
                    if self.left[3] == 0 {
                        fleet.handle(self.rule, message);
                    }
                }
                if let (Some(back), Rule::LastSeen) = (back(message, end), self.rule) {
                    fleet.believed[back] = !bare;
                }
            }
            Some(Frame::Taken) => {
                // All other frames on this connection came before it, so none follows.
                fleet.held[message] = false;
                fleet.bytes[message] = None;
                fleet.connections[message] = None;
            }
            None | Some(Frame::Refused) => {} // still held; sent again on the next connection
        }
    }
}

impl Model for Rollout {
    type State = Fleet;
    type Action = Event;

    /// Every combination of old and new nodes, with all new ones in the same phase, for each phase.
    fn init_states(&self) -> Vec<Fleet> {
        let mixes = (0..1 << NODES)
            .map(|mix| std::array::from_fn(|node| mix >> node & 1 == 1))
            .filter(|new: &[bool; NODES]| (0..NODES).all(|node| new[node] || self.takes_part(node)));
        let fleet = |new, phase| Fleet {
            new,
            phases: [phase; NODES],
            connections: [const { None }; NODES],
            held: self.sent,
            bytes: [None; NODES],
            taken: [0; NODES],
            handled: [0; NODES],
            lost: [false; NODES],
            believed: [false; NODES],
            misled: false,
            left: self.left,
        };
        // If switches may come, one leads from the middle phase to each of the others.
        let all = [Phase::Accept, Phase::PerPeer, Phase::Require];
        let phases = if self.left[2] > 0 { &all[1..2] } else { &all[..] };
        mixes.flat_map(|new| phases.iter().map(move |phase| fleet(new, *phase))).collect()
    }

    fn actions(&self, fleet: &Fleet, events: &mut Vec<Event>) {
        for i in self.messages().filter(|i| fleet.taken[*i] > 0) {
            events.push(Event::Handle(i));
        }
        for node in (0..NODES).filter(|node| self.takes_part(*node)) {
            if fleet.left[0] > 0 {
                events.extend([true, false].map(|new| Event::Restart { node, new }));
            }
            if fleet.left[3] > 0 {
                events.extend([true, false].map(|new| Event::Crash { node, new }));
            }
            if fleet.left[2] > 0 && fleet.new[node] {
                let phases = [Phase::Accept, Phase::PerPeer, Phase::Require].into_iter();
                let others = phases.filter(|phase| *phase != fleet.phases[node]);
                events.extend(others.map(|phase| Event::Switch { node, phase }));
            }
        }
        for (i, connection) in fleet.connections.iter().enumerate() {
            let Some(connection) = connection else {
                events.extend(fleet.held[i].then_some(Event::Connect(i)));
                continue;
            };
            if fleet.left[1] > 0 {
                events.push(Event::Break(i));
            }
            if fleet.held[i] && !connection.sent {
                events.push(Event::Send(i));
            }
            let arriving = (0..2).filter(|end| !connection.flying[*end].is_empty());
            events.extend(arriving.map(|end| Event::Arrive { connection: i, end }));
        }
    }

    fn next_state(&self, fleet: &Fleet, event: Event) -> Option<Fleet> {
        let mut next = fleet.clone();
        match event {
            Event::Restart { node, new } => {
                next.left[0] -= 1;
                for i in (0..NODES).filter(|i| ends(*i)[1] == node) {
                    while next.taken[i] > 0 {
                        next.handle(self.rule, i);
                    }
                }
                next.come_back(node, new);
            }
            Event::Crash { node, new } => {
                next.left[3] -= 1;
                for i in (0..NODES).filter(|i| ends(*i)[1] == node) {
                    next.lost[i] |= next.taken[i] > 0;
                    next.taken[i] = 0;
                }
                next.come_back(node, new);
            }
            Event::Handle(i) => next.handle(self.rule, i),
            Event::Switch { node, phase } => {
                next.left[2] -= 1;
                next.phases[node] = phase;
            }
            Event::Connect(i) => {
                // An old end would ignore a hello, so none is in flight to it.
                let hello = ends(i).map(|_| Queue::from_iter([Frame::Hello]));
                let both = ends(i).iter().all(|node| next.new[*node]);
                let flying = if both { hello } else { [Queue::default(); 2] };
                next.connections[i] = Some(Connection { flying, ..Connection::default() });
            }
            Event::Break(i) => {
                next.left[1] -= 1;
                next.connections[i] = None;
            }
            Event::Send(i) => self.send(&mut next, i),
            Event::Arrive { connection, end } => self.arrive(&mut next, connection, end),
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no old incarnation is sent an envelope", |_, fleet: &Fleet| !fleet.misled),
            Property::always("every message is handled or still held", |model: &Self, fleet: &Fleet| {
                model
                    .messages()
                    .all(|i| fleet.handled[i] > 0 || fleet.held[i] || fleet.taken[i] > 0 || fleet.lost[i])
            }),
            Property::always("nothing is handled twice", |_, fleet: &Fleet| {
                fleet.handled.iter().all(|times| *times < 2)
            }),
            Property::always("a crash loses nothing", |_, fleet: &Fleet| {
                (0..NODES).all(|i| !fleet.lost[i] || fleet.held[i] || fleet.taken[i] + fleet.handled[i] > 0)
            }),
            Property::always("no new node is refused", |_, fleet: &Fleet| {
                !(0..NODES).any(|i| fleet.refused(i) && fleet.new[ends(i)[0]])
            }),
            Property::sometimes("all are handled, after all was tried", |model: &Self, fleet: &Fleet| {
                fleet.left == [0; 4] && model.messages().all(|i| fleet.handled[i] > 0)
            }),
            Property::sometimes("an envelope is in flight", |_, fleet: &Fleet| {
                let mut connections = fleet.connections.iter().flatten();
                connections
                    .any(|connection| connection.flying[1].contains(Frame::Message(Encoding::Envelope)))
            }),
            Property::sometimes("a bare message is refused, and held", |_, fleet: &Fleet| {
                (0..NODES).any(|i| fleet.refused(i) && fleet.held[i])
            }),
        ]
    }
}
