//! Estimates from kept spans: how many messages there were, how many failed and how long they took, with the standard error.
//!
//! A kept span of the probability p stands for 1/p spans (Horvitz and Thompson 1952). Spans of one trace are kept together or not at
//! all, so the variance is that of traces, and not that of spans: Σ (1 − p) T² over the kept traces, with T the sum of the weights of the
//! trace's spans, and p the greatest probability among them. A quantile's error comes from that of the distribution function at the
//! quantile (Woodruff 1952), whose variance is that of groups of whole traces (the method of random groups).

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use traced_actor::record::{FinishedSpan, OwnedAttribute};

use crate::clock::{Clock, nanos};
use crate::histogram::Bucket;
use crate::names::OVERFLOW;

/// Kinds that are told apart. Further ones are one.
const KINDS: usize = 512;

/// Groups of traces, by the trace id.
const GROUPS: usize = 16;

/// Kinds of traces whose spans are added up. Later spans of one that is forgotten count as another trace.
const TRACES: usize = 1 << 16;

/// Totals, rates and percentiles of all messages, estimated from the spans that were kept.
///
/// Give it every span that is kept, such as in [`FinishedSpans`](traced_actor::record::FinishedSpans), or those of
/// `traced_actor_opentelemetry::finished_span` in a processor of the SDK. It adds a span in a lock, and is bounded.
///
/// Estimates are unbiased where the sampler knows its probability. Under a rate limit, which gives the weight of what it drops to the next
/// one that it keeps, those of a kind may err by twice the standard error that is stated. [`Metrics`](crate::Metrics) has the true counts; the estimates are for
/// what it cannot tell apart, such as a field of the messages, and for spans of other processes.
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
    clock: Clock,
    inner: Mutex<Inner>,
}

/// A number that is estimated.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// The standard error. The true number is within two of them in about 95 of 100 cases.
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
    /// The name of the actor. `_other` stands for all beyond the bound.
    pub actor: String,
    /// The kind of the message.
    pub kind: String,
    /// The number of kept spans that have a probability.
    pub kept: u64,
    /// The number of kept spans without one, which stand for themselves alone and are in no estimate.
    pub unweighted: u64,
    /// The number of all messages.
    pub messages: Estimate,
    /// The number of all messages that failed.
    pub failed: Estimate,
    /// The number of all messages in a second.
    pub per_second: Estimate,
    /// Of each bucket, the index and the weights by group.
    buckets: Vec<(i32, [f64; GROUPS])>,
    /// The share of the variance that is left because some spans are kept for certain.
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
    /// The sum of the squares of the weights, and that of (1 − p) times these.
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
    /// Adds a weight. The trace's contribution to the variance was the first, and is the second from now on.
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
    /// Creates estimates of nothing.
    pub fn new() -> Self {
        Self::with_clock(Clock::processor())
    }

    /// Creates estimates whose rates are measured with this clock.
    pub fn with_clock(clock: Clock) -> Self {
        let inner = Inner { began: clock.now(), ..Inner::default() };
        Self { clock, inner: Mutex::new(inner) }
    }

    /// Adds a span that was kept. A span that is not that of a message counts for nothing.
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

    /// Forgets all spans. Rates are those from now on.
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
    /// Returns the `q`-quantile of the handling time of all messages, such as 0.99. `None` if no kept span has a probability.
    ///
    /// Its bounds are a bucket apart at least, which is 4.4 %.
    pub fn quantile(&self, q: f64) -> Option<QuantileEstimate> {
        let total: f64 = self.buckets.iter().flat_map(|(_, groups)| groups).sum();
        let at = q.clamp(0.0, 1.0) * total;
        let (value, below) = self.bucket_at(at)?;
        // Of each group, the weight up to the quantile, less its share of the group's weight.
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

    /// Returns the bucket up to which the weights add up to this, and their sum up to it.
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

/// Returns the group of a trace. Its id may be random in its lower half alone.
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
            let estimates = SpanEstimates::with_clock(Clock::manual());
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
        let clock = Clock::manual();
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
