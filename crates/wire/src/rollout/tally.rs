//! Counts of sent and received messages, by peer and actor.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use super::PhaseSetting;
use traced_actor::context::shortened;

/// Counts of messages between an actor and a peer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteCounts {
    /// Bare messages received from a peer that did not say that it knows envelopes. This includes refused ones.
    ///
    /// While this count grows, the next phase is not safe.
    pub bare: u64,
    /// Bare messages received from a peer that knows envelopes.
    ///
    /// They have no sampling decision, or the peer's operator has turned envelopes off.
    pub undecided: u64,
    /// Envelopes received.
    pub enveloped: u64,
    /// Bare messages that were refused. They are included in `bare`.
    pub refused: u64,
    /// Messages received that could not be decoded.
    pub invalid: u64,
    /// Messages received in a retired [shape](crate), converted to the current one and accepted.
    pub upgraded: u64,
    /// Messages sent in a retired shape, to a peer that knows no other.
    pub downgraded: u64,
    /// Messages sent bare.
    pub sent_bare: u64,
    /// Envelopes sent.
    pub sent_enveloped: u64,
}

/// The counts of one peer and one actor.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The name of the peer. Empty in the row for all pairs beyond [`MAX_ROWS`](super::MAX_ROWS).
    pub peer: Box<str>,
    /// The name of the actor. Empty in the row for all pairs beyond [`MAX_ROWS`](super::MAX_ROWS).
    pub actor: Box<str>,
    /// The counts.
    pub counts: RouteCounts,
}

/// A snapshot of the counts of a [`Rollout`](super::Rollout). Its `Display` is a table.
///
/// ```
/// # #[cfg(feature = "json")] {
/// use traced_actor_wire::{codec::Json, rollout::Rollout};
///
/// let rollout = Rollout::new();
/// let guild = rollout.connect("node-7").route("Guild");
/// let yesterday = rollout.snapshot();
/// guild.decode::<_, String>(&Json, br#""Tick""#)?;
/// let today = rollout.snapshot();
/// assert_eq!(today.bare_since(&yesterday), 1);       // from whom: print it
/// assert_eq!(today.total().bare, 1);
/// # }
/// # Ok::<(), traced_actor_wire::rollout::ReceiveError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RolloutSnapshot {
    /// The default of the process.
    pub setting: PhaseSetting,
    /// The counts, ordered by peer and then by actor.
    pub rows: Vec<Row>,
    /// Hellos that were malformed, or that contradicted an earlier one.
    pub invalid_hellos: u64,
    /// Connections whose peer said that it can read envelopes, and then could not. They continue with bare messages.
    pub unable: u64,
}

impl RolloutSnapshot {
    /// Returns the sum of all rows.
    pub fn total(&self) -> RouteCounts {
        self.rows.iter().fold(RouteCounts::default(), |sum, row| sum.plus(&row.counts))
    }

    /// Returns the number of bare messages since an earlier snapshot, from peers that sent no hello.
    pub fn bare_since(&self, earlier: &Self) -> u64 {
        self.total().bare.saturating_sub(earlier.total().bare)
    }
}

impl fmt::Display for RolloutSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (phase, percent) = (self.setting.phase(), self.setting.percent());
        writeln!(
            f,
            "{phase:?} at {percent} %, {} invalid hellos, {} peers unable to read",
            self.invalid_hellos, self.unable
        )?;
        for Row { peer, actor, counts } in &self.rows {
            writeln!(
                f,
                "{peer} {actor}: in {} bare, {} undecided, {} enveloped, {} refused, {} invalid, {} upgraded; \
                 out {} bare, {} enveloped, {} downgraded",
                counts.bare,
                counts.undecided,
                counts.enveloped,
                counts.refused,
                counts.invalid,
                counts.upgraded,
                counts.sent_bare,
                counts.sent_enveloped,
                counts.downgraded,
            )?;
        }
        Ok(())
    }
}

/// Defines the atomic form of [`RouteCounts`]. The fields must have the same order.
macro_rules! tally {
    ($($name:ident),*) => {
        #[derive(Debug, Default)]
        pub(super) struct Tally { $(pub(super) $name: AtomicU64,)* }

        impl Tally {
            fn counts(&self) -> RouteCounts {
                RouteCounts { $($name: self.$name.load(Relaxed),)* }
            }

            fn add(&self, counts: &RouteCounts) {
                $(self.$name.fetch_add(counts.$name, Relaxed);)*
            }
        }

        impl RouteCounts {
            fn plus(&self, other: &Self) -> Self {
                Self { $($name: self.$name.saturating_add(other.$name),)* }
            }

            /// Returns the sum of all counters, some of which overlap, as a measure of activity.
            fn all(&self) -> u64 {
                0_u64 $(.saturating_add(self.$name))*
            }
        }
    };
}
tally!(bare, undecided, enveloped, refused, invalid, upgraded, downgraded, sent_bare, sent_enveloped);

pub(super) fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

/// The rows by peer and actor.
type Rows = BTreeMap<(Box<str>, Box<str>), Arc<Tally>>;

#[derive(Debug)]
pub(super) struct Tallies {
    rows: Mutex<Rows>,
    limit: usize,
    others: Arc<Tally>,
    pub(super) invalid_hellos: Arc<AtomicU64>,
    pub(super) unable: AtomicU64,
}

impl Tallies {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            rows: Mutex::default(),
            limit,
            others: Arc::default(),
            invalid_hellos: Arc::default(),
            unable: AtomicU64::new(0),
        }
    }

    /// Returns the counters of a peer and an actor.
    ///
    /// If there is no room, the row with the lowest counts among those without a route is merged into the shared row.
    /// So made-up names cannot keep a real one from being counted under its own name.
    pub(super) fn get(&self, peer: &str, actor: &str) -> Arc<Tally> {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (shortened(peer).into(), shortened(actor).into());
        if let Some(tally) = rows.get(&key) {
            return tally.clone();
        }
        if rows.len() >= self.limit {
            let unused = rows.iter().filter(|(_, tally)| Arc::strong_count(tally) == 1);
            let least = unused.min_by_key(|(_, tally)| tally.counts().all()).map(|(key, _)| key.clone());
            let Some(least) = least.and_then(|key| rows.remove(&key)) else { return self.others.clone() };
            self.others.add(&least.counts());
        }
        rows.entry(key).or_default().clone()
    }

    pub(super) fn snapshot(&self, setting: PhaseSetting) -> RolloutSnapshot {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let row = |((peer, actor), tally): (&(Box<str>, Box<str>), &Arc<Tally>)| {
            let (peer, actor) = (peer.clone(), actor.clone());
            Row { peer, actor, counts: tally.counts() }
        };
        let others = Row { peer: "".into(), actor: "".into(), counts: self.others.counts() };
        let others = (others.counts != RouteCounts::default()).then_some(others);
        let rows = rows.iter().map(row).chain(others).collect();
        let (invalid_hellos, unable) = (self.invalid_hellos.load(Relaxed), self.unable.load(Relaxed));
        RolloutSnapshot { setting, rows, invalid_hellos, unable }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A late peer is counted under its name, whichever peers came and left before.
    #[test]
    fn strangers_give_way_to_who_is_there() {
        let tallies = Tallies::new(4);
        let held = tallies.get("held", "Guild");
        for _ in 0..3 {
            add(&tallies.get("often", "Guild").bare);
        }
        for stranger in 0..1000 {
            add(&tallies.get(&format!("stranger-{stranger}"), "Guild").bare);
        }
        add(&held.enveloped);
        let honest = tallies.get(&"honest".repeat(50_000), "Guild");
        add(&honest.enveloped);
        let snapshot = tallies.snapshot(PhaseSetting::ACCEPT);
        let row =
            |start: &str| snapshot.rows.iter().find(|row| row.peer.starts_with(start)).map(|row| row.counts);
        assert_eq!(row("held").unwrap().enveloped, 1);
        assert_eq!(row("honest").unwrap().enveloped, 1);
        assert_eq!(row("often").unwrap().bare, 3);
        assert_eq!((snapshot.total().bare, snapshot.total().enveloped), (1003, 2), "nothing is lost");
        assert!(snapshot.rows.len() <= 5 && snapshot.rows.iter().all(|row| row.peer.len() <= 128));
    }

    #[test]
    fn rows_are_bounded_and_nothing_is_lost() {
        let tallies = Tallies::new(2);
        let _lanes = ["a", "b"].map(|peer| tallies.get(peer, "Guild"));
        for peer in ["a", "b", "c", "d", "a"] {
            add(&tallies.get(peer, "Guild").bare);
        }
        let snapshot = tallies.snapshot(PhaseSetting::ACCEPT);
        let rows: Vec<_> = snapshot.rows.iter().map(|row| (&*row.peer, row.counts.bare)).collect();
        assert_eq!(rows, [("a", 2), ("b", 1), ("", 2)]);
        assert_eq!(snapshot.total().bare, 5);
    }
}
