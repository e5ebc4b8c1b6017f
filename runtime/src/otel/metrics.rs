//! What was kept and dropped, as OpenTelemetry metrics.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, ObservableCounter};

use crate::record::counters;

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
            for (decision, reasons) in [("kept", &counters.kept), ("dropped", &counters.dropped)] {
                for (&reason, &count) in reasons {
                    let attributes = [
                        KeyValue::new("sampling.decision", decision),
                        KeyValue::new("sampling.reason", reason),
                    ];
                    observer.observe(count, &attributes);
                }
            }
            observer.observe(counters.skipped, &[KeyValue::new("sampling.decision", "skipped")]);
        })
        .build()
}
