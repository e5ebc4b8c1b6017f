//! The counts of one thread. Only that thread writes, with a load and a store. Other threads read at any time.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::histogram::{BUCKETS, Histogram, SCALE, bucket};

const PER_OCTAVE: usize = 1 << SCALE;

/// Adds to a count that only this thread writes.
#[inline]
pub(crate) fn add(count: &AtomicU64, n: u64) {
    count.store(count.load(Relaxed).wrapping_add(n), Relaxed);
}

/// A histogram of one thread. An octave is allocated when the first duration falls into it.
pub(crate) struct HistogramCells {
    octaves: [OnceLock<Box<[AtomicU64; PER_OCTAVE]>>; BUCKETS / PER_OCTAVE],
    sum: AtomicU64,
    max: AtomicU64,
}

impl Default for HistogramCells {
    fn default() -> Self {
        Self {
            octaves: std::array::from_fn(|_| OnceLock::new()),
            sum: AtomicU64::new(0),
            max: AtomicU64::new(0),
        }
    }
}

impl HistogramCells {
    #[inline]
    pub(crate) fn record(&self, nanos: u64) {
        let at = bucket(nanos);
        let octave = self.octaves[at / PER_OCTAVE].get_or_init(Box::default);
        add(&octave[at % PER_OCTAVE], 1);
        self.sum.store(self.sum.load(Relaxed).saturating_add(nanos), Relaxed);
        if nanos > self.max.load(Relaxed) {
            self.max.store(nanos, Relaxed);
        }
    }

    fn add_to(&self, total: &mut Counts) {
        for (octave, into) in self.octaves.iter().zip(total.buckets.chunks_mut(PER_OCTAVE)) {
            if let Some(octave) = octave.get() {
                for (count, into) in octave.iter().zip(into) {
                    *into += count.load(Relaxed);
                }
            }
        }
        total.sum = total.sum.saturating_add(self.sum.load(Relaxed));
        total.max = total.max.max(self.max.load(Relaxed));
    }
}

/// The sums of several threads' counts.
pub(crate) struct Counts {
    buckets: Vec<u64>,
    sum: u64,
    max: u64,
}

impl Default for Counts {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS], sum: 0, max: 0 }
    }
}

impl Counts {
    pub(crate) fn histogram(&self) -> Histogram {
        Histogram::of_counts(&self.buckets, self.sum, self.max)
    }
}

/// The counts of one thread for an actor and a kind.
#[derive(Default)]
pub(crate) struct SeriesCells {
    pub(crate) messages: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) wait: HistogramCells,
    pub(crate) handling: HistogramCells,
}

/// Checks the figure in `MetricsBuilder::most_kinds`, for durations that are spread over ten octaves each.
const _: () = assert!(size_of::<SeriesCells>() + 2 * 10 * size_of::<[AtomicU64; PER_OCTAVE]>() <= 4096);

impl SeriesCells {
    /// Counts a message, and its wait if known.
    #[inline]
    pub(crate) fn count_message(&self, wait: Option<u64>) {
        add(&self.messages, 1);
        if let Some(wait) = wait {
            self.wait.record(wait);
        }
    }
}

/// The sums of several threads.
#[derive(Default)]
pub(crate) struct SeriesSums {
    pub(crate) messages: u64,
    pub(crate) failed: u64,
    pub(crate) wait: Counts,
    pub(crate) handling: Counts,
}

/// All counts of one thread.
pub(crate) struct Shard {
    pub(crate) series: Box<[OnceLock<Box<SeriesCells>>]>,
    pub(crate) sends: Box<[AtomicU64]>,
}

impl Shard {
    pub(crate) fn new(series: usize) -> Self {
        Self {
            series: (0..series).map(|_| OnceLock::new()).collect(),
            sends: (0..series).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    #[inline]
    pub(crate) fn of(&self, series: u32) -> Option<&SeriesCells> {
        Some(self.series.get(series as usize)?.get_or_init(Box::default))
    }

    pub(crate) fn add_to(&self, series: u32, sums: &mut SeriesSums) {
        let Some(cells) = self.series.get(series as usize).and_then(OnceLock::get) else { return };
        sums.messages += cells.messages.load(Relaxed);
        sums.failed += cells.failed.load(Relaxed);
        cells.wait.add_to(&mut sums.wait);
        cells.handling.add_to(&mut sums.handling);
    }
}
