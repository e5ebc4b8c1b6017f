//! Other processes that have a part of the same traces, and their requests.
//!
//! A message that comes from another process or is sent to one leaves a note: which peer has a part of the trace. When
//! a trigger fires, each of these peers gets a promotion, which has the trace id and the trigger. A peer then keeps its
//! part, and tells its own peers once.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use traced_actor::context::{Timestamp, TraceId};
use traced_actor::sampling::RateLimit;

use super::trigger::Trigger;

/// The number of traces whose peers are remembered.
const MOST_TRACES: usize = 1 << 16;
/// The maximum number of peers that are remembered for a trace.
const MOST_PEERS: usize = 8;
/// The maximum number of promotions per second that are sent to a peer, or accepted from one.
const PER_SECOND: f64 = 100.0;

/// A request to another process to keep a trace. It contains only ids.
///
/// Send it over a connection that both sides trust: as [bytes](Self::to_bytes) in a message of the connection's own
/// protocol, or as text (`Display` and `FromStr`) in a header.
///
/// ```
/// use traced_actor::TraceId;
/// use traced_actor_flight::{Promotion, Trigger};
///
/// let promotion = Promotion::new(TraceId::new(0xabc).unwrap(), Trigger::Error);
/// assert_eq!(Promotion::from_bytes(&promotion.to_bytes()), Some(promotion));
/// assert_eq!(promotion.to_string(), "00000000000000000000000000000abc-error");
/// assert_eq!(promotion.to_string().parse(), Ok(promotion));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Promotion {
    /// The trace to keep.
    pub trace_id: TraceId,
    /// The trigger that fired in the process where the promotion began.
    pub trigger: Trigger,
}

/// The error of parsing a text that is not a promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidPromotion;

impl Promotion {
    /// The length in bytes.
    pub const LEN: usize = 18;
    const VERSION: u8 = 1;

    /// Creates a promotion.
    pub const fn new(trace_id: TraceId, trigger: Trigger) -> Self {
        Self { trace_id, trigger }
    }

    /// Returns the bytes: a version, the number of the trigger, and the trace id.
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        (bytes[0], bytes[1]) = (Self::VERSION, self.trigger as u8);
        bytes[2..].copy_from_slice(&self.trace_id.to_bytes());
        bytes
    }

    /// Reads bytes. Returns `None` if they are not a promotion. A trigger of a later version becomes
    /// [`Trigger::Promoted`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [Self::VERSION, trigger, id @ ..] = bytes else { return None };
        let trace_id = TraceId::from_bytes(id.try_into().ok()?)?;
        let trigger = Trigger::ALL.get(usize::from(*trigger)).copied().unwrap_or(Trigger::Promoted);
        Some(Self { trace_id, trigger })
    }
}

impl fmt::Display for Promotion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.trace_id, self.trigger.name())
    }
}

impl FromStr for Promotion {
    type Err = InvalidPromotion;

    fn from_str(text: &str) -> Result<Self, InvalidPromotion> {
        let (id, name) = text.split_once('-').ok_or(InvalidPromotion)?;
        let trace_id = id.parse().map_err(|_| InvalidPromotion)?;
        let known = Trigger::ALL.into_iter().find(|trigger| trigger.name() == name);
        Ok(Self { trace_id, trigger: known.unwrap_or(Trigger::Promoted) })
    }
}

impl fmt::Display for InvalidPromotion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is not a promotion: write a trace id, `-`, and the name of a trigger")
    }
}

impl std::error::Error for InvalidPromotion {}

/// A function that sends a promotion to a peer.
pub(crate) type Tell = dyn Fn(Promotion) + Send + Sync;

/// The peers, and the traces that each of them has a part of.
#[derive(Default)]
pub(crate) struct Peers {
    state: Mutex<State>,
    pub(crate) told: AtomicU64,
    pub(crate) limited: AtomicU64,
    pub(crate) late: AtomicU64,
    pub(crate) refused: AtomicU64,
}

#[derive(Default)]
struct State {
    next: u64,
    peers: HashMap<u64, Arc<Line>>,
    crumbs: HashMap<TraceId, Vec<Crumb>>,
    /// The traces in the order of their arrival.
    order: VecDeque<TraceId>,
}

/// The connection to a peer.
struct Line {
    tell: Box<Tell>,
    sent: RateLimit,
    received: RateLimit,
}

struct Crumb {
    peer: u64,
    /// Whether the peer knows that the trace is wanted, because either side has told the other.
    knows: bool,
}

impl Peers {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn connect(&self, tell: Box<Tell>) -> u64 {
        let mut state = self.lock();
        state.next += 1;
        let number = state.next;
        let limit = || RateLimit::per_second(PER_SECOND);
        state.peers.insert(number, Arc::new(Line { tell, sent: limit(), received: limit() }));
        number
    }

    pub(crate) fn disconnect(&self, peer: u64) {
        let line = self.lock().peers.remove(&peer);
        drop(line);
    }

    /// Notes that a peer has a part of a trace. `knows` is true if it knows that the trace is wanted.
    pub(crate) fn note(&self, peer: u64, trace: TraceId, knows: bool) {
        let mut state = self.lock();
        let State { crumbs, order, .. } = &mut *state;
        let of_trace = crumbs.entry(trace).or_insert_with(|| {
            order.push_back(trace);
            Vec::new()
        });
        if let Some(crumb) = of_trace.iter_mut().find(|crumb| crumb.peer == peer) {
            crumb.knows |= knows;
        } else if of_trace.len() < MOST_PEERS {
            of_trace.push(Crumb { peer, knows });
        }
        if order.len() > MOST_TRACES
            && let Some(oldest) = order.pop_front()
        {
            crumbs.remove(&oldest);
        }
    }

    /// Returns whether a peer has a part of a trace, as far as it was noted and is remembered.
    pub(crate) fn has(&self, peer: u64, trace: TraceId) -> bool {
        let state = self.lock();
        state.crumbs.get(&trace).is_some_and(|crumbs| crumbs.iter().any(|crumb| crumb.peer == peer))
    }

    /// Returns whether a peer may ask for something now.
    pub(crate) fn may_ask(&self, peer: u64, now: Timestamp) -> bool {
        let line = self.lock().peers.get(&peer).cloned();
        let allowed = line.is_some_and(|line| line.received.allow(now));
        if !allowed {
            self.limited.fetch_add(1, Relaxed);
        }
        allowed
    }

    /// Tells all peers that have a part of a trace and do not know yet that it is wanted.
    pub(crate) fn tell(&self, trace: TraceId, trigger: Trigger, now: Timestamp) {
        let mut lines = Vec::new();
        {
            let mut state = self.lock();
            let State { crumbs, peers, .. } = &mut *state;
            for crumb in crumbs.get_mut(&trace).into_iter().flatten().filter(|crumb| !crumb.knows) {
                crumb.knows = true;
                lines.extend(peers.get(&crumb.peer).cloned());
            }
        }
        for line in lines {
            if line.sent.allow(now) {
                self.told.fetch_add(1, Relaxed);
                (line.tell)(Promotion { trace_id: trace, trigger });
            } else {
                self.limited.fetch_add(1, Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(number: u128) -> TraceId {
        TraceId::new(number).unwrap()
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix_nanos(seconds * 1_000_000_000)
    }

    type Told = Arc<Mutex<Vec<Promotion>>>;

    fn connect(peers: &Peers) -> (u64, Told) {
        let told = Told::default();
        let telling = told.clone();
        (peers.connect(Box::new(move |promotion| telling.lock().unwrap().push(promotion))), told)
    }

    #[test]
    fn each_peer_with_a_part_is_told_once_and_not_the_one_who_asks() {
        let peers = Peers::default();
        let ((first, to_first), (second, to_second), (_, to_third)) =
            (connect(&peers), connect(&peers), connect(&peers));
        peers.note(first, trace(1), false);
        peers.note(second, trace(1), false);
        peers.note(second, trace(2), false);
        peers.note(first, trace(1), true);
        assert!(peers.has(first, trace(1)) && !peers.has(first, trace(2)) && !peers.has(first, trace(3)));
        for _ in 0..2 {
            peers.tell(trace(1), Trigger::Error, at(1));
        }
        assert!(to_first.lock().unwrap().is_empty() && to_third.lock().unwrap().is_empty());
        assert_eq!(*to_second.lock().unwrap(), [Promotion::new(trace(1), Trigger::Error)]);
        peers.disconnect(second);
        peers.tell(trace(2), Trigger::Error, at(1));
        assert_eq!(to_second.lock().unwrap().len(), 1);
    }

    #[test]
    fn what_is_remembered_and_what_is_said_have_bounds() {
        let peers = Peers::default();
        let (peer, told) = connect(&peers);
        for number in 1..=MOST_TRACES as u128 + 10 {
            peers.note(peer, trace(number), false);
        }
        assert_eq!(peers.lock().crumbs.len(), MOST_TRACES);
        peers.tell(trace(10), Trigger::Slow, at(1));
        assert!(told.lock().unwrap().is_empty(), "forgotten");
        for number in 1..=MOST_TRACES as u128 {
            peers.tell(trace(number), Trigger::Slow, at(1));
        }
        let said = told.lock().unwrap().len() as u64;
        assert!((1..=1000).contains(&said), "{said}");
        assert_eq!(peers.limited.load(Relaxed), MOST_TRACES as u64 - 10 - said);
        let asked = (0..10_000).filter(|_| peers.may_ask(peer, at(1))).count();
        assert!((1..=1000).contains(&asked), "{asked}");
        for number in 0..20 {
            peers.note(1000 + number, trace(MOST_TRACES as u128), false);
        }
        assert_eq!(peers.lock().crumbs[&trace(MOST_TRACES as u128)].len(), MOST_PEERS);
    }

    #[test]
    fn bytes_and_texts_that_are_no_promotion_are_refused() {
        let promotion = Promotion::new(trace(7), Trigger::OpenWork);
        let mut bytes = promotion.to_bytes();
        assert_eq!(Promotion::from_bytes(&bytes[..17]), None);
        assert_eq!(Promotion::from_bytes(&[&bytes[..], &[0]].concat()), None);
        bytes[1] = 200;
        assert_eq!(Promotion::from_bytes(&bytes).unwrap().trigger, Trigger::Promoted, "of a later version");
        bytes[0] = 2;
        assert_eq!(Promotion::from_bytes(&bytes), None);
        assert_eq!(Promotion::from_bytes(&[&[1, 0][..], &[0; 16]].concat()), None, "no trace");
        for text in ["", "-", "abc-error", "00000000000000000000000000000000-error", "0".repeat(100).as_str()]
        {
            assert_eq!(text.parse::<Promotion>(), Err(InvalidPromotion), "{text}");
        }
    }
}
