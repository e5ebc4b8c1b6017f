//! Counts of kept, dropped and exported messages as OpenTelemetry metrics.

use std::collections::BTreeMap;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter, ObservableCounter};

use super::BatchProcessor;
use traced_actor::record::counters;

/// Reports [`counters`](traced_actor::counters) through a meter, as the counter `traced_actor.messages`.
///
/// Each received message counts once. The attribute `sampling.decision` is `kept`, `dropped` or `skipped`. The
/// attribute `sampling.reason` has the values of the span attribute of the same name. There are at most 61 series. The
/// counters are read when metrics are collected, so there is no extra cost for each message.
///
/// ```
/// let meter = opentelemetry::global::meter("my service");
/// let _counter = traced_actor_opentelemetry::observe_counters(&meter);
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

/// Reports one series for each decision and reason.
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

/// Reports the [counts](BatchProcessor::counts) of a processor as the counter `traced_actor.export.spans`.
///
/// The attribute `outcome` is `exported`, `export_failed`, `queue_full` or `after_shutdown`, so there are four series.
/// The counts are read when metrics are collected.
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
