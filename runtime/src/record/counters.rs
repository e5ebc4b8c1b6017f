//! Counters of messages that were received, kept and dropped, by reason.
//!
//! Each thread counts in its own shard, so counting costs a load and a store, without contention.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The maximum number of reasons that are counted separately. Further ones are counted as `other`.
const REASONS: usize = 30;

/// The numbers of messages that were handled in this process so far.
///
/// Each received message is counted in exactly one of `kept`, `dropped` and `skipped`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// The number of messages that opened a span, by `sampling.reason`. A batch counts once.
    pub kept: BTreeMap<&'static str, u64>,
    /// The number of messages that opened no span, by reason.
    ///
    /// The reason is `parent` if the sender's context was unsampled, and `fanout` if the sender's fan-out did not
    /// select the message.
    pub dropped: BTreeMap<&'static str, u64>,
    /// The number of messages with `#[traced(skip)]`, or that were received while no recorder was installed.
    pub skipped: u64,
    /// The number of sampled messages that were received outside of a flow.
    ///
    /// Their span is recorded, but messages that are sent while they are handled are not connected with it.
    pub out_of_scope: u64,
    /// The number of handler calls whose plain message could be either of two open messages.
    ///
    /// Their span is a root with links to both.
    pub ambiguous: u64,
    /// The number of sends and calls that failed, and of handlers that panicked, by `error.type`.
    ///
    /// See [`SendFailure`](super::SendFailure) for the values. Unsampled ones count as well.
    pub failures: BTreeMap<&'static str, u64>,
}

impl Counters {
    /// Returns the number of received messages.
    pub fn received(&self) -> u64 {
        self.kept.values().sum::<u64>() + self.dropped.values().sum::<u64>() + self.skipped
    }
}

/// Returns the counters of this process, summed over all threads, including those that have ended.
///
/// ```
/// let counters = traced_actor::counters();
/// println!("{} messages, {} with a trace that is not continued", counters.received(), counters.out_of_scope);
/// ```
pub fn counters() -> Counters {
    let mut counters = Counters::default();
    for shard in &SHARDS.lock().unwrap_or_else(PoisonError::into_inner).all {
        shard.kept.add_to(&mut counters.kept);
        shard.dropped.add_to(&mut counters.dropped);
        add_to(&mut counters.kept, "parent", &shard.kept_by_parent);
        for (reason, count) in [("parent", &shard.parent), ("fanout", &shard.fanout), ("ratio", &shard.ratio)]
        {
            add_to(&mut counters.dropped, reason, count);
        }
        counters.skipped += shard.skipped.load(Relaxed);
        counters.out_of_scope += shard.out_of_scope.load(Relaxed);
        counters.ambiguous += shard.ambiguous.load(Relaxed);
        shard.failures.add_to(&mut counters.failures);
    }
    counters
}

fn add_to(totals: &mut BTreeMap<&'static str, u64>, reason: &'static str, count: &AtomicU64) {
    let count = count.load(Relaxed);
    if count > 0 {
        *totals.entry(reason).or_default() += count;
    }
}

// ----- hot path: nothing is sampled -----

/// Counts a message whose sender decided not to sample.
#[inline]
pub(crate) fn count_dropped_by_parent() {
    with_shard(|shard| add_one(&shard.parent));
}

/// Counts a message that its sender's fan-out did not select.
#[inline]
pub(crate) fn count_dropped_by_fanout() {
    with_shard(|shard| add_one(&shard.fanout));
}

/// Counts a root that the process-wide ratio does not keep.
#[inline]
pub(crate) fn count_dropped_by_ratio() {
    with_shard(|shard| add_one(&shard.ratio));
}

#[inline]
pub(crate) fn count_skipped() {
    with_shard(|shard| add_one(&shard.skipped));
}

// ----- everything else -----

pub(crate) fn count_dropped(reason: &'static str) {
    with_shard(|shard| shard.dropped.count(reason));
}

/// The most common reason: the sender has decided. It is a static, so that its address can be compared.
pub(crate) static BY_PARENT: &str = "parent";

pub(crate) fn count_kept(reason: &'static str) {
    let by_parent = std::ptr::eq(reason, BY_PARENT);
    with_shard(|shard| if by_parent { add_one(&shard.kept_by_parent) } else { shard.kept.count(reason) });
}

pub(crate) fn count_out_of_scope() {
    with_shard(|shard| add_one(&shard.out_of_scope));
}

pub(crate) fn count_ambiguous() {
    with_shard(|shard| add_one(&shard.ambiguous));
}

pub(super) fn count_failure(error_type: &'static str) {
    with_shard(|shard| shard.failures.count(error_type));
}

#[derive(Default)]
struct Shard {
    kept: Reasons,
    dropped: Reasons,
    /// Also kept: messages with the most common reason.
    kept_by_parent: AtomicU64,
    /// Also dropped: messages with the reasons of the hot path, which are found without a search.
    parent: AtomicU64,
    fanout: AtomicU64,
    ratio: AtomicU64,
    skipped: AtomicU64,
    out_of_scope: AtomicU64,
    ambiguous: AtomicU64,
    failures: Reasons,
}

/// A small table that is filled from the front and never emptied.
#[derive(Default)]
struct Reasons([(OnceLock<&'static str>, AtomicU64); REASONS]);

impl Reasons {
    #[inline]
    fn count(&self, reason: &'static str) {
        for (name, count) in &self.0[..REASONS - 1] {
            // Equal texts may have different addresses. In the common case, comparing the addresses is enough.
            let name = *name.get_or_init(|| reason);
            if std::ptr::eq(name, reason) || name == reason {
                return add_one(count);
            }
        }
        let (name, count) = &self.0[REASONS - 1];
        name.get_or_init(|| "other");
        add_one(count);
    }

    fn add_to(&self, totals: &mut BTreeMap<&'static str, u64>) {
        for (name, count) in &self.0 {
            if let Some(name) = name.get() {
                add_to(totals, name, count);
            }
        }
    }
}

/// Adds one. Only the thread that owns the shard writes, so a plain load and store lose nothing.
#[inline]
fn add_one(count: &AtomicU64) {
    count.store(count.load(Relaxed) + 1, Relaxed);
}

struct Shards {
    all: Vec<&'static Shard>,
    /// Shards whose thread has ended. The next thread continues to count there.
    free: Vec<&'static Shard>,
}

static SHARDS: Mutex<Shards> = Mutex::new(Shards { all: Vec::new(), free: Vec::new() });

struct Lease(&'static Shard);

impl Lease {
    fn take() -> Self {
        let mut shards = SHARDS.lock().unwrap_or_else(PoisonError::into_inner);
        Self(shards.free.pop().unwrap_or_else(|| {
            let shard: &'static Shard = Box::leak(Box::default());
            shards.all.push(shard);
            shard
        }))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        SHARD.set(None);
        SHARDS.lock().unwrap_or_else(PoisonError::into_inner).free.push(self.0);
    }
}

thread_local! {
    /// The thread's shard, once it has one. It has no destructor, so that reading it is one load.
    static SHARD: Cell<Option<&'static Shard>> = const { Cell::new(None) };
}

#[inline]
fn with_shard(count: impl FnOnce(&Shard)) {
    if let Some(shard) = SHARD.get().or_else(lease) {
        count(shard);
    }
}

/// Returns a shard for this thread, which keeps it until it ends. A thread that is shutting down gets none.
#[cold]
fn lease() -> Option<&'static Shard> {
    thread_local! {
        static LEASE: Lease = Lease::take();
    }
    let shard = LEASE.try_with(|lease| lease.0).ok();
    SHARD.set(shard);
    shard
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_threads_counted_outlives_them() {
        let before = counters().dropped.get("test").copied().unwrap_or(0);
        for _ in 0..3 {
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| (0..1000).for_each(|_| count_dropped("test")));
                }
            });
        }
        assert_eq!(counters().dropped["test"] - before, 12_000);
    }

    #[test]
    fn reasons_beyond_the_table_are_counted_as_other() {
        let reasons = Reasons::default();
        for i in 0..REASONS + 4 {
            reasons.count(Box::leak(format!("reason {i}").into_boxed_str()));
        }
        let mut totals = BTreeMap::new();
        reasons.add_to(&mut totals);
        assert_eq!(totals.len(), REASONS);
        assert_eq!(totals["other"], 5);
        assert_eq!(totals["reason 0"], 1);
    }
}
