//! Work that has not ended: running handlers, waiting asks, and queued messages.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::Duration;

use crate::names::{OVERFLOWED, short};
use crate::open::{Ask, Handling, MailboxPlace, NONE, SentTo};
use crate::state::State;

/// The maximum length of a chain of actors that wait for one another. The rest is omitted.
const LONGEST_CHAIN: usize = 64;

/// The maximum number of asks of one of several actors that are looked at for cycles.
const MOST_AMBIGUOUS: usize = 64;

/// The time after which a message of a framework has not been taken because its actor is busy, in nanoseconds.
const UNREAD: u64 = 1_000_000_000;

/// Work that has not ended, the oldest first.
///
/// It is read while actors continue, so it may contain work that ends in the meantime.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct OpenWork {
    /// The time of the reading, in seconds since the Unix epoch.
    pub unix_seconds: f64,
    /// The running handlings.
    pub handlings: Vec<OpenHandling>,
    /// The asks that wait for an answer.
    pub asks: Vec<OpenAsk>,
    /// The mailboxes that contain messages.
    pub mailboxes: Vec<OpenMailbox>,
    /// Actors that wait for one another in a circle: each waits for the next one, and the last one for the first.
    pub cycles: Vec<Vec<Place>>,
    /// The number of handlings, asks and mailboxes that are omitted because the list is limited.
    pub omitted: u64,
}

/// An actor, and its instance if that has a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Place {
    /// The name of the actor. If it has not received anything, the type of its messages.
    pub actor: String,
    /// The name of the instance.
    pub instance: Option<String>,
}

/// The handling of a message that has not ended, as listed by [`OpenWork`].
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct OpenHandling {
    /// The id of the handling, which is unique in the process.
    #[cfg_attr(feature = "serde", serde(with = "crate::digits"))]
    pub id: u128,
    /// The actor that handles the message.
    pub place: Place,
    /// The kind of the message.
    pub kind: String,
    /// The time since it began, or since it was first listed if it is not timed.
    pub running: Duration,
    /// Says whether its time is measured. See [`time_one_in`](crate::MetricsBuilder::time_one_in).
    pub is_timed: bool,
    /// The time that the message waited in the mailbox, if known.
    pub waited: Option<Duration>,
    /// The number of polls of its handler's future. 0 if no handler has claimed the message.
    pub polls: u32,
    /// The actor to which the handler last sent a message. It may be waiting for that actor.
    ///
    /// The mailbox of a framework's actor is not known. It is named like the only actor that has received messages of that type
    /// and kind, or else like the type.
    pub last_sent_to: Option<Place>,
    /// The trace id, as 32 hexadecimal digits, if it is sampled.
    pub trace_id: Option<String>,
    /// The span id, as 16 hexadecimal digits, if it is sampled.
    pub span_id: Option<String>,
}

/// An ask that waits for an answer.
///
/// A framework does not tell when an ask ends. As far as is known, an ask of its actors waits until the handler that
/// asks ends, or is polled again for another reason than the end of an asked handler. With actix, it waits until the
/// message was handled. kameo does not tell whether a message that was not taken yet is an ask, so it is not listed.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct OpenAsk {
    /// The id of the ask, which is unique in the process.
    #[cfg_attr(feature = "serde", serde(with = "crate::digits"))]
    pub id: u128,
    /// The actor that asks. `None` if the ask was not made while a message is handled, or if that is not known.
    pub from: Option<Place>,
    /// The id of the handling that asks, or 0.
    #[cfg_attr(feature = "serde", serde(with = "crate::digits"))]
    pub handling: u128,
    /// The actors that it waits for: the actor that was asked, the one that this actor asks in turn, and so on, at most
    /// 64.
    pub through: Vec<Place>,
    /// The time since the ask.
    pub waiting: Duration,
}

/// A mailbox that has messages.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct OpenMailbox {
    /// The id of the mailbox and its oldest message. It changes when that message is taken out.
    #[cfg_attr(feature = "serde", serde(with = "crate::digits"))]
    pub id: u128,
    /// The actor that receives from it.
    pub place: Place,
    /// The number of messages.
    pub depth: u64,
    /// The capacity. `None` if it is unbounded.
    pub capacity: Option<u64>,
    /// The time that its oldest message has waited. This is a lower bound.
    pub oldest_wait: Duration,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.actor)?;
        match &self.instance {
            Some(instance) => write!(f, " {instance}"),
            None => Ok(()),
        }
    }
}

impl OpenWork {
    /// Returns the handlings that are open in both readings, and whose handler was not polled in between.
    pub fn not_polled_since<'a>(&'a self, earlier: &OpenWork) -> Vec<&'a OpenHandling> {
        let before: HashMap<u128, u32> = earlier.handlings.iter().map(|one| (one.id, one.polls)).collect();
        let is_idle = |one: &&OpenHandling| one.polls > 0 && before.get(&one.id) == Some(&one.polls);
        self.handlings.iter().filter(is_idle).collect()
    }

    /// Returns the oldest ask of this handling.
    pub(crate) fn ask_of(&self, handling: &OpenHandling) -> Option<&OpenAsk> {
        self.asks.iter().find(|ask| ask.handling == handling.id)
    }

    /// Returns the mailbox of this actor if it contains messages.
    pub(crate) fn mailbox_of(&self, place: &Place) -> Option<&OpenMailbox> {
        self.mailboxes.iter().find(|mailbox| mailbox.place == *place)
    }

    pub(crate) fn of(state: &State, older_than: Duration, most: usize) -> Self {
        let look = Look::new(state);
        let mut found = Self { unix_seconds: state.clock.unix_seconds(look.now), ..Self::default() };
        let older_than = crate::clock::nanos(older_than);
        found.handlings = look.handlings(older_than, most, &mut found.omitted);
        found.mailboxes = look.mailboxes(older_than, most, &mut found.omitted);
        (found.asks, found.cycles) = look.asks(older_than, most, &mut found.omitted);
        found
    }

    /// Returns the ids of the `most` oldest handlings, with their numbers of polls.
    pub(crate) fn polls(state: &State, most: usize) -> Vec<(u128, u32)> {
        let open = Look::new(state).open_handlings(0, most, &mut 0);
        let polls = |(_, number, handling): (u64, u32, &Handling)| {
            (id(handling.turn.get(), number), handling.polls.load(Relaxed))
        };
        open.into_iter().map(polls).collect()
    }
}

/// The open work of one moment.
struct Look<'a> {
    state: &'a State,
    now: u64,
}

impl<'a> Look<'a> {
    fn new(state: &'a State) -> Self {
        Self { state, now: state.clock.now() }
    }

    fn since(&self, time: u64) -> u64 {
        self.now.saturating_sub(time)
    }

    fn place_of_mailbox(&self, number: u32) -> Option<Place> {
        let place = self.state.mailboxes.get(number)?;
        // The mailbox may be gone, but the name of its actor is still there.
        let actor = match place.series.load(Relaxed) {
            OVERFLOWED => short(place.mailbox()?.type_name()).to_owned(),
            series => self.state.series.name(series).0.to_string(),
        };
        Some(Place { actor, instance: place.name().map(|name| name.to_string()) })
    }

    fn place_of(&self, handling: &Handling) -> Place {
        self.place_of_mailbox(handling.mailbox.load(Relaxed)).unwrap_or_else(|| Place {
            actor: self.state.series.name(handling.series.load(Relaxed)).0.to_string(),
            instance: handling.instance().map(|name| name.to_string()),
        })
    }

    fn place_of_receiver(&self, to: &SentTo) -> Option<Place> {
        match to {
            SentTo::Mailbox(mailbox) => self.place_of_mailbox(*mailbox),
            SentTo::Message(message) => {
                let actor = self.state.receivers.name(*message, &self.state.series);
                Some(Place { actor, instance: None })
            }
        }
    }

    /// Returns the time at which the handling began. One that is not timed begins when it is first listed.
    fn began(&self, handling: &Handling) -> u64 {
        if handling.began.load(Acquire) == NONE {
            handling.is_seen.store(true, Release);
            let _ = handling.began.compare_exchange(NONE, self.now, Release, Relaxed);
        }
        handling.began.load(Acquire)
    }

    /// Returns the running time, the number and the place of each handling, the oldest first.
    fn open_handlings(
        &self,
        older_than: u64,
        most: usize,
        omitted: &mut u64,
    ) -> Vec<(u64, u32, &'a Handling)> {
        let open = self.state.handlings.all().filter(|(_, handling)| handling.turn.is_open());
        let open = open.map(|(number, handling)| (self.since(self.began(handling)), number, handling));
        let mut open: Vec<_> = open.filter(|(running, ..)| *running >= older_than).collect();
        oldest(&mut open, most, omitted, |(running, ..)| *running);
        open
    }

    fn handlings(&self, older_than: u64, most: usize, omitted: &mut u64) -> Vec<OpenHandling> {
        let open = self.open_handlings(older_than, most, omitted);
        open.into_iter().map(|(running, number, handling)| self.handling(running, number, handling)).collect()
    }

    fn handling(&self, running: u64, number: u32, handling: &Handling) -> OpenHandling {
        let (_, kind) = self.state.series.name(handling.series.load(Relaxed));
        let trace = handling.trace();
        OpenHandling {
            id: id(handling.turn.get(), number),
            place: self.place_of(handling),
            kind: kind.to_string(),
            running: Duration::from_nanos(running),
            is_timed: !handling.is_seen.load(Relaxed),
            waited: handling.waited().map(Duration::from_nanos),
            polls: handling.polls.load(Relaxed),
            last_sent_to: handling.sent_to().and_then(|to| self.place_of_receiver(&to)),
            trace_id: trace.map(|(trace_id, _)| format!("{trace_id:032x}")),
            span_id: trace.map(|(_, span_id)| format!("{span_id:016x}")),
        }
    }

    fn mailboxes(&self, older_than: u64, most: usize, omitted: &mut u64) -> Vec<OpenMailbox> {
        let mut open: Vec<(u64, u32, &MailboxPlace)> = Vec::new();
        for (number, place) in self.state.mailboxes.all() {
            if let Some(mailbox) = place.mailbox().filter(|mailbox| mailbox.depth() > 0) {
                let oldest = State::oldest_wait(place, &mailbox, self.now);
                if oldest >= older_than {
                    open.push((oldest, number, place));
                }
            }
        }
        oldest(&mut open, most, omitted, |(oldest, ..)| *oldest);
        let mailbox = |(oldest, number, place): (u64, u32, &MailboxPlace)| {
            let mailbox = place.mailbox()?;
            Some(OpenMailbox {
                id: id(mailbox.taken(), number),
                place: self.place_of_mailbox(number)?,
                depth: mailbox.depth(),
                capacity: mailbox.capacity().map(|capacity| capacity as u64),
                oldest_wait: Duration::from_nanos(oldest),
            })
        };
        open.into_iter().filter_map(mailbox).collect()
    }

    fn asks(&self, older_than: u64, most: usize, omitted: &mut u64) -> (Vec<OpenAsk>, Vec<Vec<Place>>) {
        let busy = self.busy_actors();
        let open = self.state.asks.all().filter(|(_, ask)| self.state.is_waiting(ask));
        let mut all: Vec<Edge> = open.map(|(number, ask)| self.edge(number, ask, &busy)).collect();
        let mut waits = Waits::default();
        for edge in all.iter().filter(|edge| edge.handling != 0) {
            if edge.is_sure {
                waits.asked.entry(edge.handling).or_default().push(edge.to.clone());
            }
            // The current handling of the actor, because an actor that continues with other messages does not wait.
            if self.current(edge.from) == edge.handling && edge.to.node != 0 {
                waits.edges.entry(edge.from).or_default().push(edge.to.node);
            }
        }
        for edge in all.iter().filter(|edge| edge.is_among_several).take(MOST_AMBIGUOUS) {
            let among = edge.to.actor.as_ref().and_then(|actor| busy.get(actor));
            if let Some(one) = among.and_then(|among| waits.whoever(edge.from, among)) {
                waits.edges.entry(edge.from).or_default().push(one);
            }
        }
        let places = |cycle: Vec<u64>| cycle.iter().filter_map(|node| self.place_of_node(*node)).collect();
        let (cycles, more) = waits.cycles(most);
        *omitted += more;
        all.retain(|edge| edge.is_sure && edge.waiting >= older_than);
        oldest(&mut all, most, omitted, |edge| edge.waiting);
        let ask = |edge: Edge| {
            let from = self.state.handlings.get(edge.handling);
            OpenAsk {
                id: edge.id,
                from: from.map(|from| self.place_of(from)),
                handling: from.map_or(0, |from| id(from.turn.get(), edge.handling)),
                through: self.chain(&edge, &waits),
                waiting: Duration::from_nanos(edge.waiting),
            }
        };
        (all.into_iter().map(ask).collect(), cycles.into_iter().map(places).collect())
    }

    fn edge(&self, number: u32, ask: &Ask, busy: &Busy) -> Edge {
        // The asking handling may have ended, and another one may have its place.
        let from = ask.from.find(&self.state.handlings);
        let waiting = self.since(ask.since.load(Relaxed));
        let mut edge = Edge {
            id: id(ask.turn.get(), number),
            waiting,
            handling: from.map_or(0, |_| ask.from.number()),
            from: from.map_or(0, |from| node_of(ask.from.number(), from)),
            to: Asked { node: u64::from(ask.to.load(Relaxed)), actor: None },
            is_among_several: false,
            is_sure: ask.is_sure.load(Relaxed),
        };
        if !ask.is_by_message.load(Relaxed) {
            return edge;
        }
        let actor: Arc<str> = match (ask.to_series.load(Relaxed), ask.message.load(Relaxed)) {
            (OVERFLOWED, message) => self.state.receivers.name(message, &self.state.series).into(),
            (series, _) => self.state.series.name(series).0,
        };
        if let Some(by) = ask.by.find(&self.state.handlings) {
            edge.to.node = node_of(ask.by.number(), by);
        } else if ask.by.number() == 0 && waiting >= UNREAD {
            // It is in the mailbox of an actor that handles another message.
            match busy.get(&actor).map(Vec::as_slice) {
                Some([one]) => edge.to.node = *one,
                several => edge.is_among_several = several.is_some(),
            }
        }
        edge.to.actor = Some(actor);
        edge
    }

    /// Returns the framework's actors that handle a message, by their names.
    fn busy_actors(&self) -> Busy {
        let mut busy = Busy::new();
        let open = self.state.handlings.all().filter(|(_, handling)| handling.turn.is_open());
        for (number, handling) in open.filter(|(_, handling)| handling.mailbox.load(Relaxed) == 0) {
            let actor = self.state.series.name(handling.series.load(Relaxed)).0;
            busy.entry(actor).or_default().push(BY_HANDLING | u64::from(number));
        }
        busy
    }

    /// Returns the current handling of an actor.
    fn current(&self, node: u64) -> u32 {
        match handling_of(node) {
            Some(handling) => handling,
            None => u32::try_from(node)
                .ok()
                .and_then(|own| self.state.mailboxes.get(own)?.handling(own, &self.state.handlings))
                .map_or(0, |(number, _)| number),
        }
    }

    fn place_of_node(&self, node: u64) -> Option<Place> {
        match handling_of(node) {
            Some(handling) => self.state.handlings.get(handling).map(|handling| self.place_of(handling)),
            None => self.place_of_mailbox(u32::try_from(node).ok()?),
        }
    }

    /// Returns the actors that an ask waits for, up to the first repeated one.
    fn chain(&self, ask: &Edge, waits: &Waits) -> Vec<Place> {
        let mut path = Vec::new();
        let mut seen: HashSet<u64> = HashSet::from([ask.from]);
        let mut to = Some(&ask.to);
        while let Some(asked) = to.filter(|_| path.len() < LONGEST_CHAIN) {
            let named =
                || asked.actor.as_ref().map(|actor| Place { actor: actor.to_string(), instance: None });
            path.extend(self.place_of_node(asked.node).or_else(named));
            if asked.node == 0 || !seen.insert(asked.node) {
                break;
            }
            to = waits.asked.get(&self.current(asked.node)).and_then(|asked| asked.first());
        }
        path
    }
}

/// The nodes of a framework's busy actors, by the name of the actor.
type Busy = HashMap<Arc<str>, Vec<u64>>;

/// The bit that distinguishes the number of a handling from that of a mailbox.
///
/// A framework's mailbox is not known, so its actor is known by what it handles.
const BY_HANDLING: u64 = 1 << 32;

/// Returns the node of the actor with this handling.
fn node_of(number: u32, handling: &Handling) -> u64 {
    match handling.mailbox.load(Relaxed) {
        0 => BY_HANDLING | u64::from(number),
        mailbox => u64::from(mailbox),
    }
}

/// Returns the handling that a node stands for, unless it stands for a mailbox.
fn handling_of(node: u64) -> Option<u32> {
    u32::try_from(node.checked_sub(BY_HANDLING)?).ok()
}

/// The actor that was asked.
#[derive(Clone)]
struct Asked {
    /// The number of its node, or 0 if that is not known.
    node: u64,
    /// The name of a framework's actor.
    actor: Option<Arc<str>>,
}

/// The graph of waits. A node is an actor: its mailbox, or the handling of a framework's actor.
#[derive(Default)]
struct Waits {
    /// The actors that a handling asks.
    asked: HashMap<u32, Vec<Asked>>,
    /// The actors that an actor asks while it handles a message.
    edges: BTreeMap<u64, Vec<u64>>,
}

impl Waits {
    /// Returns one of several actors if this one waits for one of them, and each of them waits for it.
    fn whoever(&self, from: u64, among: &[u64]) -> Option<u64> {
        let waiting = self.waiting_for(from);
        let mut others = among.iter().copied().filter(|one| *one != from);
        let first = others.next()?;
        (waiting.contains(&first) && others.all(|one| waiting.contains(&one))).then_some(first)
    }

    /// Returns the actors that wait for this one, directly or through others.
    fn waiting_for(&self, node: u64) -> HashSet<u64> {
        let mut by: HashMap<u64, Vec<u64>> = HashMap::new();
        for (from, edges) in &self.edges {
            for to in edges {
                by.entry(*to).or_default().push(*from);
            }
        }
        let (mut found, mut left) = (HashSet::new(), vec![node]);
        while let Some(node) = left.pop() {
            left.extend(by.get(&node).into_iter().flatten().filter(|from| found.insert(**from)));
        }
        found
    }

    /// Returns at most `most` cycles, and the number of the others. Each is listed once, and begins with its lowest
    /// number.
    ///
    /// This is a depth-first search without recursion. Each edge is visited once.
    fn cycles(&self, most: usize) -> (BTreeSet<Vec<u64>>, u64) {
        let mut found = BTreeSet::new();
        let mut omitted = 0;
        let mut done: HashSet<u64> = HashSet::new();
        let mut position: HashMap<u64, usize> = HashMap::new();
        for start in self.edges.keys() {
            // The nodes on the path, each with the index of its next edge.
            let mut path: Vec<(u64, usize)> = Vec::new();
            if !done.contains(start) {
                position.insert(*start, 0);
                path.push((*start, 0));
            }
            while let Some((mailbox, next)) = path.last_mut() {
                let to = self.edges.get(mailbox).and_then(|edges| edges.get(*next)).copied();
                *next += 1;
                match to {
                    None => {
                        position.remove(mailbox);
                        done.insert(*mailbox);
                        path.pop();
                    }
                    Some(to) if done.contains(&to) => {}
                    Some(to) => match position.get(&to) {
                        None => {
                            position.insert(to, path.len());
                            path.push((to, 0));
                        }
                        Some(_) if found.len() >= most => omitted += 1,
                        Some(first) => {
                            let mut cycle: Vec<u64> =
                                path[*first..].iter().map(|(mailbox, _)| *mailbox).collect();
                            let least = (0..cycle.len()).min_by_key(|at| cycle[*at]).unwrap_or(0);
                            cycle.rotate_left(least);
                            found.insert(cycle);
                        }
                    },
                }
            }
        }
        (found, omitted)
    }
}

/// An open ask, as an edge in the graph of waits.
struct Edge {
    id: u128,
    waiting: u64,
    handling: u32,
    from: u64,
    to: Asked,
    /// Says that its message is in the mailbox of one of several actors of that name.
    is_among_several: bool,
    /// Says that it is an ask, and not perhaps a send that nobody waits for.
    is_sure: bool,
}

/// Returns a number that identifies a place in one turn.
fn id(turn: u64, place: u32) -> u128 {
    u128::from(turn) << 32 | u128::from(place)
}

/// Keeps the first `most` entries, the oldest first.
fn oldest<T>(all: &mut Vec<T>, most: usize, omitted: &mut u64, age: impl Fn(&T) -> u64) {
    all.sort_by_key(|one| std::cmp::Reverse(age(one)));
    *omitted += all.len().saturating_sub(most) as u64;
    all.truncate(most);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycles(edges: &[(u64, &[u64])], most: usize) -> (Vec<Vec<u64>>, u64) {
        let edges = edges.iter().map(|(from, to)| (*from, to.to_vec())).collect();
        let (found, omitted) = Waits { edges, ..Waits::default() }.cycles(most);
        (found.into_iter().collect(), omitted)
    }

    #[test]
    fn each_cycle_is_found_once_whoever_is_looked_at_first() {
        assert_eq!(cycles(&[(1, &[2]), (2, &[3])], 9), (vec![], 0));
        assert_eq!(cycles(&[(1, &[1])], 9), (vec![vec![1]], 0), "an actor that asks itself");
        assert_eq!(cycles(&[(3, &[1]), (1, &[2]), (2, &[3]), (4, &[3])], 9), (vec![vec![1, 2, 3]], 0));
        // One that asks two actors at once, of which the first does not ask back.
        assert_eq!(cycles(&[(1, &[2, 3]), (2, &[9]), (3, &[1])], 9), (vec![vec![1, 3]], 0));
        assert_eq!(cycles(&[(1, &[2]), (2, &[1]), (5, &[6]), (6, &[5])], 1), (vec![vec![1, 2]], 1));
    }

    #[test]
    fn a_long_chain_takes_time_in_proportion_and_no_stack() {
        let length = 100_000;
        let edges = (1..=length).map(|from| (from, vec![from % length + 1])).collect();
        let (found, _) = Waits { edges, ..Waits::default() }.cycles(9);
        assert_eq!(found.first().map(Vec::len), Some(100_000));
    }
}
