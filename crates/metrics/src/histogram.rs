//! A histogram of durations, with OpenTelemetry's exponential buckets.

use std::time::Duration;

use crate::clock::nanos;

/// The scale of the buckets, in OpenTelemetry's terms. Each bucket is 2^(1/16) times, or 4.4 %, wider than the one
/// before.
pub const SCALE: u8 = 4;

/// The largest relative error of a quantile: half a bucket, 2^(1/32) − 1.
pub const RELATIVE_ERROR: f64 = 0.022;

const PER_OCTAVE: usize = 1 << SCALE;
/// The octave of one nanosecond, which is slightly more than 2⁻³⁰ s.
const LOWEST: i32 = -30;
/// The octaves up to 2¹⁶ s, which is eighteen hours. Longer durations are counted in the last one.
const OCTAVES: usize = 46;
/// The number of buckets.
pub(crate) const BUCKETS: usize = OCTAVES * PER_OCTAVE;

/// 2^(i/16), with 32 bits after the point.
const ROOTS: [u64; PER_OCTAVE] = [
    4_294_967_296,
    4_485_121_743,
    4_683_695_047,
    4_891_059_943,
    5_107_605_667,
    5_333_738_689,
    5_569_883_475,
    5_816_483_284,
    6_074_000_999,
    6_342_919_998,
    6_623_745_058,
    6_917_003_306,
    7_223_245_205,
    7_543_045_592,
    7_877_004_751,
    8_225_749_546,
];

/// The bounds within an octave of nanoseconds, shifted to the left until the highest bit is set.
///
/// A second is no power of two in nanoseconds, so the bound of a power of two in seconds lies within an octave: it is the
/// last but one of the octave's sixteen. The last element is above all durations.
static BOUNDS: [u64; PER_OCTAVE + 1] = {
    let mut bounds = [u64::MAX; PER_OCTAVE + 1];
    let mut at = 0;
    while at < PER_OCTAVE {
        let root = (at + 2) % PER_OCTAVE;
        bounds[at] = 1_000_000_000 * ROOTS[root] * if root < 2 { 4 } else { 2 };
        at += 1;
    }
    bounds
};

/// The number of buckets that end below the shortest duration of the lowest octave, which is one nanosecond.
const FIRST: usize = 1;

/// The 128ths of an octave. Each is narrower than a bucket, so it has at most one bound.
const CELLS: usize = 128;

/// The number of the octave's bounds below each 128th.
static BOUNDS_BELOW: [u8; CELLS] = {
    let mut below = [0; CELLS];
    let (mut cell, mut bound) = (0, 0);
    while cell < CELLS {
        while BOUNDS[bound as usize] < (1 << 63) + ((cell as u64) << 56) {
            bound += 1;
        }
        below[cell] = bound;
        cell += 1;
    }
    below
};

/// Returns the bucket of a duration in nanoseconds. A bound belongs to the bucket below it, as OpenTelemetry defines.
///
/// It uses a table and a comparison, because each message needs two buckets.
#[inline]
pub(crate) fn bucket(nanos: u64) -> usize {
    let nanos = nanos.max(1);
    let zeros = nanos.leading_zeros();
    let mantissa = nanos << zeros;
    let below = usize::from(BOUNDS_BELOW[(mantissa >> 56) as usize % CELLS]);
    let part = below + usize::from(mantissa > BOUNDS[below]);
    ((63 - zeros) as usize * PER_OCTAVE + FIRST + part).min(BUCKETS - 1)
}

/// Returns OpenTelemetry's index of a bucket.
///
/// The bucket is from 2^(index/16) to 2^((index + 1)/16) seconds, without the lower bound.
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "a few hundred")]
const fn index_of(bucket: usize) -> i32 {
    LOWEST * PER_OCTAVE as i32 + bucket as i32
}

/// Durations, counted in exponential buckets.
///
/// The relative error of a quantile is at most [`RELATIVE_ERROR`]. The range is from one nanosecond to eighteen hours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Histogram {
    /// The number of durations.
    pub count: u64,
    /// The sum of all durations, in nanoseconds.
    pub sum_nanos: u64,
    /// The longest duration, in nanoseconds.
    pub max_nanos: u64,
    /// The buckets that are not empty, in ascending order.
    pub buckets: Vec<Bucket>,
}

/// A bucket of a [`Histogram`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Bucket {
    /// OpenTelemetry's index at [`SCALE`]: the bucket ends at 2^((index + 1)/16) seconds.
    pub index: i32,
    /// The number of durations in it.
    pub count: u64,
}

impl Bucket {
    /// Returns the bucket of a duration in nanoseconds, with one duration in it.
    pub(crate) fn of_nanos(nanos: u64) -> Self {
        Self { index: index_of(bucket(nanos)), count: 1 }
    }

    /// Returns the upper bound, in seconds.
    pub fn upper_bound(&self) -> f64 {
        power(f64::from(self.index) + 1.0)
    }

    /// Returns the value that represents the bucket, in seconds: the geometric mean of its bounds.
    pub fn middle(&self) -> f64 {
        power(f64::from(self.index) + 0.5)
    }
}

fn power(index: f64) -> f64 {
    (index / f64::from(1_u32 << SCALE)).exp2()
}

impl Histogram {
    /// Adds the counts of another histogram.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum_nanos = self.sum_nanos.saturating_add(other.sum_nanos);
        self.max_nanos = self.max_nanos.max(other.max_nanos);
        for bucket in &other.buckets {
            self.add(bucket.index, bucket.count);
        }
    }

    fn add(&mut self, index: i32, count: u64) {
        match self.buckets.binary_search_by_key(&index, |bucket| bucket.index) {
            Ok(at) => self.buckets[at].count += count,
            Err(at) => self.buckets.insert(at, Bucket { index, count }),
        }
    }

    /// Creates a histogram from the counts of all buckets.
    pub(crate) fn of_counts(counts: &[u64], sum_nanos: u64, max_nanos: u64) -> Self {
        let buckets: Vec<Bucket> = counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(bucket, count)| Bucket { index: index_of(bucket), count: *count })
            .collect();
        Self { count: buckets.iter().map(|bucket| bucket.count).sum(), sum_nanos, max_nanos, buckets }
    }

    /// Adds a duration. For rare events, since the metrics themselves count in arrays.
    pub fn record(&mut self, duration: Duration) {
        let nanos = nanos(duration);
        self.count += 1;
        self.sum_nanos = self.sum_nanos.saturating_add(nanos);
        self.max_nanos = self.max_nanos.max(nanos);
        self.add(index_of(bucket(nanos)), 1);
    }

    /// Returns the `q`-quantile, such as 0.99, or `None` if nothing was counted.
    ///
    /// It differs from the exact value by at most [`RELATIVE_ERROR`].
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank between 1 and the count"
    )]
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        if self.count == 0 {
            return None;
        }
        let rank = ((q.clamp(0.0, 1.0) * self.count as f64).ceil() as u64).clamp(1, self.count);
        let mut below = 0;
        for bucket in &self.buckets {
            below += bucket.count;
            if below >= rank {
                let longest = Duration::from_nanos(self.max_nanos);
                return Some(Duration::from_secs_f64(bucket.middle()).min(longest));
            }
        }
        Some(Duration::from_nanos(self.max_nanos))
    }

    /// Returns the mean, or `None` if nothing was counted.
    pub fn mean(&self) -> Option<Duration> {
        self.sum_nanos.checked_div(self.count).map(Duration::from_nanos)
    }

    /// Returns the sum of all durations.
    pub fn sum(&self) -> Duration {
        Duration::from_nanos(self.sum_nanos)
    }

    /// Returns the longest duration.
    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.max_nanos)
    }
}

#[cfg(test)]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests"
)]
mod tests {
    use super::*;

    #[test]
    fn each_duration_is_within_the_bounds_of_its_bucket() {
        let mut nanos = 1.0_f64;
        let mut last = 0;
        while nanos < 6e13 {
            let whole = nanos as u64;
            let at = bucket(whole);
            assert!(at >= last, "ascending");
            last = at;
            let of = Bucket { index: index_of(at), count: 1 };
            let seconds = whole as f64 / 1e9;
            let lower = power(f64::from(of.index));
            assert!(seconds <= of.upper_bound() * 1.000_000_001, "{whole} ns in {of:?}");
            assert!(seconds >= lower * 0.999_999_999, "{whole} ns in {of:?}");
            let error = (of.middle() / seconds - 1.0).abs();
            assert!(error <= RELATIVE_ERROR, "{whole} ns: {error}");
            nanos *= 1.003;
        }
    }

    #[test]
    fn a_power_of_two_counts_to_the_bucket_that_it_ends() {
        for seconds in [1, 2, 1024] {
            let of = Bucket { index: index_of(bucket(seconds * 1_000_000_000)), count: 1 };
            assert!((of.upper_bound() - seconds as f64).abs() < 1e-9, "{seconds} s in {of:?}");
        }
        assert_eq!(bucket(0), bucket(1));
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_of_known_durations_are_within_the_error() {
        let mut histogram = Histogram::default();
        assert_eq!((histogram.quantile(0.5), histogram.mean()), (None, None));
        for micros in 1..=1000 {
            histogram.record(Duration::from_micros(micros));
        }
        for (q, micros) in [(0.0, 1.0), (0.5, 500.0), (0.9, 900.0), (0.99, 990.0), (1.0, 1000.0)] {
            let found = histogram.quantile(q).unwrap().as_secs_f64() * 1e6;
            assert!((found / micros - 1.0).abs() <= RELATIVE_ERROR, "{q}: {found} of {micros}");
        }
        assert_eq!(histogram.mean(), Some(Duration::from_nanos(500_500)));
        assert_eq!(histogram.max(), Duration::from_millis(1));
        let mut twice = histogram.clone();
        twice.merge(&histogram);
        assert_eq!((twice.count, twice.sum()), (2000, histogram.sum() * 2));
        assert_eq!(twice.quantile(0.5), histogram.quantile(0.5));
    }
}
