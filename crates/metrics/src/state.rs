//! The state of the metrics of a process.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use traced_actor::observe::{ActorChange, AskEnd, Mailbox};
use traced_actor::record::Failure;

use crate::cells::Shard;
use crate::clock::MetricsClock;
use crate::histogram::{Bucket, Histogram, SCALE};
use crate::names::{Names, OVERFLOWED, short};
use crate::open::{Ask, Handling, MailboxPlace};
use crate::receivers::Receivers;
use crate::settings::Settings;
use crate::slab::Slab;

/// The maximum number of error types for an actor and a kind.
pub(crate) const ERROR_TYPES: usize = 32;

pub(crate) struct State {
    pub(crate) clock: MetricsClock,
    /// The time at which the counts began.
    pub(crate) started: u64,
    /// The number of messages for each timed one.
    pub(crate) every: u32,
    /// The names of actors and kinds.
    pub(crate) series: Names,
    /// The names of message types and kinds.
    pub(crate) sends: Names,
    pub(crate) receivers: Receivers,
    pub(crate) shards: Shards,
    pub(crate) handlings: Slab<Handling>,
    pub(crate) asks: Slab<Ask>,
    pub(crate) mailboxes: Slab<MailboxPlace>,
    /// The number of bytes of the timings of instances, and its limit.
    pub(crate) timing_bytes: AtomicU64,
    pub(crate) most_timing_bytes: u64,
    /// The number of times that an instance lost timings because of the limit.
    pub(crate) timings_forgotten: AtomicU64,
    rare: Mutex<Rare>,
}

/// Counts of events that are too rare to be counted by thread.
#[derive(Default)]
pub(crate) struct Rare {
    /// The errors, by actor and kind, and by type.
    pub(crate) errors: BTreeMap<(u32, &'static str), u64>,
    /// The failed sends, by the number of the send and by the reason.
    pub(crate) send_failures: BTreeMap<(u32, &'static str), u64>,
    /// The waits of sends, by the number of the send.
    pub(crate) send_waits: BTreeMap<u32, Histogram>,
    pub(crate) asks: HashMap<AskEnd, u64>,
    pub(crate) changes: HashMap<(&'static str, ActorChange), u64>,
    /// The messages that were left in a mailbox, by the name of the actor.
    pub(crate) dead_letters: BTreeMap<Arc<str>, u64>,
    /// The messages that subscribers lost because they lagged, by the name of the actor.
    pub(crate) lagged: BTreeMap<Arc<str>, u64>,
    /// The exemplars, by actor and kind, and by the power of two that ends the bucket.
    pub(crate) exemplars: BTreeMap<(u32, i32), Kept>,
}

/// A handling with a kept span.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) trace_id: u128,
    pub(crate) span_id: u64,
    pub(crate) nanos: u64,
    pub(crate) at: u64,
}

impl Kept {
    /// Returns the exponent of the least power of two, in seconds, that is not below the duration.
    pub(crate) fn octave(&self) -> i32 {
        let bucket = Bucket::of_nanos(self.nanos);
        bucket.index.div_euclid(1 << SCALE) + 1
    }
}

impl State {
    pub(crate) fn new(settings: &Settings) -> Self {
        let Settings { clock, every, series, handlings, asks, mailboxes, timing_bytes } = settings;
        Self {
            clock: clock.clone(),
            started: clock.now(),
            every: (*every).max(1),
            series: Names::new(*series),
            sends: Names::new(*series),
            receivers: Receivers::new(*series),
            shards: Shards::new(*series),
            handlings: Slab::new(*handlings),
            asks: Slab::new(*asks),
            mailboxes: Slab::new(*mailboxes),
            timing_bytes: AtomicU64::new(0),
            most_timing_bytes: *timing_bytes,
            timings_forgotten: AtomicU64::new(0),
            rare: Mutex::default(),
        }
    }

    /// Returns the actor's name of a mailbox. If it has not received anything, the type of its messages.
    pub(crate) fn actor_of(&self, place: &MailboxPlace, mailbox: &Mailbox) -> Arc<str> {
        match place.series.load(Relaxed) {
            OVERFLOWED => short(mailbox.type_name()).into(),
            series => self.series.name(series).0,
        }
    }

    pub(crate) fn rare(&self) -> MutexGuard<'_, Rare> {
        self.rare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rare {
    /// Notes a handling that failed, or whose span was kept.
    #[cold]
    pub(crate) fn note(&mut self, series: u32, failure: Option<&Failure<'_>>, kept: Option<Kept>) {
        if let Some(failure) = failure {
            self.count_error(series, failure.error_type);
        }
        if let Some(kept) = kept {
            self.exemplars.insert((series, kept.octave()), kept);
        }
    }

    /// Counts an error of this type.
    fn count_error(&mut self, series: u32, error_type: &'static str) {
        let is_known = self.errors.contains_key(&(series, error_type));
        let fits = is_known || by_name(&self.errors, series).count() < ERROR_TYPES - 1;
        let error_type = if fits { error_type } else { crate::names::OVERFLOW };
        *self.errors.entry((series, error_type)).or_default() += 1;
    }
}

/// Returns the counts with this number, by name.
pub(crate) fn by_name(
    counts: &BTreeMap<(u32, &'static str), u64>,
    number: u32,
) -> impl Iterator<Item = (&'static str, u64)> {
    counts.range((number, "")..(number + 1, "")).map(|((_, name), count)| (*name, *count))
}

/// The counts of all threads. The next thread continues those of a thread that has ended.
pub(crate) struct Shards {
    series: usize,
    all: Mutex<Vec<&'static Shard>>,
    free: Mutex<Vec<&'static Shard>>,
}

impl Shards {
    fn new(series: usize) -> Self {
        Self { series: series.max(1), all: Mutex::default(), free: Mutex::default() }
    }

    pub(crate) fn lease(&self) -> &'static Shard {
        if let Some(free) = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return free;
        }
        let shard: &'static Shard = Box::leak(Box::new(Shard::new(self.series)));
        self.all.lock().unwrap_or_else(PoisonError::into_inner).push(shard);
        shard
    }

    pub(crate) fn give_back(&self, shard: &'static Shard) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(shard);
    }

    pub(crate) fn all(&self) -> Vec<&'static Shard> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
