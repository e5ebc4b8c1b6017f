//! A meter of the cost of recording.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::context::random_below;

/// One pass in this many is timed, on average. Zero if no meter runs.
static PERIOD: AtomicU32 = AtomicU32::new(0);
/// The nanoseconds spent in each step, for all passes.
static SPENT: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];
/// The time for reading the clock twice.
static READING: AtomicU64 = AtomicU64::new(0);

// The steps, in the order of [`RecordingMeter::spent`]. The last one is the export.
pub(crate) const CAPTURE: usize = 0;
pub(crate) const OPEN: usize = 1;
pub(crate) const RECORD: usize = 2;

/// The longest time that a pass counts for. A longer one was waiting for the processor or a lock.
const MOST: u64 = 20_000;

thread_local! {
    /// The number of passes until the next one that is timed.
    static LEFT: Cell<u32> = const { Cell::new(0) };
}

/// Measures the time that recording takes in this process, until it is dropped.
///
/// Three passes of the recording path are timed: the start of a span including the decision, the end of a span, and the
/// capture of its context for a sent message. On average one pass in `period` is timed, at random intervals, and stands
/// for all of them. The measured time is the elapsed time minus the time for reading the clock. It is capped for each
/// pass, because a longer pass was waiting for the processor.
///
/// # Cost
///
/// Each pass costs one load. A timed pass reads the clock twice.
///
/// ```
/// use traced_actor::sampling::RecordingMeter;
///
/// let meter = RecordingMeter::start(16).expect("no other meter runs");
/// let spent = RecordingMeter::spent();
/// // … run …
/// let spent: Vec<_> = RecordingMeter::spent().iter().zip(spent).map(|(now, before)| *now - before).collect();
/// println!("capturing, opening, ending and exporting took {spent:?}");
/// assert!(RecordingMeter::start(16).is_none());
/// ```
#[derive(Debug)]
#[must_use = "the meter stops when this is dropped"]
pub struct RecordingMeter(());

static RUNNING: AtomicBool = AtomicBool::new(false);

impl RecordingMeter {
    /// Starts to measure one pass in `period`. Returns `None` if another meter is running.
    ///
    /// A `period` of zero counts as one.
    pub fn start(period: u32) -> Option<Self> {
        if RUNNING.swap(true, Relaxed) {
            return None;
        }
        // The minimum of many, since the others were interrupted.
        let reading = (0..1000).map(|_| Instant::now().elapsed().as_nanos()).min().unwrap_or(0);
        READING.store(u64::try_from(reading).unwrap_or(0), Relaxed);
        PERIOD.store(period.max(1), Relaxed);
        Some(Self(()))
    }

    /// Returns the time that tracing took in this process while a meter was running, by step.
    ///
    /// The steps are: capturing contexts for sent messages, starting spans, ending spans, and the time that was
    /// [charged](Self::charge) for the export.
    pub fn spent() -> [Duration; 4] {
        SPENT.each_ref().map(|spent| Duration::from_nanos(spent.load(Relaxed)))
    }

    /// Adds the time that an exporter measured for the export of spans.
    pub fn charge(&self, export: Duration) {
        SPENT[3].fetch_add(u64::try_from(export.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }
}

impl Drop for RecordingMeter {
    fn drop(&mut self) {
        PERIOD.store(0, Relaxed);
        RUNNING.store(false, Relaxed);
    }
}

/// Times a pass of the recording path until it is dropped.
#[must_use]
pub(crate) struct Timing(Option<(Instant, usize)>);

/// Times a pass of this step, if its turn has come. Costs one load if no meter runs.
#[inline]
pub(crate) fn time(step: usize) -> Timing {
    let period = PERIOD.load(Relaxed);
    if period == 0 { Timing(None) } else { now_and_then(period, step) }
}

#[cold]
fn now_and_then(period: u32, step: usize) -> Timing {
    let left = LEFT.get();
    if left > 0 {
        LEFT.set(left - 1);
        return Timing(None);
    }
    // Skips 0 to 2·(period − 1) passes, which is period − 1 on average. Random, so that passes that alternate (a start,
    // an end) have the same chance.
    LEFT.set(u32::try_from(random_below(u64::from(period) * 2 - 1)).unwrap_or(period));
    Timing(Some((Instant::now(), step)))
}

impl Drop for Timing {
    #[inline]
    fn drop(&mut self) {
        if let Some((began, step)) = self.0 {
            add(began.elapsed(), step);
        }
    }
}

#[cold]
fn add(took: Duration, step: usize) {
    let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX).min(MOST);
    let own = nanos.saturating_sub(READING.load(Relaxed));
    SPENT[step].fetch_add(own * u64::from(PERIOD.load(Relaxed)), Relaxed);
}
