//! The distribution of durations and waits for one kind of message, with which a span is compared.

use serde::Serialize;
use traced_actor_metrics::{Bucket, Histogram, Metrics};

use crate::store::{Store, nanos};
use crate::trace_view::operation;

/// The durations and waits of all messages of a kind.
#[derive(Debug, Serialize)]
pub(crate) struct Distribution {
    actor: String,
    kind: String,
    /// The source: `metrics` for all messages, or `spans` for the kept ones.
    of: &'static str,
    handling: Durations,
    wait: Durations,
}

#[derive(Debug, Serialize)]
struct Durations {
    count: u64,
    p50: Option<u64>,
    p95: Option<u64>,
    p99: Option<u64>,
    max: u64,
    /// The upper bounds in nanoseconds, and the counts.
    buckets: Vec<(f64, u64)>,
}

impl From<&Histogram> for Durations {
    fn from(histogram: &Histogram) -> Self {
        let quantile = |q| histogram.quantile(q).map(nanos);
        let bucket = |bucket: &Bucket| (bucket.upper_bound() * 1e9, bucket.count);
        Self {
            count: histogram.count,
            p50: quantile(0.5),
            p95: quantile(0.95),
            p99: quantile(0.99),
            max: histogram.max_nanos,
            buckets: histogram.buckets.iter().map(bucket).collect(),
        }
    }
}

impl Distribution {
    /// Returns the distribution of all messages if they are counted, or else that of the kept spans.
    pub(crate) fn new(metrics: Option<Metrics>, store: &Store, actor: &str, kind: &str) -> Self {
        let (actor, kind) = (actor.to_owned(), kind.to_owned());
        let snapshot = metrics.map(|metrics| metrics.snapshot());
        let counted = snapshot.as_ref().and_then(|snapshot| snapshot.kind(&actor, &kind));
        if let Some(counted) = counted.filter(|counted| counted.handling.count > 0) {
            let (handling, wait) = ((&counted.handling).into(), (&counted.wait).into());
            return Self { actor, kind, of: "metrics", handling, wait };
        }
        let (mut handling, mut wait) = (Histogram::default(), Histogram::default());
        for span in store.recent().flat_map(|(_, trace)| &trace.spans) {
            if operation(span) == (&*actor, &*kind) {
                handling.record(span.duration());
                if let Some(waited) = span.wait {
                    wait.record(waited);
                }
            }
        }
        Self { actor, kind, of: "spans", handling: (&handling).into(), wait: (&wait).into() }
    }
}
