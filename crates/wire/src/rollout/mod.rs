//! A fleet that moves to envelopes, and back, while it runs.
//!
//! An old node must never be sent an envelope, and some nodes are old until the last one is upgraded, or become old
//! again. So three things are asked before each send, and all of them must allow it:
//!
//! * the operator: the [`Phase`] of the process, of the actor and of the peer, changed at run time;
//! * the share of traffic that takes part: [`PhaseSetting::share`];
//! * the peer: it said on **this connection**, in a [`Hello`], that it reads envelopes. A connection on which
//!   nothing was said leads to an old node. What an earlier connection to the same address said counts for nothing.
//!
//! ```
//! # #[cfg(feature = "json")] {
//! use traced_actor::Envelope;
//! use traced_actor::context::MessageContext;
//! use traced_actor_wire::codec::Json;
//! use traced_actor_wire::rollout::{Hello, PhaseSetting, Rollout};
//!
//! let rollout = Rollout::new();                  // or Rollout::global()
//! rollout.set(PhaseSetting::PER_PEER);
//!
//! let connection = rollout.connect("node-7");    // one for each connection, never kept over a reconnect
//! let guild = connection.route("Guild");
//! let message = Envelope::new("Tick", MessageContext::UNSAMPLED);
//! # #[derive(serde::Serialize, serde::Deserialize)] enum Message { Tick }
//! # let message = message.map(|_| Message::Tick);
//! assert_eq!(guild.encode(&Json, &message)?, br#""Tick""#, "nothing was said: an old node");
//!
//! connection.hello(&Hello::ours().to_bytes())?;  // what the peer sent first
//! assert_eq!(guild.encode(&Json, &message)?, br#"{"__traced":["","Tick"]}"#);
//!
//! let connection = connection.reconnect();       // whoever answers now has said nothing yet
//! assert_eq!(connection.route("Guild").encode(&Json, &message)?, br#""Tick""#);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is kept to be sent again is kept as messages, not as bytes: bytes belong to the connection that they were
//! encoded for, and the next one may lead to an older node. `tests/tests/rollout` has these rules as a model that is
//! checked over all interleavings, and the naive ones, which it refutes.

mod connection;
mod error;
#[cfg(feature = "serde")]
mod exchange;
mod flags;
mod hello;
mod setting;
mod tally;

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, LazyLock};

pub use connection::{MAX_UNREAD, PeerConnection, Route};
pub use error::{HelloError, ReceiveError, TooManyNames};
pub use hello::{HELLO_HEADER, Hello, MAX_HELLO};
pub use setting::{Phase, PhaseSetting};
pub use tally::{RouteCounts, Row, Snapshot};

use flags::{Flag, Flags};
use tally::Tallies;

/// How many actors, and how many peers, a [`Rollout`] knows by name. Of a name that is longer than 128 bytes it keeps the
/// beginning and a hash.
pub const MAX_NAMES: usize = 4096;

/// How many pairs of peer and actor are counted one by one; those beyond share a row. A pair that no route is for any more
/// gives way to one that comes.
pub const MAX_ROWS: usize = 4096;

/// Where a process stands in the move to envelopes, for all of it, for an actor and for a peer.
///
/// What is set for an actor or a peer counts in place of what is set for the process; where both are set, the more
/// careful of the two. It can be changed at any time and holds from the next message on: a send loads three atomic
/// words, and takes no lock.
///
/// ```
/// use traced_actor_wire::rollout::{PhaseSetting, Rollout};
///
/// let rollout = Rollout::new();
/// rollout.set_actor("Guild", Some(PhaseSetting::PER_PEER.share(5.0)))?;   // try it
/// rollout.set(PhaseSetting::PER_PEER);                                    // all
/// rollout.set_peer("billing", Some(PhaseSetting::ACCEPT))?;               // but one
/// rollout.reset(PhaseSetting::ACCEPT);                                    // back, whatever was set
/// # Ok::<(), traced_actor_wire::rollout::TooManyNames>(())
/// ```
///
/// A clone is the same rollout.
#[derive(Debug, Clone)]
pub struct Rollout(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    process: Flag,
    actors: Flags,
    peers: Flags,
    tallies: Tallies,
}

impl Rollout {
    /// A rollout of its own: all in [`Phase::Accept`].
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            process: Flag::new(Some(PhaseSetting::ACCEPT)),
            actors: Flags::new(MAX_NAMES),
            peers: Flags::new(MAX_NAMES),
            tallies: Tallies::new(MAX_ROWS),
        }))
    }

    /// The one of this process.
    ///
    /// ```
    /// use traced_actor_wire::rollout::{PhaseSetting, Rollout};
    ///
    /// assert_eq!(Rollout::global().setting(), PhaseSetting::ACCEPT);
    /// ```
    pub fn global() -> &'static Self {
        static GLOBAL: LazyLock<Rollout> = LazyLock::new(Rollout::new);
        &GLOBAL
    }

    /// Changes what holds where nothing else is set.
    pub fn set(&self, setting: PhaseSetting) {
        self.0.process.0.store(setting.to_bits(), Relaxed);
    }

    /// Changes what holds for an actor; `None` goes back to what holds for the process.
    ///
    /// # Errors
    ///
    /// When [`MAX_NAMES`] other actors are known and in use.
    pub fn set_actor(&self, actor: &str, setting: Option<PhaseSetting>) -> Result<(), TooManyNames> {
        self.0.actors.set(actor, setting)
    }

    /// Changes what holds for a peer, on all its connections; `None` goes back to what holds for the process.
    ///
    /// # Errors
    ///
    /// When [`MAX_NAMES`] other peers are known and in use.
    pub fn set_peer(&self, peer: &str, setting: Option<PhaseSetting>) -> Result<(), TooManyNames> {
        self.0.peers.set(peer, setting)
    }

    /// Changes what holds for the process and takes back all that was set for actors and peers. With
    /// [`PhaseSetting::ACCEPT`], the way back: from the next message on, all that is sent is bare.
    pub fn reset(&self, setting: PhaseSetting) {
        self.set(setting);
        self.0.actors.clear();
        self.0.peers.clear();
    }

    /// What holds for the process.
    pub fn setting(&self) -> PhaseSetting {
        self.0.process.get().unwrap_or_default()
    }

    /// All that was counted so far. Allocates; for operators, not for each message.
    pub fn snapshot(&self) -> Snapshot {
        self.0.tallies.snapshot(self.setting())
    }
}

impl Default for Rollout {
    fn default() -> Self {
        Self::new()
    }
}
