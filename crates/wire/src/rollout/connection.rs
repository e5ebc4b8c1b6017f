//! The state of one connection and its peer. It does not outlive the connection.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::flags::Flag;
use super::shared_traces::{SharedTraces, trace_of};
use super::tally::{Tally, add};
use super::{Hello, HelloError, PhaseSetting, Rollout};
use crate::Encoding;
use traced_actor::context::{ContextState, TraceId, shortened};
use traced_actor_propagation::Edge;

/// A connection to a peer. The peer is either an old or a new node, which does not change while the connection lasts.
///
/// ```
/// use traced_actor::context::ContextState;
/// use traced_actor_wire::Encoding;
/// use traced_actor_wire::rollout::{Hello, PhaseSetting, Rollout};
///
/// let rollout = Rollout::new();
/// rollout.set(PhaseSetting::PER_PEER);
/// let connection = rollout.connect("node-7");
/// let guild = connection.route("Guild");
/// assert_eq!(guild.encoding(ContextState::Unsampled), Encoding::Bare);
/// connection.hello(&Hello::ours().to_bytes())?;
/// assert_eq!(guild.encoding(ContextState::Unsampled), Encoding::Envelope);
/// # Ok::<(), traced_actor_wire::rollout::HelloError>(())
/// ```
///
/// Threads can share a connection. It cannot be cloned or kept over a reconnect, because a reconnect may lead to a
/// different node. If a proxy distributes one connection over several nodes, do not pass a hello to it.
#[derive(Debug)]
pub struct PeerConnection {
    rollout: Rollout,
    pub(super) link: Arc<Link>,
}

/// The state that a connection shares with its routes.
#[derive(Debug)]
pub(super) struct Link {
    peer: Box<str>,
    flag: Arc<Flag>,
    /// 1 if envelopes may be sent, and 0 otherwise.
    capable: AtomicU64,
    heard: Mutex<Heard>,
    /// The number of messages that the peer could not read since it last took an envelope.
    failures: AtomicU32,
    /// The numbers of messages that were written bare, and that were taken.
    bare: AtomicU64,
    taken: AtomicU64,
    /// The edge that decides about trust. Without one, envelopes are fully trusted.
    edge: OnceLock<Arc<Edge>>,
    pub(super) shared: SharedTraces,
}

#[derive(Debug, Clone, Copy)]
enum Heard {
    Nothing,
    Hello(Hello),
    /// The peer sent an invalid hello, and is no longer trusted.
    Nonsense,
    /// The peer said that it reads envelopes, and then reported that it could not.
    Unable,
    Closed,
}

/// The number of messages that a peer may fail to read before it is sent only bare ones.
///
/// It applies to peers that sent a hello. Bare messages that the peer accepts in between do not count.
pub const MAX_UNREAD: u32 = 3;

const SHORTEST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

impl Rollout {
    /// Creates a connection that was just established or accepted. Until its peer sends a hello, it counts as an old
    /// node.
    ///
    /// The name is used for settings and counters. Use a name that stays the same after a reconnect, such as that of a
    /// node, and not an address with a temporary port. Information about the peer is never stored under the name.
    pub fn connect(&self, peer: &str) -> PeerConnection {
        PeerConnection::new(self, peer)
    }
}

impl PeerConnection {
    pub(super) fn new(rollout: &Rollout, peer: &str) -> Self {
        let flag = rollout.0.peers.get(peer);
        let link = Link {
            peer: shortened(peer).into(),
            flag,
            failures: AtomicU32::new(0),
            bare: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            capable: AtomicU64::new(0),
            heard: Mutex::new(Heard::Nothing),
            edge: OnceLock::new(),
            shared: SharedTraces::default(),
        };
        Self { rollout: rollout.clone(), link: Arc::new(link) }
    }

    /// Sets the [`Edge`] that decides how far envelopes from this connection are trusted.
    ///
    /// It also applies to later connections from [`reconnect`](Self::reconnect). Without an edge, envelopes are trusted
    /// completely. If this is called again, the first edge stays. See [`Edge::accept_envelope`].
    ///
    /// ```
    /// use std::sync::Arc;
    /// use traced_actor_propagation::{Edge, Trust};
    /// use traced_actor_wire::rollout::Rollout;
    ///
    /// let partners = Arc::new(Edge::new("partners").trust(Trust::Ids));
    /// let connection = Rollout::new().connect("partner-3").edge(partners);
    /// ```
    #[must_use]
    pub fn edge(self, edge: Arc<Edge>) -> Self {
        self.link.edge.set(edge).ok();
        self
    }

    /// Returns the name of the peer.
    pub fn peer(&self) -> &str {
        &self.link.peer
    }

    /// Records the hello of the peer. Until then the peer counts as an old node.
    ///
    /// A repeated hello changes nothing. A hello after the connection was closed changes nothing.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are not a hello, or contradict an earlier one. The peer then counts as an old node
    /// until the connection ends, and the hello is counted as invalid. Messages are still sent, bare.
    pub fn hello(&self, bytes: &[u8]) -> Result<Hello, HelloError> {
        self.heard(Hello::from_bytes(bytes))
    }

    /// Records a hello that was received [as text](Hello::to_text), like [`hello`](Self::hello).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`hello`](Self::hello).
    pub fn hello_text(&self, text: &str) -> Result<Hello, HelloError> {
        self.heard(Hello::from_text(text))
    }

    fn heard(&self, hello: Result<Hello, HelloError>) -> Result<Hello, HelloError> {
        let mut heard = self.link.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let hello = hello.and_then(|hello| match *heard {
            Heard::Hello(first) if first != hello => Err(HelloError::Contradiction),
            Heard::Nonsense => Err(HelloError::Contradiction),
            Heard::Nothing | Heard::Hello(_) | Heard::Unable | Heard::Closed => Ok(hello),
        });
        match (*heard, hello) {
            (Heard::Closed | Heard::Unable, _) => {}
            (_, Ok(hello)) => {
                *heard = Heard::Hello(hello);
                self.link.capable.store(hello.reads_envelopes().into(), Release);
            }
            (_, Err(_)) => {
                *heard = Heard::Nonsense;
                self.link.capable.store(0, Release);
                add(&self.rollout.0.tallies.invalid_hellos);
            }
        }
        hello
    }

    /// Returns whether the peer said on this connection that it can read envelopes.
    pub fn is_capable(&self) -> bool {
        self.link.is_capable()
    }

    /// Returns the route for the messages of one actor on this connection.
    ///
    /// Keep the route, because creating one looks up names and takes locks.
    pub fn route(&self, actor: &str) -> Route {
        Route {
            rollout: self.rollout.clone(),
            link: self.link.clone(),
            actor: shortened(actor).into(),
            flag: self.rollout.0.actors.get(actor),
            tally: self.rollout.0.tallies.get(&self.link.peer, actor),
        }
    }

    /// Returns a new connection to the same peer name, about which nothing is known yet.
    ///
    /// This connection and its routes are closed, as if they were dropped.
    #[must_use]
    pub fn reconnect(self) -> Self {
        let next = Self::new(&self.rollout, &self.link.peer);
        match self.link.edge.get() {
            Some(edge) => next.edge(edge.clone()),
            None => next,
        }
    }
}

/// Closes the connection. Its remaining routes send bare messages.
impl Drop for PeerConnection {
    fn drop(&mut self) {
        *self.link.heard.lock().unwrap_or_else(PoisonError::into_inner) = Heard::Closed;
        self.link.capable.store(0, Release);
    }
}

impl Link {
    fn is_capable(&self) -> bool {
        self.capable.load(Acquire) != 0
    }

    /// Returns whether the peer is fully trusted.
    pub(super) fn is_trusted(&self) -> bool {
        self.edge.get().is_none_or(|edge| edge.is_trusting())
    }

    /// Returns whether the peer said on this connection that it reads promotions, and the connection is open.
    #[cfg(feature = "flight")]
    pub(super) fn reads_promotions(&self) -> bool {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*heard, Heard::Hello(hello) if hello.reads_promotions())
    }

    /// Notes that a message of this trace came from the peer, or is sent to it.
    pub(super) fn note(&self, trace: Option<TraceId>) {
        if self.is_trusted() {
            self.shared.note(trace);
        }
    }
}

/// The route for one actor's messages on one connection.
///
/// ```
/// use traced_actor_wire::rollout::{PhaseSetting, Rollout};
///
/// let rollout = Rollout::new();
/// let connection = rollout.connect("node-7");
/// let route = connection.route("Guild");
/// rollout.set_actor("Guild", Some(PhaseSetting::PER_PEER))?;
/// assert_eq!(route.setting(), PhaseSetting::PER_PEER, "from the next message on");
/// # Ok::<(), traced_actor_wire::rollout::TooManyNames>(())
/// ```
#[derive(Debug)]
pub struct Route {
    rollout: Rollout,
    pub(super) link: Arc<Link>,
    actor: Box<str>,
    flag: Arc<Flag>,
    #[cfg_attr(not(feature = "serde"), expect(dead_code, reason = "counted where a codec is used"))]
    pub(super) tally: Arc<Tally>,
}

impl Route {
    /// Returns the name of the actor.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// Returns the name of the peer.
    pub fn peer(&self) -> &str {
        &self.link.peer
    }

    /// Returns the setting that applies to this route now.
    pub fn setting(&self) -> PhaseSetting {
        match (self.flag.get(), self.link.flag.get()) {
            (Some(actor), Some(peer)) => actor.careful(peer),
            (Some(setting), None) | (None, Some(setting)) => setting,
            (None, None) => self.rollout.setting(),
        }
    }

    /// Returns how to send a message with this state, for [`Codec::encode`](crate).
    ///
    /// Get the state from [`Envelope::state`](traced_actor::Envelope::state). The result is valid for one message on
    /// this connection. It takes no lock and does not allocate.
    pub fn encoding(&self, state: ContextState<'_>) -> Encoding {
        let (encoding, bare) = self.choose(state);
        if bare {
            self.sent_bare();
        }
        encoding
    }

    /// Returns how to send a message with this state, and whether it goes without a context.
    pub(super) fn choose(&self, state: ContextState<'_>) -> (Encoding, bool) {
        let encoding = if self.is_capable() { self.setting().encoding(state) } else { Encoding::Bare };
        if encoding == Encoding::Envelope {
            self.link.note(trace_of(state));
        }
        (encoding, encoding == Encoding::Bare || matches!(state, ContextState::Absent))
    }

    /// Counts a message that goes without a context.
    pub(super) fn sent_bare(&self) {
        add(&self.link.bare);
    }

    /// Records that the peer accepted a message. Call it for each one.
    ///
    /// Once the peer has accepted more messages than were bare, it has read an envelope, and earlier failures are
    /// forgotten.
    pub fn taken(&self) {
        let taken = self.link.taken.fetch_add(1, Relaxed).saturating_add(1);
        // Almost always it is already 0, and nothing is written.
        if self.link.failures.load(Relaxed) != 0 && taken > self.link.bare.load(Relaxed) {
            self.link.failures.store(0, Relaxed);
        }
    }

    /// Records that the peer could not read a message, and returns how long to wait before the next attempt.
    ///
    /// The delay doubles each time, from 10 milliseconds to 10 seconds.
    ///
    /// A peer that sent a hello and then could not read [`MAX_UNREAD`] messages, with no envelope accepted in between,
    /// is sent bare messages until the connection ends, like an old node. It is counted as
    /// [`unable`](super::RolloutSnapshot::unable). Do not call this for a peer that is busy or that refuses bare messages:
    /// such a peer can read.
    ///
    /// ```
    /// use traced_actor::context::ContextState;
    /// use traced_actor_wire::Encoding;
    /// use traced_actor_wire::rollout::{Hello, MAX_UNREAD, PhaseSetting, Rollout};
    ///
    /// let rollout = Rollout::new();
    /// rollout.set(PhaseSetting::PER_PEER);
    /// let connection = rollout.connect("node-7");
    /// connection.hello(&Hello::ours().to_bytes())?;
    /// let guild = connection.route("Guild");
    /// for _ in 0..MAX_UNREAD {
    ///     assert_eq!(guild.encoding(ContextState::Unsampled), Encoding::Envelope);
    ///     let wait = guild.unread();     // then send it again
    /// }
    /// assert_eq!(guild.encoding(ContextState::Unsampled), Encoding::Bare);
    /// # Ok::<(), traced_actor_wire::rollout::HelloError>(())
    /// ```
    pub fn unread(&self) -> Duration {
        let failures = self.link.failures.fetch_add(1, Relaxed).saturating_add(1);
        if failures >= MAX_UNREAD {
            let mut heard = self.link.heard.lock().unwrap_or_else(PoisonError::into_inner);
            if matches!(*heard, Heard::Hello(hello) if hello.reads_envelopes()) {
                *heard = Heard::Unable;
                self.link.capable.store(0, Release);
                add(&self.rollout.0.tallies.unable);
            }
        }
        let doubled = SHORTEST_WAIT.saturating_mul(1 << (failures - 1).min(16));
        doubled.min(LONGEST_WAIT)
    }

    pub(super) fn is_capable(&self) -> bool {
        self.link.is_capable()
    }

    #[cfg(feature = "serde")]
    pub(super) fn edge(&self) -> Option<&Edge> {
        self.link.edge.get().map(|edge| &**edge)
    }
}
