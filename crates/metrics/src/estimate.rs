//! Estimates from kept spans, with standard errors: the number of messages and failures, and the handling times.
//!
//! A kept span with the probability p stands for 1/p spans (Horvitz and Thompson 1952). Spans of one trace are kept
//! together or not at all. So the variance is that of traces and not that of spans: Σ (1 − p) T² over the kept traces,
//! where T is the sum of the weights of the trace's spans, and p the greatest probability among them. The error of a
//! quantile comes from that of the distribution function at the quantile (Woodruff 1952), whose variance is that of
//! groups of whole traces (the method of random groups).

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use traced_actor::record::{FinishedSpan, OwnedAttribute};

use crate::clock::{MetricsClock, nanos};
use crate::histogram::Bucket;
use crate::names::OVERFLOW;

/// The maximum number of kinds. Further ones are counted as one.
const KINDS: usize = 512;

/// The number of groups of traces, by trace id.
const GROUPS: usize = 16;

/// The maximum number of pairs of a kind and a trace. If one is forgotten, its later spans count as another trace.
const TRACES: usize = 1 << 16;

/// Totals, rates and percentiles of all messages, estimated from the spans that were kept.
///
/// Add every span that is kept, such as in [`FinishedSpans`](traced_actor::record::FinishedSpans), or those of
/// `traced_actor_opentelemetry::finished_span` in a processor of the SDK. Adding a span takes a lock. The memory is
/// bounded.
///
/// Estimates are unbiased if the sampler knows its probability. A rate limit adds the weight of dropped messages to the
/// next message that it keeps, so under a rate limit the estimates of a kind may deviate by twice the stated standard
/// error. [`Metrics`](crate::Metrics) has the exact counts. Use the estimates for distinctions that it does not make,
/// such as by a field of the messages, and for spans of other processes.
///
/// ```
/// use std::sync::Arc;
/// use traced_actor::record::{self, FinishedSpans};
/// use traced_actor_metrics::SpanEstimates;
///
/// let estimates = Arc::new(SpanEstimates::new());
/// let kept = estimates.clone();
/// record::install(FinishedSpans::new(move |span| kept.add(&span)))?;
/// // … run …
/// for kind in estimates.kinds() {
///     println!("{}/{}: {} ± {}", kind.actor, kind.kind, kind.messages.value, kind.messages.standard_error);
/// }
/// # Ok::<(), record::AlreadyInstalled>(())
/// ```
#[derive(Debug)]
pub struct SpanEstimates {
    clock: MetricsClock,
    inner: Mutex<Inner>,
}

/// A number that is estimated.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// The standard error. The true number is within two standard errors in about 95 of 100 cases.
    pub standard_error: f64,
}

/// A quantile that is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuantileEstimate {
    /// The estimate.
    pub value: Duration,
    /// The quantile that is one standard error lower.
    pub lower: Duration,
    /// The quantile that is one standard error higher.
    pub upper: Duration,
}

/// The estimates of one kind of message that one actor handles.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct KindEstimate {
    /// The name of the actor. `_other` stands for all actors beyond the limit.
    pub actor: String,
    /// The kind of the message.
    pub kind: String,
    /// The number of kept spans that have a probability.
    pub kept: u64,
    /// The number of kept spans without a probability. They stand only for themselves, and are in no estimate.
    pub unweighted: u64,
    /// The number of all messages.
    pub messages: Estimate,
    /// The number of all messages that failed.
    pub failed: Estimate,
    /// The number of all messages per second.
    pub per_second: Estimate,
    /// The buckets: the index, and the weight by group.
    buckets: Vec<(i32, [f64; GROUPS])>,
    /// The share of the variance that remains, because some spans are certainly kept.
    uncertain: f64,
}

#[derive(Debug, Default)]
struct Inner {
    began: u64,
    numbers: HashMap<(String, String), usize>,
    kinds: Vec<Sums>,
    traces: HashMap<(u128, usize), TraceSums>,
    order: VecDeque<(u128, usize)>,
}

#[derive(Debug, Default)]
struct Sums {
    kept: u64,
    unweighted: u64,
    messages: Sum,
    failed: Sum,
    /// The sum of the squares of the weights, and the sum of these squares times (1 − p).
    squares: [f64; 2],
    buckets: BTreeMap<i32, [f64; GROUPS]>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    value: f64,
    variance: f64,
}

/// The spans of one kind in one trace.
#[derive(Debug, Clone, Copy, Default)]
struct TraceSums {
    weight: f64,
    failed: f64,
    probability: f64,
}

impl Sum {
    /// Adds a weight. `before` was the trace's contribution to the variance, and `after` is the new one.
    fn add(&mut self, weight: f64, before: f64, after: f64) {
        self.value += weight;
        self.variance += after - before;
    }

    fn estimate(self) -> Estimate {
        Estimate { value: self.value, standard_error: self.variance.max(0.0).sqrt() }
    }
}

impl TraceSums {
    fn variance(&self) -> [f64; 2] {
        [self.weight, self.failed].map(|sum| (1.0 - self.probability) * sum * sum)
    }
}

impl SpanEstimates {
    /// Creates empty estimates.
    pub fn new() -> Self {
        Self::with_clock(MetricsClock::processor())
    }

    /// Creates empty estimates whose rates are measured with this clock.
    pub fn with_clock(clock: MetricsClock) -> Self {
        let inner = Inner { began: clock.now(), ..Inner::default() };
        Self { clock, inner: Mutex::new(inner) }
    }

    /// Adds a span that was kept. A span that does not belong to a message is ignored.
    pub fn add(&self, span: &FinishedSpan) {
        let (Some(actor), Some(kind)) = (text(span, "actor.name"), text(span, "actor.message.kind")) else {
            return;
        };
        let probability = match span.attribute("sampling.probability") {
            Some(OwnedAttribute::Float(probability)) => Some(*probability),
            _ => None,
        };
        let probability = probability.filter(|probability| *probability > 0.0 && *probability <= 1.0);
        let trace = span.context.trace_id.get();
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.add(actor, kind, trace, probability, span.error.is_some(), span.duration());
    }

    /// Returns the estimates of all kinds, sorted by their names.
    pub fn kinds(&self) -> Vec<KindEstimate> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = Duration::from_nanos(self.clock.now().saturating_sub(inner.began)).as_secs_f64();
        let mut all: Vec<KindEstimate> =
            inner.numbers.iter().map(|(names, number)| inner.kinds[*number].kind(names, seconds)).collect();
        all.sort_by(|one, other| (&one.actor, &one.kind).cmp(&(&other.actor, &other.kind)));
        all
    }

    /// Returns the estimates of this actor and kind.
    pub fn kind(&self, actor: &str, kind: &str) -> Option<KindEstimate> {
        self.kinds().into_iter().find(|one| one.actor == actor && one.kind == kind)
    }

    /// Removes all spans. Rates are measured from now on.
    pub fn reset(&self) {
        let inner = Inner { began: self.clock.now(), ..Inner::default() };
        *self.inner.lock().unwrap_or_else(PoisonError::into_inner) = inner;
    }
}

impl Default for SpanEstimates {
    fn default() -> Self {
        Self::new()
    }
}

fn text<'a>(span: &'a FinishedSpan, name: &str) -> Option<&'a str> {
    match span.attribute(name) {
        Some(OwnedAttribute::Str(text)) => Some(text),
        _ => None,
    }
}

impl Inner {
    fn number(&mut self, actor: &str, kind: &str) -> usize {
        let mut names = (actor.to_owned(), kind.to_owned());
        if !self.numbers.contains_key(&names) && self.numbers.len() >= KINDS - 1 {
            names = (OVERFLOW.to_owned(), OVERFLOW.to_owned());
        }
        let next = self.kinds.len();
        let number = *self.numbers.entry(names).or_insert(next);
        if number == next {
            self.kinds.push(Sums::default());
        }
        number
    }

    fn add(
        &mut self,
        actor: &str,
        kind: &str,
        trace: u128,
        probability: Option<f64>,
        failed: bool,
        took: Duration,
    ) {
        let number = self.number(actor, kind);
        let sums = &mut self.kinds[number];
        let Some(probability) = probability else {
            sums.unweighted += 1;
            return;
        };
        let weight = 1.0 / probability;
        sums.kept += 1;
        sums.squares[0] += weight * weight;
        sums.squares[1] += (1.0 - probability) * weight * weight;
        let groups = sums.buckets.entry(Bucket::of_nanos(nanos(took)).index).or_default();
        groups[group(trace)] += weight;

        if !self.traces.contains_key(&(trace, number)) {
            if self.order.len() >= TRACES
                && let Some(oldest) = self.order.pop_front()
            {
                self.traces.remove(&oldest);
            }
            self.order.push_back((trace, number));
        }
        let of_trace = self.traces.entry((trace, number)).or_default();
        let before = of_trace.variance();
        of_trace.probability = of_trace.probability.max(probability);
        of_trace.weight += weight;
        of_trace.failed += if failed { weight } else { 0.0 };
        let after = of_trace.variance();
        sums.messages.add(weight, before[0], after[0]);
        sums.failed.add(if failed { weight } else { 0.0 }, before[1], after[1]);
    }
}

impl Sums {
    fn kind(&self, (actor, kind): &(String, String), seconds: f64) -> KindEstimate {
        let messages = self.messages.estimate();
        let a_second = |number: f64| if seconds > 0.0 { number / seconds } else { 0.0 };
        KindEstimate {
            actor: actor.clone(),
            kind: kind.clone(),
            kept: self.kept,
            unweighted: self.unweighted,
            messages,
            failed: self.failed.estimate(),
            per_second: Estimate {
                value: a_second(messages.value),
                standard_error: a_second(messages.standard_error),
            },
            buckets: self.buckets.iter().map(|(index, groups)| (*index, *groups)).collect(),
            uncertain: if self.kept > 0 { self.squares[1] / self.squares[0] } else { 0.0 },
        }
    }
}

impl KindEstimate {
    /// Returns the `q`-quantile of the handling time of all messages, such as 0.99.
    ///
    /// Returns `None` if no kept span has a probability.
    ///
    /// Its bounds are at least one bucket apart, which is 4.4 %.
    pub fn quantile(&self, q: f64) -> Option<QuantileEstimate> {
        let total: f64 = self.buckets.iter().flat_map(|(_, groups)| groups).sum();
        let at = q.clamp(0.0, 1.0) * total;
        let (value, below) = self.bucket_at(at)?;
        // For each group, the weight up to the quantile, minus the expected share of the group's weight.
        let mut groups = [0.0; GROUPS];
        for (index, weights) in &self.buckets {
            let above = if *index <= value.index { 1.0 } else { 0.0 };
            for (group, weight) in groups.iter_mut().zip(weights) {
                *group += weight * (above - below / total);
            }
        }
        let variance: f64 = groups.iter().map(|group| group * group).sum();
        let error = (variance * self.uncertain).sqrt();
        let ((lower, _), (upper, _)) = (self.bucket_at(at - error)?, self.bucket_at(at + error)?);
        let lower = Bucket { index: lower.index - 1, count: 0 };
        Some(QuantileEstimate {
            value: Duration::from_secs_f64(value.middle()),
            lower: Duration::from_secs_f64(lower.upper_bound()),
            upper: Duration::from_secs_f64(upper.upper_bound()),
        })
    }

    /// Returns the bucket at which the weights add up to this value, and their sum up to that bucket.
    fn bucket_at(&self, weight: f64) -> Option<(Bucket, f64)> {
        let mut below = 0.0;
        let up_to = self.buckets.iter().find(|(_, groups)| {
            below += groups.iter().sum::<f64>();
            below >= weight
        });
        let (index, _) = up_to.or(self.buckets.last())?;
        Some((Bucket { index: *index, count: 0 }, below))
    }
}

/// Returns the group of a trace. Uses the lower half of the id, since only that may be random.
#[expect(clippy::cast_possible_truncation, reason = "the lower half")]
fn group(trace: u128) -> usize {
    let mixed = (trace as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 60) as usize % GROUPS
}

#[cfg(test)]
mod tests {
    use super::*;
    use traced_actor::context::{SpanId, Timestamp, TraceContext, TraceFlags, TraceId};
    use traced_actor::context::{new_span_id, new_trace_id, random_unit};
    use traced_actor::testkit;

    const RUNS: u32 = 400;

    fn span(
        trace: TraceId,
        id: SpanId,
        took: Duration,
        probability: Option<f64>,
        fails: bool,
    ) -> FinishedSpan {
        let context = TraceContext::new(trace, id, TraceFlags::SAMPLED);
        let start = Timestamp::from_unix_nanos(1);
        let end = Timestamp::from_unix_nanos(1 + nanos(took));
        let mut span = FinishedSpan::new(context, "Guild/Post", start, end);
        span.attributes.push(("actor.name", "Guild".into()));
        span.attributes.push(("actor.message.kind", "Post".into()));
        span.attributes.extend(probability.map(|probability| ("sampling.probability", probability.into())));
        span.error = fails.then(|| "it failed".to_owned());
        span
    }

    /// Returns mean and variance of errors, each as a multiple of the standard error that was estimated with it.
    fn moments(errors: &[f64]) -> (f64, f64) {
        let mean = errors.iter().sum::<f64>() / f64::from(RUNS);
        (mean, errors.iter().map(|error| (error - mean).powi(2)).sum::<f64>() / f64::from(RUNS))
    }

    /// Runs of 600 traces with one to `most` spans each, of which a tenth is kept. Returns the errors of the totals, of the failures, and
    /// how often the median and the 90th percentile are within one standard error.
    fn runs(most: u32) -> (Vec<f64>, Vec<f64>, u32) {
        let (mut totals, mut failures, mut within) = (Vec::new(), Vec::new(), 0);
        for run in 0..RUNS {
            testkit::seed(u64::from(run));
            let estimates = SpanEstimates::with_clock(MetricsClock::manual());
            let (mut all, mut failed) = (Vec::new(), 0.0);
            for trace in 0..600 {
                let is_kept = random_unit() < 0.1;
                let id = new_trace_id();
                for one in 0..=trace % most {
                    // From 1 µs to 1 s, each power of ten as often as the others, and alike within a trace.
                    let took = Duration::from_secs_f64(10_f64.powf(-6.0 * random_unit()));
                    let fails = trace % 3 == 0 && one % 2 == 0;
                    failed += f64::from(u8::from(fails));
                    all.push(took);
                    if is_kept {
                        estimates.add(&span(id, new_span_id(), took, Some(0.1), fails));
                    }
                }
            }
            let kind = estimates.kind("Guild", "Post").unwrap();
            #[expect(clippy::cast_precision_loss, reason = "some thousands")]
            let total = all.len() as f64;
            totals.push((kind.messages.value - total) / kind.messages.standard_error);
            failures.push((kind.failed.value - failed) / kind.failed.standard_error);
            all.sort_unstable();
            for (q, at) in [(0.5, all.len() / 2), (0.9, all.len() * 9 / 10)] {
                let found = kind.quantile(q).unwrap();
                assert!(found.lower <= found.value && found.value <= found.upper, "{found:?}");
                within += u32::from(found.lower <= all[at] && all[at] <= found.upper);
            }
        }
        (totals, failures, within)
    }

    /// The mean of 400 errors has a standard deviation of 1/20; their variance is one.
    #[test]
    fn estimates_are_unbiased_and_the_standard_error_is_the_true_one() {
        for most in [1, 8] {
            let (totals, failures, within) = runs(most);
            for errors in [&totals, &failures] {
                let (mean, variance) = moments(errors);
                // The estimate of the error and that of the total err together, so the mean is a little below zero.
                assert!(mean.abs() < 0.35, "{most}: {mean}");
                assert!((0.7..1.5).contains(&variance), "{most}: {variance}");
            }
            // 68 of 100, and a bucket more.
            let share = f64::from(within) / f64::from(2 * RUNS);
            assert!((0.6..0.95).contains(&share), "{most}: {share}");
        }
    }

    #[test]
    fn what_is_kept_for_certain_has_no_error_and_what_has_no_probability_is_in_no_estimate() {
        let clock = MetricsClock::manual();
        let estimates = SpanEstimates::with_clock(clock.clone());
        for _ in 0..50 {
            estimates.add(&span(new_trace_id(), new_span_id(), Duration::from_millis(2), Some(1.0), false));
            estimates.add(&span(new_trace_id(), new_span_id(), Duration::from_secs(2), None, true));
        }
        for wrong in [0.0, -1.0, 2.0, f64::NAN, f64::INFINITY] {
            estimates.add(&span(new_trace_id(), new_span_id(), Duration::ZERO, Some(wrong), false));
        }
        clock.advance(Duration::from_secs(10));
        let kind = estimates.kind("Guild", "Post").unwrap();
        assert_eq!((kind.kept, kind.unweighted), (50, 55));
        assert_eq!(kind.messages, Estimate { value: 50.0, standard_error: 0.0 });
        assert_eq!(kind.per_second, Estimate { value: 5.0, standard_error: 0.0 });
        assert_eq!(kind.failed, Estimate::default());
        let median = kind.quantile(0.5).unwrap();
        assert!(median.lower < Duration::from_millis(2) && Duration::from_millis(2) <= median.upper);
        estimates.reset();
        assert!(estimates.kinds().is_empty());
        assert_eq!(KindEstimate::default().quantile(0.5), None);
    }

    #[test]
    fn a_million_kinds_and_traces_are_bounded() {
        let mut inner = Inner::default();
        for number in 0..200_000_u32 {
            let kind = format!("{number}");
            inner.add("Guild", &kind, u128::from(number), Some(0.5), false, Duration::ZERO);
        }
        assert_eq!((inner.kinds.len(), inner.numbers.len()), (KINDS, KINDS));
        assert_eq!((inner.traces.len(), inner.order.len()), (TRACES, TRACES));
        let all: f64 = inner.kinds.iter().map(|sums| sums.messages.value).sum();
        assert!((all - 400_000.0).abs() < 1e-6, "and nothing is lost");
    }
}
