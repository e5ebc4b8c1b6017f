//! What is known of the peer of one connection, and no longer than the connection.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::flags::Flag;
use super::tally::{Tally, add};
use super::{Hello, HelloError, PhaseSetting, Rollout};
use crate::Encoding;
use traced_actor::context::ContextState;
use traced_actor::context::shortened;
use traced_actor_propagation::Edge;

/// One connection to a peer: to one incarnation of it, which is old or new and stays so.
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
/// Threads can share it. There is no way to clone it or to keep it over a reconnect: after one, everything that was
/// known may be wrong. Behind a proxy that spreads one connection over several nodes, no hello must be passed on.
#[derive(Debug)]
pub struct PeerConnection {
    rollout: Rollout,
    link: Arc<Link>,
}

/// What the routes of a connection share with it.
#[derive(Debug)]
struct Link {
    peer: Box<str>,
    flag: Arc<Flag>,
    /// 0 or 1: whether envelopes may be sent.
    capable: AtomicU64,
    heard: Mutex<Heard>,
    /// How many messages in a row the peer could not read.
    failures: AtomicU32,
    /// What of an envelope is believed; everything, if nothing was said.
    edge: OnceLock<Arc<Edge>>,
}

#[derive(Debug, Clone, Copy)]
enum Heard {
    Nothing,
    Hello(Hello),
    /// Nothing more is believed.
    Nonsense,
    /// It said that it reads envelopes, and answered that it could not.
    Unable,
    Closed,
}

/// How many messages in a row a peer that said hello may fail to read before it gets bare ones.
pub const MAX_UNREAD: u32 = 3;

const SHORTEST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

impl Rollout {
    /// A connection that was just made, or accepted. Until its peer says otherwise it leads to an old node.
    ///
    /// The name is for settings and counters, and best one that outlives a reconnect (a node's name, not an address
    /// with a port of the moment). Nothing that is known of the peer is kept under it.
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
            capable: AtomicU64::new(0),
            heard: Mutex::new(Heard::Nothing),
            edge: OnceLock::new(),
        };
        Self { rollout: rollout.clone(), link: Arc::new(link) }
    }

    /// Believes the envelopes that come on this connection, and on those that come after it, as far as this edge does: see
    /// [`Edge::accept_envelope`]. Without one, everything is believed. The first one that is given stays.
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

    /// The name of the peer.
    pub fn peer(&self) -> &str {
        &self.link.peer
    }

    /// Takes what the peer said of itself on this connection. Until then it counts as old. Saying the same again
    /// changes nothing; after the connection was closed, nothing does.
    ///
    /// # Errors
    ///
    /// When the bytes are no hello, or contradict an earlier one. The peer counts as old from then on until the
    /// connection ends, and the hello is counted as invalid. Messages flow, bare.
    pub fn hello(&self, bytes: &[u8]) -> Result<Hello, HelloError> {
        self.heard(Hello::from_bytes(bytes))
    }

    /// As [`hello`](Self::hello), for a hello that came [as text](Hello::to_text).
    ///
    /// # Errors
    ///
    /// As there.
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

    /// Whether the peer said on this connection that it reads envelopes.
    pub fn is_capable(&self) -> bool {
        self.link.is_capable()
    }

    /// The way of one actor's messages over this connection. Made once, as it looks names up and takes locks.
    pub fn route(&self, actor: &str) -> Route {
        Route {
            rollout: self.rollout.clone(),
            link: self.link.clone(),
            actor: shortened(actor).into(),
            flag: self.rollout.0.actors.get(actor),
            tally: self.rollout.0.tallies.get(&self.link.peer, actor),
        }
    }

    /// The connection that comes after this one, to the same name and to who knows whom. This one and its routes are
    /// closed, as by a drop.
    #[must_use]
    pub fn reconnect(self) -> Self {
        let next = Self::new(&self.rollout, &self.link.peer);
        match self.link.edge.get() {
            Some(edge) => next.edge(edge.clone()),
            None => next,
        }
    }
}

/// From here on its routes send bare, whoever still holds one.
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
}

/// One actor's messages on one connection.
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
    link: Arc<Link>,
    actor: Box<str>,
    flag: Arc<Flag>,
    #[cfg_attr(not(feature = "serde"), expect(dead_code, reason = "counted where a codec is used"))]
    pub(super) tally: Arc<Tally>,
}

impl Route {
    /// The name of the actor.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// The name of the peer.
    pub fn peer(&self) -> &str {
        &self.link.peer
    }

    /// What holds here now.
    pub fn setting(&self) -> PhaseSetting {
        match (self.flag.get(), self.link.flag.get()) {
            (Some(actor), Some(peer)) => actor.careful(peer),
            (Some(setting), None) | (None, Some(setting)) => setting,
            (None, None) => self.rollout.setting(),
        }
    }

    /// How to send a message that carries this ([`Envelope::state`](traced_actor::Envelope::state)): what a
    /// [`Codec`](crate) asks for. No lock and no allocation. It holds for one message and this connection.
    pub fn encoding(&self, state: ContextState<'_>) -> Encoding {
        if !self.is_capable() {
            return Encoding::Bare;
        }
        let setting = self.setting();
        if setting.admits(state) { setting.phase().encoding(true) } else { Encoding::Bare }
    }

    /// Takes note that the peer answered: it took over a message.
    pub fn taken(&self) {
        // Almost always it is 0 already, and nothing is written.
        if self.link.failures.load(Relaxed) != 0 {
            self.link.failures.store(0, Relaxed);
        }
    }

    /// Takes note that the peer answered: it could not read a message that was sent here. Returns how long to wait before
    /// something is sent to it again: twice as long each time, from 10 milliseconds to 10 seconds.
    ///
    /// A peer that said hello, and then could not read [`MAX_UNREAD`] messages in a row, gets bare messages from then on
    /// until the connection ends, as an old one does; it is counted as [`unable`](super::Snapshot::unable). Not for an
    /// answer that says "not now": a peer that is busy, or refuses bare messages, can read.
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
