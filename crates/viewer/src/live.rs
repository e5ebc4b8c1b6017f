//! The current state of the actors: rates and percentiles from differences of snapshots. The time is an argument.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use serde::Serialize;
use traced_actor_metrics::{AskStats, Histogram, KindStats, Overflow, SendStats, Snapshot};

use crate::store::nanos;

/// The number of rates that are kept for an actor.
const SPARK: usize = 60;
/// The minimum time that percentiles cover.
const WINDOW: Duration = Duration::from_secs(10);
/// The maximum time between two readings. After a longer gap, the history starts over.
const GAP: Duration = Duration::from_secs(30);

/// The readings of the metrics that are still needed.
#[derive(Debug, Default)]
pub(crate) struct Live {
    last: Option<Look>,
    /// The readings before the time that percentiles cover.
    anchors: [Option<Look>; 2],
    sparks: HashMap<String, VecDeque<f32>>,
}

#[derive(Debug, Clone)]
struct Look {
    at: Instant,
    snapshot: Snapshot,
}

/// The current state of the actors.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Now {
    pub(crate) unix_seconds: f64,
    /// The seconds that rates cover, or 0 if there was no earlier reading.
    pub(crate) rate_seconds: f64,
    /// The seconds that percentiles cover.
    pub(crate) window_seconds: f64,
    /// The number of messages for each timed one.
    pub(crate) timed_one_in: u32,
    pub(crate) actors: Vec<ActorRow>,
    pub(crate) sends: Vec<SendStats>,
    pub(crate) asks: AskStats,
    pub(crate) overflow: Overflow,
}

/// An actor. Times are in nanoseconds.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct ActorRow {
    pub(crate) actor: String,
    #[serde(flatten)]
    pub(crate) load: Load,
    pub(crate) mailboxes: u64,
    pub(crate) depth: u64,
    pub(crate) deepest: u64,
    pub(crate) capacity: u64,
    pub(crate) full: u64,
    pub(crate) oldest_wait: f64,
    pub(crate) dead_letters: u64,
    pub(crate) started: u64,
    pub(crate) restarted: u64,
    pub(crate) ended: u64,
    pub(crate) panicked: u64,
    /// The messages per second at each of the last readings.
    pub(crate) spark: Vec<f32>,
    pub(crate) kinds: Vec<KindRow>,
}

/// A kind of message of an actor.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct KindRow {
    pub(crate) kind: String,
    #[serde(flatten)]
    pub(crate) load: Load,
    pub(crate) errors: BTreeMap<String, u64>,
}

/// Counts since the start, rates since the last reading, and percentiles of the last seconds.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Load {
    pub(crate) messages: u64,
    pub(crate) failed: u64,
    pub(crate) running: u64,
    pub(crate) rate: f64,
    pub(crate) failed_rate: f64,
    /// The share of a processor: handling time per second.
    pub(crate) busy: f64,
    pub(crate) handling: Percentiles,
    pub(crate) wait: Percentiles,
}

/// Percentiles, in nanoseconds. `None` if nothing was timed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Percentiles {
    pub(crate) p50: Option<u64>,
    pub(crate) p95: Option<u64>,
    pub(crate) p99: Option<u64>,
    /// The maximum since the start.
    pub(crate) max: u64,
}

impl Live {
    /// Adds a snapshot, and returns the current state of the actors.
    pub(crate) fn look(&mut self, at: Instant, snapshot: Snapshot) -> Now {
        if self.last.as_ref().is_some_and(|last| at.saturating_duration_since(last.at) > GAP) {
            *self = Self::default();
        }
        let last = self.last.take();
        let seconds = last.as_ref().map_or(0.0, |last| at.saturating_duration_since(last.at).as_secs_f64());
        let anchor = self.anchors[0].as_ref().or(self.anchors[1].as_ref());
        let window = anchor.map_or(0.0, |anchor| at.saturating_duration_since(anchor.at).as_secs_f64());
        let compare = Comparison {
            seconds,
            last: last.as_ref().map(|look| by_name(&look.snapshot)).unwrap_or_default(),
            anchor: anchor.map(|look| by_name(&look.snapshot)).unwrap_or_default(),
            anchor_seconds: window,
        };
        let mut actors = compare.rows(&snapshot);
        for row in &mut actors {
            let spark = self.sparks.entry(row.actor.clone()).or_default();
            if seconds > 0.0 {
                #[expect(clippy::cast_possible_truncation, reason = "drawn in twenty pixels")]
                spark.push_back(row.load.rate as f32);
                if spark.len() > SPARK {
                    spark.pop_front();
                }
            }
            row.spark = spark.iter().copied().collect();
        }
        let present: HashSet<&str> = actors.iter().map(|row| &*row.actor).collect();
        self.sparks.retain(|actor, _| present.contains(&**actor));
        let now = Now {
            unix_seconds: snapshot.unix_seconds,
            rate_seconds: seconds,
            window_seconds: window,
            timed_one_in: snapshot.timed_one_in,
            actors,
            sends: snapshot.sends.clone(),
            asks: snapshot.asks.clone(),
            overflow: snapshot.overflow.clone(),
        };
        let look = Look { at, snapshot };
        if self.anchors[1].as_ref().is_none_or(|anchor| at.saturating_duration_since(anchor.at) >= WINDOW) {
            self.anchors.swap(0, 1);
            self.anchors[1] = Some(look.clone());
        }
        self.last = Some(look);
        now
    }
}

type ByName<'a> = HashMap<(&'a str, &'a str), &'a KindStats>;

fn by_name(snapshot: &Snapshot) -> ByName<'_> {
    snapshot.kinds.iter().map(|kind| ((&*kind.actor, &*kind.kind), kind)).collect()
}

/// The data with which the newest snapshot is compared.
struct Comparison<'a> {
    seconds: f64,
    last: ByName<'a>,
    anchor: ByName<'a>,
    anchor_seconds: f64,
}

impl Comparison<'_> {
    fn rows(&self, snapshot: &Snapshot) -> Vec<ActorRow> {
        let mut rows: BTreeMap<&str, (ActorRow, [Histogram; 2])> = BTreeMap::new();
        for stats in &snapshot.kinds {
            let (row, sums) = rows.entry(&stats.actor).or_default();
            let [handling, wait] = self.histograms(stats);
            let load = self.load(stats, snapshot.timed_one_in, &handling, &wait);
            // A batch is one handling of messages that are counted by their own kinds.
            if stats.kind != "batch" {
                row.load.messages += load.messages;
                row.load.rate += load.rate;
            }
            row.load.failed += load.failed;
            row.load.running += load.running;
            row.load.failed_rate += load.failed_rate;
            row.load.busy += load.busy;
            row.load.handling.max = row.load.handling.max.max(load.handling.max);
            row.load.wait.max = row.load.wait.max.max(load.wait.max);
            sums[0].merge(&handling);
            sums[1].merge(&wait);
            row.kinds.push(KindRow { kind: stats.kind.clone(), load, errors: stats.errors.clone() });
        }
        for stats in &snapshot.actors {
            let (row, _) = rows.entry(&stats.actor).or_default();
            row.mailboxes = stats.mailboxes;
            row.depth = stats.depth;
            row.deepest = stats.deepest;
            row.capacity = stats.capacity;
            row.full = stats.full;
            row.oldest_wait = stats.oldest_wait_seconds * 1e9;
            row.dead_letters = stats.dead_letters;
            row.started = stats.started;
            row.restarted = stats.restarted;
            row.ended = stats.ended;
            row.panicked = stats.panicked;
        }
        let finish = |(actor, (mut row, [handling, wait])): (&str, (ActorRow, [Histogram; 2]))| {
            actor.clone_into(&mut row.actor);
            row.load.handling = Percentiles::of(&handling, row.load.handling.max);
            row.load.wait = Percentiles::of(&wait, row.load.wait.max);
            row.kinds.sort_by(|one, other| {
                other.load.rate.total_cmp(&one.load.rate).then(one.kind.cmp(&other.kind))
            });
            row
        };
        rows.into_iter().map(finish).collect()
    }

    /// Returns the handling times and waits of the last seconds, or since the start if there were none.
    fn histograms(&self, stats: &KindStats) -> [Histogram; 2] {
        let before = self.anchor.get(&(&*stats.actor, &*stats.kind));
        let recent = |all: &Histogram, before: Option<&Histogram>| {
            let recent = before.map(|before| difference(all, before));
            recent.filter(|recent| recent.count > 0).unwrap_or_else(|| all.clone())
        };
        [
            recent(&stats.handling, before.map(|before| &before.handling)),
            recent(&stats.wait, before.map(|before| &before.wait)),
        ]
    }

    #[expect(clippy::cast_precision_loss, reason = "rates")]
    fn load(&self, stats: &KindStats, every: u32, handling: &Histogram, wait: &Histogram) -> Load {
        let last = self.last.get(&(&*stats.actor, &*stats.kind));
        let rate = |now: u64, before: u64, seconds: f64| {
            if seconds > 0.0 { now.saturating_sub(before) as f64 / seconds } else { 0.0 }
        };
        let anchor =
            self.anchor.get(&(&*stats.actor, &*stats.kind)).map_or(0, |before| before.handling.sum_nanos);
        let busy = rate(stats.handling.sum_nanos, anchor, self.anchor_seconds) * f64::from(every) / 1e9;
        Load {
            messages: stats.messages,
            failed: stats.failed,
            running: stats.running,
            rate: rate(stats.messages, last.map_or(0, |last| last.messages), self.seconds),
            failed_rate: rate(stats.failed, last.map_or(0, |last| last.failed), self.seconds),
            busy,
            handling: Percentiles::of(handling, stats.handling.max_nanos),
            wait: Percentiles::of(wait, stats.wait.max_nanos),
        }
    }
}

/// Returns the difference between a histogram and an earlier reading of it.
fn difference(all: &Histogram, before: &Histogram) -> Histogram {
    let mut recent = all.clone();
    let mut earlier = before.buckets.iter().peekable();
    for bucket in &mut recent.buckets {
        while earlier.next_if(|one| one.index < bucket.index).is_some() {}
        if let Some(one) = earlier.next_if(|one| one.index == bucket.index) {
            bucket.count = bucket.count.saturating_sub(one.count);
        }
    }
    recent.buckets.retain(|bucket| bucket.count > 0);
    recent.count = recent.buckets.iter().map(|bucket| bucket.count).sum();
    recent.sum_nanos = all.sum_nanos.saturating_sub(before.sum_nanos);
    recent
}

impl Percentiles {
    fn of(histogram: &Histogram, max: u64) -> Self {
        let quantile = |q| histogram.quantile(q).map(nanos);
        Self { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(messages: u64, millis: &[u64]) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.timed_one_in = 1;
        let mut stats = KindStats::default();
        stats.actor = "Guild".into();
        stats.kind = "Post".into();
        stats.messages = messages;
        for millis in millis {
            stats.handling.record(Duration::from_millis(*millis));
        }
        snapshot.kinds = vec![stats];
        snapshot
    }

    fn row(now: &Now) -> &ActorRow {
        &now.actors[0]
    }

    #[test]
    fn rates_are_since_the_last_look_and_percentiles_of_the_last_seconds() {
        let (mut live, start) = (Live::default(), Instant::now());
        let first = live.look(start, snapshot(100, &[1; 100]));
        assert!(row(&first).load.rate.abs() < 1e-9 && row(&first).spark.is_empty());
        let second = live.look(start + Duration::from_secs(2), snapshot(300, &[1; 100]));
        assert!((row(&second).load.rate - 100.0).abs() < 1e-9);
        assert_eq!(row(&second).spark, [100.0]);
        // The percentiles are of all, since nothing has been timed after the first look.
        let quick = row(&second).load.handling.p99.unwrap();
        assert!((950_000..1_050_000).contains(&quick), "{quick}");

        let mut millis = vec![1; 100];
        millis.extend([500; 10]);
        let slow = live.look(start + Duration::from_secs(4), snapshot(310, &millis));
        let median = row(&slow).load.handling.p50.unwrap();
        assert!((480_000_000..520_000_000).contains(&median), "the last seconds were slow: {median}");
        // Five seconds of handling in four.
        assert!((row(&slow).load.busy - 1.25).abs() < 0.05, "{}", row(&slow).load.busy);
    }

    #[test]
    fn after_a_gap_it_begins_again_and_sparks_are_bounded() {
        let (mut live, start) = (Live::default(), Instant::now());
        for second in 0..100 {
            live.look(start + Duration::from_secs(second), snapshot(second * 10, &[]));
        }
        let now = live.look(start + Duration::from_secs(100), snapshot(1000, &[]));
        assert_eq!(row(&now).spark.len(), SPARK);
        assert!(now.window_seconds >= 10.0 && now.window_seconds <= 21.0, "{}", now.window_seconds);
        let later = live.look(start + Duration::from_secs(200), snapshot(2000, &[]));
        assert_eq!((later.rate_seconds > 0.0, row(&later).spark.len()), (false, 0));
    }
}
