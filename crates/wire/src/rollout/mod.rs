//! Upgrades running nodes to envelopes, and back, without downtime.
//!
//! An old node must never receive an envelope. Some nodes are old until the last one is upgraded, and a node may be
//! downgraded again. An envelope is only sent if all of these allow it:
//!
//! * The operator: the [`Phase`] of the process, of the actor and of the peer. It can be changed at run time.
//! * The share of traffic that takes part: [`PhaseSetting::share`].
//! * The peer: it said on **this connection**, in a [`Hello`], that it can read envelopes. A peer that sent no hello
//!   counts as an old node. A hello on an earlier connection to the same address does not count.
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
//! let connection = connection.reconnect();       // the peer has not sent its hello yet
//! assert_eq!(connection.route("Guild").encode(&Json, &message)?, br#""Tick""#);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! To send a message again later, keep the message and not its bytes. The bytes belong to the connection that they were
//! encoded for, and the next connection may lead to an older node. `tests/models/rollout` checks these rules in a
//! model over all interleavings, and shows that simpler rules fail.

mod connection;
mod error;
#[cfg(feature = "serde")]
mod exchange;
mod flags;
mod hello;
#[cfg(feature = "flight")]
mod promotions;
mod setting;
mod shared_traces;
mod tally;

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, LazyLock};

pub use connection::{MAX_UNREAD, PeerConnection, Route};
pub use error::{HelloError, ReceiveError, TooManyNames};
pub use hello::{HELLO_HEADER, Hello, MAX_HELLO};
pub use setting::{Phase, PhaseSetting};
pub use tally::{RolloutSnapshot, RouteCounts, Row};

use flags::{Flag, Flags};
use tally::Tallies;

/// The number of actors, and of peers, that a [`Rollout`] knows by name.
///
/// A name longer than 128 bytes is replaced by its beginning and a hash.
pub const MAX_NAMES: usize = 4096;

/// The maximum number of pairs of a peer and an actor that are counted separately. Further pairs share one row.
///
/// A pair without a route is replaced by a new one.
pub const MAX_ROWS: usize = 4096;

/// The settings and counters of a process that moves to envelopes.
///
/// A setting for an actor or a peer replaces that of the process. If both are set, the more careful one applies.
/// Settings can be changed at any time, and apply from the next message on. A send reads a few atomic words and takes no
/// lock.
///
/// ```
/// use traced_actor_wire::rollout::{PhaseSetting, Rollout};
///
/// let rollout = Rollout::new();
/// rollout.set_actor("Guild", Some(PhaseSetting::PER_PEER.share(5.0)))?;   // try it
/// rollout.set(PhaseSetting::PER_PEER);                                    // all
/// rollout.set_peer("billing", Some(PhaseSetting::ACCEPT))?;               // but one
/// rollout.reset(PhaseSetting::ACCEPT);                                    // roll back, for all actors and peers
/// # Ok::<(), traced_actor_wire::rollout::TooManyNames>(())
/// ```
///
/// Clones share one rollout.
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
    /// Creates a separate rollout, in [`Phase::Accept`].
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            process: Flag::new(Some(PhaseSetting::ACCEPT)),
            actors: Flags::new(MAX_NAMES),
            peers: Flags::new(MAX_NAMES),
            tallies: Tallies::new(MAX_ROWS),
        }))
    }

    /// Returns the rollout of this process.
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

    /// Sets the default for all actors and peers that have no setting.
    pub fn set(&self, setting: PhaseSetting) {
        self.0.process.0.store(setting.to_bits(), Relaxed);
    }

    /// Sets the setting of an actor. `None` returns to the default of the process.
    ///
    /// # Errors
    ///
    /// Returns an error if [`MAX_NAMES`] other actors are known and in use.
    pub fn set_actor(&self, actor: &str, setting: Option<PhaseSetting>) -> Result<(), TooManyNames> {
        self.0.actors.set(actor, setting)
    }

    /// Sets the setting of a peer, on all its connections. `None` returns to the default of the process.
    ///
    /// # Errors
    ///
    /// Returns an error if [`MAX_NAMES`] other peers are known and in use.
    pub fn set_peer(&self, peer: &str, setting: Option<PhaseSetting>) -> Result<(), TooManyNames> {
        self.0.peers.set(peer, setting)
    }

    /// Sets the default of the process, and removes all settings for actors and peers.
    ///
    /// To roll back, pass [`PhaseSetting::ACCEPT`]: from the next message on, everything is sent bare.
    pub fn reset(&self, setting: PhaseSetting) {
        self.set(setting);
        self.0.actors.clear();
        self.0.peers.clear();
    }

    /// Returns the default of the process.
    pub fn setting(&self) -> PhaseSetting {
        self.0.process.get().unwrap_or_default()
    }

    /// Returns all counts so far. It allocates, so call it for reports and not for each message.
    pub fn snapshot(&self) -> RolloutSnapshot {
        self.0.tallies.snapshot(self.setting())
    }
}

impl Default for Rollout {
    fn default() -> Self {
        Self::new()
    }
}
