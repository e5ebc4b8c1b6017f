//! Counts by key, and the rates computed from them. Common to all rules.

use std::collections::hash_map::{Entry, RandomState};
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::time::Duration;

use traced_actor::context::Timestamp;
use traced_actor::context::shortened;
use traced_actor::sampling::Key;

/// The number of events of each key, ordered by key.
pub type KeyCounts = BTreeMap<OwnedKey, f64>;

/// The rate of each key: one in this many is kept.
pub type KeyRates = BTreeMap<OwnedKey, u64>;

/// A key that a table owns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum OwnedKey {
    /// All keys beyond the limit of the table.
    Others,
    /// A number.
    Int(u64),
    /// A text. A text longer than 128 bytes is replaced by its beginning and a hash.
    Str(Box<str>),
    /// An actor and a message kind, for a message without a key.
    Operation(Box<str>, Box<str>),
}

impl From<&str> for OwnedKey {
    fn from(text: &str) -> Self {
        Self::Str(text.into())
    }
}

impl From<String> for OwnedKey {
    fn from(text: String) -> Self {
        Self::Str(text.into())
    }
}

impl From<u64> for OwnedKey {
    fn from(number: u64) -> Self {
        Self::Int(number)
    }
}

/// A key in the form that operations have it.
#[derive(Clone, Copy, Hash)]
pub(super) enum Named<'a> {
    Key(Key<'a>),
    Operation(&'a str, &'a str),
}

impl<'a> Named<'a> {
    /// Returns the borrowed form of a key, or `None` for the shared entry.
    fn of(key: &'a OwnedKey) -> Option<Self> {
        Some(match key {
            OwnedKey::Others => return None,
            OwnedKey::Int(number) => Self::Key(Key::Int(*number)),
            OwnedKey::Str(text) => Self::Key(Key::Str(text)),
            OwnedKey::Operation(actor, kind) => Self::Operation(actor, kind),
        })
    }

    fn to_owned(self) -> OwnedKey {
        match self {
            Self::Key(Key::Int(number)) => OwnedKey::Int(number),
            Self::Key(Key::Str(text)) => text.into(),
            // A kind of key that is newer than this crate has no separate entry.
            Self::Key(_) => OwnedKey::Others,
            Self::Operation(actor, kind) => OwnedKey::Operation(actor.into(), kind.into()),
        }
    }
}

/// The result of [`Rule::update`] at the end of an interval.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Update {
    /// Replaces the rates.
    Rates(KeyRates),
    /// Keeps the rates as they are.
    Stay,
}

/// Computes rates from counts. Implement this trait for a sampling rule of your own.
pub trait Rule: Send {
    /// Returns the length of the intervals in which events are counted.
    fn interval(&self) -> Duration;

    /// Computes the rates after an interval with these counts. The counts may be empty.
    fn update(&mut self, counts: KeyCounts) -> Update;

    /// Returns the rate of every key before the first rates are computed.
    fn first_rate(&self) -> u64 {
        1
    }

    /// Returns how many consecutive intervals without events are reported to [`update`](Self::update).
    ///
    /// Further ones are skipped, because they would make no difference.
    fn idle_intervals(&self) -> u64 {
        1
    }

    /// Returns whether this many events in an interval should update the rates before the interval ends.
    fn is_burst(&self, events: f64) -> bool {
        let _ = events;
        false
    }

    /// Returns the rate of a key that was just counted, for rules that do not wait for the end of the interval.
    fn at_once(&self, key: &OwnedKey, is_new: bool) -> Option<u64> {
        let _ = (key, is_new);
        None
    }
}

/// A rule with its counts and rates.
///
/// Keys are found by their hash, so that a known key costs no allocation. The 64-bit hash has a random seed. Two texts
/// with the same hash would share an entry.
pub(super) struct Tables<R> {
    rule: R,
    hasher: RandomState,
    counts: HashMap<u64, (OwnedKey, f64)>,
    events: f64,
    rates: Option<HashMap<u64, u64>>,
    max_keys: usize,
    ends: Option<u64>,
}

/// The entry of all keys without their own.
const OTHERS: u64 = 0;

impl<R: Rule> Tables<R> {
    pub(super) fn new(rule: R, max_keys: usize) -> Self {
        let (counts, hasher) = (HashMap::new(), RandomState::new());
        Self { rule, hasher, counts, events: 0.0, rates: None, max_keys, ends: None }
    }

    pub(super) fn limited_to(self, max_keys: usize) -> Self {
        Self { max_keys, ..self }
    }

    /// Counts an event and returns the rate of its key. A text that is too long to be kept has the rate of its hash.
    pub(super) fn rate(&mut self, key: Named<'_>, now: Timestamp) -> u64 {
        let (actor, kind);
        let key = match key {
            Named::Key(Key::Str(text)) => {
                kind = shortened(text);
                Named::Key(Key::Str(&kind))
            }
            Named::Operation(of, name) => {
                (actor, kind) = (shortened(of), shortened(name));
                Named::Operation(&actor, &kind)
            }
            key @ Named::Key(_) => key,
        };
        self.end_intervals(now.unix_nanos());
        let (place, is_new) = self.count(key);
        if self.rule.is_burst(self.events) {
            self.update();
            self.ends = Some(now.unix_nanos().saturating_add(self.interval()));
        }
        // The entry that was just counted exists, unless a burst has cleared the table.
        if let Some(rate) = self.counts.get(&place).and_then(|(key, _)| self.rule.at_once(key, is_new)) {
            return rate;
        }
        let Some(rates) = &self.rates else { return self.rule.first_rate() };
        rates.get(&place).or_else(|| rates.get(&OTHERS)).copied().unwrap_or(1)
    }

    #[cfg(test)]
    pub(super) fn places(&self) -> usize {
        self.counts.len()
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let texts = self.counts.values().map(|(key, _)| match key {
            OwnedKey::Str(text) => text.len(),
            OwnedKey::Operation(actor, kind) => actor.len() + kind.len(),
            OwnedKey::Others | OwnedKey::Int(_) => 0,
        });
        texts.sum()
    }

    /// Returns the entry of a key, and whether the key occurred for the first time in this interval.
    fn count(&mut self, key: Named<'_>) -> (u64, bool) {
        let hash = self.hasher.hash_one(key).max(1);
        let is_full = self.counts.len() >= self.max_keys;
        self.events += 1.0;
        if let Some((_, count)) = self.counts.get_mut(&hash) {
            *count += 1.0;
            return (hash, false);
        }
        let (place, owned) = if is_full { (OTHERS, OwnedKey::Others) } else { (hash, key.to_owned()) };
        match self.counts.entry(place) {
            Entry::Occupied(mut entry) => {
                entry.get_mut().1 += 1.0;
                (place, false)
            }
            Entry::Vacant(entry) => {
                entry.insert((owned, 1.0));
                (place, true)
            }
        }
    }

    fn interval(&self) -> u64 {
        u64::try_from(self.rule.interval().as_nanos()).unwrap_or(u64::MAX).max(1)
    }

    fn end_intervals(&mut self, now: u64) {
        let interval = self.interval();
        let ends = *self.ends.get_or_insert(now.saturating_add(interval));
        if now < ends {
            return;
        }
        let ended = (now - ends) / interval + 1;
        self.ends = Some(ends.saturating_add(interval.saturating_mul(ended)));
        // The first interval has the counts. The others had no events.
        for _ in 0..ended.min(1 + self.rule.idle_intervals()) {
            self.update();
        }
    }

    fn update(&mut self) {
        self.events = 0.0;
        let counts = self.counts.drain().map(|(_, counted)| counted).collect();
        if let Update::Rates(rates) = self.rule.update(counts) {
            let place = |key| Named::of(key).map_or(OTHERS, |key| self.hasher.hash_one(key).max(1));
            self.rates = Some(rates.iter().map(|(key, rate)| (place(key), *rate)).collect());
        }
    }
}
