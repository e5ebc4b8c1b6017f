//! What was kept and dropped, by heads and by tails, as OpenTelemetry metrics.

use std::collections::BTreeMap;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter, ObservableCounter, ObservableGauge};

use super::BatchProcessor;
use crate::record::counters;
use crate::record::tail::{Tail, TailSpan};
use crate::sampling::{Governor, GovernorStatus};

/// Reports [`counters`](crate::counters) through a meter, as the counter `traced_actor.messages`.
///
/// Each received message counts once. The attribute `sampling.decision` is `kept`, `dropped` or `skipped`, and
/// `sampling.reason` says why, with the words of the span attribute of that name. They are read when metrics are
/// collected; a message costs nothing more. There are at most 61 series.
///
/// ```
/// let meter = opentelemetry::global::meter("my service");
/// let _counter = traced_actor::otel::observe_counters(&meter);
/// ```
pub fn observe_counters(meter: &Meter) -> ObservableCounter<u64> {
    let builder = meter.u64_observable_counter("traced_actor.messages").with_unit("{message}");
    let described = builder.with_description("Messages received by actors, by sampling decision and reason");
    described
        .with_callback(|observer| {
            let counters = counters();
            by_reason(observer, &counters.kept, &counters.dropped);
            observer.observe(counters.skipped, &[KeyValue::new("sampling.decision", "skipped")]);
        })
        .build()
}

/// One series for each decision and reason.
fn by_reason(observer: &dyn AsyncInstrument<u64>, kept: &Reasons, dropped: &Reasons) {
    for (decision, reasons) in [("kept", kept), ("dropped", dropped)] {
        for (&reason, &count) in reasons {
            let attributes =
                [KeyValue::new("sampling.decision", decision), KeyValue::new("sampling.reason", reason)];
            observer.observe(count, &attributes);
        }
    }
}

type Reasons = BTreeMap<&'static str, u64>;

/// Reports the [counters](Tail::counters) of a tail through a meter: `traced_actor.tail.spans`, with the attributes
/// `sampling.decision` (`kept`, `dropped`) and `sampling.reason`, and `traced_actor.tail.evictions`, the traces that were
/// decided about before their time, with the attribute `bound`. A message that a head kept counts in
/// `traced_actor.messages` as kept, whatever a tail does with its span.
///
/// They are read when metrics are collected. There are at most ten series.
pub fn observe_tail<S: TailSpan>(meter: &Meter, tail: &Tail<S>) -> [ObservableCounter<u64>; 2] {
    let observed = tail.clone();
    let spans = meter
        .u64_observable_counter("traced_actor.tail.spans")
        .with_unit("{span}")
        .with_description("Spans that a tail held back, by decision and reason")
        .with_callback(move |observer| {
            let counters = observed.counters();
            by_reason(observer, &counters.kept, &counters.dropped);
        })
        .build();
    let observed = tail.clone();
    let evictions = meter
        .u64_observable_counter("traced_actor.tail.evictions")
        .with_unit("{trace}")
        .with_description("Traces that a tail decided about before their time, by the bound that was reached")
        .with_callback(move |observer| {
            for (bound, count) in observed.counters().evicted {
                observer.observe(count, &[KeyValue::new("bound", bound)]);
            }
        })
        .build();
    [spans, evictions]
}

/// Reports the [counts](BatchProcessor::counts) of a batch processor through a meter, as the counter
/// `traced_actor.export.spans`. The attribute `outcome` is `exported`, `export_failed`, `queue_full` or `after_shutdown`.
///
/// They are read when metrics are collected. There are four series.
pub fn observe_export(meter: &Meter, batches: &BatchProcessor) -> ObservableCounter<u64> {
    let batches = batches.clone();
    let builder = meter.u64_observable_counter("traced_actor.export.spans").with_unit("{span}");
    let described = builder.with_description("Spans handed to an exporter, by what became of them");
    described
        .with_callback(move |observer| {
            let counts = batches.counts();
            observer.observe(counts.exported, &[KeyValue::new("outcome", "exported")]);
            for (reason, count) in counts.by_reason() {
                observer.observe(count, &[KeyValue::new("outcome", reason)]);
            }
        })
        .build()
}

/// Reports the [status](Governor::status) of the governor through a meter, as long as it lives: the gauges
/// `traced_actor.governor.share`, the share of CPU time that tracing took in the last window, and
/// `traced_actor.governor.factor`, by which probabilities and budgets are multiplied. What it drops counts in
/// `traced_actor.messages`, for the reason `governor`.
pub fn observe_governor(meter: &Meter, governor: &Governor) -> [ObservableGauge<f64>; 2] {
    let gauge = |name, description, value: fn(&GovernorStatus) -> f64| {
        let status = governor.watch();
        let builder = meter.f64_observable_gauge(name).with_unit("1").with_description(description);
        let report = move |observer: &dyn AsyncInstrument<f64>| {
            if let Some(status) = status() {
                observer.observe(value(&status), &[]);
            }
        };
        builder.with_callback(report).build()
    };
    [
        gauge("traced_actor.governor.share", "The share of CPU time that tracing takes", |status| {
            status.share
        }),
        gauge("traced_actor.governor.factor", "By how much sampling is reduced", |status| status.factor),
    ]
}
