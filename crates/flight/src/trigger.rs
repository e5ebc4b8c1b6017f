//! Triggers: the events that make a trace wanted after it was recorded, and their limits.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use traced_actor::context::Timestamp;
use traced_actor::sampling::RateLimit;

/// The reason why a whole trace is kept after it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Trigger {
    /// A handler returned an error, or recorded one.
    Error,
    /// A handler panicked.
    Panic,
    /// A handler recorded a `tracing` event at WARN or ERROR, with the layer `Warnings` of `traced-actor-sampling`.
    Warning,
    /// Handling a message took longer than a fixed or a learned duration.
    Slow,
    /// A message waited in a mailbox for longer than the limit.
    Wait,
    /// An error of an operation with a high failure rate.
    FailureRate,
    /// The handler called [`keep`](crate::keep).
    Keep,
    /// A call of [`Flight::keep_trace`](crate::Flight::keep_trace).
    Command,
    /// A promotion: another process has a part of the trace, and requests this process's part. See
    /// [`Peer`](crate::Peer).
    Promoted,
    /// Work that has not ended for too long, as found by a `Watch` of `traced-actor-metrics`. See
    /// [`Triggers`](crate::Triggers).
    OpenWork,
}

impl Trigger {
    /// All triggers.
    pub const ALL: [Self; 10] = [
        Self::Error,
        Self::Panic,
        Self::Warning,
        Self::Slow,
        Self::Wait,
        Self::FailureRate,
        Self::Keep,
        Self::Command,
        Self::Promoted,
        Self::OpenWork,
    ];

    /// Returns the value of the span attribute `sampling.trigger`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Panic => "panic",
            Self::Warning => "warning",
            Self::Slow => "slow",
            Self::Wait => "wait",
            Self::FailureRate => "failure_rate",
            Self::Keep => "keep",
            Self::Command => "command",
            Self::Promoted => "promoted",
            Self::OpenWork => "open_work",
        }
    }
}

/// The settings of the triggers.
///
/// ```
/// use std::time::Duration;
/// use traced_actor_flight::TriggerOptions;
///
/// let mut triggers = TriggerOptions::default();
/// triggers.slow = Some(Duration::from_millis(500));
/// triggers.slow_operations.insert("Guild/Post".into(), Duration::from_millis(50));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TriggerOptions {
    /// Whether an error is a trigger. Default: `true`. A cancelled handler is not an error.
    pub errors: bool,
    /// Whether a panic is a trigger. Default: `true`.
    pub panics: bool,
    /// Whether a `tracing` event at WARN or ERROR in a handler is a trigger. Default: `true`.
    ///
    /// This needs the layer `Warnings` of `traced-actor-sampling` (feature `tracing`) in the subscriber.
    pub warnings: bool,
    /// The duration from which a message is slow. Default: `None`.
    pub slow: Option<Duration>,
    /// The durations from which particular operations are slow, by span name (`Guild/Post`).
    pub slow_operations: HashMap<String, Duration>,
    /// The share of an operation's messages that are faster than the slow ones, such as 0.999. Default: `None`.
    ///
    /// The duration is learned for each operation that is not in `slow_operations`, from the last minutes and at least
    /// 1,000 messages. Until then, `slow` applies.
    pub slow_percentile: Option<f64>,
    /// The time in a mailbox from which a wait is a trigger. Default: `None`.
    pub wait: Option<Duration>,
    /// The share of an operation's messages in a second that must fail before its errors are a trigger. Default:
    /// `None`.
    ///
    /// Use it instead of `errors` if single errors are normal. It needs at least 10 messages in the second.
    pub failure_rate: Option<f64>,
    /// The maximum number of traces per second that each kind of trigger keeps. Default: 10, and up to 100 at once.
    pub per_second: f64,
    /// The time for which a wanted trace is remembered, for spans that end later. Default: 30 s.
    pub hold: Duration,
    /// The maximum number of traces that are wanted at the same time. Default: 10,000.
    pub max_wanted: usize,
}

impl Default for TriggerOptions {
    fn default() -> Self {
        Self {
            errors: true,
            panics: true,
            warnings: true,
            slow: None,
            slow_operations: HashMap::new(),
            slow_percentile: None,
            wait: None,
            failure_rate: None,
            per_second: 10.0,
            hold: Duration::from_secs(30),
            max_wanted: 10_000,
        }
    }
}

/// The limit of each kind of trigger, and the number of times that it has fired.
pub(crate) struct Limits([Limit; Trigger::ALL.len()]);

struct Limit {
    bucket: RateLimit,
    fired: AtomicU64,
    limited: AtomicU64,
}

impl Limits {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float that is too great becomes the greatest"
    )]
    pub(crate) fn new(per_second: f64) -> Self {
        let limit = |trigger| Limit {
            // A person makes few requests.
            bucket: match trigger {
                Trigger::Command => RateLimit::per_second(1e6),
                _ => RateLimit::new(per_second, (per_second * 10.0) as u32),
            },
            fired: AtomicU64::new(0),
            limited: AtomicU64::new(0),
        };
        Self(Trigger::ALL.map(limit))
    }

    /// Returns whether a trigger may fire now, and counts it.
    pub(crate) fn allow(&self, trigger: Trigger, now: Timestamp) -> bool {
        let limit = &self.0[trigger as usize];
        let allowed = limit.bucket.allow(now);
        if allowed { &limit.fired } else { &limit.limited }.fetch_add(1, Relaxed);
        allowed
    }

    pub(crate) fn fired(&self) -> BTreeMap<&'static str, u64> {
        self.counts(|limit| &limit.fired)
    }

    pub(crate) fn limited(&self) -> BTreeMap<&'static str, u64> {
        self.counts(|limit| &limit.limited)
    }

    fn counts(&self, of: impl Fn(&Limit) -> &AtomicU64) -> BTreeMap<&'static str, u64> {
        let counts = Trigger::ALL
            .iter()
            .zip(&self.0)
            .map(|(trigger, limit)| (trigger.name(), of(limit).load(Relaxed)));
        counts.filter(|(_, count)| *count > 0).collect()
    }
}

/// The learned data of an operation: how long its messages take, and how many fail.
pub(crate) struct Stats {
    /// The durations, by the position of the highest bit of the nanoseconds and the two bits below it.
    durations: [AtomicU64; 256],
    ended: AtomicU64,
    failed: AtomicU64,
}

impl Stats {
    pub(crate) fn new() -> Self {
        Self {
            durations: [const { AtomicU64::new(0) }; 256],
            ended: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }

    #[inline]
    pub(crate) fn add(&self, nanos: u64, failed: bool) {
        self.durations[bucket(nanos)].fetch_add(1, Relaxed);
        self.ended.fetch_add(1, Relaxed);
        if failed {
            self.failed.fetch_add(1, Relaxed);
        }
    }

    /// Returns the duration, in nanoseconds, that this share of the messages does not exceed.
    ///
    /// Returns `None` before there are enough messages.
    pub(crate) fn percentile(&self, share: f64) -> Option<u64> {
        let counts = self.durations.each_ref().map(|count| count.load(Relaxed));
        let total: u64 = counts.iter().sum();
        if total < 1000 {
            return None;
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "statistics"
        )]
        let faster = (total as f64 * share.clamp(0.0, 1.0)) as u64;
        let mut sum = 0;
        let at = counts.iter().position(|count| {
            sum += count;
            sum > faster
        });
        Some(at.map_or(u64::MAX, |at| lower_end(at + 1)))
    }

    /// Returns whether there are enough messages that older ones should count less.
    pub(crate) fn is_full(&self) -> bool {
        self.durations.iter().map(|count| count.load(Relaxed)).sum::<u64>() > 100_000
    }

    /// Halves the counts of the durations, so that older messages count less and less.
    pub(crate) fn age(&self) {
        for count in &self.durations {
            let half = count.load(Relaxed) / 2;
            count.fetch_sub(half, Relaxed);
        }
    }

    /// Returns the share of messages that failed since the last call, or `None` if there were too few.
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub(crate) fn take_failure_rate(&self) -> Option<f64> {
        let (ended, failed) = (self.ended.swap(0, Relaxed), self.failed.swap(0, Relaxed));
        (ended >= 10).then(|| failed as f64 / ended as f64)
    }
}

fn bucket(nanos: u64) -> usize {
    let nanos = nanos.max(4);
    let highest = nanos.ilog2();
    (highest * 4) as usize + (nanos >> (highest - 2) & 3) as usize
}

/// Returns the lower end of a bucket, in nanoseconds.
fn lower_end(bucket: usize) -> u64 {
    let (highest, rest) = (bucket / 4, bucket as u64 % 4);
    if highest >= 64 { u64::MAX } else { (4 + rest) << highest.saturating_sub(2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_limit() {
        let limits = Limits::new(2.0);
        let now = Timestamp::from_unix_nanos(1_000_000_000_000);
        let fired = (0..100).filter(|_| limits.allow(Trigger::Error, now)).count();
        assert_eq!(fired, 20, "a burst");
        assert!(limits.allow(Trigger::Slow, now), "not taken by the errors");
        assert_eq!(limits.fired(), BTreeMap::from([("error", 20), ("slow", 1)]));
        assert_eq!(limits.limited(), BTreeMap::from([("error", 80)]));
        let later = Timestamp::from_unix_nanos(1_001_000_000_000);
        assert_eq!((0..100).filter(|_| limits.allow(Trigger::Error, later)).count(), 2);
        assert!((0..1000).all(|_| limits.allow(Trigger::Command, now)));
    }

    #[test]
    fn a_bucket_has_what_is_between_its_end_and_the_next() {
        for nanos in (2..63).flat_map(|bit| [1 << bit, (1 << bit) + 1, (3 << bit) - 1_u64]) {
            let at = bucket(nanos);
            assert!(lower_end(at) <= nanos && nanos < lower_end(at + 1), "{nanos} {at}");
        }
        assert_eq!(bucket(u64::MAX), 255);
        assert_eq!(lower_end(256), u64::MAX);
    }

    #[test]
    fn a_percentile_is_at_most_a_quarter_too_long() {
        let stats = Stats::new();
        assert_eq!(stats.percentile(0.9), None);
        (1..=10_000).for_each(|number| stats.add(number * 1_000, number % 4 == 0));
        for (share, exact) in [(0.5, 5_000_000), (0.9, 9_000_000), (0.99, 9_900_000)] {
            let found = stats.percentile(share).unwrap();
            assert!((exact..=exact * 5 / 4).contains(&found), "{share}: {found}");
        }
        assert_eq!(stats.take_failure_rate(), Some(0.25));
        assert_eq!(stats.take_failure_rate(), None);
        (0..4).for_each(|_| stats.age());
        assert_eq!(stats.percentile(0.5), None, "what is old counts less");
    }
}
